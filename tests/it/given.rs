//! What a verifier is given beside a bundle: trusted keys of members, older checkpoints, receipts. Vectors on the disk.

use crate::disk::{bundle, expect, said, versions};
use esep::competition::act::Act;
use esep::competition::{Slot, Statement};
use esep::crypto::key::PublicKey;
use esep::ledger::bundle::SUMS;
use esep::ledger::tile::entries_from_tiles;
use esep::ledger::{Entry, Files};
use esep::verify::{Report, Trust, Verdict, check};
use std::collections::BTreeMap;
use std::fs;

fn vector(file: &str) -> Files {
    bundle(&versions()[0], file)
}

fn key(files: &Files, name: &str) -> PublicKey {
    let pem = files.file(&format!("keys/{name}.pem")).unwrap();
    PublicKey::from_pem(std::str::from_utf8(pem).unwrap()).unwrap()
}

fn numbers(report: &Report) -> Vec<(&'static str, Option<u64>)> {
    let findings = report.findings.iter();
    findings.map(|found| (found.finding.number(), found.entry)).collect()
}

/// The report on a bundle with the trusted keys of log and organiser, and of one member.
fn with_key(files: &Files, slot: Slot, trusted: PublicKey) -> Report {
    let own = ["log", "organiser"].map(|name| (name.to_owned(), key(files, name)));
    let mut keys = BTreeMap::from(own);
    keys.insert(slot.as_str().to_owned(), trusted);
    check(
        files,
        &Trust {
            keys,
            ..Trust::default()
        },
    )
}

/// The report on a bundle with one older checkpoint or receipt.
fn with_older(files: &Files, older: impl Into<String>) -> Report {
    let older = vec![older.into()];
    check(
        files,
        &Trust {
            older,
            ..Trust::default()
        },
    )
}

fn receipt(name: &str) -> String {
    fs::read_to_string(versions()[0].join("receipts").join(name)).unwrap()
}

/// The slot whose member is replaced in the record, and the new member's key.
fn replaced(files: &Files) -> (Slot, PublicKey) {
    let checkpoint = std::str::from_utf8(files.file("checkpoint").unwrap()).unwrap();
    let size = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    let entries = entries_from_tiles(files, size).unwrap();
    let mut acts = entries
        .iter()
        .map(|bytes| Statement::read(Entry::from_bytes(bytes).unwrap().body).unwrap().act);
    acts.find_map(|act| match act {
        Act::MemberReplaced(act) => Some((act.slot, act.enrolment.key)),
        _ => None,
    })
    .unwrap()
}

#[test]
fn given_keys_of_members_who_sat_at_some_time_are_good() {
    let files = vector("good/member-replaced.tar.gz");
    let (slot, new) = replaced(&files);
    let old = key(&files, slot.as_str());
    assert_ne!(old, new);
    for trusted in [old, new] {
        let report = with_key(&files, slot, trusted);
        assert_eq!((report.verdict, numbers(&report)), (Verdict::Proved, vec![]));
    }
    let report = with_key(&files, slot, key(&files, "organiser"));
    assert_eq!(numbers(&report), [("V04", None)]);
    assert_eq!(report.numbers(), ["V04"]);
    let codes = [Verdict::Proved, Verdict::Disproved, Verdict::CannotTell].map(Verdict::exit_code);
    assert_eq!(codes, [0, 1, 3]);
}

#[test]
fn given_a_member_key_where_the_replay_stopped_nobody_can_tell() {
    let vectors = expect(&versions()[0]).vectors;
    let stopped = vectors.iter().find(|vector| {
        let numbers: Vec<_> = vector.findings.iter().map(|found| found.finding.as_str()).collect();
        numbers == ["V11"] && vector.findings.first().unwrap().entry > Some(5)
    });
    let files = vector(&stopped.unwrap().file);
    let plain = check(&files, &Trust::default());
    let report = with_key(&files, Slot::Ombudsman, key(&files, "organiser"));
    assert_eq!(said(&report), said(&plain), "no further finding");
    assert_eq!(report.missing.len(), plain.missing.len() + 1);
}

#[test]
fn given_a_checkpoint_with_other_lines_their_number_is_told() {
    let told = |file: &str| {
        let report = check(&vector(file), &Trust::default());
        report
            .not_checked
            .into_iter()
            .find(|line| line.starts_with("times of entries"))
            .unwrap()
    };
    assert!(told("good/secret-sum.tar.gz").contains("no witness"));
    assert!(told("good/checkpoint-with-unknown-line.tar.gz").contains(" 1 further lines"));
}

#[test]
fn given_a_receipt_for_another_place_it_is_named_unless_it_lies_beyond_its_own_checkpoint() {
    let files = bundle(&versions()[0], "receipts/bundle.tar.gz");
    let honest = with_older(&files, receipt("nomination"));
    assert_eq!(numbers(&honest), []);
    let elsewhere = receipt("entry-another-place");
    assert_eq!(numbers(&with_older(&files, &elsewhere)), [("V33", Some(0))]);
    let beyond = elsewhere.replace("\nindex 0\n", "\nindex 2\n");
    assert_ne!(beyond, elsewhere);
    assert_eq!(numbers(&with_older(&files, beyond)), []);
}

#[test]
fn given_a_box_receipt_it_counts_once_the_box_is_open() {
    let lost = receipt("box-lost");
    for file in [
        "receipts/bundle.tar.gz",
        "good/phase-opened.tar.gz",
        "good/empty-box.tar.gz",
        "good/secret-sum.tar.gz",
    ] {
        let files = vector(file);
        let older = with_older(&files, &lost);
        assert_eq!(numbers(&older), [("V33", None)], "{file}");
    }
    let closed = vector("receipts/closed.tar.gz");
    let plain = check(&closed, &Trust::default());
    let report = with_older(&closed, &lost);
    assert_eq!(said(&report), said(&plain));
    assert_eq!(report.not_checked.len(), plain.not_checked.len() + 1);
}

#[test]
fn given_ballots_in_another_order_fewer_more_or_too_early_the_file_is_named() {
    const BALLOTS: &str = "ballots.jsonl";
    let named = |files: &Files, lines: Option<Vec<u8>>| {
        let mut files = files.clone();
        match lines {
            Some(lines) => files.insert(BALLOTS, lines),
            None => drop(files.0.remove(BALLOTS)),
        }
        files.insert(SUMS, files.sums());
        let report = check(&files, &Trust::default());
        (numbers(&report), report.missing)
    };
    let files = vector("good/secret-sum.tar.gz");
    let whole = files.file(BALLOTS).unwrap().to_vec();
    let mut lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    assert!(lines.len() > 2);
    assert_eq!(named(&files, Some(whole.clone())), (vec![], vec![]));
    let fewer = lines[1..].concat();
    let more = [&whole[..], lines[0]].concat();
    lines.swap(0, 1);
    for wrong in [fewer, more, lines.concat(), Vec::new()] {
        assert_eq!(named(&files, Some(wrong)).0, [("V31", None)]);
    }
    assert_eq!(named(&files, None), (vec![], vec!["ballots.jsonl: missing".to_owned()]));
    let early = vector("good/phase-prepared.tar.gz");
    assert_eq!(named(&early, None), (vec![], vec![]), "not called for");
    assert_eq!(named(&early, Some(Vec::new())).0, [("V31", None)]);
}
