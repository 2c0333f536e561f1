//! The bundle of a published state: everything that a stranger needs, taken from the store and the attachments.
//!
//! It is written a part at a time, into a folder or a tar: what is held at once does not grow with what the entries say.

use super::beside::{Beside, Reach};
use super::snapshot::Snapshot;
use crate::competition::{BundleFault, Head, Statement, Stored, attachments_of, ballot_lines, small_files, windows_of};
use crate::crypto::{Digest, Envelope, KeyId};
use crate::ledger::again::Again;
use crate::ledger::bundle::{self, SUMS, create, digest_of, put, sums, write_tar};
use crate::ledger::source::{OnDisk, Source};
use crate::ledger::tile::{TILE_WIDTH, encode_entries, entry_tile, tiles_for};
use crate::ledger::{Entry, Tree, Vkey};
use crate::store::{Store, StoreError};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use tempfile::NamedTempFile;

/// Entries read at once: sixteen whole tiles.
const PAGE: u32 = 4_096;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Named ballots while polling: entries from the first of them on are sealed.
    #[error("ballots are sealed until polling is closed")]
    Sealed,
    /// Something that the ledger names is gone.
    #[error(transparent)]
    Fault(#[from] BundleFault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] bundle::BundleError),
    /// What was written could not be read again.
    #[error("{0}")]
    Again(String),
}

/// Where, in the data folder, bundles are made and lie for readers; nothing in it outlives the office.
const FOLDER: &str = "bundles";

/// A bundle as one tar, in a file that goes when this does.
#[derive(Debug)]
pub struct Packed {
    /// Entries in it.
    pub size: u64,
    /// Length of the tar.
    pub bytes: u64,
    /// SHA-256 of the tar.
    pub sha256: Digest,
    /// Its files, where they lie.
    pub files: OnDisk,
    tar: NamedTempFile,
}

impl Packed {
    /// The tar; gone with this.
    pub fn path(&self) -> &Path {
        self.tar.path()
    }
}

/// Clears away what an office that was killed left.
pub(super) fn sweep(folder: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder.join(FOLDER)) {
        Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => Err(fault),
        _ => Ok(()),
    }
}

/// Puts the bundle of this state into a tar. `folder`: where the office keeps its data.
pub async fn pack(snapshot: Arc<Snapshot>, store: Arc<dyn Store>, folder: &Path) -> Result<Packed, BundleError> {
    let (size, place) = (snapshot.head.size, folder.join(FOLDER));
    let fault = |fault: std::io::Error| StoreError::Fault(format!("a bundle cannot be made: {fault}"));
    std::fs::create_dir_all(&place).map_err(fault)?;
    let made = tempfile::tempdir_in(&place).map_err(fault)?;
    export(snapshot, store, folder, made.path()).await?;
    let packing = tokio::task::spawn_blocking(move || {
        // The sums stand near the beginning of a tar: everything is made before anything is put into it.
        let tar = NamedTempFile::new_in(&place).map_err(fault)?;
        write_tar(&OnDisk::open(made.path())?, BufWriter::new(tar.as_file()))?;
        made.close().map_err(fault)?;
        let written = File::open(tar.path()).map_err(fault)?;
        let bytes = written.metadata().map_err(fault)?.len();
        let sha256 = digest_of(written).map_err(fault)?;
        let files = OnDisk::open(tar.path())?;
        Ok(Packed {
            size,
            bytes,
            sha256,
            files,
            tar,
        })
    });
    packing.await.map_err(|error| StoreError::Fault(error.to_string()))?
}

/// Writes the bundle of this state below `out`. `folder`: where the office keeps its data.
pub async fn export(
    snapshot: Arc<Snapshot>,
    store: Arc<dyn Store>,
    folder: &Path,
    out: &Path,
) -> Result<(), BundleError> {
    if snapshot.competition.named_seal_from().is_some() {
        return Err(BundleError::Sealed);
    }
    let mut ledger = Ledger::default();
    while ledger.tree.size() < snapshot.head.size {
        let from = ledger.tree.size();
        let left = u32::try_from(snapshot.head.size - from).unwrap_or(PAGE).min(PAGE);
        let page = store.entries(&snapshot.id, from, left).await?;
        // Fewer than asked for would not fill the tiles.
        if page.len() != left as usize {
            return Err(StoreError::Damaged(format!("entry {from} of {} is missing", snapshot.id)).into());
        }
        ledger.write(&page, snapshot.head.size, out)?;
    }
    let (reach, out) = (Reach::here(store, folder.to_owned()), out.to_owned());
    let made = tokio::task::spawn_blocking(move || {
        let beside = Beside::new(&reach, &snapshot.id, None, false);
        ledger.finish(&snapshot, &beside, &out)
    });
    made.await.map_err(|error| StoreError::Fault(error.to_string()))?
}

