//! Words of the pages: complete in three languages, the same values in each, and no text outside the files; dates,
//! numbers, plurals and the order of names held against CLDR (`cldr.json`, written by `tests/browser/cldr.mjs`).

use super::docs::project;
use esep::calendar::Date;
use esep::competition::act::Kind;
use esep::competition::{Code, Phase, Slot};
use esep::http::Door;
use esep::ruleset::Problem;
use esep::verify::Finding;
use esep::web::{Lang, assets, format, sort, words};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Variables of each message and attribute of a file.
fn messages(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let file = parser::parse(text).unwrap_or_else(|(_, errors)| panic!("{errors:?}"));
    let mut found = BTreeMap::new();
    let mut add = |key: String, pattern: &Pattern<&str>| {
        let mut names = BTreeSet::new();
        variables(pattern, &mut names);
        assert!(found.insert(key.clone(), names).is_none(), "{key} stands twice");
    };
    for entry in &file.body {
        match entry {
            Entry::Message(message) => {
                if let Some(value) = &message.value {
                    add(message.id.name.to_owned(), value);
                }
                for attribute in &message.attributes {
                    add(format!("{}.{}", message.id.name, attribute.id.name), &attribute.value);
                }
            }
            Entry::Junk { content } => panic!("not Fluent: {content}"),
            _ => {}
        }
    }
    found
}

fn variables(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            of_expression(expression, found);
        }
    }
}

fn of_expression(expression: &Expression<&str>, found: &mut BTreeSet<String>) {
    let inline = match expression {
        Expression::Inline(inline) => inline,
        Expression::Select { selector, variants } => {
            for variant in variants {
                variables(&variant.value, found);
            }
            selector
        }
    };
    if let InlineExpression::VariableReference { id } = inline {
        found.insert(id.name.to_owned());
    }
}

