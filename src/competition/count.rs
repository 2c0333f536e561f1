//! Counting a round: which ballots are valid, void or invalid, and their totals.
//!
//! Which ballots count is computed from what was fixed before opening; nobody decides it after seeing contents.

use super::{CastBallot, Competition, Counted, NotCounted, Round};
use crate::crypto::hash::Digest;
use crate::ledger::tree::{leaf_hash, root_of};
use crate::ruleset::Electorate;
use crate::tally::Counter;

/// RFC 6962 root over PAE hashes in ascending order: what `polling_closed` fixes.
pub fn box_root(ascending: &[Digest]) -> Digest {
    let leaves: Vec<_> = ascending.iter().map(|hash| leaf_hash(hash.as_bytes())).collect();
    root_of(&leaves)
}

impl Competition {
    /// Counts the opened ballots of a round.
    pub(super) fn count_round(&self, round: &Round) -> Counted {
        let mut counter = Counter::new(&round.rules(self.rules()).vote, &round.paper);
        let mut invalid = Vec::new();
        for (index, ballot) in round.each_ballot().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            if Self::is_returned(round, ballot) {
                invalid.push((index, NotCounted::Returned));
                continue;
            }
            let own = self.own_place(round, ballot);
            let added = ballot.row().map_err(Clone::clone).and_then(|row| counter.add(row, own));
            if let Err(reason) = added {
                invalid.push((index, reason.into()));
            }
        }
        let mut count = counter.finish();
        count.invalid = invalid.len() as u64;
        Counted { count, invalid }
    }

    /// Ballots cast with the key of a card that was returned as unused or spoiled.
    pub fn returned_cards_voted(&self, round: &Round) -> usize {
        let ballots = round.each_ballot();
        ballots.filter(|ballot| Self::is_returned(round, *ballot)).count()
    }

    /// A ballot by the key of an unused or spoiled card is void, and a finding.
    fn is_returned(round: &Round, ballot: CastBallot<'_>) -> bool {
        let closing = round.closing.as_ref().zip(ballot.card());
        closing.is_some_and(|(closing, card)| closing.returned(card))
    }

    /// Named ballots among candidates: where the elector stands on the paper.
    fn own_place(&self, round: &Round, ballot: CastBallot<'_>) -> Option<usize> {
        if self.rules().electorate != (Electorate::Candidates {}) {
            return None;
        }
        round.paper.index_of(&ballot.elector()?.parse().ok()?)
    }

    /// Whether enough of the electors voted for the round to count; a ballot by a returned card is nobody's.
    pub(super) fn turnout_reached(&self, round: &Round) -> bool {
        let cast = (round.ballots.len() - self.returned_cards_voted(round)) as u64;
        self.rules()
            .min_turnout_percent
            .is_none_or(|percent| cast * 100 >= u64::from(percent) * u64::from(round.electors))
    }
}
