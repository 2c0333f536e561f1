//! The second verifier's page: what lies in every bundle is made of the very files in `src/web/verifier`.

use crate::docs::project;
use crate::story::story;
use esep::competition::page::{MODULES, VERIFIER, verifier_page};
use esep::ledger::bundle::SUMS;
use esep::ruleset::RuleSet;
use esep::verify::{Trust, Verdict, check};
use std::process::Command;

#[test]
fn the_page_holds_every_module_and_nothing_else() {
    let files = std::fs::read_dir(project("src/web/verifier")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let modules = files.filter(|path| path.extension().is_some_and(|ending| ending == "mjs"));
    let names = modules.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<_> = names.filter(|name| name != "verify.mjs").collect();
    names.sort();
    assert_eq!(MODULES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    assert!(!verifier_page().contains("<!-- modules -->"));
    for (name, text) in MODULES {
        // What would end the element early, or open a comment in it.
        assert!(!text.contains("</script") && !text.contains("<!--"), "{name}");
        assert!(verifier_page().contains(&format!("data-module=\"{name}\">\n{text}</script>")));
    }
    assert!(
        !verifier_page().contains("http://") && !verifier_page().contains("https://"),
        "nothing is fetched"
    );
}

#[test]
fn node_assembles_the_same_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let run = Command::new("node")
        .arg(project("tests/js/assemble.mjs"))
        .arg(&page)
        .status();
    match run {
        Ok(status) => {
            assert!(status.success());
            assert!(std::fs::read_to_string(page).unwrap() == verifier_page());
        }
        Err(_) => eprintln!("skipped: node is missing"),
    }
}

#[test]
fn a_bundle_is_proved_with_the_page_without_it_and_with_another() {
    let mut story = story(RuleSet::commission_2014(), 3, false);
    story.announce().unwrap();
    let bundle = story.desk.bundle().unwrap();
    assert_eq!(bundle.file(VERIFIER), Some(verifier_page().as_bytes()));
    let named = |page: Option<&str>| {
        let mut files = bundle.clone();
        files.0.remove(VERIFIER);
        if let Some(page) = page {
            files.insert(VERIFIER, page);
        }
        files.insert(SUMS, files.sums());
        let report = check(&files, &Trust::default());
        assert_eq!(report.verdict, Verdict::Proved);
        report.not_checked.iter().any(|line| line.starts_with(VERIFIER))
    };
    assert!(!named(Some(verifier_page())) && !named(None));
    assert!(named(Some("<p>proved!</p>")));
}
