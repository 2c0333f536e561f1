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

/// Marks looked at together.
const LANES: usize = 8;
/// Scales of up to so many ratings are counted in pairs of candidates: half the additions, tables that stay near.
const PAIRED_STEPS: usize = 15;
/// Longer rows are checked one mark at a time: the counts of one row must fit a byte each.
const MOST_AT_ONCE: usize = 255;

/// Counts ballots one by one; counters of parts of the ballots merge into that of the whole.
#[derive(Debug, Clone)]
pub struct Counter {
    rules: VoteRules,
    paper: BallotPaper,
    valid: u64,
    invalid: u64,
    /// Ratings in the scale. A mark's step is `rating - min`, or `steps` for a blank.
    steps: usize,
    /// For each candidate `steps + 1` numbers: ballots by step.
    marks: Vec<u64>,
    /// For each two neighbours on the paper: ballots by `16 * step + step`, not in `marks` yet.
    pairs: Vec<[u64; 256]>,
    /// The steps of the row at hand, filled up with blanks to whole lanes.
    row: Vec<u16>,
}

impl Counter {
    /// A counter that has seen no ballot.
    pub fn new(rules: &VoteRules, paper: &BallotPaper) -> Self {
        let steps = usize::try_from(i32::from(rules.scale.max) - i32::from(rules.scale.min) + 1).unwrap_or(0);
        let (marks, pairs, row) = (Vec::new(), Vec::new(), Vec::new());
        let mut counter = Self {
            rules: rules.clone(),
            paper: paper.clone(),
            valid: 0,
            invalid: 0,
            steps,
            marks,
            pairs,
            row,
        };
        counter.make_room();
        counter
    }

    fn make_room(&mut self) {
        let (stride, candidates) = (self.steps + 1, self.paper.len());
        self.marks.resize(stride * candidates, 0);
        if self.steps <= PAIRED_STEPS {
            self.pairs.resize(candidates.div_ceil(2), [0; 256]);
        }
        self.row.resize(candidates.next_multiple_of(LANES), 0);
    }

    /// Counts one ballot, or counts it as invalid and says why. `own`: the elector's own place on the paper.
    ///
    /// Panics unless the row has one mark for each candidate of the paper.
    #[inline]
    pub fn add(&mut self, row: &[i16], own: Option<usize>) -> Result<(), Invalid> {
        assert_eq!(row.len(), self.paper.len(), "a row has one mark for each candidate");
        let own = own.filter(|_| self.rules.self_rating != SelfRating::Allowed);
        if !self.read_row(row) || own.is_some() {
            if let Err(invalid) = check_row(&self.rules, row, own) {
                self.invalid += 1;
                return Err(invalid);
            }
            if let Some(own) = own {
                // Voids: it is blank anyway. Ignored: it is as good as blank.
                self.row[own] = u16::try_from(self.steps).unwrap_or(u16::MAX);
            }
        }
        self.valid += 1;
        let stride = self.steps + 1;
        if self.pairs.is_empty() {
            for (step, by_step) in self.row.iter().zip(self.marks.chunks_exact_mut(stride)) {
                by_step[usize::from(*step)] += 1;
            }
        } else {
            for (pair, by_steps) in self.row.as_chunks::<2>().0.iter().zip(&mut self.pairs) {
                // Both are below 16. No number of ballots overflows, so nothing needs to ask.
                let ballots = &mut by_steps[usize::from(pair[0] << 4 | pair[1]) & 255];
                *ballots = ballots.wrapping_add(1);
            }
        }
        Ok(())
    }

    /// Puts the row's steps into `self.row`; true if it is certainly valid for an elector who is no candidate.
    ///
    /// Without branches and without checks of overflow, so that the compiler takes whole lanes at a time.
    #[inline]
    fn read_row(&mut self, row: &[i16]) -> bool {
        let (least, steps) = (self.rules.scale.min, u16::try_from(self.steps).unwrap_or(u16::MAX));
        // For each lane how many marks are given, plus 256 times how many of them are within the scale.
        let mut seen = [0u16; LANES];
        let mut look = |marks: &[i16; LANES], into: &mut [u16; LANES]| {
            for lane in 0..LANES {
                // `BLANK` lies far beyond every scale, so it becomes `steps`, as does a rating out of range.
                let step = marks[lane].wrapping_sub(least).cast_unsigned();
                into[lane] = step.min(steps);
                let given = u16::from(marks[lane] != BLANK);
                seen[lane] = seen[lane].wrapping_add(given | (u16::from(step < steps) << 8));
            }
        };
        let (lanes, rest) = row.as_chunks::<LANES>();
        let (into, _) = self.row.as_chunks_mut::<LANES>();
        for (marks, into) in lanes.iter().zip(&mut *into) {
            look(marks, into);
        }
        if let Some(into) = into.get_mut(lanes.len()) {
            let mut last = [BLANK; LANES];
            last[..rest.len()].copy_from_slice(rest);
            look(&last, into);
        }
        let [rated, within] = seen.into_iter().fold(0, u16::wrapping_add).to_le_bytes();
        let (exact, rated) = (row.len() <= MOST_AT_ONCE, u32::from(rated));
        exact
            && rated == u32::from(within)
            && rated >= self.rules.min_rated
            && self.rules.max_rated.is_none_or(|max| rated <= max)
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
        for (&place, from) in places.iter().zip(other.settled().chunks_exact(stride)) {
            let to = &mut self.marks[place * stride..][..stride];
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
    }

    /// Ballots by candidate and step, with what the pairs hold.
    fn settled(&self) -> Vec<u64> {
        let (mut marks, stride) = (self.marks.clone(), self.steps + 1);
        for (two, by_steps) in marks.chunks_mut(2 * stride).zip(&self.pairs) {
            for (at, ballots) in by_steps.iter().enumerate().filter(|(_, ballots)| **ballots > 0) {
                two[at / 16] += ballots;
                // The last candidate of an odd number has no neighbour.
                if let Some(second) = two.get_mut(stride + at % 16) {
                    *second += ballots;
                }
            }
        }
        marks
    }

    /// Room for more candidates at the end of a numbered paper; earlier ballots left them blank.
    pub(super) fn widen(&mut self, candidates: usize) {
        if candidates > self.paper.len() {
            self.marks = self.settled();
            self.pairs.clear();
            self.paper = BallotPaper::numbered(candidates);
            self.make_room();
        }
    }

    /// Ballots seen.
    pub fn ballots(&self) -> u64 {
        self.valid + self.invalid
    }

    /// The totals.
    pub fn finish(self) -> Count {
        let marks = self.settled();
        let Self {
            rules,
            paper,
            valid,
            invalid,
            steps,
            ..
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
