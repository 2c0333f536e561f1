//! The public pages: competitions, one competition from announcement to result, how to verify, how it works, errors.
//!
//! Templates stand in `web/templates/public`, messages in `web/messages/*/public.ftl`.

mod event;
mod facts;
mod files;
mod head;
mod result;
mod rules;
mod slots;
mod tie;
mod timeline;

pub use event::Event;
pub use facts::Facts;
pub use files::{FileLine, NAMED, Trusted, lines, trusted};
pub use head::Head;
pub use result::{RoundView, Row, Turnout, last_seat, names, rounds};
pub use rules::{Group, groups};
pub use slots::{SlotView, slots, term};
pub use tie::{TieView, ties};
pub use timeline::{Point, points, what};

use super::{Page, Said};
use crate::competition::{Listed, Phase};
use askama::Template;

/// The home page: every competition of this office.
#[derive(Debug, Template)]
#[template(path = "public/home.html")]
pub struct Home {
    /// The frame.
    pub page: Page,
    /// Those that go on, then those that are over; the newest first.
    pub going: Vec<Head>,
    /// Certified, failed, annulled.
    pub over: Vec<Head>,
}

/// A page that only explains: `how`, `verify`.
#[derive(Debug, Template)]
#[template(path = "public/how.html")]
pub struct How {
    /// The frame.
    pub page: Page,
}

/// A problem, for people.
#[derive(Debug, Template)]
#[template(path = "public/failed.html")]
pub struct Failed {
    /// The frame.
    pub page: Page,
    /// The code.
    pub code: &'static str,
    /// The rule, where one applies.
    pub rule: Option<&'static str>,
    /// What was found, in English; may be empty.
    pub detail: String,
}

/// One competition: what is announced, where it stands, how it goes on.
#[derive(Debug, Template)]
#[template(path = "public/competition.html")]
pub struct Overview {
    /// The frame.
    pub page: Page,
    /// Title, phase, deadline.
    pub head: Head,
    /// What was announced.
    pub facts: Facts,
    /// Past and future.
    pub points: Vec<Point>,
    /// The counting commission.
    pub slots: Vec<SlotView>,
    /// Names of admitted observers.
    pub observers: Vec<String>,
    /// Names of the elected, once counted.
    pub elected: Vec<String>,
    /// Turnout of the last closed round.
    pub turnout: Option<Turnout>,
    /// Why it failed: the name in messages.
    pub failed: Option<&'static str>,
    /// Why it was annulled, as published.
    pub annulled: Option<String>,
}

/// The rule set in words.
#[derive(Debug, Template)]
#[template(path = "public/rules.html")]
pub struct Rules {
    /// The frame.
    pub page: Page,
    /// Title, phase, deadline.
    pub head: Head,
    /// Every choice.
    pub groups: Vec<Group>,
    /// Name of the rule set.
    pub name: String,
    /// SHA-256 of the rule set.
    pub digest: String,
}

/// The admitted candidates.
#[derive(Debug, Template)]
#[template(path = "public/candidates.html")]
pub struct Candidates {
    /// The frame.
    pub page: Page,
    /// Title, phase, deadline.
    pub head: Head,
    /// In the order of the Kyrgyz alphabet; none before the list.
    pub candidates: Vec<Listed>,
    /// SHA-256 of the list, once listed.
    pub digest: Option<String>,
}

/// Turnout, result, ties, slots.
#[derive(Debug, Template)]
#[template(path = "public/result.html")]
pub struct Outcome {
    /// The frame.
    pub page: Page,
    /// Title, phase, deadline.
    pub head: Head,
    /// The rounds.
    pub rounds: Vec<RoundView>,
    /// Seats that stay unfilled.
    pub unfilled: u32,
    /// How ties were settled.
    pub ties: Vec<TieView>,
    /// What decided the last seat.
    pub last_seat: Vec<Said>,
    /// The four slots.
    pub slots: Vec<SlotView>,
    /// Who objected, and the words.
    pub objections: Vec<(Said, String)>,
    /// The term, once certified.
    pub term: Option<Said>,
    /// Why it failed.
    pub failed: Option<&'static str>,
    /// Why it was annulled.
    pub annulled: Option<String>,
}

/// Downloads, and how to verify them.
#[derive(Debug, Template)]
#[template(path = "public/record.html")]
pub struct Record {
    /// The frame.
    pub page: Page,
    /// Title, phase, deadline.
    pub head: Head,
    /// What can be downloaded.
    pub downloads: Downloads,
    /// Keys to compare.
    pub trusted: Vec<Trusted>,
    /// Size of the ledger that the public sees.
    pub size: u64,
    /// Its root.
    pub root: String,
    /// The log's verifier key.
    pub vkey: String,
    /// Public events.
    pub events: Vec<Logged>,
}

/// What of a record can be downloaded.
#[derive(Debug)]
pub enum Downloads {
    /// Nothing, while ballots are sealed in the ledger.
    Sealed,
    /// The bundle, as soon as it is made.
    Making,
    /// The bundle, and these files of it.
    Made(Vec<FileLine>),
}

/// A line of the record's list of events.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Index of the entry.
    pub seq: u64,
    /// When.
    pub when: String,
    /// What.
    pub what: Said,
    /// Published words.
    pub words: Option<String>,
}

/// How anybody verifies a result.
#[derive(Debug, Template)]
#[template(path = "public/verify.html")]
pub struct Verify {
    /// The frame.
    pub page: Page,
    /// Competitions whose bundle can be downloaded.
    pub heads: Vec<Head>,
}

/// The feed of a competition.
#[derive(Debug, Template)]
#[template(path = "public/feed.xml", escape = "html")]
pub struct Feed {
    /// The frame.
    pub page: Page,
    /// Title, phase, deadline.
    pub head: Head,
    /// Time of the last event.
    pub updated: String,
    /// The newest first.
    pub items: Vec<FeedItem>,
}

/// An item of the feed.
#[derive(Debug, Clone)]
pub struct FeedItem {
    /// Index of the entry.
    pub seq: u64,
    /// When, RFC 3339.
    pub time: String,
    /// What.
    pub what: Said,
    /// Published words.
    pub words: String,
}

/// Every piece that pages are made of; only in a rehearsal.
#[derive(Debug, Template)]
#[template(path = "public/styleguide.html")]
pub struct Styleguide {
    /// The frame.
    pub page: Page,
    /// Every phase.
    pub phases: [Phase; 12],
}
