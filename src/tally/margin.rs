//! What decided the last seat: how close it was, and how few ballots could have changed the list of the elected.
//!
//! # What is computed, and why it is a true lower bound
//! A *changed* ballot is a valid ballot with other content that is valid too. One mark for a candidate (or its absence)
//! is worth between `low` and `high`, the ends of the scale, both stretched to 0 where a blank counts 0; let
//! `span = high - low`. A candidate's value is `T / d`; `d` is 1 (sum), the number of valid ballots (mean, blank zero)
//! or the candidate's own number of ratings (mean, blank skipped).
//!
//! (1) After `k` changes no value is below `(T - k*span) / d`. For fixed `d` that is plain: each ballot moves `T` by at
//! most `span`. For skipped blanks count from `low`: `Y = T - low*d`, `0 <= Y <= span*d`. A change may lower one mark
//! (`(Y - span) / d` at worst), add one (`Y / (d+1)` at worst), or remove one (`(Y - span) / (d-1)` at worst). The first
//! is the least of the three, because `Y <= span*d`; so `k` of them bound any mixture. By symmetry no value of a
//! candidate with ratings rises above `(T + k*span) / d`.
//!
//! (2) So a candidate `b` who is not elected can reach an elected `a` only if
//! `(Ta - k*span) / da <= (Tb + k*span) / db`, that is `k >= (Ta*db - Tb*da) / (span * (da + db))`. For sums this says
//! that one ballot moves the difference of two candidates by at most `2*span`.
//!
//! (3) The list of the elected changes only if an elected candidate stops being electable or somebody not elected
//! becomes electable, if need be, and reaches or passes an elected one; a tie at the last seat counts as a change. An
//! elected candidate misses the quorum only after `rated - quorum + 1` changes, one rating each; on the way below the
//! pass mark he falls to the first not elected, who has it: (2) covers that. The bound is the least over all these ways.
//! It is not exact: the ballots that exist may not allow the largest move, and the numbers kept do not say who rated
//! whom together. Barred and struck candidates stay so.

use super::count::Count;
use super::rank::{Standing, Value, electable, standings};
use crate::ballot::{BallotPaper, CandidateId};
use crate::ruleset::{Aggregate, Blank, Electorate, RuleSet, SelfRating, VoteRules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How close the last seat was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastSeat {
    /// The elected of least value, by id; in a tie at the last seat: the tied.
    pub last_elected: Vec<CandidateId>,
    /// The not elected of greatest value among those who could be, by id; in a tie at the last seat: the tied.
    pub first_not_elected: Vec<CandidateId>,
    /// Difference of their values: numerator. 0 in a tie.
    pub margin: i64,
    /// Difference of their values: denominator; 1 for sums. Not reduced.
    pub margin_divisor: i64,
    /// The list of the elected stays what it is unless at least so many valid ballots say something else; 0 in a tie
    /// at the last seat; absent if no change of all of them could do it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ballots_at_least: Option<u64>,
    /// Candidates vote, may rate themselves, and blanking such marks could change the list.
    pub self_rating_matters: bool,
}

/// What decided the last seat; `None` if nobody who could be elected is left without a seat, or nobody is elected.
pub fn last_seat(
    rules: &RuleSet,
    paper: &BallotPaper,
    count: &Count,
    seats: u32,
    barred: &BTreeSet<CandidateId>,
) -> Option<LastSeat> {
    let all = standings(&rules.vote, paper, count, barred);
    let electable = all.iter().filter(|standing| standing.electable).count();
    // Nobody electable is left without a seat, or there is no seat: nothing was decided between two.
    let filled = usize::try_from(seats).ok().filter(|seats| *seats < electable)?;
    let (elected, others) = all.split_at(filled);
    let (last, first) = (elected.last()?, others.first()?);
    let (last_elected, first_not_elected) = if last.value == first.value {
        let tied = equals(paper, &all, last.value);
        (tied.clone(), tied)
    } else {
        (equals(paper, elected, last.value), equals(paper, others, first.value))
    };
    let reach = Reach::of(&rules.vote);
    let (margin, margin_divisor) = difference(last.value, first.value);
    Some(LastSeat {
        last_elected,
        first_not_elected,
        margin,
        margin_divisor,
        ballots_at_least: reach.ballots(elected, others).filter(|ballots| *ballots <= count.valid),
        self_rating_matters: may_rate_themselves(rules) && reach.self_rating_matters(elected, others),
    })
}

fn equals(paper: &BallotPaper, group: &[Standing], value: Value) -> Vec<CandidateId> {
    let equal = group
        .iter()
        .filter(|standing| standing.electable && standing.value == value);
    equal.map(|standing| paper.candidates[standing.place].clone()).collect()
}

fn difference(above: Value, below: Value) -> (i64, i64) {
    let narrow =
        |number: i128| i64::try_from(number).expect("sums of ratings and numbers of ballots are far below 2^31");
    let (above_divisor, below_divisor) = (i128::from(above.divisor), i128::from(below.divisor));
    if above.divisor == below.divisor {
        return (above.total - below.total, narrow(above_divisor));
    }
    let margin = i128::from(above.total) * below_divisor - i128::from(below.total) * above_divisor;
    (narrow(margin), narrow(above_divisor * below_divisor))
}

fn may_rate_themselves(rules: &RuleSet) -> bool {
    rules.vote.self_rating == SelfRating::Allowed && matches!(rules.electorate, Electorate::Candidates {})
}

/// What single marks can do to values.
struct Reach<'a> {
    rules: &'a VoteRules,
    low: i128,
    high: i128,
    /// Blanks are left out of the mean: the divisor of a value moves with the marks.
    own_divisors: bool,
}

