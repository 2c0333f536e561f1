//! The verifier: from the bytes of a bundle to a verdict, with nobody's word taken.
//!
//! It re-hashes contents and never compares stored hashes with each other, and replays every statement through the same
//! `decide` that the office ran. Order: sums; policy and checkpoint; entries into tiles and root; chain and place;
//! signatures and rules entry by entry; derived files; an older checkpoint. Pure: the bundle is already read.

mod finding;
mod replay;
mod report;

pub use finding::Finding;
pub use report::{Found, Report, Summary, Verdict};

use crate::competition::{Competition, Opening, Pinned, Stored, derived, key_files, policy_text};
use crate::crypto::hash::Digest;
use crate::crypto::key::{KeyId, PublicKey};
use crate::ledger::bundle::{Files, SumProblem, entries_from_tiles, tiles_of};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::Entry;
use crate::ledger::note::{Note, Vkey};
use crate::ledger::policy::Policy;
use crate::ledger::receipt::Receipt;
use crate::ledger::tree::Tree;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the verifier is given beside the bundle.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Public keys by file name (`log`, `organiser`, slots); empty: the bundle's own.
    pub keys: BTreeMap<String, PublicKey>,
    /// Older checkpoints or receipts, as text.
    pub older: Vec<String>,
    /// Private facts, disclosed: openings by commitment.
    pub disclosed: BTreeMap<Digest, Opening>,
}

/// The bundle's attachments, as the rules see them.
struct Shelf<'a> {
    files: BTreeMap<Digest, Arc<[u8]>>,
    disclosed: &'a BTreeMap<Digest, Opening>,
}

impl Stored for Shelf<'_> {
    fn attachment(&self, sha256: &Digest) -> Option<Arc<[u8]>> {
        self.files.get(sha256).cloned()
    }
    fn opening(&self, commitment: &Digest) -> Option<Opening> {
        self.disclosed.get(commitment).cloned()
    }
    fn document(&self, _: &Digest) -> bool {
        false
    }
    fn boxed(&self, _: u32, _: &KeyId) -> Option<Digest> {
        None
    }
    fn box_now(&self, _: u32) -> Option<(Digest, u32)> {
        None
    }
    fn complete(&self) -> bool {
        false
    }
}

/// What the checks write into.
#[derive(Default)]
struct Notes {
    findings: Vec<Found>,
    missing: Vec<String>,
    not_checked: Vec<String>,
    signatures: u64,
}

impl Notes {
    fn find(&mut self, finding: Finding, entry: Option<u64>, detail: impl Into<String>) {
        self.findings.push(Found {
            finding,
            entry,
            detail: detail.into(),
        });
    }
}

/// Checks a bundle.
pub fn check(files: &Files, trust: &Trust) -> Report {
    let mut notes = Notes::default();
    let mut summary = Summary::default();
    let keys = inner_keys(files, trust, &mut notes);
    check_sums(files, &mut notes);
    if let Some((log, checkpoint)) = check_checkpoint(files, &keys, &mut notes) {
        summary.competition.clone_from(&checkpoint.origin);
        summary.entries = checkpoint.size;
        check_ledger(files, trust, &keys, &log, &checkpoint, &mut notes, &mut summary);
    }
    let verdict = if !notes.findings.is_empty() {
        Verdict::Disproved
    } else if !notes.missing.is_empty() {
        Verdict::CannotTell
    } else {
        Verdict::Proved
    };
    Report {
        verdict,
        trust: if trust.keys.is_empty() { "bundle" } else { "given" },
        keys: keys
            .iter()
            .map(|(name, key)| (name.clone(), key.id().to_string()))
            .collect(),
        findings: notes.findings,
        missing: notes.missing,
        not_checked: notes.not_checked,
        summary: Summary {
            signatures: notes.signatures,
            ..summary
        },
    }
}

/// Keys inside the bundle, checked against the trusted ones where given.
fn inner_keys(files: &Files, trust: &Trust, notes: &mut Notes) -> BTreeMap<String, PublicKey> {
    let mut keys = BTreeMap::new();
    for (path, bytes) in files.iter() {
        let Some(name) = path.strip_prefix("keys/").and_then(|name| name.strip_suffix(".pem")) else {
            continue;
        };
        match std::str::from_utf8(bytes).ok().map(PublicKey::from_pem) {
            Some(Ok(key)) => {
                keys.insert(name.to_owned(), key);
            }
            _ => notes.missing.push(format!("{path}: not a public key")),
        }
    }
    for (name, trusted) in &trust.keys {
        if keys.get(name).is_some_and(|inside| inside != trusted) {
            notes.find(
                Finding::Trust,
                None,
                format!("keys/{name}.pem is not the trusted key {}", trusted.id()),
            );
        }
        keys.insert(name.clone(), trusted.clone());
    }
    keys
}

