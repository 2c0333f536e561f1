//! Tables in `docs/` that restate one in `src/`: written by `ESEP_BLESS=1 cargo test`, compared otherwise.

use esep::competition::Code;
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
