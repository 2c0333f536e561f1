//! Tables in `docs/` that restate one in `src/`: written by `ESEP_BLESS=1 cargo test`, compared otherwise.

use esep::competition::{Code, box_root};
use esep::crypto::card::CardCode;
use esep::crypto::commit::commitment;
use esep::crypto::hash::Digest;
use esep::crypto::key::Enrolment;
use esep::crypto::test_keys::test_key;
use esep::crypto::{Envelope, hex};
use esep::tally::{self, LotInput};
use esep::verify::Finding;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A file of the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether files are to be written anew.
pub fn blessing() -> bool {
    std::env::var_os("ESEP_BLESS").is_some_and(|value| value == "1")
}

/// The file is exactly this, or is made so when blessing.
pub fn assert_file(path: &str, wanted: &str) {
    if blessing() {
        std::fs::write(project(path), wanted).unwrap();
    }
    let found = std::fs::read_to_string(project(path)).unwrap_or_default();
    assert!(
        found == wanted,
        "{path} is not what the code gives; run ESEP_BLESS=1 cargo test and read the difference"
    );
}

const REFUSALS: &str = "# Refusals

What the rules say no with. The office answers `application/problem+json` with the HTTP status and the code below, and
hands out a note signed by the log key over the statement's hash, the time and the code, so that whoever was turned away
can prove it. A refusal changes nothing. The verifier replays the record through the same rules: a statement in the
record that they would have refused is a finding.

This page is written from the table in `src/competition/refusal.rs` by `ESEP_BLESS=1 cargo test docs`.

| code | HTTP | rule | what is wrong | what to do next |
|---|---|---|---|---|
";

#[test]
fn refusals_page_is_the_table_of_codes() {
    let mut page = REFUSALS.to_owned();
    for code in Code::ALL {
        let rule = code.rule().unwrap_or("");
        let (status, title, next) = (code.status(), code.title(), code.next_step());
        writeln!(page, "| `{}` | {status} | {rule} | {title} | {next} |", code.as_str()).unwrap();
    }
    assert!(
        !Code::ALL
            .iter()
            .any(|code| code.title().contains('|') || code.next_step().contains('|')),
        "a bar in a title would break the table"
    );
    assert_file("docs/REFUSALS.md", &page);
}

#[test]
fn every_code_has_its_own_name_a_client_error_and_words() {
    let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
    for code in Code::ALL {
        assert!((400..500).contains(&code.status()), "{code:?}");
        assert!(
            !code.title().ends_with('.') && code.next_step().ends_with('.'),
            "{code:?}"
        );
    }
}