fn check_sums(files: &Files, notes: &mut Notes) {
    for problem in files.check_sums() {
        match problem {
            SumProblem::NoSums | SumProblem::Missing(_) => notes.missing.push(problem.to_string()),
            SumProblem::Line(_) | SumProblem::Differs(_) | SumProblem::Unlisted(_) => {
                notes.find(Finding::Sums, None, problem.to_string());
            }
        }
    }
}

fn text<'a>(files: &'a Files, path: &str, notes: &mut Notes) -> Option<&'a str> {
    let found = files.file(path).and_then(|bytes| std::str::from_utf8(bytes).ok());
    if found.is_none() {
        notes.missing.push(format!("{path}: missing or not text"));
    }
    found
}

fn check_checkpoint(
    files: &Files,
    keys: &BTreeMap<String, PublicKey>,
    notes: &mut Notes,
) -> Option<(Vkey, Checkpoint)> {
    let note = text(files, "checkpoint", notes)?;
    let policy = text(files, "policy", notes)?;
    let Some(log_key) = keys.get("log") else {
        notes.missing.push("keys/log.pem: missing".to_owned());
        return None;
    };
    let origin = note.lines().next().unwrap_or_default();
    let Ok(log) = Vkey::new(origin, log_key.clone()) else {
        notes.find(Finding::Checkpoint, None, "its first line is no ledger name");
        return None;
    };
    if policy != policy_text(&log) {
        let named = Policy::parse(policy).is_ok_and(|policy| policy.logs.contains(&log));
        let words = if named {
            "it asks for more than this log's key"
        } else {
            "it does not name this log's key"
        };
        notes.find(Finding::Policy, None, words);
    }
    match Checkpoint::open(note, &log) {
        Ok(checkpoint) => Some((log, checkpoint)),
        Err(error) => {
            notes.find(Finding::Checkpoint, None, error.to_string());
            // Go on with what it claims, so that every other failure is told too.
            Note::parse(note)
                .ok()
                .and_then(|note| Checkpoint::parse(&note.text).ok())
                .map(|claimed| (log, claimed))
        }
    }
}

fn check_ledger(
    files: &Files,
    trust: &Trust,
    keys: &BTreeMap<String, PublicKey>,
    log: &Vkey,
    checkpoint: &Checkpoint,
    notes: &mut Notes,
    summary: &mut Summary,
) {
    let entries = match entries_from_tiles(files, checkpoint.size) {
        Ok(entries) => entries,
        Err(error) => {
            notes.missing.push(error.to_string());
            return;
        }
    };
    let tree: Tree = entries.iter().map(|bytes| Entry::leaf(bytes)).collect();
    check_tiles(files, &entries, notes);
    if tree.root() != checkpoint.root {
        notes.find(
            Finding::Root,
            None,
            format!("recomputed {}, signed {}", tree.root(), checkpoint.root),
        );
    }
    summary.root = tree.root().to_string();
    let read = read_entries(&entries, notes);
    check_places(&read, &tree, log.name(), notes);
    let shelf = shelf(files, &trust.disclosed, notes);
    let organisers: Vec<_> = keys
        .iter()
        .filter(|(name, _)| name.starts_with("organiser"))
        .map(|(_, key)| key.clone())
        .collect();
    let rehearsal = read
        .first()
        .and_then(Option::as_ref)
        .is_some_and(|entry| is_rehearsal(&entry.body.payload));
    let pinned = Pinned {
        origin: log.name().to_owned(),
        organisers,
        log_key: log.key().id(),
        rehearsal,
    };
    let replayed = replay::replay(&read, &pinned, &shelf, &tree, notes);
    if let Some(competition) = &replayed.competition {
        summarise(competition, &read, summary);
        check_keys(competition, log, keys, notes);
        check_rounds(competition, notes);
        check_derived(files, competition, &read, &tree, &shelf, replayed.complete, notes);
    }
    for older in &trust.older {
        check_older(older, log, &tree, notes);
    }
}

