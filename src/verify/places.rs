//! Entries and their places: re-hashed, canonical, chain, numbers, times; and the tiles that follow from them.

use super::Notes;
use super::finding::Finding;
use crate::calendar::Time;
use crate::competition::act::Kind;
use crate::competition::{Code, Refusal, Statement};
use crate::crypto::dsse::Envelope;
use crate::crypto::hash::Digest;
use crate::ledger::again::Again;
use crate::ledger::entry::{Entry, EntryError, PlaceOf};
use crate::ledger::source::Source;
use crate::ledger::tile::{Sums, TILE_WIDTH, TileError, TilePath, Window, entry_tile, tiles_for};
use crate::ledger::tree::Tree;
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The record as far as it was read.
pub(super) struct Record<'a> {
    files: &'a dyn Source,
    pub origin: &'a str,
    /// How many entries there are, says the checkpoint.
    pub size: u64,
    /// Leaf hashes of the entries, and the tree over them.
    pub tree: Tree,
    /// What the first entry says, if it can be read.
    pub announcement: Option<Envelope>,
    /// Whether everything was read but, perhaps, what ballots say.
    pub acts_complete: bool,
    /// The time of the last entry that can be read.
    pub last_time: Option<Time>,
    /// Of the files that the entries were read from.
    pub sums: Sums,
    illegible: Notes,
    misplaced: Notes,
}

/// An entry as the core saw it that read it: what the others' order does not matter to is asked there.
pub(super) struct Seen {
    leaf: Digest,
    link: Result<Link, EntryError>,
    said: Said,
}

/// What ties an entry to its neighbours.
struct Link {
    prev: Digest,
    time: Time,
    /// Why it cannot stand in its place, whatever its neighbours are.
    misplaced: Option<String>,
}

/// What an entry says to others than the rules.
enum Said {
    /// A ballot says nothing to them.
    Nothing,
    Act(Box<Statement>),
    Illegible,
}

/// What the replay needs of an entry beside its statement.
pub(super) struct Place {
    pub kind: SmolStr,
    pub time: Time,
}

/// An entry for the replay. What is no entry has no place, and ends the replay.
type Read = (Option<Place>, Result<Statement, Refusal>);

/// Neighbours as they were read.
pub(super) struct Neighbours {
    /// For the record.
    pub seen: Vec<Seen>,
    pub sums: Sums,
    /// For the replay.
    pub places: Vec<Option<Place>>,
    pub statements: Vec<Result<Statement, Refusal>>,
}

fn read_entry(bytes: &[u8], seq: u64, origin: &str) -> (Seen, Read) {
    let leaf = Entry::leaf(bytes);
    let parts = |place: &PlaceOf<'_>| {
        let link = Link {
            prev: place.prev,
            time: place.time,
            misplaced: misplaced(place, seq, origin),
        };
        let (kind, time) = (place.kind.into(), place.time);
        (link, Place { kind, time })
    };
    let (body, (link, place)) = if let Some((body, place)) = Entry::parts_of(bytes) {
        (body, parts(&place))
    } else {
        match Entry::from_bytes(bytes) {
            Ok(entry) => {
                let parts = parts(&entry.place());
                (entry.body, parts)
            }
            Err(error) => {
                let (link, said) = (Err(error), Said::Illegible);
                return (Seen { leaf, link, said }, (None, Err(Code::Malformed.into())));
            }
        }
    };
    let statement = Statement::read(body);
    let said = match &statement {
        _ if seq > 0 && place.kind == Kind::BallotCast.as_str() => Said::Nothing,
        Ok(statement) => Said::Act(Box::new(statement.clone())),
        Err(_) => Said::Illegible,
    };
    let link = Ok(link);
    (Seen { leaf, link, said }, (Some(place), statement))
}

impl<'a> Record<'a> {
    /// The log with this origin and so many entries, of which none is read yet.
    pub(super) fn new(files: &'a dyn Source, origin: &'a str, size: u64) -> Self {
        Self {
            files,
            origin,
            size,
            tree: Tree::new(),
            announcement: None,
            acts_complete: true,
            last_time: None,
            sums: Sums::new(),
            illegible: Notes::default(),
            misplaced: Notes::default(),
        }
    }

    /// Reads the entries of neighbouring tiles.
    pub(super) fn reader(&self) -> impl Fn(Vec<TilePath>) -> Result<Neighbours, TileError> + Sync + use<'a> {
        let (files, origin) = (self.files, self.origin);
        move |tiles| {
            let first = tiles.first().map_or(0, |tile| tile.range().0);
            let (window, sums) = Window::read_and_sum(files, tiles)?;
            let entries = window.entries().into_par_iter().enumerate();
            let each = entries.map(|(place, bytes)| read_entry(bytes, first + place as u64, origin));
            let (seen, (places, statements)) = each.unzip();
            Ok(Neighbours {
                seen,
                sums,
                places,
                statements,
            })
        }
    }

    /// Takes the next entry into the tree and to its place; gives what it says, if it is no ballot.
    pub(super) fn take(&mut self, seen: Seen) -> Option<Statement> {
        let seq = self.tree.size();
        let before = seq.checked_sub(1).and_then(|last| self.tree.leaf(last));
        self.tree.push(seen.leaf);
        match seen.link {
            Ok(link) => self.check_place(&link, seq, before.unwrap_or(Digest::ZERO)),
            Err(error) => self.illegible.find(Finding::EntryForm, Some(seq), error.to_string()),
        }
        match seen.said {
            Said::Nothing => None,
            Said::Act(statement) => {
                if seq == 0 {
                    self.announcement = Some(statement.envelope.clone());
                }
                Some(*statement)
            }
            Said::Illegible => {
                self.acts_complete = false;
                None
            }
        }
    }

    /// Chain, origin, sequence, and a time that never decreases.
    fn check_place(&mut self, link: &Link, seq: u64, leaf_before: Digest) {
        let notes = &mut self.misplaced;
        if link.prev != leaf_before {
            let words = format!("names {}, the leaf before is {leaf_before}", link.prev);
            notes.find(Finding::Chain, Some(seq), words);
        }
        if let Some(words) = &link.misplaced {
            notes.find(Finding::Place, Some(seq), words.clone());
        }
        if self.last_time.is_some_and(|time| link.time < time) {
            let words = format!("its time {} is before that of the entry before", link.time);
            notes.find(Finding::Place, Some(seq), words);
        }
        self.last_time = Some(link.time);
    }

    /// What is odd about any entry: which cannot be read, then which are in a wrong place.
    pub(super) fn tell(&mut self, notes: &mut Notes) {
        notes.append(std::mem::take(&mut self.illegible));
        notes.append(std::mem::take(&mut self.misplaced));
    }

    /// What stands from this place on, up to a tile's width: a hint at entries that are neither hashed nor placed yet.
    pub(super) fn hint(&self, from: u64) -> Vec<Statement> {
        let until = self.size.min(from + u64::from(TILE_WIDTH));
        if from >= until {
            return Vec::new();
        }
        let mut tiles = vec![entry_tile(from, self.size), entry_tile(until - 1, self.size)];
        tiles.dedup();
        let first = tiles[0].range().0;
        let Ok(window) = Window::read(self.files, tiles) else {
            return Vec::new();
        };
        let entries = window.entries().into_iter().zip(first..until);
        let wanted = entries.filter(|(_, seq)| *seq >= from);
        wanted
            .filter_map(|(bytes, _)| Statement::read(Entry::from_bytes(bytes).ok()?.body).ok())
            .collect()
    }

    /// The entries that were read, to be read again.
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
