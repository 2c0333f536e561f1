//! What a ballot may say.
//!
//! A ballot paper lists the candidates; a row holds one mark for each of them, in the paper's order, [`BLANK`] where
//! the elector gave none. A row is valid as a whole or not at all (R15): nothing is trimmed, nothing repaired. This
//! room knows no names of electors and no signatures.

use crate::ruleset::{SelfRating, VoteRules};
use litemap::LiteMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};
use std::{borrow::Cow, fmt, str::FromStr};

/// The mark of a candidate whom the ballot does not rate; no scale reaches it.
pub const BLANK: i16 = i16::MIN;

/// Names a candidate in the record: 1 to 64 of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CandidateId(SmolStr);

/// Ratings by candidate.
pub type Ratings = LiteMap<CandidateId, i64>;

/// The text is no candidate id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of 1 to 64 characters a-z, 0-9 and '-': {0:?}")]
pub struct NotAnId(String);

impl CandidateId {
    /// The id with these letters.
    pub fn from_bytes(letters: &[u8]) -> Option<Self> {
        let allowed = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
        let named = (1..=64).contains(&letters.len()) && letters.iter().all(allowed);
        let text = std::str::from_utf8(letters).ok().filter(|_| named)?;
        Some(Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for CandidateId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CandidateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CandidateId {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        text.parse()
    }
}

impl FromStr for CandidateId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::from_bytes(text.as_bytes()).ok_or_else(|| NotAnId(text.to_owned()))
    }
}

impl From<CandidateId> for String {
    fn from(id: CandidateId) -> Self {
        id.0.into()
    }
}

impl JsonSchema for CandidateId {
    fn schema_name() -> Cow<'static, str> {
        "CandidateId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z0-9-]{1,64}$" })
    }
}

/// The candidates of one round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BallotPaper {
    /// Ascending, each once: this order is no order of rank.
    pub candidates: Vec<CandidateId>,
    /// Beside each candidate: withdrawn after listing. Marks for them count for validity, add to no total, and they
    /// cannot be elected.
    pub struck: Vec<bool>,
}

impl BallotPaper {
    /// A paper with these candidates, sorted, each once, nobody struck.
    pub fn new(candidates: impl IntoIterator<Item = CandidateId>) -> Self {
        let mut candidates: Vec<_> = candidates.into_iter().collect();
        candidates.sort();
        candidates.dedup();
        let struck = vec![false; candidates.len()];
        Self { candidates, struck }
    }

    /// A paper for columns without ids: `0..count`, in this order, as numbers of equal length.
    pub fn numbered(count: usize) -> Self {
        let width = count.to_string().len();
        let candidates = (0..count)
            .map(|column| CandidateId(format_smolstr!("{column:0width$}")))
            .collect();
        Self {
            candidates,
            struck: vec![false; count],
        }
    }

    /// Strikes a candidate; false if the paper does not list them.
    pub fn strike(&mut self, candidate: &CandidateId) -> bool {
        self.index_of(candidate)
            .map(|index| self.struck[index] = true)
            .is_some()
    }

    /// The candidate's place on the paper, from 0.
    pub fn index_of(&self, candidate: &CandidateId) -> Option<usize> {
        self.candidates.binary_search(candidate).ok()
    }

    /// Candidates on the paper, the struck ones included.
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether the paper lists nobody.
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// The row of a ballot's marks; the first name that is not on the paper makes it invalid.
    ///
    /// A rating that no row can hold is kept as one that no scale allows.
    pub fn row<'a>(&self, marks: impl IntoIterator<Item = (&'a CandidateId, i64)>) -> Result<Vec<i16>, Invalid> {
        let mut row = vec![BLANK; self.len()];
        let mut next = 0;
        for (candidate, rating) in marks {
            // R15: the rating vote is among the listed candidates.
            let unknown = || Invalid::UnknownCandidate {
                name: candidate.to_string(),
            };
            // Most ballots name them in order and leave none out.
            let place = match self.candidates.get(next) {
                Some(expected) if expected == candidate => next,
                _ => self.index_of(candidate).ok_or_else(unknown)?,
            };
            row[place] = narrow(rating);
            next = place + 1;
        }
        Ok(row)
    }
}

