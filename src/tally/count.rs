//! Adds up ballots. Only how often each candidate got each rating is kept, so counters merge in any order.

use crate::ballot::{BLANK, BallotPaper, CandidateId, Invalid, check_row};
use crate::ruleset::{SelfRating, VoteRules};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the ballots of one round add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Valid ballots.
    pub valid: u64,
    /// Invalid ballots.
    pub invalid: u64,
    /// One for each candidate of the paper, in its order.
    pub totals: Vec<CandidateTotal>,
}

/// What the valid ballots say about one candidate; all zero for one who is struck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateTotal {
    /// Whom it is about.
    pub candidate: CandidateId,
    /// Sum of ratings; a blank adds 0.
    pub total: i64,
    /// Ballots that rate the candidate.
    pub rated: u64,
    /// How often each rating was given, from the least of the scale to the greatest; adds up to `rated`.
    pub distribution: Vec<u64>,
}

/// Counts ballots one by one; counters of parts of the ballots merge into that of the whole.
#[derive(Debug, Clone)]
pub struct Counter {
    rules: VoteRules,
    paper: BallotPaper,
    valid: u64,
    invalid: u64,
    /// Ratings in the scale.
    steps: usize,
    /// For each candidate `steps + 1` numbers: ballots by rating, the last one for blanks.
    marks: Vec<u64>,
}

impl Counter {
    /// A counter that has seen no ballot.
    pub fn new(rules: &VoteRules, paper: &BallotPaper) -> Self {
        let steps = usize::try_from(i32::from(rules.scale.max) - i32::from(rules.scale.min) + 1).unwrap_or(0);
        let marks = vec![0; (steps + 1) * paper.len()];
        Self {
            rules: rules.clone(),
            paper: paper.clone(),
            valid: 0,
            invalid: 0,
            steps,
            marks,
        }
    }

    /// Counts one ballot, or counts it as invalid and says why. `own`: the elector's own place on the paper.
    ///
    /// Panics unless the row has one mark for each candidate of the paper.
    #[inline]
    pub fn add(&mut self, row: &[i16], own: Option<usize>) -> Result<(), Invalid> {
        assert_eq!(row.len(), self.paper.len(), "a row has one mark for each candidate");
        if let Err(invalid) = check_row(&self.rules, row, own) {
            self.invalid += 1;
            return Err(invalid);
        }
        self.valid += 1;
        let (least, steps) = (self.rules.scale.min, self.steps);
        // A mark of a valid row that lies beyond the scale is a blank (or the elector's own, ignored below).
        let step = |mark: i16| usize::from(mark.wrapping_sub(least).cast_unsigned()).min(steps);
        for (&mark, by_rating) in row.iter().zip(self.marks.chunks_exact_mut(steps + 1)) {
            by_rating[step(mark)] += 1;
        }
        if let (Some(own), SelfRating::Ignored) = (own, self.rules.self_rating) {
            self.marks[own * (steps + 1) + step(row[own])] -= 1;
            self.marks[own * (steps + 1) + step(BLANK)] += 1;
        }
        Ok(())
    }

    /// Adds what another counter of the same rules and paper has seen. Panics if the papers differ.
    pub fn merge(mut self, other: &Self) -> Self {
        assert_eq!(
            (self.steps, self.marks.len()),
            (other.steps, other.marks.len()),
            "counters of one paper"
        );
        let places: Vec<_> = (0..self.paper.len()).collect();
        self.merge_at(other, &places);
        self
    }

    /// Adds another counter of the same rules whose candidates stand at these places of this paper.
    pub(super) fn merge_at(&mut self, other: &Self, places: &[usize]) {
        self.valid += other.valid;
        self.invalid += other.invalid;
        let stride = self.steps + 1;
        for (&place, from) in places.iter().zip(other.marks.chunks_exact(stride)) {
            let to = &mut self.marks[place * stride..][..stride];
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
    }

    /// Room for more candidates at the end of a numbered paper; earlier ballots left them blank.
    pub(super) fn widen(&mut self, candidates: usize) {
        self.paper = BallotPaper::numbered(candidates);
        self.marks.resize((self.steps + 1) * candidates, 0);
    }

    /// Ballots seen.
    pub fn ballots(&self) -> u64 {
        self.valid + self.invalid
    }

    /// The totals.
    pub fn finish(self) -> Count {
        let Self {
            rules,
            paper,
            valid,
            invalid,
            steps,
            marks,
        } = self;
        let entry = |(place, candidate): (usize, CandidateId)| {
            let mut distribution = marks[place * (steps + 1)..][..steps].to_vec();
            if paper.struck[place] {
                distribution.fill(0);
            }
            let ratings = i64::from(rules.scale.min)..;
            let points = |(rating, ballots): (i64, &u64)| rating * i64::try_from(*ballots).expect("fewer than 2^63");
            let total = ratings.zip(&distribution).map(points).sum();
            CandidateTotal {
                candidate,
                total,
                rated: distribution.iter().sum(),
                distribution,
            }
        };
        let totals = paper.candidates.into_iter().enumerate().map(entry).collect();
        Count { valid, invalid, totals }
    }
}

/// Counts ballots of unnamed electors, on all cores when there are many.
pub fn count<Row: AsRef<[i16]> + Sync>(rules: &VoteRules, paper: &BallotPaper, rows: &[Row]) -> Count {
    let fresh = || Counter::new(rules, paper);
    let add_all = |mut counter: Counter, rows: &[Row]| {
        for row in rows {
            // The counter itself keeps the number of invalid ballots.
            let _ = counter.add(row.as_ref(), None);
        }
        counter
    };
    rows.par_chunks(4096)
        .fold(fresh, add_all)
        .reduce(fresh, |a, b| a.merge(&b))
        .finish()
}