/// What a stranger's program can be held against.
fn vectors() -> String {
    let origin = "esep.example/commission-2026";
    let key = test_key(0);
    let bytes: [u8; 16] = std::array::from_fn(|place| u8::try_from(place).unwrap());
    let mut envelope = Envelope::new("application/vnd.esep.x.v1+json", br#"{"a":1}"#);
    envelope.sign(&key);
    let card = CardCode::from_bytes(bytes);
    let enrolment = Enrolment::make(&key, origin, "counting/cec");
    let nonce = [7; 32];
    let reveals = BTreeMap::from([("cec".to_owned(), hex::encode(&nonce))]);
    let ballots = [Digest::of(b"a"), Digest::of(b"b")];
    let (low, high) = (ballots.iter().min().unwrap(), ballots.iter().max().unwrap());
    let box_root = box_root(&[*low, *high]);
    let input = LotInput {
        box_root,
        competition: origin.into(),
        reveals,
        round: 1,
        rule: tally::LOT_RULE.into(),
    };
    let seed = tally::seed(&input);
    let tied: Vec<_> = ["c01", "c02", "c03"].iter().map(|id| id.parse().unwrap()).collect();
    let order: Vec<_> = tally::order(&seed, &tied).iter().map(ToString::to_string).collect();
    let value = json!("Бирикме");
    let rows = [
        (
            "public key of test key 0, 32 bytes",
            hex::encode(&key.public().to_bytes()),
        ),
        ("its key id", key.public().id().to_string()),
        (
            "PAE hash of type `application/vnd.esep.x.v1+json`, payload `{\"a\":1}`",
            envelope.pae_hash().to_string(),
        ),
        ("signature over that PAE", envelope.signatures[0].sig.to_string()),
        (
            "possession of test key 0 as `counting/cec` in `esep.example/commission-2026`",
            enrolment.possession.to_string(),
        ),
        (
            "commitment: salt `000102..0f`, that origin, field `association`, subject `x`, value `\"Бирикме\"`",
            commitment(&bytes, origin, "association", "x", &value).to_string(),
        ),
        ("card code of the bytes `000102..0f`", card.to_string()),
        (
            "key id of that card in round 1 of that origin",
            card.key(origin, 1).public().id().to_string(),
        ),
        (
            "box root of two ballots with PAE hashes SHA-256(`a`) and SHA-256(`b`)",
            box_root.to_string(),
        ),
        (
            "lot commitment: that origin, round 1, slot `cec`, 32 bytes of 07",
            tally::commitment(origin, 1, "cec", &nonce).to_string(),
        ),
        (
            "lot seed: that box root, origin, round and one reveal",
            seed.to_string(),
        ),
        ("order of `c01`, `c02`, `c03` under that seed", order.join(" ")),
    ];
    let mut table = "\n| what | value |\n|---|---|\n".to_owned();
    for (what, value) in rows {
        writeln!(table, "| {what} | `{value}` |").unwrap();
    }
    table
}

#[test]
fn vectors_of_the_formats_page_are_what_the_code_gives() {
    const MARK: &str = "<!-- vectors -->";
    let page = std::fs::read_to_string(project("docs/FORMATS.md")).unwrap();
    let parts: Vec<_> = page.split(MARK).collect();
    let [before, _, after] = parts[..] else {
        panic!("the vectors stand between two marks")
    };
    assert_file("docs/FORMATS.md", &format!("{before}{MARK}{}{MARK}{after}", vectors()));
}

/// Which finding a refusal comes to, by number.
#[test]
fn findings_page_names_the_finding_of_every_refusal() {
    const MARK: &str = "<!-- refusals -->";
    let mut list = "\n".to_owned();
    for finding in Finding::ALL {
        let codes = Code::ALL.iter().filter(|code| Finding::of_refusal(**code) == *finding);
        let codes: Vec<_> = codes.map(|code| format!("`{}`", code.as_str())).collect();
        if !codes.is_empty() {
            writeln!(list, "* {}: {}", finding.number(), codes.join(" ")).unwrap();
        }
    }
    let page = std::fs::read_to_string(project("docs/FINDINGS.md")).unwrap();
    let parts: Vec<_> = page.split(MARK).collect();
    let [before, _, after] = parts[..] else {
        panic!("the list stands between two marks")
    };
    assert_file("docs/FINDINGS.md", &format!("{before}{MARK}{list}{MARK}{after}"));
}

/// The page of the API names every route of the table, and no other.
#[cfg(feature = "server")]
#[test]
fn api_page_names_every_route() {
    let routes = esep::http::openapi::table().map(|(method, path)| format!("{method} `{path}`"));
    let wanted: std::collections::BTreeSet<_> = routes.collect();
    let page = std::fs::read_to_string(project("docs/API.md")).unwrap();
    let rows = page.lines().filter(|line| {
        ["| GET `", "| POST `", "| DELETE `"]
            .iter()
            .any(|start| line.starts_with(start))
    });
    let found: std::collections::BTreeSet<_> = rows
        .map(|row| row.split('|').nth(1).unwrap().trim().to_owned())
        .collect();
    assert_eq!(found, wanted);
}

/// Links of the documents that lead to files of the project lead somewhere.
#[test]
fn relative_links_lead_to_files() {
    let mut pages = vec![project("README.md"), project("keys/README.md")];
    for folder in ["docs", "docs/decisions"] {
        let found = std::fs::read_dir(project(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        pages.extend(found.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    let mut seen = 0;
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            seen += 1;
            assert!(
                page.parent().unwrap().join(target).exists(),
                "{}: {link}",
                page.display()
            );
        }
    }
    assert!(seen > 10, "the documents refer to one another");
}