/// The nearest mark that a row can hold and that is not [`BLANK`].
pub fn narrow(rating: i64) -> i16 {
    let nearest = rating.clamp(i64::from(BLANK) + 1, i64::from(i16::MAX));
    i16::try_from(nearest).expect("it was clamped to the range")
}

/// Why a ballot is invalid as a whole (R15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code", deny_unknown_fields)]
pub enum Invalid {
    /// A rating outside the scale.
    #[error("R15: rating {rating} of candidate {} of the paper is outside the scale", candidate + 1)]
    OutOfRange {
        /// Place on the paper, from 0.
        candidate: u32,
        /// The rating given.
        rating: i64,
    },
    /// Fewer candidates rated than the rule set asks for.
    #[error("R15: {rated} rated, at least {min} needed")]
    TooFewRated {
        /// Candidates rated.
        rated: u32,
        /// Least number.
        min: u32,
    },
    /// More candidates rated than the rule set allows.
    #[error("R15: {rated} rated, at most {max} allowed")]
    TooManyRated {
        /// Candidates rated.
        rated: u32,
        /// Greatest number.
        max: u32,
    },
    /// The elector rates himself, and the rule set says that this voids the ballot.
    #[error("R15: the elector rates himself")]
    SelfRated {},
    /// A name that is not on the paper.
    #[error("R15: {name} is not on the ballot paper")]
    UnknownCandidate {
        /// As the ballot writes it.
        name: String,
    },
}

/// Whether a row is a valid ballot; `own` is the elector's own place on the paper, if he is a candidate.
#[inline]
pub fn check_row(rules: &VoteRules, row: &[i16], own: Option<usize>) -> Result<(), Invalid> {
    let own_mark = own
        .and_then(|place| row.get(place))
        .copied()
        .filter(|mark| *mark != BLANK);
    let (min, max) = (rules.scale.min, rules.scale.max);
    // Without branches, so that the compiler takes many marks at a time; `BLANK` is within no scale.
    let steps = max.wrapping_sub(min).cast_unsigned();
    let (mut rated, mut within) = (0u32, 0u32);
    for &mark in row {
        rated += u32::from(mark != BLANK);
        within += u32::from(mark.wrapping_sub(min).cast_unsigned() <= steps);
    }
    let mut outside = rated.saturating_sub(within);
    if let Some(mark) = own_mark {
        match rules.self_rating {
            SelfRating::Allowed => {}
            SelfRating::Voids => return Err(Invalid::SelfRated {}),
            SelfRating::Ignored => {
                rated -= 1;
                outside -= u32::from(mark < min || mark > max);
            }
        }
    }
    if outside > 0 {
        Err(first_outside(rules, row, own))
    } else {
        check_rated(rules, rated)
    }
}

/// R15: the number of candidates that a ballot rates.
fn check_rated(rules: &VoteRules, rated: u32) -> Result<(), Invalid> {
    if rated < rules.min_rated {
        return Err(Invalid::TooFewRated {
            rated,
            min: rules.min_rated,
        });
    }
    match rules.max_rated {
        Some(max) if rated > max => Err(Invalid::TooManyRated { rated, max }),
        _ => Ok(()),
    }
}

#[cold]
fn first_outside(rules: &VoteRules, row: &[i16], own: Option<usize>) -> Invalid {
    let scale = rules.scale.min..=rules.scale.max;
    let ignored = own.filter(|_| rules.self_rating == SelfRating::Ignored);
    let marks = row.iter().enumerate();
    let mut marks = marks.filter(|(place, mark)| **mark != BLANK && Some(*place) != ignored);
    let found = marks.find(|(_, mark)| !scale.contains(mark));
    let (place, mark) = found.expect("the caller counted such a mark");
    Invalid::OutOfRange {
        candidate: u32::try_from(place).unwrap_or(u32::MAX),
        rating: i64::from(*mark),
    }
}
