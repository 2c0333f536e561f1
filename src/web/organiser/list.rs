//! The candidate list before it is signed: who is on it, what is opened of each, and what still stands against it.

use super::dossier::text_of;
use crate::ballot::CandidateId;
use crate::calendar::Time;
use crate::competition::act::Field;
use crate::competition::{Competition, Context, Disclosed, ListFile, ListedFile, NominationState, Standing};
use crate::crypto::{Digest, jcs};
use crate::eligibility::Organisation;
use crate::web::public::Head;
use crate::web::{Page, sort};
use askama::Template;

/// Publication of the list.
#[derive(Debug, Template)]
#[template(path = "organiser/list.html")]
pub struct ListPage {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// Who would be on it.
    pub listing: Listing,
}

impl ListPage {
    fn screening(&self) -> bool {
        self.head.phase == crate::competition::Phase::Screening
    }
}

/// A list as it would be signed now.
#[derive(Debug, Default)]
pub struct Listing {
    /// The file's canonical text.
    pub file: String,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What stands against it.
    pub blocked: Vec<Blocked>,
}

/// A candidate.
#[derive(Debug)]
pub struct Line {
    /// Id on ballots.
    pub id: CandidateId,
    /// What is opened.
    pub name: String,
    /// What is opened.
    pub association: String,
    /// What is opened.
    pub organisations: Vec<Organisation>,
}

/// A nomination that the list waits for.
#[derive(Debug)]
pub struct Blocked {
    /// Which.
    pub hash: Digest,
    /// The candidate.
    pub name: Option<String>,
    /// For what.
    pub waits: Waits,
}

/// What a list waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// Its screening.
    Decision,
    /// A flag to be settled.
    Flag,
    /// Its appeal to be decided.
    Appeal,
    /// R7: which of the association's nominations stands.
    Contest,
    /// The end of the time for an appeal.
    Window(Time),
}

impl Waits {
    /// In keys of messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Flag => "flag",
            Self::Appeal => "appeal",
            Self::Contest => "contest",
            Self::Window(_) => "window",
        }
    }

    fn until(self) -> Option<Time> {
        match self {
            Self::Window(time) => Some(time),
            Self::Decision | Self::Flag | Self::Appeal | Self::Contest => None,
        }
    }
}

impl Blocked {
    fn waits_for(&self) -> &'static str {
        self.waits.as_str()
    }

    fn until(&self) -> Option<Time> {
        self.waits.until()
    }
}

impl Listing {
    /// Of what is decided now.
    pub fn new(competition: &Competition, context: &Context<'_>) -> Self {
        let mut listing = Self {
            blocked: blocked(competition, context),
            ..Self::default()
        };
        let mut candidates = admitted(competition, context);
        candidates.sort_by(|a, b| sort::compare(text(&a.name), text(&b.name)));
        let width = candidates.len().to_string().len().max(2);
        for (place, candidate) in candidates.iter_mut().enumerate() {
            if let Ok(id) = format!("c{:0width$}", place + 1).parse() {
                candidate.id = id;
            }
        }
        let line = |candidate: &ListedFile| Line {
            id: candidate.id.clone(),
            name: text(&candidate.name).to_owned(),
            association: text(&candidate.association).to_owned(),
            organisations: jcs::from_value(&candidate.organisations.value).unwrap_or_default(),
        };
        listing.lines = candidates.iter().map(line).collect();
        let file = ListFile {
            competition: competition.origin().to_owned(),
            candidates,
        };
        let bytes = jcs::to_canonical(&file).unwrap_or_default();
        listing.file = String::from_utf8(bytes).unwrap_or_default();
        listing
    }
}

fn text(disclosed: &Disclosed) -> &str {
    disclosed.value.as_str().unwrap_or_default()
}

/// Nominations whose decisions admit them, with an id to be given.
fn admitted(competition: &Competition, context: &Context<'_>) -> Vec<ListedFile> {
    let live = competition
        .nominations()
        .iter()
        .filter(|(_, nominated)| nominated.state == NominationState::Live);
    live.filter(|(hash, _)| matches!(competition.admitted(hash, context), Ok(Some(true))))
        .filter_map(|(hash, nominated)| {
            let open = |field: Field| {
                let opening = context.stored.opening(nominated.fields.get(&field)?)?;
                Some(Disclosed {
                    salt: opening.salt,
                    value: opening.value,
                })
            };
            Some(ListedFile {
                id: "c".parse().ok()?,
                nomination: *hash,
                name: open(Field::Name)?,
                association: open(Field::Association)?,
                organisations: open(Field::Organisations)?,
            })
        })
        .collect()
}

/// What the rules would refuse the list for, nomination by nomination.
fn blocked(competition: &Competition, context: &Context<'_>) -> Vec<Blocked> {
    let mut found = Vec::new();
    for (hash, nominated) in competition.nominations() {
        let window = competition.appeal_ends(nominated).filter(|end| context.now < *end);
        let waits = match competition.standing(hash, context) {
            Some(Standing::Received | Standing::Waiting) => Some(Waits::Decision),
            Some(Standing::Flagged) => Some(Waits::Flag),
            Some(Standing::Appealed) => Some(Waits::Appeal),
            Some(Standing::Admitted | Standing::Refused | Standing::Superseded) => window.map(Waits::Window),
            Some(Standing::Withdrawn | Standing::Listed | Standing::NotListed) | None => None,
        };
        let contest = (!competition.contestants(hash, context).is_empty()).then_some(Waits::Contest);
        for waits in [contest, waits].into_iter().flatten() {
            found.push(Blocked {
                hash: *hash,
                name: text_of(nominated, Field::Name, context),
                waits,
            });
        }
    }
    found
}
