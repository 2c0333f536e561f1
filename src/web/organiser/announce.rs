//! The announcement: every choice of the rule set, starting from a preset, and the dates that follow from it.
//!
//! The choices come back in the address, so that they can be tried, shown and sent around before anything is signed;
//! dates and contradictions are computed by the same functions that decide the announcement.

use super::Choices;
use crate::calendar::{Date, intake_last_day, poll_day_allowed};
use crate::competition::Slot;
use crate::crypto::jcs;
use crate::ruleset::{Aggregate, Electorate, ListedRoll, Problem, RuleSet};
use crate::web::Page;
use askama::Template;

/// What the choices come to.
#[derive(Debug)]
pub struct Plan {
    /// The whole rule set.
    pub rules: RuleSet,
    /// Why it cannot be announced.
    pub problems: Vec<Problem>,
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
}

fn presets() -> [&'static str; 2] {
    ["commission-2014", "commission-2014-marks"]
}

fn slots() -> [Slot; 4] {
    Slot::ALL
}

/// What the form is filled with.
impl Plan {
    /// The rule set, canonical.
    fn rules_text(&self) -> String {
        let bytes = jcs::to_canonical(&self.rules).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn holidays(&self) -> String {
        let days: Vec<_> = self.rules.calendar.holidays.iter().map(Date::to_string).collect();
        days.join(" ")
    }

    fn ties(&self) -> String {
        self.rules.ties.iter().map(super::word).collect::<Vec<_>>().join(".")
    }

    fn quorum(&self) -> Option<u32> {
        match self.rules.vote.aggregate {
            Aggregate::Mean { quorum } => Some(quorum),
            Aggregate::Sum {} => None,
        }
    }

    fn roll(&self) -> Option<ListedRoll> {
        match &self.rules.electorate {
            Electorate::Commission(roll) | Electorate::Listed(roll) => Some(roll.clone()),
            Electorate::Candidates {} | Electorate::CountingCommission {} => None,
        }
    }
}
