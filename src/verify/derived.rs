//! Files that follow from the ledger, byte for byte, and files that do not belong to a bundle.

use super::ahead::each_ahead;
use super::finding::Finding;
use super::shelf::{Shelf, is_attachment};
use super::{Bundle, Notes, keys};
use crate::competition::page::{VERIFIER, verifier_page};
use crate::competition::{Competition, Head, README, Round, ballot_lines, derived, policy_text, windows_of};
use crate::crypto::hash::Digest;
use crate::crypto::key::KeyId;
use crate::ledger::again::Picked;
use crate::ledger::bundle::SUMS;
use serde_json::Value;
use std::ops::Range;

const BALLOTS: &str = "ballots.jsonl";
const DERIVED: [&str; 7] = [
    "announcement.dsse.json",
    "rules.json",
    "candidates.json",
    BALLOTS,
    "protocol.json",
    "protocol.dsse.json",
    "result.json",
];
/// Checked elsewhere, or held to the sums alone.
const OTHERS: [&str; 5] = [SUMS, "README.txt", VERIFIER, "checkpoint", "policy"];

pub(super) fn check_files(
    bundle: &Bundle<'_>,
    competition: &Competition,
    shelf: &Shelf<'_>,
    head: Head,
    complete: bool,
    notes: &mut Notes,
) {
    check_strangers(bundle, notes);
    let announced = competition.announcement().witness_policy;
    if announced != Digest::of(policy_text(bundle.log).as_bytes()) {
        notes.find(Finding::Policy, None, format!("announced is the policy {announced}"));
    }
    if !complete {
        return notes.not_checked("files that follow from the ledger: the replay stopped at a finding");
    }
    let expected = derived(competition, shelf.record.announcement.as_ref(), head);
    for name in DERIVED {
        if name == BALLOTS {
            check_ballots(bundle, competition, shelf, notes);
            continue;
        }
        match (bundle.files.whole(name), expected.file(name)) {
            (None, Some(_)) => notes.missing(format!("{name}: missing")),
            (found, wanted) if found.as_deref() == wanted => {}
            (found, wanted) => {
                let finding = difference(name, &found.unwrap_or_default(), wanted.unwrap_or_default());
                notes.find(finding, None, format!("{name} is not what the ledger gives"));
            }
        }
    }
}

/// `ballots.jsonl` is as long as the record: it is compared a window at a time.
fn check_ballots(bundle: &Bundle<'_>, competition: &Competition, shelf: &Shelf<'_>, notes: &mut Notes) {
    let closed: Vec<_> = competition
        .rounds()
        .iter()
        .filter(|round| round.closed_box().is_some())
        .collect();
    let Some(length) = bundle.files.length(BALLOTS) else {
        if !closed.is_empty() {
            notes.missing(format!("{BALLOTS}: missing"));
        }
        return;
    };
    match same_ballots(bundle, &closed, length, shelf) {
        Ok(true) if !closed.is_empty() => {}
        Ok(_) => notes.find(
            Finding::Derived,
            None,
            format!("{BALLOTS} is not what the ledger gives"),
        ),
        Err(words) => notes.missing(words),
    }
}

/// Whether the file is what these rounds give; an error where something cannot be read.
fn same_ballots(bundle: &Bundle<'_>, rounds: &[&Round], length: u64, shelf: &Shelf<'_>) -> Result<bool, String> {
    let mut start = 0;
    for round in rounds {
        let again = shelf.record.again();
        let lines = |(places, cast): (Range<usize>, Result<Picked<'_>, String>)| {
            let cast = cast?;
            let (from, bytes) = (64 * places.start as u64, 64 * places.len() as u64);
            let set = |(keyid, sha256): &(KeyId, Digest)| {
                let part = shelf.attachments.part(sha256, from, bytes);
                let part = part.ok_or_else(|| format!("the signatures {sha256} cannot be read"))?;
                Ok::<_, String>((*keyid, part))
            };
            let sets = round.signed().values().map(set).collect::<Result<Vec<_>, _>>()?;
            let sets: Vec<_> = sets.iter().map(|(keyid, bytes)| (*keyid, &bytes[..])).collect();
            Ok::<_, String>(ballot_lines(&cast.entries(), &sets))
        };
        let made = |(places, cast): (Range<usize>, _)| Ok((places.clone(), lines((places, cast)).map_err(Some)?));
        let compared = each_ahead(windows_of(round, again.unhashed()), made, |(places, made)| {
            let mut end = stands(bundle, start, length, &made).map_err(Some)?;
            if end.is_none() {
                // This speaks against the file only if the entries are still those that were hashed.
                let seqs = round.ballots().seqs()[places.clone()].to_vec();
                let made = lines((places, again.pick(seqs))).map_err(Some)?;
                end = stands(bundle, start, length, &made).map_err(Some)?;
            }
            start = end.ok_or(None)?;
            Ok(())
        });
        match compared {
            Ok(()) => {}
            Err(None) => return Ok(false),
            Err(Some(unread)) => return Err(unread),
        }
    }
    Ok(start == length)
}

/// Where these lines end in a file of this length, if they stand in it from `start` on.
fn stands(bundle: &Bundle<'_>, start: u64, length: u64, lines: &[Vec<u8>]) -> Result<Option<u64>, String> {
    let wanted: u64 = lines.iter().map(|line| line.len() as u64).sum();
    if start + wanted > length {
        return Ok(None);
    }
    let found = bundle.files.part(BALLOTS, start, wanted);
    let found = found.ok_or_else(|| format!("{BALLOTS}: cannot be read"))?;
    let rest = lines
        .iter()
        .try_fold(&found[..], |rest, line| rest.strip_prefix(&line[..]));
    Ok(rest.map(|_| start + wanted))
}

/// A file that nothing in the record stands for could tell a reader anything.
fn check_strangers(bundle: &Bundle<'_>, notes: &mut Notes) {
    for path in bundle.files.paths() {
        let known = DERIVED.contains(&path)
            || OTHERS.contains(&path)
            || keys::key_name(path).is_some()
            || path.starts_with("tile/")
            || is_attachment(path);
        if !known {
            notes.find(Finding::Derived, None, format!("{path} is no file of a bundle"));
        }
    }
    for (path, text) in [("README.txt", README), (VERIFIER, verifier_page())] {
        if bundle.files.whole(path).is_some_and(|bytes| *bytes != *text.as_bytes()) {
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
