//! `esep verify` through the real binary: exit codes, the report in words and as JSON.

use super::good;
use super::insider::resum;
use esep::ledger::Files;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Exit code and standard output.
fn verify(args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_esep"))
        .arg("verify")
        .args(args)
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn written(files: &Files) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle");
    files.write_folder(&path).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn keep(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_good_bundle_is_proved_as_folder_and_as_tar() {
    let mut insider = good();
    let files = insider.bundle();
    let (folder, path) = written(&files);
    let (code, text) = verify(&[&path]);
    assert_eq!(code, 0, "{text}");
    // Without keys from elsewhere the fingerprints inside are shown, to be compared.
    assert!(text.starts_with("PROVED, consistent with the keys inside"), "{text}");
    assert!(text.contains(&insider.organiser.public().id().to_string()), "{text}");
    let mut tar = Vec::new();
    files.write_tar(&mut tar).unwrap();
    let tar = keep(folder.path(), "bundle.tar", &tar);
    let (code, text) = verify(&[&tar, "--json"]);
    assert_eq!(code, 0);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["schema"], "esep.verify.v1");
    assert_eq!(report["result"]["verdict"], "proved");
    assert_eq!(report["result"]["trust"], "bundle");
    assert_eq!(report["result"]["summary"]["elected"].as_array().unwrap().len(), 3);
}

#[test]
fn keys_older_checkpoints_and_facts_are_read_from_files() {
    let mut insider = good();
    let (folder, path) = written(&insider.bundle());
    keep(
        folder.path(),
        "keys/organiser.pem",
        insider.organiser.public().to_pem().as_bytes(),
    );
    keep(folder.path(), "keys/README", b"not a key");
    let keys = folder.path().join("keys");
    let older = keep(folder.path(), "older", insider.checkpoint(&insider.bytes()).as_bytes());
    let facts: Vec<_> = insider.openings.values().collect();
    let facts = keep(folder.path(), "facts.json", &serde_json::to_vec(&facts).unwrap());
    let args = [
        "--trust",
        keys.to_str().unwrap(),
        "--older",
        &older,
        "--disclosed",
        &facts,
        "--require-disclosed",
    ];
    let (code, text) = verify(&[&[&*path], &args[..]].concat());
    assert_eq!(code, 0, "{text}");
    assert!(
        text.starts_with("PROVED: the record holds against the given keys"),
        "{text}"
    );
    let (code, text) = verify(&[&path, "--require-disclosed"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.starts_with("COULD NOT TELL"), "{text}");
}

#[test]
fn a_finding_is_told_in_the_readers_language() {
    let mut insider = good();
    insider.entries.remove(insider.nth("attendance", 2));
    let (_folder, path) = written(&insider.bundle());
    for (language, verdict) in [("en", "DISPROVED"), ("ru", "ОПРОВЕРГНУТО"), ("ky", "ТӨГҮНДӨЛДҮ")]
    {
        let (code, text) = verify(&[&path, "--lang", language]);
        assert_eq!(code, 1, "{text}");
        assert!(text.starts_with(verdict) && text.contains("V19 [R16, "), "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_no_finding() {
    let mut files = good().bundle();
    files.0.retain(|path, _| !path.starts_with("tile/entries/"));
    resum(&mut files);
    let (folder, path) = written(&files);
    assert_eq!(verify(&[&path]).0, 3);
    assert_eq!(verify(&[folder.path().join("nowhere").to_str().unwrap()]).0, 3);
    assert_eq!(verify(&[&keep(folder.path(), "noise.tar", b"no tar")]).0, 3);
    assert_eq!(verify(&[]).0, 2);
}

#[test]
fn what_a_bundle_says_cannot_command_a_terminal() {
    let mut files = good().bundle();
    files.insert("\u{202e}evil", b"".to_vec());
    let (_folder, path) = written(&files);
    let (code, text) = verify(&[&path]);
    assert_eq!(code, 1);
    assert!(!text.contains('\u{202e}'), "{text}");
}
