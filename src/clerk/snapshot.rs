//! What everyone may read of a competition: a state that is durable, signed and published.

use crate::competition::{Competition, Head};
use crate::crypto::Digest;
use crate::ledger::{Receipt, Tree};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// A tree that grows at its end only, so that everything read of it up to a known size stays true.
#[derive(Debug, Clone, Default)]
pub struct SharedTree(Arc<RwLock<Tree>>);

impl SharedTree {
    /// A tree over these leaf hashes.
    pub fn of(tree: Tree) -> Self {
        Self(Arc::new(RwLock::new(tree)))
    }

    /// The tree; it may be larger than the snapshot at hand.
    pub fn read(&self) -> RwLockReadGuard<'_, Tree> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn extend(&self, leaves: impl Iterator<Item = Digest>) {
        let mut tree = self.0.write().unwrap_or_else(PoisonError::into_inner);
        leaves.for_each(|leaf| tree.push(leaf));
    }
}

/// A published state of one competition.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Id of the competition.
    pub id: String,
    /// Its rules and state.
    pub competition: Arc<Competition>,
    /// Size and root of its ledger.
    pub head: Head,
    /// The signed checkpoint over `head`.
    pub checkpoint: String,
    /// Hashes of the ledger; use it up to `head.size` only.
    pub tree: SharedTree,
    /// The log's verifier key.
    pub log_vkey: String,
}

impl Snapshot {
    /// Whether the public sees another state than before: all but named ballots, which are sealed until the close.
    pub fn tells_more_than(&self, before: &Self) -> bool {
        let ballots = |snapshot: &Self| {
            let round = snapshot.competition.rounds().last();
            round.map_or(0, |round| round.ballots().len() as u64)
        };
        let sealed = self.competition.named_seal_from().is_some();
        !sealed || self.head.size != before.head.size + ballots(self).saturating_sub(ballots(before))
    }

    /// Proof that the entry is in the ledger, under this checkpoint; none if it is not there yet.
    pub fn receipt(&self, seq: u64) -> Option<String> {
        let size = self.head.size;
        (seq < size).then(|| Receipt::make(&self.tree.read(), seq, size, &self.checkpoint[..]).to_string())
    }

    /// Inclusion proof of an entry in the ledger at `size`; none beyond this snapshot.
    pub fn inclusion(&self, seq: u64, size: u64) -> Option<Vec<Digest>> {
        (seq < size && size <= self.head.size).then(|| self.tree.read().inclusion(seq, size))
    }

    /// Proof that the ledger at `from` is the beginning of the ledger at `to`; none beyond this snapshot.
    pub fn consistency(&self, from: u64, to: u64) -> Option<Vec<Digest>> {
        (from <= to && to <= self.head.size).then(|| self.tree.read().consistency(from, to))
    }
}
