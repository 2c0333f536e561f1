//! Every choice that the rules leave open, as signed data.
//!
//! The announcement carries one [`RuleSet`]; its SHA-256 is named by every later statement. Nothing here has a
//! silent default: a rule set is written out in full, and the presets only spare the typing. [`RuleSet::problems`]
//! says why a rule set cannot be announced.

pub mod problem;

pub use problem::Problem;

use crate::calendar::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rule set of one competition. Its canonical JSON is `rules.json` of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// What this set of choices is called, for people: `commission-2014`.
    pub name: String,
    /// R5: seats filled by the competition.
    pub seats: u32,
    /// R5: years of a term.
    pub term_years: u32,
    /// R15: who casts ballots.
    pub electorate: Electorate,
    /// How a ballot is cast and read.
    pub vote: VoteRules,
    /// Secret ballots by cards, or named ballots by the elector's own key.
    pub ballots: BallotSecrecy,
    /// Lists of cards; 2 is reserved for two offices that each print their own.
    pub card_lists: u32,
    /// Whether a ballot may be cast outside the polling room.
    pub remote: bool,
    /// Least turnout in percent of the roll, below which the round fails.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min_turnout_percent: Option<u32>,
    /// What is done, in this order, about a tie at the last seat.
    pub ties: Vec<TieRule>,
    /// Whether those not elected form an ordered reserve.
    pub reserve: bool,
    /// How many of the four counting members must sign acts, ballots and the protocol.
    pub min_signatures: u32,
    /// Dates and windows.
    pub calendar: CalendarRules,
    /// Who may be a candidate, and of which association.
    pub eligibility: EligibilityRules,
    /// Bounds on what may be changed or delayed after the announcement.
    pub limits: Limits,
}

/// How a ballot is read and totals are ranked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VoteRules {
    /// The allowed ratings, both ends included.
    pub scale: Scale,
    /// Least number of candidates that a valid ballot rates.
    pub min_rated: u32,
    /// Greatest number of candidates that a valid ballot rates; absent: all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_rated: Option<u32>,
    /// What a candidate left blank gets.
    pub blank: Blank,
    /// What candidates are ranked by.
    pub aggregate: Aggregate,
    /// What is done about a candidate who rates himself (named ballots only, unless `allowed`).
    pub self_rating: SelfRating,
    /// Least value of the aggregate with which a candidate can be elected, in whole rating points.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pass_mark: Option<i64>,
}

/// Allowed ratings: every integer from `min` to `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// Least rating, at least -100.
    pub min: i16,
    /// Greatest rating, at most 100.
    pub max: i16,
}

/// What a candidate left blank on a valid ballot gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Blank {
    /// Counts as a rating of 0 (also in the mean's divisor).
    Zero,
    /// Is left out.
    Skip,
}

/// What candidates are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Aggregate {
    /// The sum of ratings.
    Sum {},
    /// The exact mean of ratings; a candidate with fewer than `quorum` ratings cannot be elected.
    Mean {
        /// Least number of ratings.
        quorum: u32,
    },
}

/// What is done about a candidate who rates himself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelfRating {
    /// Counts like any other.
    Allowed,
    /// The mark is ignored, the ballot stays valid.
    Ignored,
    /// The ballot is invalid.
    Voids,
}

/// Who casts ballots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Electorate {
    /// The admitted candidates rate one another; elector ids are candidate ids.
    Candidates {},
    /// The four counting members; elector ids are slot names.
    CountingCommission {},
    /// The members of the Commission; elector ids are roll numbers `1`..`count`.
    Commission(ListedRoll),
    /// A listed roll; elector ids are roll numbers `1`..`count`.
    Listed(ListedRoll),
}

/// A roll that enters the record as a number and a commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedRoll {
    /// Electors on the roll.
    pub count: u32,
    /// Commitment to the list of names.
    pub commitment: crate::crypto::hash::Digest,
    /// Named ballots only: attachment with the electors' public keys, 32 bytes each, in roll order.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub keys: Option<crate::crypto::hash::Digest>,
}

/// Whether a ballot names its elector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BallotSecrecy {
    /// Signed with the key of a card drawn from the box.
    Secret,
    /// Signed with the elector's own key.
    Named,
}

/// One step of what is done about a tie at the last seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TieRule {
    /// A new round among the tied, for the seats left.
    RepeatVote,
    /// `esep-lot-v1`, from nonces committed before polling and revealed before opening.
    Lot,
    /// A drawing held in the room, recorded and signed by the members.
    ByHand,
}

/// Dates and windows. Days are calendar days of Asia/Bishkek (UTC+6, no daylight saving).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarRules {
    /// R21: months of intake from publication.
    pub intake_months: u32,
    /// R21: whether a last day that is no working day moves to the next one.
    pub roll_to_working_day: bool,
    /// Days other than Saturday and Sunday that are no working days, ascending.
    pub holidays: Vec<Date>,
    /// R17: least days from the last day of intake to poll day.
    pub poll_min_days: u32,
    /// R17: most days from the last day of intake to poll day.
    pub poll_max_days: u32,
    /// Days after a screening decision within which it may be appealed.
    pub appeal_days: u32,
}

/// Who may be a candidate, and of which association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EligibilityRules {
    /// R10: least age in years on the last day of intake.
    pub min_age_years: u32,
    /// R8: least number of distinct counting organisations in an association.
    pub min_organisations: u32,
    /// R11: what an expunged conviction does. An unexpunged one always blocks.
    pub expunged_conviction: OnDoubt,
    /// R8: what an organisation in several associations does.
    pub organisation_in_many_associations: OnDoubt,
}

/// What a doubtful fact does to a nomination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDoubt {
    /// Not met.
    Refuse,
    /// A person must settle it.
    Flag,
}

