//! The organiser's pages: the desk with its queue, one nomination beside its checklist, contests, the list, other acts,
//! and the announcement.
//!
//! Templates stand in `web/templates/organiser`, messages in `web/messages/*/organiser.ftl`. What a page shows of
//! nominations was read before with a session of the office; nothing here reads or decides.

mod announce;
mod choices;
mod dossier;
mod list;

pub use announce::{Announce, DayOf, Month, Plan, Sealing};
pub use choices::Choices;
pub use dossier::{AppealRow, Dossier, Paper, Person, RuleRow, reasons_of};
pub use list::{Blocked, ListPage, Listing, Waits};

use super::Page;
use super::public::Head;
use crate::calendar::{Date, Time};
use crate::competition::act::{Field, Poll};
use crate::competition::{Competition, Context, Nominated, Standing};
use crate::crypto::Digest;
use askama::Template;

/// The entrance: the key is opened in the page.
#[derive(Debug, Template)]
#[template(path = "organiser/enter.html")]
pub struct Enter {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
}

/// The desk: what waits, and every nomination.
#[derive(Debug, Template)]
#[template(path = "organiser/desk.html")]
pub struct Desk {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// Nominations: those that wait first, then by time.
    pub rows: Vec<Row>,
    /// R7: groups of nominations of one association.
    pub contests: usize,
    /// What stands against publishing the list.
    pub blocked: usize,
}

impl Desk {
    fn waiting(&self) -> usize {
        self.rows.iter().filter(|row| row.waits()).count()
    }

    fn appeals(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| row.standing == Standing::Appealed)
            .count()
    }

    /// R10: everyone for whom it matters on which day age is asked.
    fn ages(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| row.age_depends).collect()
    }

    fn screening(&self) -> bool {
        self.head.phase == crate::competition::Phase::Screening
    }
}

/// A nomination in the queue.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub hash: Digest,
    /// The candidate; none if it is not kept.
    pub name: Option<String>,
    /// The association.
    pub association: Option<String>,
    /// When it was accepted.
    pub at: Time,
    /// Where it stands.
    pub standing: Standing,
    /// R7: another nomination of the association stands beside it.
    pub contested: bool,
    /// R10: the answer differs between the days.
    pub age_depends: bool,
    /// A word of the two names in two alphabets.
    pub mixed: Option<String>,
    /// R18-R20: documents that are missing.
    pub missing: usize,
}

impl Row {
    /// Whether the organiser has something to decide on it.
    pub fn waits(&self) -> bool {
        matches!(
            self.standing,
            Standing::Waiting | Standing::Flagged | Standing::Appealed
        )
    }
}

/// R7: contests side by side.
#[derive(Debug, Template)]
#[template(path = "organiser/contests.html")]
pub struct Contests {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// Each group is of one association.
    pub groups: Vec<Vec<Dossier>>,
}

/// Another act of the organiser.
#[derive(Debug, Template)]
#[template(path = "organiser/act.html")]
pub struct ActPage {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// Its kind: `extension`.
    pub kind: &'static str,
    /// Whether this phase takes it.
    pub taken: bool,
    /// Nominations that stand.
    pub rows: Vec<Row>,
    /// Key ids that their commitments name.
    pub subjects: Vec<String>,
    /// The poll as it is.
    pub poll: Poll,
    /// R21: last day of intake as it is.
    pub last_day: Date,
    /// R21: last day to which intake may be extended.
    pub latest: Date,
    /// R17: days of the window after the last day of intake.
    pub window: (u32, u32),
}

impl ActPage {
    fn nominations(&self) -> impl Iterator<Item = (&Row, &String)> {
        self.rows.iter().zip(&self.subjects)
    }

    fn has_poll(&self) -> bool {
        matches!(self.kind, "extension" | "poll_day_moved")
    }

    fn certified(&self) -> bool {
        self.head.phase == crate::competition::Phase::Certified
    }
}

/// The line of a nomination.
pub fn row(competition: &Competition, (hash, nominated): (Digest, &Nominated), context: &Context<'_>) -> Row {
    let facts = competition.facts(&hash, context);
    let [name, association] =
        [Field::Name, Field::Association].map(|field| dossier::text_of(nominated, field, context));
    Row {
        hash,
        mixed: dossier::mixed(association.as_deref()).or_else(|| dossier::mixed(name.as_deref())),
        name,
        association,
        at: nominated.at,
        standing: competition.standing(&hash, context).unwrap_or(Standing::Waiting),
        contested: !competition.contestants(&hash, context).is_empty(),
        age_depends: dossier::age_depends(competition, facts.birth_date),
        missing: facts.documents.iter().filter(|there| !**there).count(),
    }
}

/// The word that a value has in JSON.
pub fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other["kind"].as_str().unwrap_or_default().to_owned(),
        Err(_) => String::new(),
    }
}
