//! Tiles, entries and their places: re-hashed tiles, canonical entries, chain, numbers, times.
//!
//! The entries are read a window of tiles at a time and let go again; only what is no ballot is kept.

use super::Notes;
use super::ahead::each_ahead;
use super::finding::Finding;
use crate::calendar::Time;
use crate::competition::Statement;
use crate::competition::act::Kind;
use crate::crypto::hash::Digest;
use crate::ledger::again::Again;
use crate::ledger::entry::{Entry, EntryError, PlaceOf};
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

/// An entry as the core saw it that read it: what the others' order does not matter to is asked there, and what is not
/// needed further is let go there.
struct Seen {
    leaf: Digest,
    link: Result<Link, EntryError>,
}

/// What ties an entry to its neighbours.
struct Link {
    prev: Digest,
    time: Time,
    /// Why it cannot stand in its place, whatever its neighbours are.
    misplaced: Option<String>,
    /// All of it, if it is the first or no ballot.
    entry: Option<Box<Entry>>,
}

impl Seen {
    fn of(bytes: &[u8], seq: u64, origin: &str) -> Self {
        let kept = |place: &PlaceOf<'_>| seq == 0 || place.kind != Kind::BallotCast.as_str();
        // What a ballot says is asked later.
        let link = match Entry::place_of(bytes).filter(|place| !kept(place)) {
            Some(place) => Ok(Link::of(&place, seq, origin)),
            None => Entry::from_bytes(bytes).map(|entry| {
                let place = entry.place();
                let link = Link::of(&place, seq, origin);
                let entry = kept(&place).then(|| Box::new(entry));
                Link { entry, ..link }
            }),
        };
        let leaf = Entry::leaf(bytes);
        Self { leaf, link }
    }
}

impl Link {
    fn of(place: &PlaceOf<'_>, seq: u64, origin: &str) -> Self {
        Self {
            prev: place.prev,
            time: place.time,
            misplaced: misplaced(place, seq, origin),
            entry: None,
        }
    }
}

impl<'a> Record<'a> {
    /// Hashes, reads and places every entry of the log with this origin; tells what is odd about any.
    pub(super) fn read(files: &'a dyn Source, origin: &str, size: u64) -> Result<(Self, Notes), TileError> {
        let mut record = Self {
            files,
            tree: Tree::new(),
            first: None,
            acts: Vec::new(),
            acts_complete: true,
            last_time: None,
        };
        // Which entries cannot be read is told before which are in a wrong place.
        let (mut notes, mut places) = (Notes::default(), Notes::default());
        let read = |tiles: Vec<TilePath>| {
            let first = tiles.first().map_or(0, |tile| tile.range().0);
            let window = Window::read(files, tiles)?;
            let entries = window.entries().into_par_iter().enumerate();
            Ok(entries
                .map(|(place, bytes)| Seen::of(bytes, first + place as u64, origin))
                .collect::<Vec<_>>())
        };
        each_ahead(windows(size), read, |window| {
            for seen in window {
                record.take(seen, &mut notes, &mut places);
            }
            Ok(())
        })?;
        notes.append(places);
        Ok((record, notes))
    }

    fn take(&mut self, seen: Seen, notes: &mut Notes, places: &mut Notes) {
        let seq = self.tree.size();
        let before = seq.checked_sub(1).and_then(|last| self.tree.leaf(last));
        self.tree.push(seen.leaf);
        let link = match seen.link {
            Ok(link) => link,
            Err(error) => {
                self.acts_complete = false;
                return notes.find(Finding::EntryForm, Some(seq), error.to_string());
            }
        };
        check_place(&link, seq, before.unwrap_or(Digest::ZERO), self.last_time, places);
        self.last_time = Some(link.time);
        let Some(entry) = link.entry else { return };
        if seq == 0 {
            self.first = Some(Entry::clone(&entry));
        }
        if entry.kind == Kind::BallotCast.as_str() {
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
fn check_place(link: &Link, seq: u64, leaf_before: Digest, time: Option<Time>, notes: &mut Notes) {
    if link.prev != leaf_before {
        let words = format!("names {}, the leaf before is {leaf_before}", link.prev);
        notes.find(Finding::Chain, Some(seq), words);
    }
    if let Some(words) = &link.misplaced {
        notes.find(Finding::Place, Some(seq), words.clone());
    }
    if time.is_some_and(|time| link.time < time) {
        let words = format!("its time {} is before that of the entry before", link.time);
        notes.find(Finding::Place, Some(seq), words);
    }
}

fn misplaced(entry: &PlaceOf<'_>, seq: u64, origin: &str) -> Option<String> {
    // Of a payload type that nobody knows the replay speaks.
    let kind = Kind::of_payload_type(entry.payload_type);
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
