//! Characters that nobody sees. The office takes no text with one of them: what is read must be what is signed, and no two
//! names may differ only in what nobody sees. A verifier does not ask (the list is in `docs/API.md`).

use super::{Code, Refusal};
use serde_json::Value;

/// No string of this value holds a character that nobody sees.
pub fn check_seen(value: &Value) -> Result<(), Refusal> {
    match value {
        Value::String(text) => check(text),
        Value::Array(items) => items.iter().try_for_each(check_seen),
        Value::Object(fields) => fields.values().try_for_each(check_seen),
        _ => Ok(()),
    }
}

fn check(text: &str) -> Result<(), Refusal> {
    match text.chars().zip(1..).find(|(letter, _)| is_unseen(*letter)) {
        Some((letter, place)) => {
            let words = format!("U+{:04X}, character {place}", u32::from(letter));
            Err(Code::TextCharacters.because(words))
        }
        None => Ok(()),
    }
}

/// Controls but for tab and line ends, separators of lines and paragraphs, annotation marks, and what Unicode calls default
/// ignorable: marks and overrides of direction, joiners, soft hyphens, fillers, variation selectors, tags.
fn is_unseen(letter: char) -> bool {
    matches!(u32::from(letter),
        0..=0x08 | 0x0B | 0x0C | 0x0E..=0x1F | 0x7F..=0x9F
        | 0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
        | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
        | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn unseen_is_what_the_page_says() {
        let page = include_str!("../../docs/API.md");
        let (_, list) = page.split_once("nobody sees:").unwrap();
        let (list, _) = list.split_once(". Tab").unwrap();
        let number = |text: &str| u32::from_str_radix(text.trim(), 16).unwrap();
        let mut said: BTreeSet<char> = BTreeSet::new();
        for part in list.split(',') {
            let ends: Vec<u32> = part
                .split("U+")
                .skip(1)
                .map(|end| number(end.trim_end_matches(" to ")))
                .collect();
            said.extend((ends[0]..=ends[ends.len() - 1]).filter_map(char::from_u32));
        }
        let unseen: BTreeSet<char> = ('\0'..=char::MAX).filter(|letter| is_unseen(*letter)).collect();
        assert_eq!(unseen, said);
        assert!(!is_unseen('\t') && !is_unseen('\n') && !is_unseen('\r'));
    }

    #[test]
    fn it_is_found_wherever_it_stands_and_named() {
        for value in [
            serde_json::json!("a\u{202e}b"),
            serde_json::json!({"x": [1, {"y": "a\u{202e}"}]}),
        ] {
            let refusal = check_seen(&value).unwrap_err();
            assert_eq!(refusal.code, Code::TextCharacters);
            assert!(refusal.to_string().contains("U+202E, character 2"), "{refusal}");
        }
        check_seen(&serde_json::json!({"x": ["Эркин Тоо, №\u{a0}7\n\t\u{2011} 😀", true, null]})).unwrap();
    }
}
