//! The announcement: every choice of the rule set, starting from a preset, and the dates that follow from it.
//!
//! The choices come back in the address, so that they can be tried, shown and sent around before anything is signed;
//! dates and contradictions are computed by the same functions that decide the announcement.

use crate::calendar::{Date, intake_last_day, poll_day_allowed};
use crate::competition::Slot;
use crate::crypto::jcs;
use crate::ruleset::{Aggregate, BallotSecrecy, Blank, Electorate, ListedRoll, OnDoubt, RuleSet, SelfRating, TieRule};
use crate::web::{Page, format};
use askama::Template;
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
    poll_day: Option<Date>,
    opens: Option<String>,
    closes: Option<String>,
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

/// What the choices come to.
#[derive(Debug)]
pub struct Plan {
    /// The whole rule set.
    pub rules: RuleSet,
    /// Why it cannot be announced, in English.
    pub problems: Vec<&'static str>,
    /// R21.
    pub published: Date,
    /// R21: computed.
    pub last_day: Date,
    /// R17: first and last day on which the poll may be.
    pub window: (Date, Date),
    /// R17: chosen, else the middle of the window.
    pub poll_day: Date,
    /// Hours.
    pub hours: (String, String),
    /// R17, R21: whether day of publication and poll day are possible.
    pub published_possible: bool,
    /// R17.
    pub poll_possible: bool,
}

impl Plan {
    /// Of these choices, on this day; none without preset and day of publication.
    pub fn new(choices: &Choices, today: Date) -> Option<Self> {
        let (rules, published) = (choices.rules()?, choices.published?);
        // R21: one month; R17: the window after it.
        let last_day = intake_last_day(published, &rules.calendar);
        let (least, most) = (rules.calendar.poll_min_days, rules.calendar.poll_max_days);
        let after = |days: u32| last_day.plus_days(i64::from(days));
        let poll_day = choices.poll_day.unwrap_or_else(|| after(u32::midpoint(least, most)));
        let hour = |text: &Option<String>, other: &str| text.clone().unwrap_or_else(|| other.to_owned());
        Some(Self {
            problems: rules.problems(),
            published_possible: today <= published && published <= today.plus_days(31),
            poll_possible: poll_day_allowed(last_day, poll_day, &rules.calendar),
            window: (after(least), after(most)),
            hours: (hour(&choices.opens, "10:00"), hour(&choices.closes, "18:00")),
            published,
            last_day,
            poll_day,
            rules,
        })
    }

    /// Whether it can be announced, as far as choices and dates go.
    pub fn possible(&self) -> bool {
        self.problems.is_empty() && self.published_possible && self.poll_possible
    }

    /// The months from publication to poll day.
    pub fn months(&self) -> Vec<Month> {
        let end = self.window.1.max(self.poll_day);
        let mut months = Vec::new();
        let mut first = Date::new(self.published.year(), self.published.month(), 1);
        while let Some(day) = first.filter(|day| *day <= end && months.len() < 24) {
            months.push(self.month(day));
            first = Some(day.plus_months(1));
        }
        months
    }

    fn month(&self, first: Date) -> Month {
        let mut weeks = vec![vec![None; first.weekday().num_days_from_monday() as usize]];
        let mut day = first;
        while day.month() == first.month() {
            if weeks.last().is_some_and(|week| week.len() == 7) {
                weeks.push(Vec::new());
            }
            if let Some(week) = weeks.last_mut() {
                week.push(Some(DayOf {
                    day,
                    mark: self.mark(day),
                }));
            }
            day = day.plus_days(1);
        }
        if let Some(week) = weeks.last_mut() {
            week.resize(7, None);
        }
        Month { first, weeks }
    }

    fn mark(&self, day: Date) -> &'static str {
        match day {
            day if day == self.published => "published",
            day if day == self.last_day => "last_day",
            day if day == self.poll_day => "poll",
            day if self.published < day && day < self.last_day => "intake",
            day if self.window.0 <= day && day <= self.window.1 => "window",
            _ => "none",
        }
    }
}

/// A month of the calendar, weeks from Monday.
#[derive(Debug)]
pub struct Month {
    /// Its first day.
    pub first: Date,
    /// Days, none outside the month.
    pub weeks: Vec<Vec<Option<DayOf>>>,
}

/// A day and what it is.
#[derive(Debug, Clone, Copy)]
pub struct DayOf {
    /// The day.
    pub day: Date,
    /// In keys of messages and class names.
    pub mark: &'static str,
}

/// What the service fixes in an announcement of this office.
#[derive(Debug)]
pub struct Sealing {
    /// The origin that the competition would have; none with an id that cannot be one.
    pub origin: Option<String>,
    /// There is such a competition already.
    pub taken: bool,
    /// The log key's id.
    pub log_key: String,
    /// SHA-256 of the witness policy.
    pub witness_policy: String,
    /// Whether this is an office for rehearsals.
    pub rehearsal: bool,
}

/// The assistant.
#[derive(Debug, Template)]
#[template(path = "organiser/announce.html")]
pub struct Announce {
    /// The frame.
    pub page: Page,
    /// What was chosen.
    pub choices: Choices,
    /// What it comes to.
    pub plan: Option<Plan>,
    /// What the service fixes.
    pub sealing: Sealing,
}

impl Announce {
    /// Which step is shown.
    fn step(&self) -> &'static str {
        let named = self.sealing.origin.is_some() && !self.sealing.taken;
        match (&self.plan, self.choices.step.as_deref()) {
            (Some(plan), Some("sign")) if plan.possible() && named => "sign",
            (Some(_), _) if named => "choices",
            (_, _) => "start",
        }
    }

    fn presets(&self) -> [&'static str; 2] {
        ["commission-2014", "commission-2014-marks"]
    }

    fn slots(&self) -> [Slot; 4] {
        Slot::ALL
    }

    fn month_name(&self, first: &Date) -> &'static str {
        format::month(self.page.lang, first.month())
    }

    /// The rule set, canonical.
    fn rules_text(&self, plan: &Plan) -> String {
        let bytes = jcs::to_canonical(&plan.rules).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn holidays(&self, plan: &Plan) -> String {
        let days: Vec<_> = plan.rules.calendar.holidays.iter().map(Date::to_string).collect();
        days.join(" ")
    }

    fn ties(&self, plan: &Plan) -> String {
        plan.rules.ties.iter().map(super::word).collect::<Vec<_>>().join(".")
    }

    fn word(&self, value: impl serde::Serialize) -> String {
        super::word(value)
    }

    fn quorum(&self, plan: &Plan) -> Option<u32> {
        match plan.rules.vote.aggregate {
            Aggregate::Mean { quorum } => Some(quorum),
            Aggregate::Sum {} => None,
        }
    }

    fn roll(&self, plan: &Plan) -> Option<ListedRoll> {
        match &plan.rules.electorate {
            Electorate::Commission(roll) | Electorate::Listed(roll) => Some(roll.clone()),
            Electorate::Candidates {} | Electorate::CountingCommission {} => None,
        }
    }
}
