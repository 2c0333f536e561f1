//! Entries that were hashed once, read again from their tiles: what is no longer the same is an error, never content.

use super::entry::Entry;
use super::source::Source;
use super::tile::{TilePath, Window, entry_tile};
use super::tree::Tree;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The tiles of a log, and the tree that was made of them.
#[derive(Clone, Copy)]
pub struct Again<'a> {
    files: &'a dyn Source,
    tree: &'a Tree,
    hashes: bool,
}

impl<'a> Again<'a> {
    /// The entries of this tree in these files.
    pub fn new(files: &'a dyn Source, tree: &'a Tree) -> Self {
        let hashes = true;
        Self { files, tree, hashes }
    }

    /// Whatever the tiles hold by now, for one who asks again, with hashes, before it is said to differ from anything.
    #[must_use]
    pub fn unhashed(self) -> Self {
        let hashes = false;
        Self { hashes, ..self }
    }

    /// The entries of neighbouring tiles; an error in words if they are no longer those that were hashed.
    pub fn window(&self, tiles: Vec<TilePath>) -> Result<Window<'a>, String> {
        let first = tiles.first().map_or(0, |tile| tile.range().0);
        let window = Window::read(self.files, tiles).map_err(|error| error.to_string())?;
        let unchanged =
            |(place, bytes): (usize, &[u8])| self.tree.leaf(first + place as u64) == Some(Entry::leaf(bytes));
        let same = !self.hashes || window.entries().into_par_iter().enumerate().all(unchanged);
        if same {
            Ok(window)
        } else {
            Err("the tiles changed while they were read".to_owned())
        }
    }

    /// The entries in these places, wherever they are.
    pub fn pick(&self, seqs: Vec<u64>) -> Result<Picked<'a>, String> {
        let tiles: BTreeSet<_> = seqs.iter().map(|seq| entry_tile(*seq, self.tree.size())).collect();
        let tiles: Vec<_> = tiles.into_iter().collect();
        let runs = tiles.chunk_by(|left, right| left.index + 1 == right.index);
        let windows = runs.map(|run| Ok((run[0].range().0, self.window(run.to_vec())?)));
        let windows = windows.collect::<Result<_, String>>()?;
        Ok(Picked { windows, seqs })
    }
}

/// Entries from anywhere in a log.
pub struct Picked<'a> {
    /// Runs of neighbouring tiles with their first entry's place.
    windows: Vec<(u64, Window<'a>)>,
    seqs: Vec<u64>,
}

impl Picked<'_> {
    /// The entries, in the order in which they were asked for.
    pub fn entries(&self) -> Vec<&[u8]> {
        let windows = self.windows.iter().map(|(first, window)| (*first, window.entries()));
        let windows: BTreeMap<_, _> = windows.collect();
        let entry = |seq: &u64| {
            let (first, entries) = windows.range(..=*seq).next_back()?;
            entries.get(usize::try_from(seq - first).ok()?).copied()
        };
        self.seqs.iter().map(|seq| entry(seq).unwrap_or_default()).collect()
    }
}