/// Bounds on what may be changed or delayed after the announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How often intake may be extended.
    pub max_extensions: u32,
    /// By how many days in all.
    pub max_extension_days: u32,
    /// Hours within which a member signs ballots or protocol before absence may be attested.
    pub sign_within_hours: u32,
    /// Minutes after the close of polling within which lot nonces are revealed.
    pub reveal_within_minutes: u32,
}

impl RuleSet {
    /// `commission-2014`: the admitted candidates rate one another from 0 to 10 on secret ballots; the sum decides.
    pub fn commission_2014() -> Self {
        Self {
            name: "commission-2014".into(),
            seats: 10,
            term_years: 5,
            electorate: Electorate::Candidates {},
            vote: VoteRules {
                scale: Scale { min: 0, max: 10 },
                min_rated: 1,
                max_rated: None,
                blank: Blank::Zero,
                aggregate: Aggregate::Sum {},
                self_rating: SelfRating::Allowed,
                pass_mark: None,
            },
            ballots: BallotSecrecy::Secret,
            card_lists: 1,
            remote: false,
            min_turnout_percent: None,
            ties: vec![TieRule::RepeatVote, TieRule::Lot],
            reserve: true,
            min_signatures: 3,
            calendar: CalendarRules {
                intake_months: 1,
                roll_to_working_day: false,
                holidays: Vec::new(),
                poll_min_days: 10,
                poll_max_days: 20,
                appeal_days: 3,
            },
            eligibility: EligibilityRules {
                min_age_years: 25,
                min_organisations: 3,
                expunged_conviction: OnDoubt::Flag,
                organisation_in_many_associations: OnDoubt::Flag,
            },
            limits: Limits {
                max_extensions: 1,
                max_extension_days: 14,
                sign_within_hours: 24,
                reveal_within_minutes: 30,
            },
        }
    }

    /// `commission-2014-marks`: like [`Self::commission_2014`], but a ballot marks from `min_marks` to `max_marks`
    /// candidates "for" (scale 0..1).
    pub fn commission_2014_marks(min_marks: u32, max_marks: u32) -> Self {
        let mut rules = Self::commission_2014();
        rules.name = "commission-2014-marks".into();
        rules.vote.scale = Scale { min: 0, max: 1 };
        rules.vote.min_rated = min_marks;
        rules.vote.max_rated = Some(max_marks);
        rules
    }

    /// The preset of that name; marks presets allow 1 to `seats` marks.
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "commission-2014" => Some(Self::commission_2014()),
            "commission-2014-marks" => Some(Self::commission_2014_marks(1, 10)),
            _ => None,
        }
    }

    /// Why this rule set cannot be announced; empty when it can.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut check = |ok: bool, problem: Problem| {
            if !ok {
                found.push(problem);
            }
        };
        self.vote_problems(&mut check);
        self.calendar_problems(&mut check);
        check(!self.name.is_empty() && self.name.len() <= 64, Problem::Name);
        check((1..=1000).contains(&self.seats), Problem::Seats);
        check((1..=50).contains(&self.term_years), Problem::TermYears);
        check(self.card_lists == 1, Problem::CardLists);
        check(
            self.min_turnout_percent.is_none_or(|percent| percent <= 100),
            Problem::MinTurnout,
        );
        check(self.ties.len() <= 8, Problem::Ties);
        check((2..=4).contains(&self.min_signatures), Problem::MinSignatures);
        if let Electorate::Commission(roll) | Electorate::Listed(roll) = &self.electorate {
            check((1..=10_000_000).contains(&roll.count), Problem::RollCount);
            check(
                (self.ballots == BallotSecrecy::Named) == roll.keys.is_some(),
                Problem::RollKeys,
            );
        }
        found
    }

    fn vote_problems(&self, check: &mut impl FnMut(bool, Problem)) {
        let vote = &self.vote;
        check(vote.scale.min < vote.scale.max, Problem::Scale);
        check(vote.scale.min >= -100 && vote.scale.max <= 100, Problem::ScaleBounds);
        check(
            vote.max_rated.is_none_or(|max| vote.min_rated <= max && max > 0),
            Problem::MaxRated,
        );
        check(
            vote.blank == Blank::Skip || (vote.scale.min <= 0 && vote.scale.max >= 0),
            Problem::Blank,
        );
        check(
            !matches!(vote.aggregate, Aggregate::Mean { quorum: 0 }),
            Problem::Quorum,
        );
        check(
            self.ballots == BallotSecrecy::Named || vote.self_rating == SelfRating::Allowed,
            Problem::SelfRating,
        );
    }

    fn calendar_problems(&self, check: &mut impl FnMut(bool, Problem)) {
        let calendar = &self.calendar;
        check((1..=12).contains(&calendar.intake_months), Problem::IntakeMonths);
        check(
            calendar.poll_min_days <= calendar.poll_max_days && calendar.poll_max_days <= 365,
            Problem::PollWindow,
        );
        check(
            calendar.holidays.windows(2).all(|pair| pair[0] < pair[1]),
            Problem::Holidays,
        );
        check(calendar.appeal_days <= 60, Problem::AppealDays);
        check(
            (1..=100).contains(&self.eligibility.min_organisations),
            Problem::MinOrganisations,
        );
        check(self.eligibility.min_age_years <= 120, Problem::MinAge);
        let limits = &self.limits;
        check(limits.max_extension_days <= 365, Problem::ExtensionDays);
        check((1..=720).contains(&limits.sign_within_hours), Problem::SignWithin);
        check(
            (1..=1440).contains(&limits.reveal_within_minutes),
            Problem::RevealWithin,
        );
    }
}
