//! The choices of an announcement as they stand in the address, and the rule set that they make.
//!
//! A form that was sent names every choice; before that, all is as in the preset.

use crate::calendar::Date;
use crate::ruleset::{Aggregate, BallotSecrecy, Blank, Electorate, ListedRoll, OnDoubt, RuleSet, SelfRating, TieRule};
use serde::{Deserialize, Deserializer};

/// The choices, as they stand in the address; what is not there is as in the preset.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// `commission-2014`.
    pub preset: Option<String>,
    /// R21.
    #[serde(deserialize_with = "blank")]
    pub published: Option<Date>,
    /// `choices`, `sign`.
    pub step: Option<String>,
    /// Id of the competition to be.
    pub id: Option<String>,
    /// R5.
    #[serde(deserialize_with = "blank")]
    seats: Option<u32>,
    #[serde(deserialize_with = "blank")]
    term_years: Option<u32>,
    electorate: Option<String>,
    #[serde(deserialize_with = "blank")]
    roll_count: Option<u32>,
    #[serde(deserialize_with = "blank")]
    roll_commitment: Option<crate::crypto::Digest>,
    #[serde(deserialize_with = "blank")]
    roll_keys: Option<crate::crypto::Digest>,
    ballots: Option<String>,
    #[serde(deserialize_with = "blank")]
    min: Option<i16>,
    #[serde(deserialize_with = "blank")]
    max: Option<i16>,
    #[serde(deserialize_with = "blank")]
    min_rated: Option<u32>,
    #[serde(deserialize_with = "blank")]
    max_rated: Option<u32>,
    blank: Option<String>,
    aggregate: Option<String>,
    #[serde(deserialize_with = "blank")]
    quorum: Option<u32>,
    self_rating: Option<String>,
    #[serde(deserialize_with = "blank")]
    pass_mark: Option<i64>,
    #[serde(deserialize_with = "blank")]
    turnout: Option<u32>,
    ties: Option<String>,
    reserve: Option<String>,
    remote: Option<String>,
    #[serde(deserialize_with = "blank")]
    min_signatures: Option<u32>,
    #[serde(deserialize_with = "blank")]
    appeal_days: Option<u32>,
    roll_to_working_day: Option<String>,
    holidays: Option<String>,
    expunged: Option<String>,
    elsewhere: Option<String>,
    #[serde(deserialize_with = "blank")]
    max_extensions: Option<u32>,
    #[serde(deserialize_with = "blank")]
    max_extension_days: Option<u32>,
    #[serde(deserialize_with = "blank")]
    sign_within_hours: Option<u32>,
    #[serde(deserialize_with = "blank")]
    reveal_within_minutes: Option<u32>,
    /// R17.
    #[serde(deserialize_with = "blank")]
    pub poll_day: Option<Date>,
    /// When polling opens.
    pub opens: Option<String>,
    /// When it closes.
    pub closes: Option<String>,
}

/// An empty input is no choice.
fn blank<'de, D: Deserializer<'de>, T: std::str::FromStr>(input: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(input)?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| serde::de::Error::custom("a value cannot be read"))
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

impl Choices {
    /// Whether anything beyond preset and day was chosen: the form was sent.
    fn sent(&self) -> bool {
        self.electorate.is_some()
    }

    /// The rule set that they make; none without a known preset.
    pub fn rules(&self) -> Option<RuleSet> {
        let mut rules = RuleSet::preset(self.preset.as_deref()?)?;
        if !self.sent() {
            return Some(rules);
        }
        set(&mut rules.seats, self.seats);
        set(&mut rules.term_years, self.term_years);
        set(&mut rules.min_signatures, self.min_signatures);
        rules.min_turnout_percent = self.turnout;
        rules.reserve = self.reserve.is_some();
        rules.remote = self.remote.is_some();
        self.electors(&mut rules);
        self.vote(&mut rules);
        self.times(&mut rules);
        rules.eligibility.expunged_conviction = on_doubt(self.expunged.as_deref());
        rules.eligibility.organisation_in_many_associations = on_doubt(self.elsewhere.as_deref());
        // A changed preset is not the preset.
        if Some(&rules) != RuleSet::preset(&rules.name).as_ref() {
            rules.name.push_str("-changed");
        }
        Some(rules)
    }

    fn electors(&self, rules: &mut RuleSet) {
        let roll = self
            .roll_count
            .zip(self.roll_commitment)
            .map(|(count, commitment)| ListedRoll {
                count,
                commitment,
                keys: self.roll_keys,
            });
        rules.electorate = match (self.electorate.as_deref(), roll) {
            (Some("counting_commission"), _) => Electorate::CountingCommission {},
            (Some("commission"), Some(roll)) => Electorate::Commission(roll),
            (Some("listed"), Some(roll)) => Electorate::Listed(roll),
            _ => Electorate::Candidates {},
        };
        rules.ballots = match self.ballots.as_deref() {
            Some("named") => BallotSecrecy::Named,
            _ => BallotSecrecy::Secret,
        };
    }

    fn vote(&self, rules: &mut RuleSet) {
        let vote = &mut rules.vote;
        set(&mut vote.scale.min, self.min);
        set(&mut vote.scale.max, self.max);
        set(&mut vote.min_rated, self.min_rated);
        vote.max_rated = self.max_rated;
        vote.pass_mark = self.pass_mark;
        vote.blank = match self.blank.as_deref() {
            Some("skip") => Blank::Skip,
            _ => Blank::Zero,
        };
        vote.aggregate = match self.aggregate.as_deref() {
            Some("mean") => Aggregate::Mean {
                quorum: self.quorum.unwrap_or(1),
            },
            _ => Aggregate::Sum {},
        };
        vote.self_rating = match self.self_rating.as_deref() {
            Some("ignored") => SelfRating::Ignored,
            Some("voids") => SelfRating::Voids,
            _ => SelfRating::Allowed,
        };
        if let Some(ties) = &self.ties {
            let known = |name| match name {
                "repeat_vote" => Some(TieRule::RepeatVote),
                "lot" => Some(TieRule::Lot),
                "by_hand" => Some(TieRule::ByHand),
                _ => None,
            };
            rules.ties = ties.split('.').filter_map(known).collect();
        }
    }

    fn times(&self, rules: &mut RuleSet) {
        let calendar = &mut rules.calendar;
        set(&mut calendar.appeal_days, self.appeal_days);
        calendar.roll_to_working_day = self.roll_to_working_day.is_some();
        let days = self.holidays.as_deref().unwrap_or_default().split_whitespace();
        calendar.holidays = days.filter_map(|day| day.parse().ok()).collect();
        calendar.holidays.sort();
        calendar.holidays.dedup();
        let limits = &mut rules.limits;
        set(&mut limits.max_extensions, self.max_extensions);
        set(&mut limits.max_extension_days, self.max_extension_days);
        set(&mut limits.sign_within_hours, self.sign_within_hours);
        set(&mut limits.reveal_within_minutes, self.reveal_within_minutes);
    }
}

fn on_doubt(choice: Option<&str>) -> OnDoubt {
    match choice {
        Some("refuse") => OnDoubt::Refuse,
        _ => OnDoubt::Flag,
    }
}