fn is_rehearsal(payload: &[u8]) -> bool {
    let value: Option<serde_json::Value> = serde_json::from_slice(payload).ok();
    value.is_some_and(|value| value["rehearsal"] == serde_json::Value::Bool(true))
}

fn check_tiles(files: &Files, entries: &[Vec<u8>], notes: &mut Notes) {
    let expected = tiles_of(entries);
    for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("tile/")) {
        if expected.file(path) != Some(bytes) {
            notes.find(Finding::Tiles, None, path.to_owned());
        }
    }
    for (path, _) in expected.iter().filter(|(path, _)| files.file(path).is_none()) {
        notes.missing.push(format!("{path}: missing"));
    }
}

fn read_entries(entries: &[Vec<u8>], notes: &mut Notes) -> Vec<Option<Entry>> {
    let read: Vec<_> = entries.par_iter().map(|bytes| Entry::from_bytes(bytes)).collect();
    let numbered = (0u64..).zip(read);
    numbered
        .map(|(seq, entry)| {
            entry
                .map_err(|error| notes.find(Finding::EntryForm, Some(seq), error.to_string()))
                .ok()
        })
        .collect()
}

/// Chain, origin, sequence, and a time that never decreases.
fn check_places(entries: &[Option<Entry>], tree: &Tree, origin: &str, notes: &mut Notes) {
    let mut time = None;
    for (seq, entry) in (0u64..).zip(entries) {
        let Some(entry) = entry else { continue };
        let before = seq
            .checked_sub(1)
            .and_then(|before| tree.leaf(before))
            .unwrap_or(Digest::ZERO);
        if entry.prev != before {
            notes.find(
                Finding::Chain,
                Some(seq),
                format!("names {}, the leaf before is {before}", entry.prev),
            );
        }
        let kind = crate::competition::act::Kind::of_payload_type(&entry.body.payload_type);
        if entry.log != origin || entry.seq != seq || kind.is_none_or(|kind| kind.as_str() != entry.kind) {
            notes.find(Finding::Place, Some(seq), "log, number or kind");
        }
        if time.is_some_and(|time| entry.time < time) {
            notes.find(
                Finding::Place,
                Some(seq),
                format!("its time {} is before that of the entry before", entry.time),
            );
        }
        time = Some(entry.time);
    }
}

fn shelf<'a>(files: &Files, disclosed: &'a BTreeMap<Digest, Opening>, notes: &mut Notes) -> Shelf<'a> {
    let mut held = BTreeMap::new();
    for (path, bytes) in files.iter() {
        let Some(name) = path.strip_prefix("attachments/") else {
            continue;
        };
        let digest = Digest::of(bytes);
        if name == digest.to_string() {
            held.insert(digest, Arc::from(bytes));
        } else {
            notes.find(Finding::Attachment, None, format!("{path} has digest {digest}"));
        }
    }
    Shelf { files: held, disclosed }
}

fn summarise(competition: &Competition, entries: &[Option<Entry>], summary: &mut Summary) {
    summary.rehearsal = competition.rehearsal();
    let last = entries.iter().rev().flatten().next().map(|entry| entry.time);
    summary.phase = last.map_or_else(String::new, |time| competition.phase(time).to_string());
    summary.ballots = competition
        .rounds()
        .iter()
        .map(|round| round.ballots().len() as u64)
        .sum();
    let name = |id| {
        competition
            .list()
            .and_then(|list| list.by_id(id))
            .map_or_else(String::new, |entry| entry.name.clone())
    };
    summary.elected = competition
        .outcome()
        .map(|result| {
            result
                .elected
                .iter()
                .map(|one| (one.candidate.to_string(), name(&one.candidate)))
                .collect()
        })
        .unwrap_or_default();
}

/// The keys beside the ledger are those that it announces.
fn check_keys(competition: &Competition, log: &Vkey, keys: &BTreeMap<String, PublicKey>, notes: &mut Notes) {
    for (name, pem) in key_files(competition, log) {
        let announced = PublicKey::from_pem(&pem).ok();
        match keys.get(&name) {
            None => notes.missing.push(format!("keys/{name}.pem: missing")),
            Some(key) if Some(key) != announced.as_ref() => {
                notes.find(
                    Finding::Trust,
                    None,
                    format!("{name}: the record announces another key"),
                );
            }
            Some(_) => {}
        }
    }
}

