//! The observer's page: checkpoint, attendance, reconciliation, what enters the record, what a check can find.
//!
//! Everything shown is public, and nothing tells of the box before it is opened. Template in `web/templates/observer`,
//! messages in `web/messages/*/observer.ftl`.

use super::public::Head;
use super::{Page, Said};
use crate::calendar::Time;
use crate::competition::act::Moment;
use crate::competition::{Competition, Phase, Reconciliation, Round, Slot};
use crate::ruleset::BallotSecrecy;
use askama::Template;

/// Findings of the verifier, `V01`..; `docs/FINDINGS.md`.
pub const FINDINGS: u32 = 34;

/// An entry of the record, in short.
#[derive(Debug)]
pub struct Entered {
    /// Its index.
    pub seq: u64,
    /// When it was accepted.
    pub time: Time,
    /// Kind of statement.
    pub kind: String,
    /// The statement's hash, in groups.
    pub hash: String,
}

/// A slot's presence: words `done`, `open`.
#[derive(Debug)]
pub struct Presence {
    /// The slot.
    pub slot: Slot,
    /// At the opening.
    pub opening: &'static str,
    /// At the closing.
    pub closing: &'static str,
}

/// One check of the reconciliation.
#[derive(Debug)]
pub struct Check {
    /// `C1`..
    pub number: String,
    /// What must hold, with numbers as far as they are there.
    pub said: Said,
    /// `holds`, `fails`, `later`, `verifier`.
    pub state: &'static str,
}

/// A round as an observer sees it.
#[derive(Debug)]
pub struct Told {
    /// 1, 2, ...
    pub number: u32,
    /// The four slots.
    pub presence: Vec<Presence>,
    /// C1 to C8.
    pub checks: Vec<Check>,
}

/// The dashboard.
#[derive(Debug, Template)]
#[template(path = "observer/dashboard.html")]
pub struct Dashboard {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// Entries that anyone may read.
    pub size: u64,
    /// Their root, in groups.
    pub root: String,
    /// Whether named ballots may keep the rest back. Told by the phase: that something is kept back would say that
    /// somebody has voted.
    pub sealed: bool,
    /// How a kept checkpoint is checked later.
    pub command: String,
    /// The rounds, the newest first.
    pub rounds: Vec<Told>,
    /// The newest entries, the newest first.
    pub entries: Vec<Entered>,
    /// How many of them.
    pub shown: u64,
    /// Numbers of the findings.
    pub findings: Vec<String>,
}

impl Dashboard {
    /// Of this state, with what was read of its record.
    pub fn new(
        page: Page,
        head: Head,
        competition: &Competition,
        size: u64,
        root: &str,
        entries: Vec<Entered>,
    ) -> Self {
        Self {
            size,
            root: super::format::groups(root),
            sealed: competition.rules().ballots == BallotSecrecy::Named && head.phase == Phase::Polling,
            command: format!("esep verify {id}.tar --older {id}.checkpoint", id = head.id),
            rounds: told(competition, &page),
            shown: entries.len() as u64,
            entries,
            findings: (1..=FINDINGS).map(|number| format!("V{number:02}")).collect(),
            page,
            head,
        }
    }

    #[expect(clippy::unused_self, reason = "called by the template")]
    fn style(&self, word: &str) -> &'static str {
        match word {
            "done" | "holds" => "good",
            "fails" => "bad",
            "absent" => "warn",
            _ => "",
        }
    }
}

fn told(competition: &Competition, page: &Page) -> Vec<Told> {
    let commission = competition.commission(page.now);
    let last = competition.round();
    let rounds = competition.rounds().iter().rev().map(|round| {
        let now = Some(round.number()) == last;
        let presence = commission.slots.iter().map(|slot| {
            let there = |moment| {
                if round.present(moment, slot.slot) {
                    "done"
                } else {
                    "open"
                }
            };
            Presence {
                slot: slot.slot,
                opening: there(Moment::Opening),
                closing: if now {
                    slot.closing.as_str()
                } else {
                    there(Moment::Closing)
                },
            }
        });
        Told {
            number: round.number(),
            presence: presence.collect(),
            checks: checks(competition, round, page),
        }
    });
    rounds.collect()
}

/// C1 to C8 as they stand: with numbers only once polling is closed.
fn checks(competition: &Competition, round: &Round, page: &Page) -> Vec<Check> {
    let electors = match round.electors() {
        0 => competition.elector_count(),
        fixed => fixed,
    };
    let counted = competition.reconcile(round);
    let closed = counted.clone().or_else(|| closed(competition, round, page));
    let numbers = |said: Said, sums: &Reconciliation| {
        said.with("taken", sums.taken)
            .with("electors", electors)
            .with("cast", sums.cast)
            .with("unused", sums.unused)
            .with("spoiled", sums.spoiled)
            .with("out", sums.taken.saturating_sub(sums.cast))
            .with("prepared", sums.prepared)
            .with("valid", sums.valid)
            .with("invalid", sums.invalid)
    };
    let prepared = round.cards().map_or(0, |cards| cards.len());
    let check = |place: u32| {
        let number = format!("C{place}");
        // Before the box is open, what is fixed at the close is all that is known.
        let known = if place <= 3 { closed.as_ref() } else { counted.as_ref() };
        let key = format!("c{place}");
        let (said, state) = match known {
            // C7 and C8 compare with the protocol, which follows from the count.
            Some(_) if place > 6 => (page.say_of("observer", key), "verifier"),
            None if place > 6 => (page.say_of("observer", key), "later"),
            None => {
                let said = page.say_part("observer", key, "later");
                (said.with("electors", electors).with("prepared", prepared), "later")
            }
            Some(sums) => {
                // Key by key, C2 needs the ballots.
                let state = match &counted {
                    Some(all) if all.failed.contains(&number) => "fails",
                    None if place == 2 => "later",
                    None if sums.failed.contains(&number) => "fails",
                    _ => "holds",
                };
                (numbers(page.say_of("observer", key), sums), state)
            }
        };
        Check { number, said, state }
    };
    (1..=8).map(check).collect()
}

/// What the close of polling fixed for the last round, as far as it can be compared before the box is open.
fn closed(competition: &Competition, round: &Round, page: &Page) -> Option<Reconciliation> {
    let commission = competition.commission(page.now);
    let closed = commission.closed.filter(|_| commission.round == Some(round.number()))?;
    let holds = [
        ("C1", closed.taken <= round.electors()),
        ("C3", closed.box_count <= closed.taken),
    ];
    let failed = holds.iter().filter(|(_, holds)| !holds);
    Some(Reconciliation {
        prepared: commission.cards.unwrap_or(0),
        taken: closed.taken,
        cast: closed.box_count,
        unused: closed.unused,
        spoiled: closed.spoiled,
        valid: 0,
        invalid: 0,
        failed: failed.map(|(name, _)| (*name).to_owned()).collect(),
    })
}
