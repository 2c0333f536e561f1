//! The association's pages: before the form, the form, and the page of a nomination: status, amend, withdraw, appeal.
//!
//! Templates stand in `web/templates/association`, messages in `web/messages/*/association.ftl`. What a page says of a
//! nomination without its key is what the public sees.

mod qr;

pub use qr::svg;

use super::Page;
use super::public::Head;
use crate::calendar::{Date, Time};
use crate::competition::act::Field;
use crate::competition::{Competition, Nominated, NominationState};
use crate::crypto::Digest;
use crate::ruleset::{BallotSecrecy, Electorate};
use askama::Template;

/// What the rule set and the dates ask of an association.
#[derive(Debug, Clone)]
pub struct Asked {
    /// R8: least number of organisations.
    pub organisations: u32,
    /// R10: least age.
    pub age: u32,
    /// R21: last day of intake.
    pub last_day: Date,
    /// Days left, today not counted.
    pub days: i64,
    /// On the last day: hours and minutes left.
    pub left: (i64, i64),
    /// Days to appeal a decision.
    pub appeal_days: u32,
    /// R21: intake has not begun; it opens on publication day.
    pub opens: Option<Date>,
    /// Named ballots among candidates: the candidate's own key is asked for.
    pub candidate_key: bool,
}

impl Asked {
    /// Of this competition, now.
    pub fn new(competition: &Competition, now: Time) -> Self {
        let rules = competition.rules();
        let last_day = competition.intake_last_day();
        let minutes = (last_day.end().unix() - now.unix()).max(0) / 60;
        let published = competition.announcement().published;
        Self {
            organisations: rules.eligibility.min_organisations,
            age: rules.eligibility.min_age_years,
            last_day,
            days: now.date().days_until(last_day).max(0),
            left: (minutes / 60, minutes % 60),
            appeal_days: rules.calendar.appeal_days,
            opens: (now < published.start()).then_some(published),
            candidate_key: rules.ballots == BallotSecrecy::Named && rules.electorate == Electorate::Candidates {},
        }
    }
}

/// The three documents, in the order of the form.
const DOCUMENTS: [(Field, &str); 3] = [
    (Field::Letter, "R18"),
    (Field::Application, "R19"),
    (Field::Resume, "R20"),
];

/// Who may nominate and what is needed, before the form.
#[derive(Debug, Template)]
#[template(path = "association/index.html")]
pub struct Index {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// What is asked.
    pub asked: Asked,
}

/// The form, one step after the other.
#[derive(Debug, Template)]
#[template(path = "association/form.html")]
pub struct Form {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// What is asked.
    pub asked: Asked,
}

impl Form {
    /// R19: the application says that admitted names stay for ever.
    fn is_application(&self, document: &str) -> bool {
        document == Field::Application.as_str()
    }

    fn documents(&self) -> [(&'static str, &'static str); 3] {
        DOCUMENTS.map(|(field, rule)| (field.as_str(), rule))
    }
}

/// One nomination: for everybody by its tracking code, for its association by its key.
#[derive(Debug, Template)]
#[template(path = "association/status.html")]
pub struct Status {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// What is asked.
    pub asked: Asked,
    /// What everybody sees, if a code was given.
    pub public: Option<Public>,
    /// A code was given, and there is no such nomination.
    pub unknown: bool,
}

impl Status {
    fn documents(&self) -> [(&'static str, &'static str); 3] {
        DOCUMENTS.map(|(field, rule)| (field.as_str(), rule))
    }
}

/// What everybody sees of a nomination: never how it was decided.
#[derive(Debug)]
pub struct Public {
    /// The tracking code.
    pub hash: Digest,
    /// When it was accepted.
    pub at: Time,
    /// `live`, `withdrawn`, `superseded`.
    pub state: &'static str,
    /// Whether it was decided.
    pub decided: bool,
}

impl Public {
    /// Of this nomination.
    pub fn new(hash: Digest, nominated: &Nominated) -> Self {
        Self {
            hash,
            at: nominated.at,
            state: match nominated.state {
                NominationState::Live => "live",
                NominationState::Withdrawn => "withdrawn",
                NominationState::Contested { .. } => "superseded",
            },
            decided: nominated.screened.is_some(),
        }
    }
}
