//! Files that follow from the ledger, byte for byte, and files that do not belong to a bundle.

use super::finding::Finding;
use super::shelf::Shelf;
use super::{Bundle, Notes, keys};
use crate::competition::page::{VERIFIER, verifier_page};
use crate::competition::{Competition, Head, README, derived, policy_text};
use crate::crypto::hash::Digest;
use crate::ledger::bundle::SUMS;
use crate::ledger::entry::Entry;
use serde_json::Value;

const DERIVED: [&str; 7] = [
    "announcement.dsse.json",
    "rules.json",
    "candidates.json",
    "ballots.jsonl",
    "protocol.json",
    "protocol.dsse.json",
    "result.json",
];
/// Checked elsewhere, or held to the sums alone.
const OTHERS: [&str; 5] = [SUMS, "README.txt", VERIFIER, "checkpoint", "policy"];

pub(super) fn check_files(
    bundle: &Bundle<'_>,
    competition: &Competition,
    entries: &[Option<Entry>],
    head: Head,
    shelf: &Shelf,
    complete: bool,
    notes: &mut Notes,
) {
    check_strangers(bundle, notes);
    let announced = competition.announcement().witness_policy;
    if announced != Digest::of(policy_text(bundle.log).as_bytes()) {
        notes.find(Finding::Policy, None, format!("announced is the policy {announced}"));
    }
    let read = entries.iter().cloned().collect::<Option<Vec<_>>>().filter(|_| complete);
    let Some(entries) = read else {
        return notes.not_checked("files that follow from the ledger: the replay stopped at a finding");
    };
    let expected = derived(competition, &entries, head, shelf);
    for name in DERIVED {
        match (bundle.files.file(name), expected.file(name)) {
            (None, Some(_)) => notes.missing(format!("{name}: missing")),
            (found, wanted) if found == wanted => {}
            (found, wanted) => {
                let finding = difference(name, found.unwrap_or_default(), wanted.unwrap_or_default());
                notes.find(finding, None, format!("{name} is not what the ledger gives"));
            }
        }
    }
}

/// A file that nothing in the record stands for could tell a reader anything.
fn check_strangers(bundle: &Bundle<'_>, notes: &mut Notes) {
    for (path, _) in bundle.files.iter() {
        let known = DERIVED.contains(&path)
            || OTHERS.contains(&path)
            || keys::key_name(path).is_some()
            || path.starts_with("tile/")
            || path.starts_with("attachments/");
        if !known {
            notes.find(Finding::Derived, None, format!("{path} is no file of a bundle"));
        }
    }
    for (path, text) in [("README.txt", README), (VERIFIER, verifier_page())] {
        if bundle.files.file(path).is_some_and(|bytes| bytes != text.as_bytes()) {
            notes.not_checked(format!(
                "{path} is not the text that this version writes; nothing in it is proved"
            ));
        }
    }
}

/// Names the difference for what it is: totals (C7), the lot, the elected (C8), or the file.
pub(super) fn difference(name: &str, found: &[u8], wanted: &[u8]) -> Finding {
    let otherwise = match name {
        "protocol.json" => Finding::Protocol,
        "result.json" => Finding::Derived,
        _ => return Finding::Derived,
    };
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    let (Some(found), Some(wanted)) = (read(found), read(wanted)) else {
        return Finding::Derived;
    };
    if found == wanted {
        return Finding::Derived;
    }
    if totals(&found) != totals(&wanted) {
        return Finding::Tally;
    }
    let (found, wanted) = (result(&found), result(&wanted));
    if found["ties"] != wanted["ties"] {
        Finding::Lot
    } else if ["elected", "unfilled", "reserve"]
        .iter()
        .any(|part| found[part] != wanted[part])
    {
        Finding::Elected
    } else {
        otherwise
    }
}

fn totals(file: &Value) -> Vec<&Value> {
    let rounds = file["rounds"].as_array().map(Vec::as_slice).unwrap_or_default();
    rounds.iter().map(|round| &round["totals"]).collect()
}

fn result(file: &Value) -> &Value {
    if file["result"].is_object() {
        &file["result"]
    } else {
        file
    }
}
