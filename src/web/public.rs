//! The public pages: competitions, one competition from announcement to result, how to verify, how it works, errors.
//!
//! Templates stand in `web/templates/public`, messages in `web/messages/*/public.ftl`.

mod head;

pub use head::Head;

use super::Page;
use crate::competition::Phase;
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

/// One competition.
#[derive(Debug, Template)]
#[template(path = "public/competition.html")]
pub struct Entrance {
    /// The frame.
    pub page: Page,
    /// Title, phase, deadline.
    pub head: Head,
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
