//! How a tie at the last seat was decided, step by step, so that a reader can follow it with paper and a hash.

use super::result::{name, names};
use super::rules::tie_name;
use crate::ballot::CandidateId;
use crate::competition::{Competition, Round, TieEvent};
use crate::crypto::Digest;
use crate::ruleset::TieRule;
use crate::web::{Page, Said};

/// One tie and what was done about it.
#[derive(Debug, Clone)]
pub struct TieView {
    /// The round that tied.
    pub round: u32,
    /// What the tie is.
    pub what: Said,
    /// Names of the tied.
    pub tied: Vec<String>,
    /// What the rule set says is done.
    pub rule: Said,
    /// What came of it.
    pub came: Vec<Said>,
    /// The lot, where one was drawn.
    pub lot: Option<Lot>,
    /// The order drawn by hand.
    pub drawn: Vec<String>,
}

/// The lot's working.
#[derive(Debug, Clone)]
pub struct Lot {
    /// Root of the box.
    pub box_root: Digest,
    /// Nonce by slot.
    pub reveals: Vec<(Said, Digest)>,
    /// The seed.
    pub seed: Digest,
    /// The tied in the order of the lot.
    pub order: Vec<Drawn>,
}

/// One of the tied in the lot's order.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// Id on the ballot: what is hashed after the seed.
    pub id: CandidateId,
    /// Name.
    pub name: String,
    /// SHA-256 of seed and id.
    pub hash: Digest,
    /// Whether a seat is left.
    pub elected: bool,
}

/// Every tie that was settled.
pub fn ties(competition: &Competition, page: &Page) -> Vec<TieView> {
    let Some(outcome) = competition.outcome() else {
        return Vec::new();
    };
    outcome.ties.iter().map(|tie| view(competition, tie, page)).collect()
}

fn view(competition: &Competition, tie: &TieEvent, page: &Page) -> TieView {
    let round = competition.rounds().iter().find(|round| round.number() == tie.round);
    let rule = tie.rule.map_or("none", tie_name);
    TieView {
        round: tie.round,
        what: page
            .say("tie-what")
            .with("round", tie.round)
            .with("n", tie.tied.len())
            .with("seats", tie.seats_left),
        tied: names(competition, &tie.tied),
        rule: page.say_of("tie-rule", rule),
        came: came(competition, tie, page),
        lot: tie.seed.and_then(|seed| lot(competition, tie, round?, seed, page)),
        drawn: match tie.rule {
            Some(TieRule::ByHand) => tie.order.iter().map(|id| name(competition, id)).collect(),
            _ => Vec::new(),
        },
    }
}

/// A repeat vote is followed by its totals; the other rules show their own order.
fn came(competition: &Competition, tie: &TieEvent, page: &Page) -> Vec<Said> {
    if tie.rule != Some(TieRule::RepeatVote) {
        return Vec::new();
    }
    let repeat = competition
        .rounds()
        .iter()
        .find(|round| round.number() == tie.round + 1);
    let totals = repeat.and_then(Round::counted).map(|counted| &counted.count.totals[..]);
    let line = |total: &crate::tally::CandidateTotal| {
        page.say("tie-total")
            .with("name", name(competition, &total.candidate))
            .with("n", total.total)
    };
    totals.unwrap_or_default().iter().map(line).collect()
}

fn lot(competition: &Competition, tie: &TieEvent, round: &Round, seed: Digest, page: &Page) -> Option<Lot> {
    let order = tie.order.iter().enumerate().map(|(place, id)| Drawn {
        id: id.clone(),
        name: name(competition, id),
        hash: Digest::of_parts(&[seed.as_bytes(), id.as_str().as_bytes()]),
        elected: place < tie.seats_left as usize,
    });
    let reveals = round
        .reveals()
        .iter()
        .map(|(slot, nonce)| (page.say_of("slot", slot), *nonce));
    Some(Lot {
        box_root: round.closing()?.box_root(),
        reveals: reveals.collect(),
        seed,
        order: order.collect(),
    })
}
