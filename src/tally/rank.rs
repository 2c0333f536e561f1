//! Puts candidates in order and fills the seats, or stops at a tie at the last one.

use super::count::{CandidateTotal, Count};
use crate::ballot::{BallotPaper, CandidateId};
use crate::ruleset::{Aggregate, Blank, RuleSet, VoteRules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    cmp::{Ordering, Reverse},
    collections::BTreeSet,
};

/// What candidates are ranked by: an exact fraction. For a sum the divisor is 1. Equal fractions are equal values.
#[derive(Debug, Clone, Copy)]
pub struct Value {
    /// Sum of ratings.
    pub total: i64,
    /// At least 1.
    pub divisor: u64,
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        let mine = i128::from(self.total) * i128::from(other.divisor);
        mine.cmp(&(i128::from(other.total) * i128::from(self.divisor)))
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Value {}

/// The value of one candidate of a count of that many valid ballots.
pub fn value(rules: &VoteRules, valid: u64, candidate: &CandidateTotal) -> Value {
    let divisor = match (rules.aggregate, rules.blank) {
        (Aggregate::Sum {}, _) => 1,
        (Aggregate::Mean { .. }, Blank::Skip) => candidate.rated,
        (Aggregate::Mean { .. }, Blank::Zero) => valid,
    };
    Value {
        total: candidate.total,
        divisor: divisor.max(1),
    }
}

/// A candidate with a rank: 1 + the number of electable candidates of greater value, so equal values share a rank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// Who.
    pub candidate: CandidateId,
    /// From 1: 1, 2, 2, 4.
    pub rank: u32,
}

/// Who is elected. Lists run from the greatest value down; those who share a rank stand by id, which decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Outcome {
    /// The votes (and tie rules so far) settle every seat.
    Complete {
        /// The elected.
        elected: Vec<Placed>,
        /// Seats that stay empty, for want of candidates who can be elected.
        unfilled: u32,
        /// Those not elected, if the rule set keeps a reserve.
        reserve: Vec<Placed>,
    },
    /// More candidates of one value than seats left for them: no error; a tie rule must settle it.
    TieAtLastSeat {
        /// Those above the tie.
        elected: Vec<Placed>,
        /// Those in it, by id; they share the rank `elected.len() + 1`.
        tied: Vec<CandidateId>,
        /// Seats for the tied: at least 1, fewer than they are.
        seats_left: u32,
        /// Those below the tie, if the rule set keeps a reserve.
        reserve: Vec<Placed>,
    },
}

/// Whether the votes allow a candidate to be elected at all.
pub(super) fn electable(rules: &VoteRules, value: Value, rated: u64) -> bool {
    // R15: a mean of fewer ratings than the quorum elects nobody.
    let quorum = match rules.aggregate {
        Aggregate::Mean { quorum } => u64::from(quorum),
        Aggregate::Sum {} => 0,
    };
    rated >= quorum
        && rules.pass_mark.is_none_or(|mark| {
            value
                >= Value {
                    total: mark,
                    divisor: 1,
                }
        })
}

/// A candidate who is neither struck nor barred, with place on the paper.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub place: usize,
    pub value: Value,
    pub rated: u64,
    pub electable: bool,
}

/// All who are neither struck nor barred: first those who can be elected, from the greatest value down.
pub(super) fn standings(
    rules: &VoteRules,
    paper: &BallotPaper,
    count: &Count,
    barred: &BTreeSet<CandidateId>,
) -> Vec<Standing> {
    let in_question = |place: &usize| !paper.struck[*place] && !barred.contains(&paper.candidates[*place]);
    let standing = |place: usize| {
        let (total, rated) = (&count.totals[place], count.totals[place].rated);
        let value = value(rules, count.valid, total);
        Standing {
            place,
            value,
            rated,
            electable: electable(rules, value, rated),
        }
    };
    let mut all: Vec<_> = (0..paper.len()).filter(in_question).map(standing).collect();
    // A stable sort: equals stay in the order of the paper, which decides nothing.
    all.sort_by_key(|standing| Reverse((standing.electable, standing.value)));
    all
}

/// Fills the seats from a count of this very paper. `barred`: who cannot be elected though their ratings stand.
pub fn rank(
    rules: &RuleSet,
    paper: &BallotPaper,
    count: &Count,
    seats: u32,
    barred: &BTreeSet<CandidateId>,
) -> Outcome {
    let mut order = standings(&rules.vote, paper, count, barred);
    order.retain(|standing| standing.electable);
    let placed = |standings: &[Standing]| -> Vec<Placed> {
        let place = |standing: &Standing| Placed {
            candidate: paper.candidates[standing.place].clone(),
            rank: whole(1 + order.partition_point(|other| other.value > standing.value)),
        };
        standings.iter().map(place).collect()
    };
    let reserve = |standings: &[Standing]| if rules.reserve { placed(standings) } else { Vec::new() };
    // R5: as many are elected as there are seats.
    let wanted = usize::try_from(seats).expect("a count of seats fits");
    let filled = wanted.min(order.len());
    if filled > 0 && filled < order.len() && order[filled - 1].value == order[filled].value {
        // R15: never settled by list order, name or id.
        let line = order[filled].value;
        let above = order.partition_point(|standing| standing.value > line);
        let below = order.partition_point(|standing| standing.value >= line);
        return Outcome::TieAtLastSeat {
            elected: placed(&order[..above]),
            tied: placed(&order[above..below])
                .into_iter()
                .map(|tied| tied.candidate)
                .collect(),
            seats_left: whole(filled - above),
            reserve: reserve(&order[below..]),
        };
    }
    let unfilled = whole(wanted - filled);
    Outcome::Complete {
        elected: placed(&order[..filled]),
        unfilled,
        reserve: reserve(&order[filled..]),
    }
}

pub(super) fn whole(number: usize) -> u32 {
    u32::try_from(number).expect("fewer candidates than 2^32")
}
