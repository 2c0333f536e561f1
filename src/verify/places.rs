//! Tiles, entries and their places: re-hashed tiles, canonical entries, chain, numbers, times.

use super::Notes;
use super::finding::Finding;
use crate::competition::act::Kind;
use crate::crypto::hash::Digest;
use crate::ledger::bundle::{Files, tiles_of};
use crate::ledger::entry::Entry;
use crate::ledger::tree::Tree;
use rayon::prelude::*;

pub(super) fn check_tiles(files: &Files, entries: &[Vec<u8>], notes: &mut Notes) {
    let expected = tiles_of(entries);
    for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("tile/")) {
        if expected.file(path) != Some(bytes) {
            notes.find(Finding::Tiles, None, path.to_owned());
        }
    }
    for (path, _) in expected.iter().filter(|(path, _)| files.file(path).is_none()) {
        notes.missing(format!("{path}: missing"));
    }
}

pub(super) fn read_entries(entries: &[Vec<u8>], notes: &mut Notes) -> Vec<Option<Entry>> {
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
pub(super) fn check_places(entries: &[Option<Entry>], tree: &Tree, origin: &str, notes: &mut Notes) {
    let mut time = None;
    let mut before = Digest::ZERO;
    for (seq, entry) in (0u64..).zip(entries) {
        let leaf_before = std::mem::replace(&mut before, tree.leaf(seq).unwrap_or(Digest::ZERO));
        let Some(entry) = entry else { continue };
        if entry.prev != leaf_before {
            let words = format!("names {}, the leaf before is {leaf_before}", entry.prev);
            notes.find(Finding::Chain, Some(seq), words);
        }
        if let Some(words) = misplaced(entry, seq, origin) {
            notes.find(Finding::Place, Some(seq), words);
        }
        if time.is_some_and(|time| entry.time < time) {
            let words = format!("its time {} is before that of the entry before", entry.time);
            notes.find(Finding::Place, Some(seq), words);
        }
        time = Some(entry.time);
    }
}

fn misplaced(entry: &Entry, seq: u64, origin: &str) -> Option<String> {
    // Of a payload type that nobody knows the replay speaks.
    let kind = Kind::of_payload_type(&entry.body.payload_type);
    if entry.log != origin {
        Some("it is of another log".to_owned())
    } else if entry.seq != seq {
        Some(format!("it says number {}", entry.seq))
    } else if kind.is_some_and(|kind| kind.as_str() != entry.kind) {
        Some("it names another kind than its statement".to_owned())
    } else {
        None
    }
}
