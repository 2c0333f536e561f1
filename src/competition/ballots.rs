//! The ballots of a round in columns: a million of them are a few long runs of memory, not millions of small pieces.

use super::Round;
use crate::ballot::Invalid;
use crate::crypto::hash::Digest;
use crate::crypto::key::KeyId;
use crate::ledger::tree::{Frontier, leaf_hash};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A ballot on its way into the record.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    /// PAE hash.
    pub hash: Digest,
    pub by: Caster,
    /// Unless [`Stored::keeps_ballots`](super::Stored::keeps_ballots) says otherwise.
    pub pae: Option<Arc<[u8]>>,
    /// Its marks in the order of the paper, or why it has none.
    pub row: Result<Vec<i16>, Invalid>,
}

/// Who casts a ballot.
#[derive(Debug, Clone)]
pub(super) enum Caster {
    /// Secret ballots: the card with this index.
    Card(u32),
    /// Named ballots: the elector, and whose key that is now.
    Elector { key: KeyId, id: String },
}

/// Ballots, first as they were taken, then in the order of the box.
#[derive(Debug, Clone, Default)]
pub struct Ballots {
    hashes: Vec<Digest>,
    /// Where their entries stand.
    seqs: Vec<u64>,
    /// Secret ballots: their cards.
    cards: Vec<u32>,
    /// Named ballots: their electors.
    electors: Vec<(KeyId, String)>,
    /// Rows one after the other, each as wide as the paper; that of a ballot without a row stands for nothing.
    marks: Vec<i16>,
    /// Ballots without a row.
    invalid: BTreeMap<usize, Invalid>,
    /// Signed bytes, where they are kept.
    paes: Vec<Arc<[u8]>>,
    /// Cards that cast one, by index.
    used: Vec<bool>,
    /// The box as far as it was opened.
    opened: Frontier,
}

impl Ballots {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// PAE hashes.
    pub fn hashes(&self) -> &[Digest] {
        &self.hashes
    }

    /// Where their entries stand.
    pub fn seqs(&self) -> &[u64] {
        &self.seqs
    }

    /// Whether this card cast one.
    pub(super) fn has_cast(&self, card: usize) -> bool {
        self.used.get(card).copied().unwrap_or_default()
    }

    /// Room for so many, of which each has `width` marks.
    pub(super) fn reserve(&mut self, count: usize, width: usize) {
        self.hashes.reserve_exact(count);
        self.seqs.reserve_exact(count);
        self.cards.reserve_exact(count);
        self.marks.reserve_exact(count * width);
    }

    /// One more, of `width` marks, by one of `cards`.
    pub(super) fn push(&mut self, ballot: Cast, seq: u64, width: usize, cards: usize) {
        match ballot.by {
            Caster::Card(card) => {
                self.used.resize(cards, false);
                self.used[card as usize] = true;
                self.cards.push(card);
                self.opened.push(leaf_hash(ballot.hash.as_bytes()));
            }
            Caster::Elector { key, id } => self.electors.push((key, id)),
        }
        match ballot.row {
            Ok(row) => self.marks.extend(row),
            Err(invalid) => {
                self.invalid.insert(self.len(), invalid);
                self.marks.resize(self.marks.len() + width, 0);
            }
        }
        self.paes.extend(ballot.pae);
        self.hashes.push(ballot.hash);
        self.seqs.push(seq);
    }

    /// Root of the box with these ballots and one more after them.
    pub(super) fn root_with(&self, hash: &Digest) -> Digest {
        let mut opened = self.opened.clone();
        opened.push(leaf_hash(hash.as_bytes()));
        opened.root()
    }

    /// Named ballots, as they were cast, in the order of the box.
    pub(super) fn sort(&mut self, width: usize) {
        let mut order: Vec<_> = (0..self.len()).collect();
        order.sort_by_key(|index| self.hashes[*index]);
        let mut sorted = Self::default();
        for index in order {
            if let Some(invalid) = self.invalid.remove(&index) {
                sorted.invalid.insert(sorted.len(), invalid);
            }
            sorted.hashes.push(self.hashes[index]);
            sorted.seqs.push(self.seqs[index]);
            sorted.electors.extend(self.electors.get(index).cloned());
            sorted.marks.extend(&self.marks[width * index..width * (index + 1)]);
            sorted.paes.extend(self.paes.get(index).cloned());
        }
        *self = sorted;
    }
}

/// One ballot of a round.
#[derive(Debug, Clone, Copy)]
pub struct CastBallot<'a> {
    round: &'a Round,
    index: usize,
}

impl<'a> CastBallot<'a> {
    /// PAE hash.
    pub fn hash(&self) -> Digest {
        self.round.ballots.hashes[self.index]
    }

    /// Where its entry stands.
    pub fn seq(&self) -> u64 {
        self.round.ballots.seqs[self.index]
    }

    /// The key that cast it.
    pub fn key(&self) -> KeyId {
        match self.card() {
            Some(card) => {
                let id = self.round.cards.as_ref().and_then(|cards| cards.id(card));
                id.expect("its card was found among them")
            }
            None => self.round.ballots.electors[self.index].0,
        }
    }

    /// Named ballots: whose key that was when it was cast.
    pub fn elector(&self) -> Option<&'a str> {
        let elector = self.round.ballots.electors.get(self.index);
        elector.map(|(_, id)| id.as_str())
    }

    /// Secret ballots: index of the card that cast it.
    pub(super) fn card(&self) -> Option<usize> {
        let card = self.round.ballots.cards.get(self.index);
        card.map(|card| *card as usize)
    }

    /// The signed bytes, where the state keeps them.
    pub fn pae(&self) -> Option<&'a Arc<[u8]>> {
        self.round.ballots.paes.get(self.index)
    }

    /// Its marks in the order of the paper, or why it has none.
    pub(super) fn row(&self) -> Result<&'a [i16], &'a Invalid> {
        let (ballots, width) = (&self.round.ballots, self.round.paper.len());
        match ballots.invalid.get(&self.index) {
            Some(invalid) => Err(invalid),
            None => Ok(&ballots.marks[width * self.index..width * (self.index + 1)]),
        }
    }
}

impl Round {
    /// Ballots in box order, once opened (named: as cast; not public before closing).
    pub fn ballots(&self) -> &Ballots {
        &self.ballots
    }

    /// Each of [`Self::ballots`].
    pub fn each_ballot(&self) -> impl ExactSizeIterator<Item = CastBallot<'_>> + Clone {
        (0..self.ballots.len()).map(|index| CastBallot { round: self, index })
    }

    /// Whether this is one of its secret ballots, which stand in ascending order from the first on.
    pub(super) fn holds(&self, hash: &Digest) -> bool {
        let hashes = self.ballots.hashes();
        let after = hashes.last().is_none_or(|last| last < hash);
        !after && hashes.binary_search(hash).is_ok()
    }
}
