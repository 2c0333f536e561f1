//! The elector's pages: card, ballot, receipt; and the page on which anyone checks a receipt.
//!
//! The ballot is filled, signed and kept in the reader's browser; what these templates say is public. Templates stand
//! in `web/templates/elector`, messages in `web/messages/*/elector.ftl`.

use super::Page;
use super::public::Head;
use crate::calendar::Time;
use crate::competition::{Competition, Phase, Round};
use crate::crypto::{Digest, KeyId};
use crate::ruleset::{BallotSecrecy, Blank, Electorate, SelfRating};
use askama::Template;
use serde::Serialize;
use std::collections::BTreeMap;

/// A list of cards is offered for comparing up to this size, 640 kB; the office decides in any case.
const SMALL_LIST: usize = 20_000;

/// The paper of the present round and what is allowed on it.
#[derive(Debug, Clone, Serialize)]
pub struct Paper {
    id: String,
    origin: String,
    /// The office's time, by which the page tells the time.
    now: Time,
    /// The round.
    pub round: u32,
    /// Whether ballots are signed with the elector's own key.
    pub named: bool,
    /// Least rating.
    pub min: i16,
    /// Greatest rating.
    pub max: i16,
    /// Least number of candidates that a valid ballot rates.
    pub min_rated: u32,
    /// Greatest number.
    pub max_rated: u32,
    /// Whether a blank counts as a rating of 0.
    pub blank_zero: bool,
    self_rating: SelfRating,
    /// From then on ballots are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Time>,
    /// Who stands on the paper, in the record's order.
    pub candidates: Vec<OnPaper>,
    /// Named ballots among candidates: whose key it is.
    own: BTreeMap<KeyId, String>,
    cards: Vec<CardList>,
}

/// A candidate on the paper.
#[derive(Debug, Clone, Serialize)]
pub struct OnPaper {
    /// Id on ballots.
    pub id: String,
    /// Name.
    pub name: String,
    /// Who nominated.
    pub association: String,
    /// Withdrawn after listing.
    pub struck: bool,
}

/// The public keys of a round's cards: an attachment, so that a card of another round is told before a ballot is filled.
#[derive(Debug, Clone, Serialize)]
struct CardList {
    round: u32,
    count: usize,
    sha256: Digest,
}

impl Paper {
    /// The paper of the last round, once there is one.
    pub fn new(id: &str, competition: &Competition, now: Time) -> Option<Self> {
        let round = competition.rounds().last()?;
        let (rules, candidates) = (competition.rules(), candidates(competition, round));
        let listed = u32::try_from(candidates.len()).unwrap_or(u32::MAX);
        let vote = &rules.vote;
        Some(Self {
            id: id.to_owned(),
            origin: competition.origin().to_owned(),
            now,
            round: round.number(),
            named: rules.ballots == BallotSecrecy::Named,
            min: vote.scale.min,
            max: vote.scale.max,
            // R15: no ballot must rate more than the paper lists.
            min_rated: vote.min_rated.min(listed),
            max_rated: vote.max_rated.map_or(listed, |most| most.min(listed)),
            blank_zero: vote.blank == Blank::Zero,
            self_rating: vote.self_rating,
            closes_at: round.closes_at(),
            candidates,
            own: own(competition),
            cards: competition.rounds().iter().filter_map(card_list).collect(),
        })
    }

    /// Whether so many may be rated that it limits anyone.
    pub fn limited(&self) -> bool {
        (self.max_rated as usize) < self.candidates.len()
    }

    /// For the page's script.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn candidates(competition: &Competition, round: &Round) -> Vec<OnPaper> {
    let paper = round.paper();
    let marked = paper.candidates.iter().zip(&paper.struck);
    let listed = marked.filter_map(|(id, struck)| {
        let listed = competition.list()?.by_id(id)?;
        Some(OnPaper {
            id: id.to_string(),
            name: listed.name.clone(),
            association: listed.association.clone(),
            struck: *struck,
        })
    });
    listed.collect()
}

fn own(competition: &Competition) -> BTreeMap<KeyId, String> {
    if !matches!(competition.rules().electorate, Electorate::Candidates {}) {
        return BTreeMap::new();
    }
    let listed = competition.list().into_iter().flat_map(|list| &list.candidates);
    let keys = listed.filter_map(|listed| {
        let key = competition.nomination(&listed.nomination)?.candidate_key.as_ref()?;
        Some((key.id(), listed.id.to_string()))
    });
    keys.collect()
}

fn card_list(round: &Round) -> Option<CardList> {
    let cards = round.cards().filter(|cards| cards.len() <= SMALL_LIST)?;
    Some(CardList {
        round: round.number(),
        count: cards.len(),
        sha256: cards.list(),
    })
}

/// Where an elector stands before the poll, at it, after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Polling has not opened, or the round is being prepared.
    Before,
    /// Ballots are taken.
    Open,
    /// The time is over.
    Over,
}

impl Door {
    /// Now.
    pub fn of(phase: Phase, closes_at: Option<Time>, now: Time) -> Self {
        match phase {
            Phase::Intake | Phase::Screening | Phase::Listed => Self::Before,
            Phase::Polling if closes_at.is_none_or(|end| now < end) => Self::Open,
            _ => Self::Over,
        }
    }
}

/// The ballot page.
#[derive(Debug, Template)]
#[template(path = "elector/vote.html")]
pub struct Vote {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// Whether ballots are taken.
    pub door: Door,
    /// The paper, once listed.
    pub paper: Option<Paper>,
}

/// The ballot page on a device of the polling room: nothing but the ballot, and it forgets.
#[derive(Debug, Template)]
#[template(path = "elector/kiosk.html")]
pub struct Kiosk {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// Whether ballots are taken.
    pub door: Door,
    /// The paper, once listed.
    pub paper: Option<Paper>,
}

/// Anyone checks a receipt.
#[derive(Debug, Template)]
#[template(path = "elector/receipt.html")]
pub struct CheckReceipt {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// The log's verifier key.
    pub log: String,
    /// Whether named ballots hide the end of the ledger now.
    pub sealed: bool,
}
