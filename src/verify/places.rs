//! Tiles, entries and their places: re-hashed tiles, canonical entries, chain, numbers, times.
//!
//! The entries are read a window of tiles at a time and let go again; only what is no ballot is kept.

use super::ahead::each_ahead;
use super::finding::Finding;
use super::{Bundle, Notes};
use crate::calendar::Time;
use crate::competition::Statement;
use crate::competition::act::Kind;
use crate::crypto::hash::Digest;
use crate::ledger::again::Again;
use crate::ledger::entry::{Entry, EntryError};
use crate::ledger::source::Source;
use crate::ledger::tile::{TileError, TilePath, Window, tiles_for, windows};
use crate::ledger::tree::Tree;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// What the first reading of all entries leaves behind.
pub(super) struct Record<'a> {
    files: &'a dyn Source,
    /// Leaf hashes of all entries, and the tree over them.
    pub tree: Tree,
    /// The first entry, if it can be read.
    pub first: Option<Entry>,
    /// Every statement but the ballots, as far as they can be read.
    pub acts: Vec<Statement>,
    /// Whether none but ballots is missing there.
    pub acts_complete: bool,
    /// The time of the last entry that can be read.
    pub last_time: Option<Time>,
}

impl<'a> Record<'a> {
    /// Hashes, reads and places every entry.
    pub(super) fn read(bundle: &Bundle<'a>, size: u64, notes: &mut Notes) -> Result<Self, TileError> {
        let mut record = Self {
            files: bundle.files,
            tree: Tree::new(),
            first: None,
            acts: Vec::new(),
            acts_complete: true,
            last_time: None,
        };
        // Which entries cannot be read is told before which are in a wrong place.
        let mut places = Notes::default();
        let read = |tiles| {
            let window = Window::read(bundle.files, tiles)?;
            let entries = window.entries();
            let read = entries.par_iter();
            Ok(read
                .map(|bytes| (Entry::leaf(bytes), Entry::from_bytes(bytes)))
                .collect::<Vec<_>>())
        };
        each_ahead(windows(size), read, |read| {
            for (leaf, entry) in read {
                record.take(leaf, entry, bundle.log.name(), notes, &mut places);
            }
            Ok(())
        })?;
        notes.append(places);
        Ok(record)
    }

    fn take(
        &mut self,
        leaf: Digest,
        entry: Result<Entry, EntryError>,
        origin: &str,
        notes: &mut Notes,
        places: &mut Notes,
    ) {
        let seq = self.tree.size();
        let before = seq.checked_sub(1).and_then(|last| self.tree.leaf(last));
        self.tree.push(leaf);
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                self.acts_complete = false;
                return notes.find(Finding::EntryForm, Some(seq), error.to_string());
            }
        };
        check_place(
            &entry,
            seq,
            before.unwrap_or(Digest::ZERO),
            self.last_time,
            origin,
            places,
        );
        self.last_time = Some(entry.time);
        if seq == 0 {
            self.first = Some(entry.clone());
        }
        if entry.kind == "ballot_cast" {
            return;
        }
        match Statement::read(entry.body) {
            Ok(statement) => self.acts.push(statement),
            Err(_) => self.acts_complete = false,
        }
    }

    /// The same entries, to be read again.
    pub(super) fn again(&self) -> Again<'_> {
        Again::new(self.files, &self.tree)
    }
}

pub(super) fn check_tiles(files: &dyn Source, tree: &Tree, notes: &mut Notes) {
    let expected = tiles_for(tree.size());
    let paths: BTreeSet<_> = expected.iter().map(ToString::to_string).collect();
    for path in files.paths().filter(|path| path.starts_with("tile/")) {
        let tile = TilePath::parse(path).filter(|_| paths.contains(path));
        let right = tile.is_some_and(|tile| match tile.level {
            // Read to its end, it gave just the entries that stand in it.
            None => true,
            Some(level) => {
                let wanted = tree.hash_tile(level, tile.index, tile.width);
                // What cannot be read is told as such.
                files.whole(path).is_none_or(|found| *found == *wanted)
            }
        });
        if !right {
            notes.find(Finding::Tiles, None, path.to_owned());
        }
    }
    for path in paths.iter().filter(|path| files.length(path).is_none()) {
        notes.missing(format!("{path}: missing"));
    }
}

/// Chain, origin, sequence, and a time that never decreases.
fn check_place(entry: &Entry, seq: u64, leaf_before: Digest, time: Option<Time>, origin: &str, notes: &mut Notes) {
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