fn in_folder(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![project(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|other| other == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_message_is_there_in_three_languages_with_the_same_values() {
    let mut keys = BTreeMap::new();
    for (name, text) in assets::messages(Lang::Ky) {
        let own = messages(text);
        for key in own.keys().filter(|key| !key.contains('.')) {
            assert_eq!(keys.insert(key.clone(), name), None, "{key} stands in two files");
        }
        for lang in [Lang::Ru, Lang::En] {
            let other = assets::messages(lang).find(|(other, _)| *other == name);
            let other = other.unwrap_or_else(|| panic!("messages/{lang}/{name}.ftl is missing"));
            let other = messages(other.1);
            let missing: Vec<_> = own.keys().filter(|key| !other.contains_key(*key)).collect();
            let more: Vec<_> = other.keys().filter(|key| !own.contains_key(*key)).collect();
            assert!(
                missing.is_empty() && more.is_empty(),
                "{lang}/{name}: missing {missing:?}, more than ky {more:?}"
            );
            for (key, values) in &own {
                assert_eq!(values, &other[key], "{lang}/{name}: values of {key}");
            }
        }
    }
    assert_eq!(assets::messages(Lang::Ky).count(), assets::messages(Lang::En).count());
    assert!(keys.len() > 150);
}

/// Texts between `start` and the next quotation mark.
fn quoted<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    text.split(start)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[test]
fn every_key_that_templates_and_code_name_is_a_message() {
    let mut seen = 0;
    let sources = [
        in_folder("src/web", "html"),
        in_folder("src/web", "rs"),
        in_folder("src/http/pages", "rs"),
        in_folder("src/web/js", "mjs"),
    ];
    for path in sources.concat() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut keys = quoted(&text, "say(\"");
        keys.extend(quoted(&text, "words::say(self.lang, \""));
        for key in keys {
            assert!(
                Lang::ALL.iter().all(|lang| words::has(*lang, key)),
                "{}: no message {key}",
                path.display()
            );
            seen += 1;
        }
        for prefix in quoted(&text, "say_of(\"")
            .into_iter()
            .chain(quoted(&text, "say_part(\""))
        {
            let start = format!("{prefix}-");
            let known = assets::messages(Lang::Ky).any(|(_, text)| text.lines().any(|line| line.starts_with(&start)));
            assert!(known, "{}: no messages {start}..", path.display());
        }
        if path.extension().is_some_and(|ending| ending == "html") {
            for asset in quoted(&text, "asset(\"") {
                assert!(assets::find(asset).is_some(), "{}: no asset {asset}", path.display());
            }
        }
    }
    assert!(seen > 30);
}

#[test]
fn every_code_phase_and_slot_has_words() {
    let mut keys: Vec<String> = vec!["code-fault".into(), "code-fault.next".into()];
    let codes = Code::ALL
        .iter()
        .map(|code| code.as_str())
        .chain(Door::ALL.iter().map(|door| door.code()));
    keys.extend(codes.flat_map(|code| [format!("code-{code}"), format!("code-{code}.next")]));
    keys.extend(Phase::ALL.iter().map(|phase| format!("phase-{phase}")));
    keys.extend(Slot::ALL.iter().map(|slot| format!("slot-{slot}")));
    keys.extend(Problem::ALL.iter().map(|problem| format!("problem-{}", problem.code())));
    for lang in Lang::ALL {
        for key in &keys {
            assert!(words::has(lang, key), "{lang}: {key}");
        }
    }
    for code in Code::ALL {
        // Words for readers may differ from those for programs, but not be theirs in another language.
        let english = words::say(Lang::En, format!("code-{}", code.as_str())).to_string();
        for lang in [Lang::Ky, Lang::Ru] {
            let words = words::say(lang, format!("code-{}", code.as_str())).to_string();
            assert_ne!(words, english);
            assert!(words.chars().any(|letter| ('а'..='я').contains(&letter)), "{words}");
        }
    }
}

#[test]
fn every_kind_has_words_for_observers_and_members() {
    assert_eq!(esep::web::observer::FINDINGS as usize, Finding::ALL.len());
    for kind in Kind::ALL {
        for lang in Lang::ALL {
            let name = kind.as_str();
            assert!(words::has(lang, &format!("observer-kind-{name}")), "{lang}: {name}");
            let member = esep::competition::authors(*kind).contains(&"counting member");
            assert!(
                !member || words::has(lang, &format!("member-act-{name}")),
                "{lang}: {name}"
            );
        }
    }
}

/// The pages say of a finding what the verifier says.
#[test]
fn every_finding_has_the_verifiers_words_and_what_to_do() {
    for finding in Finding::ALL {
        let key = format!("finding-{}", finding.number());
        let titles = [
            (Lang::Ky, finding.title_ky()),
            (Lang::Ru, finding.title_ru()),
            (Lang::En, finding.title()),
        ];
        for (lang, title) in titles {
            assert_eq!(words::say(lang, &key[..]).to_string(), title, "{lang} {key}");
            assert!(words::has(lang, &format!("{key}.cause")) && words::has(lang, &format!("{key}.next")));
        }
    }
}

/// A template's own text: without tags of the template language, without markup.
fn text_of(template: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(start) = rest.find(['{', '<']) {
        text.push_str(&rest[..start]);
        let (_, after) = rest.split_at(start);
        let end = ["{{", "{%", "{#", "<"].into_iter().find(|open| after.starts_with(open));
        let close = match end {
            Some("{{") => "}}",
            Some("{%") => "%}",
            Some("{#") => "#}",
            Some(_) => ">",
            None => "{",
        };
        // Within a tag of markup a template tag may hold a `>`.
        let mut inside = after;
        if close == ">" {
            let mut bare = String::new();
            while let Some(open) = inside
                .find("{{")
                .filter(|open| inside.find('>').is_some_and(|close| *open < close))
            {
                bare.push_str(&inside[..open]);
                inside = &inside[open + inside[open..].find("}}").unwrap() + 2..];
            }
            let close = inside.find('>').unwrap();
            bare.push_str(&inside[..close]);
            for attribute in ["alt=\"", "title=\"", "aria-label=\"", "placeholder=\"", "label=\""] {
                for value in quoted(&bare, attribute) {
                    text.push_str(value);
                    text.push('\n');
                }
            }
        }
        let length = inside.find(close).map_or(inside.len(), |at| at + close.len());
        rest = &inside[length..];
    }
    text.push_str(rest);
    text
}

#[test]
fn templates_hold_no_text() {
    // What is the same in every language.
    const SAME: &[&str] = &[
        "esep statement new ballot_cast",
        "esep verify-receipt",
        "esep post",
        "esep statement new nomination",
        "esep statement new",
        "esep enrol --competition",
        "esep enrol --role association --competition",
        "esep enrol --role candidate --competition",
        "--role counting/",
        "esep enrol",
        "SHA-256",
        "esep verify",
        "esep keygen",
        "esep sign",
        "esep",
        "sha256sum",
        "R7",
        "R17",
        "R21",
        "&nbsp;",
        "doctype",
        "PDF",
        "JPEG",
        "c01",
        "c02",
        "89ab cdef",
        "candidates.json",
        "rules.json",
    ];
    assert_eq!(text_of("<p title=\"a{{ b > c }}d\">{{ x }} y</p>").trim(), "ad\n y");
    for path in in_folder("src/web/templates", "html") {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut own = text_of(&text);
        for word in SAME {
            own = own.replace(word, "");
        }
        let own: Vec<_> = own
            .split_whitespace()
            .filter(|word| word.chars().any(char::is_alphabetic))
            .collect();
        assert!(
            own.is_empty(),
            "{}: text outside the files of messages: {own:?}",
            path.display()
        );
        for bad in ["style=\"", " onclick", " onload", "<style", "javascript:", "|safe"] {
            assert!(!text.contains(bad), "{}: {bad}", path.display());
        }
        let scripts = text.split("<script").skip(1);
        for script in scripts {
            let whole = script.split("</script>").next().unwrap();
            let (head, body) = whole.split_once('>').unwrap();
            assert!(
                body.is_empty() && head.contains("src=") || head.contains("application/json"),
                "{}: an inline script",
                path.display()
            );
        }
    }
}

#[test]
fn scripts_hold_no_text() {
    for path in in_folder("src/web/js", "mjs") {
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            let comment = code.trim_start().starts_with(['*', '/']);
            if comment || code.contains("Error(") {
                continue;
            }
            let said = code.split('"').skip(1).step_by(2);
            for text in said {
                let words: Vec<_> = text
                    .split(' ')
                    .filter(|word| {
                        word.chars().all(char::is_alphabetic) && word.chars().any(char::is_lowercase) && word.len() > 2
                    })
                    .collect();
                let cyrillic = text
                    .chars()
                    .any(|letter| ('а'..='я').contains(&letter.to_lowercase().next().unwrap()));
                assert!(
                    !cyrillic && words.len() < 3,
                    "{}:{}: {text}",
                    path.display(),
                    number + 1
                );
            }
            for bad in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "setTimeout(\"",
            ] {
                assert!(!code.contains(bad), "{}:{}: {bad}", path.display(), number + 1);
            }
        }
    }
}