/// What is known of the entries that were written.
#[derive(Default)]
struct Ledger {
    tree: Tree,
    announcement: Option<Envelope>,
    /// Attachments that entries name.
    named: BTreeSet<Digest>,
}

impl Ledger {
    /// Writes tiles of entries.
    fn write(&mut self, page: &[Vec<u8>], size: u64, out: &Path) -> Result<(), BundleError> {
        for entries in page.chunks(usize::from(TILE_WIDTH)) {
            let path = entry_tile(self.tree.size(), size).to_string();
            let bytes = encode_entries(entries).map_err(|error| BundleError::Again(error.to_string()))?;
            put(out, &path, &bytes)?;
            let read: Vec<_> = entries
                .par_iter()
                .map(|bytes| (Entry::leaf(bytes), Entry::from_bytes(bytes)))
                .collect();
            for (leaf, entry) in read {
                let seq = self.tree.size();
                self.tree.push(leaf);
                let entry = entry.map_err(|_| BundleFault::Entry(usize::try_from(seq).unwrap_or(usize::MAX)))?;
                if seq == 0 {
                    self.announcement = Some(entry.body.clone());
                }
                if entry.kind != "ballot_cast"
                    && let Ok(statement) = Statement::read(entry.body)
                {
                    self.named.extend(attachments_of(&statement.act));
                }
            }
        }
        Ok(())
    }

    /// Writes everything else.
    fn finish(&self, snapshot: &Snapshot, beside: &dyn Stored, out: &Path) -> Result<(), BundleError> {
        let log: Vkey = snapshot.log_vkey.parse().expect("our own verifier key is well-formed");
        for tile in tiles_for(self.tree.size()) {
            if let Some(level) = tile.level {
                let hashes = self.tree.hash_tile(level, tile.index, tile.width);
                put(out, &tile.to_string(), &hashes)?;
            }
        }
        for sha256 in &self.named {
            let bytes = beside.attachment(sha256).ok_or(BundleFault::Attachment(*sha256))?;
            put(out, &attachment_path(sha256), &bytes)?;
        }
        let head = Head {
            size: self.tree.size(),
            root: self.tree.root(),
        };
        let announcement = self.announcement.as_ref();
        small_files(&snapshot.competition, announcement, head, &snapshot.checkpoint, &log).write_folder(out)?;
        self.write_ballots(snapshot, out)?;
        put(out, SUMS, sums(&OnDisk::open(out)?).as_bytes())?;
        Ok(())
    }

    /// `ballots.jsonl`, from the tiles and attachments that lie there by now.
    fn write_ballots(&self, snapshot: &Snapshot, out: &Path) -> Result<(), BundleError> {
        let rounds = snapshot.competition.rounds().iter();
        let closed: Vec<_> = rounds.filter(|round| round.closed_box().is_some()).collect();
        if closed.is_empty() {
            return Ok(());
        }
        let files = OnDisk::open(out)?;
        let fault = |fault: std::io::Error| BundleError::Again(format!("ballots.jsonl: {fault}"));
        let mut lines = BufWriter::new(create(out, "ballots.jsonl")?);
        for round in closed {
            for (places, picked) in windows_of(round, Again::new(&files, &self.tree)) {
                let picked = picked.map_err(BundleError::Again)?;
                let mut sets: Vec<(KeyId, Cow<'_, [u8]>)> = Vec::new();
                for (keyid, sha256) in round.signed().values() {
                    let (start, length) = (64 * places.start as u64, 64 * places.len() as u64);
                    let part = files.part(&attachment_path(sha256), start, length);
                    sets.push((*keyid, part.ok_or(BundleFault::Attachment(*sha256))?));
                }
                let sets: Vec<_> = sets.iter().map(|(keyid, bytes)| (*keyid, &bytes[..])).collect();
                for piece in ballot_lines(&picked.entries(), &sets) {
                    lines.write_all(&piece).map_err(fault)?;
                }
            }
        }
        lines.flush().map_err(fault)
    }
}

fn attachment_path(sha256: &Digest) -> String {
    format!("attachments/{sha256}")
}