/// What a round's numbers show: cards that voted though returned, and C1-C6.
fn check_rounds(competition: &Competition, notes: &mut Notes) {
    for round in competition.rounds() {
        let Some(sums) = competition.reconcile(round) else {
            continue;
        };
        let returned = competition.returned_cards_voted(round);
        if returned > 0 {
            notes.find(
                Finding::ReturnedCardVoted,
                None,
                format!("round {}: {returned} ballots", round.number()),
            );
        }
        let others: Vec<_> = sums
            .failed
            .iter()
            .filter(|check| returned == 0 || *check != "C2")
            .cloned()
            .collect();
        if !others.is_empty() {
            notes.find(
                Finding::Reconciliation,
                None,
                format!("round {}: {}", round.number(), others.join(", ")),
            );
        }
    }
}

/// Files that follow from the ledger, byte for byte.
fn check_derived(
    files: &Files,
    competition: &Competition,
    entries: &[Option<Entry>],
    tree: &Tree,
    shelf: &Shelf<'_>,
    complete: bool,
    notes: &mut Notes,
) {
    let Some(entries) = entries.iter().cloned().collect::<Option<Vec<_>>>() else {
        notes
            .not_checked
            .push("derived files: not every entry can be read".to_owned());
        return;
    };
    let head = crate::competition::Head {
        size: tree.size(),
        root: tree.root(),
    };
    let expected = derived(competition, &entries, head, shelf);
    if !complete {
        notes
            .not_checked
            .push("derived files: the replay stopped at a finding".to_owned());
        return;
    }
    for name in DERIVED {
        match (files.file(name), expected.file(name)) {
            (Some(bytes), Some(wanted)) if bytes == wanted => {}
            (None, None) => {}
            (None, Some(_)) => notes.missing.push(format!("{name}: missing")),
            (Some(bytes), wanted) => differs(name, bytes, wanted.unwrap_or_default(), notes),
        }
    }
}

const DERIVED: [&str; 7] = [
    "announcement.dsse.json",
    "rules.json",
    "candidates.json",
    "ballots.jsonl",
    "protocol.json",
    "protocol.dsse.json",
    "result.json",
];

/// Names the difference for what it is: totals (C7), the elected (C8), or the file.
fn differs(name: &str, bytes: &[u8], wanted: &[u8], notes: &mut Notes) {
    let finding = match name {
        "protocol.json" | "result.json" => difference(bytes, wanted),
        _ => Finding::Derived,
    };
    notes.find(finding, None, format!("{name} is not what the ledger gives"));
}

fn difference(bytes: &[u8], wanted: &[u8]) -> Finding {
    let read = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap_or_default();
    let (found, wanted) = (read(bytes), read(wanted));
    let totals = |value: &serde_json::Value| {
        let rounds = value["rounds"].as_array().cloned().unwrap_or_default();
        rounds.iter().map(|round| round["totals"].clone()).collect::<Vec<_>>()
    };
    let elected = |value: &serde_json::Value| {
        let result = if value["result"].is_object() {
            &value["result"]
        } else {
            value
        };
        (
            result["elected"].clone(),
            result["unfilled"].clone(),
            result["reserve"].clone(),
        )
    };
    if totals(&found) != totals(&wanted) {
        Finding::Tally
    } else if elected(&found) != elected(&wanted) {
        Finding::Elected
    } else {
        Finding::Protocol
    }
}

/// An older checkpoint, or the one in a receipt, must be a beginning of this record.
fn check_older(older: &str, log: &Vkey, tree: &Tree, notes: &mut Notes) {
    let receipt = Receipt::parse(older).ok();
    let note = receipt.as_ref().map_or(older, |receipt| receipt.checkpoint.as_str());
    match Checkpoint::open(note, log) {
        Err(error) => notes
            .missing
            .push(format!("the older checkpoint cannot be used: {error}")),
        Ok(old) if old.size > tree.size() => notes.find(
            Finding::Older,
            None,
            format!(
                "the older checkpoint has {} entries, this record {}",
                old.size,
                tree.size()
            ),
        ),
        Ok(old) if tree.root_at(old.size) != old.root => {
            notes.find(
                Finding::Older,
                None,
                format!("the first {} entries are not those of the older checkpoint", old.size),
            );
        }
        Ok(_) => {}
    }
}