fn cldr() -> Value {
    serde_json::from_slice(&std::fs::read(Path::new(&project("tests/it/cldr.json"))).unwrap()).unwrap()
}

#[test]
fn months_weekdays_and_numbers_are_cldrs() {
    let cldr = cldr();
    for lang in Lang::ALL {
        let own = &cldr[lang.as_str()];
        for (index, wanted) in own["months"].as_array().unwrap().iter().enumerate() {
            let month = format::month(lang, u32::try_from(index).unwrap() + 1);
            let wanted = wanted.as_str().unwrap();
            if lang == Lang::Ky {
                // Ours is the possessive of CLDR's word: a soft sign or й gives way, a vowel is added.
                let stem = wanted.trim_end_matches(['ь', 'й']);
                let ending = month
                    .strip_prefix(stem)
                    .unwrap_or_else(|| panic!("{month} is not of {wanted}"));
                assert!(["ы", "и", "у", "йы"].contains(&ending), "{month}");
            } else {
                assert_eq!(month, wanted);
            }
        }
        for (index, wanted) in own["weekdays"].as_array().unwrap().iter().enumerate() {
            // 1 June 2026 is a Monday.
            let day = Date::new(2026, 6, 1).unwrap().plus_days(i64::try_from(index).unwrap());
            assert_eq!(format::weekday(lang, day.weekday()), wanted);
        }
        for pair in own["numbers"].as_array().unwrap() {
            assert_eq!(
                format::number(lang, pair[0].as_i64().unwrap()),
                pair[1].as_str().unwrap()
            );
        }
    }
}

#[test]
fn plurals_are_cldrs() {
    let cldr = cldr();
    for lang in Lang::ALL {
        let rules = intl_pluralrules::PluralRules::create(
            lang.as_str().parse::<unic_langid::LanguageIdentifier>().unwrap(),
            intl_pluralrules::PluralRuleType::CARDINAL,
        );
        let rules = rules.unwrap();
        for pair in cldr[lang.as_str()]["plurals"].as_array().unwrap() {
            let count = usize::try_from(pair[0].as_u64().unwrap()).unwrap();
            let found = format!("{:?}", rules.select(count).unwrap()).to_lowercase();
            assert_eq!(found, pair[1].as_str().unwrap(), "{lang} {count}");
        }
    }
    let days = |days: i64| {
        let said = words::say(Lang::Ru, "next-intake").with("date", "1").with("days", days);
        said.to_string()
    };
    assert!(days(1).ends_with("остаётся 1 день."));
    assert!(days(3).ends_with("остаётся 3 дня."));
    assert!(days(11).ends_with("остаётся 11 дней."));
    assert!(days(21).ends_with("остаётся 21 день."));
}

#[test]
fn names_are_sorted_by_the_kyrgyz_alphabet() {
    let sorted: Vec<String> = serde_json::from_value(cldr()["sorted"].clone()).unwrap();
    let mut own = sorted.clone();
    own.reverse();
    own.sort_by(|a, b| sort::compare(a, b));
    assert_eq!(own, sorted);
    assert_eq!(sort::ALPHABET.chars().count(), 36);
}

#[test]
fn dates_and_fractions_in_words() {
    let day = Date::new(2026, 11, 23).unwrap();
    assert_eq!(format::date(Lang::Ky, day), "2026-жылдын 23-ноябры");
    assert_eq!(format::date(Lang::Ru, day), "23\u{a0}ноября 2026\u{a0}года");
    assert_eq!(format::date(Lang::En, day), "23\u{a0}November 2026");
    assert_eq!(format::time(Lang::En, day.at(9, 5)), "23\u{a0}November 2026, 09:05");
    assert_eq!(format::fraction(Lang::Ky, 29, 4), "7,25");
    assert_eq!(format::fraction(Lang::En, -1, 3), "-0.33");
    assert_eq!(format::fraction(Lang::Ru, 5, 2000), "0,00");
    assert_eq!(format::fraction(Lang::Ru, 10_000, 1), "10\u{a0}000,00");
    assert_eq!(format::groups("0123456789"), "0123 4567 89");
}
