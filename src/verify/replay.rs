//! Replaying the record: every statement through the same `decide` that the office ran.
//!
//! A refusal stops the replay, since what follows was said to another state; it is the root cause and comes first.

use super::finding::Finding;
use super::{Notes, Shelf};
use crate::competition::{Checked, Code, Competition, Context, Head, Keys, Pinned, Placed, Refusal, Statement, Stored};
use crate::ledger::entry::Entry;
use crate::ledger::tree::Tree;
use rayon::prelude::*;

/// Where the replay ended.
pub(super) struct Replayed {
    /// The state after the last good entry.
    pub competition: Option<Competition>,
    /// Whether every entry was accepted.
    pub complete: bool,
}

pub(super) fn replay(
    entries: &[Option<Entry>],
    pinned: &Pinned,
    shelf: &Shelf<'_>,
    tree: &Tree,
    notes: &mut Notes,
) -> Replayed {
    let mut competition: Option<Competition> = None;
    let mut at = 0;
    while at < entries.len() {
        // Opened ballots come in one run; their signatures are checked together.
        let run = competition
            .as_ref()
            .map_or(0, |state| state.to_open() as usize)
            .clamp(1, entries.len() - at);
        let keys: &(dyn Keys + Sync) = match &competition {
            Some(state) => state,
            None => pinned,
        };
        let checked: Vec<_> = entries[at..at + run]
            .par_iter()
            .map(|entry| check(entry.as_ref(), keys))
            .collect();
        for (entry, checked) in entries[at..at + run].iter().zip(checked) {
            let seq = at as u64;
            let Some(entry) = entry else {
                return Replayed {
                    competition,
                    complete: false,
                };
            };
            let step = checked.and_then(|checked| {
                notes.signatures += checked.signers().count() as u64;
                step(competition.as_mut(), &checked, entry, seq, pinned, shelf, tree)
            });
            match step {
                Ok(Some(begun)) => competition = Some(begun),
                Ok(None) => {}
                Err(refusal) => {
                    blame(&refusal, entry, seq, competition.as_ref(), notes);
                    return Replayed {
                        competition,
                        complete: false,
                    };
                }
            }
            at += 1;
        }
    }
    if competition.as_ref().is_some_and(|state| state.to_open() > 0) {
        notes.find(Finding::Unfinished, None, "ballots of the box are missing at the end");
        return Replayed {
            competition,
            complete: false,
        };
    }
    if let Some(state) = &competition {
        note_signatures(state, shelf, notes);
    }
    Replayed {
        competition,
        complete: true,
    }
}

fn check(entry: Option<&Entry>, keys: &dyn Keys) -> Result<Checked, Refusal> {
    let entry = entry.ok_or(Code::Malformed)?;
    Checked::check(Statement::read(entry.body.clone())?, keys)
}

/// Decides and takes one entry; the announcement gives a new competition.
fn step(
    competition: Option<&mut Competition>,
    checked: &Checked,
    entry: &Entry,
    seq: u64,
    pinned: &Pinned,
    shelf: &dyn Stored,
    tree: &Tree,
) -> Result<Option<Competition>, Refusal> {
    let placed = Placed { seq, time: entry.time };
    let head = Head {
        size: seq,
        root: tree.root_at(seq),
    };
    let context = Context {
        now: entry.time,
        head,
        stored: shelf,
    };
    match competition {
        None => {
            let step = Competition::announce(checked, pinned, &context)?;
            Ok(Some(Competition::begin(step, placed)))
        }
        Some(state) => {
            // A secret ballot has no place in the ledger before the box is opened.
            if state.seals(checked.statement().kind()) {
                return Err(Code::BallotOrder.because("a secret ballot stands in the record before the box was opened"));
            }
            let step = state.decide(checked, &context)?;
            state.evolve(step, placed);
            Ok(None)
        }
    }
}

fn blame(refusal: &Refusal, entry: &Entry, seq: u64, competition: Option<&Competition>, notes: &mut Notes) {
    let in_opening = competition.is_some_and(|state| state.to_open() > 0);
    let ballot = entry.kind == "ballot_cast";
    let finding = match refusal.code {
        // A ballot by a key that nobody prepared has no key to check its signature with.
        Code::UnknownKey if ballot => Finding::ForeignBallot,
        // Something else stands where a ballot of the box should.
        Code::WrongPhase if in_opening && !ballot => Finding::Box,
        code => Finding::of_refusal(code),
    };
    notes.find(finding, Some(seq), format!("{} is refused: {refusal}", entry.kind));
}

/// Members' signatures over the ballots were verified by `decide`; they count as checked.
fn note_signatures(state: &Competition, _: &Shelf<'_>, notes: &mut Notes) {
    for round in state.rounds() {
        notes.signatures += (round.ballots().len() * round.signed().len()) as u64;
    }
}