impl<'a> Reach<'a> {
    fn of(rules: &'a VoteRules) -> Self {
        let own_divisors = matches!((rules.aggregate, rules.blank), (Aggregate::Mean { .. }, Blank::Skip));
        let (low, high) = (i128::from(rules.scale.min), i128::from(rules.scale.max));
        // Where a blank counts 0, "no mark" is worth 0.
        let (low, high) = if own_divisors {
            (low, high)
        } else {
            (low.min(0), high.max(0))
        };
        Self {
            rules,
            low,
            high,
            own_divisors,
        }
    }

    /// (3) of the module's proof, with every seat filled.
    fn ballots(&self, elected: &[Standing], others: &[Standing]) -> Option<u64> {
        let falls = elected.iter().filter_map(|standing| self.until_out(standing));
        let rises = others.iter().flat_map(|below| {
            let entry = self.until_in(below);
            elected
                .iter()
                .map(move |above| self.until_reached(above, below).max(entry))
        });
        falls.chain(rises).min().and_then(|ballots| u64::try_from(ballots).ok())
    }

    /// (2): ballots until `below` can reach `above`.
    fn until_reached(&self, above: &Standing, below: &Standing) -> i128 {
        let (above_divisor, below_divisor) = (divisor(above), self.rated_divisor(below));
        let gap = i128::from(above.value.total) * below_divisor - i128::from(below.value.total) * above_divisor;
        div_up(gap, (self.high - self.low) * (above_divisor + below_divisor))
    }

    /// Ballots until an elected candidate can miss the quorum; `None` if there is none.
    fn until_out(&self, standing: &Standing) -> Option<i128> {
        self.quorum().map(|quorum| i128::from(standing.rated) - quorum + 1)
    }

    /// Ballots until a candidate can have quorum and pass mark; 0 for one who has.
    fn until_in(&self, standing: &Standing) -> i128 {
        let quorum = self.quorum().map_or(0, |quorum| quorum - i128::from(standing.rated));
        let pass = self.rules.pass_mark.map_or(0, |mark| {
            let missing = i128::from(mark) * self.rated_divisor(standing) - i128::from(standing.value.total);
            div_up(missing, self.high - self.low)
        });
        quorum.max(pass).max(0)
    }

    fn quorum(&self) -> Option<i128> {
        match self.rules.aggregate {
            Aggregate::Mean { quorum } => Some(i128::from(quorum)),
            Aggregate::Sum {} => None,
        }
    }

    /// The divisor, 0 for a candidate whom nobody rated where only ratings count: one ballot can give any mean.
    fn rated_divisor(&self, standing: &Standing) -> i128 {
        if self.own_divisors {
            i128::from(standing.rated)
        } else {
            divisor(standing)
        }
    }

    /// Whether blanking the own marks of an elected candidate and of one not elected could bring the one down to the
    /// other, or out, at worst: the elected rated himself `high`, the other himself `low`. For sums: a margin of at
    /// most `high - low`.
    fn self_rating_matters(&self, elected: &[Standing], others: &[Standing]) -> bool {
        elected.iter().any(|above| {
            let Some(lowered) = self.without_own_mark(above, self.high) else {
                return true;
            };
            let rated = above.rated.saturating_sub(1);
            !electable(self.rules, lowered, rated)
                || others.iter().any(|below| {
                    let raised = self
                        .without_own_mark(below, self.low)
                        .unwrap_or(below.value)
                        .max(below.value);
                    electable(self.rules, raised, below.rated) && raised >= lowered
                })
        })
    }

    /// The value if one mark is blanked; `None` if no mark would be left where only ratings count.
    fn without_own_mark(&self, standing: &Standing, mark: i128) -> Option<Value> {
        let total = standing.value.total - i64::try_from(mark).expect("a mark is an i16");
        let divisor = standing.value.divisor - u64::from(self.own_divisors);
        (divisor > 0).then_some(Value { total, divisor })
    }
}

fn divisor(standing: &Standing) -> i128 {
    i128::from(standing.value.divisor)
}

/// Rounded up; `by` is positive.
fn div_up(number: i128, by: i128) -> i128 {
    -((-number).div_euclid(by))
}
