//! How the counting commission stands: what each of the four has done, and what is to be done next, in order.
//!
//! Read off the state; nothing is decided here. Everything told is public: it follows from entries that anyone may
//! read, and nothing in it depends on who voted, or whether anybody did.

use super::act::{Duty, Ending, Kind, Moment};
use super::{Competition, Phase, Round, Slot};
use crate::calendar::Time;
use crate::crypto::hash::Digest;
use crate::crypto::key::KeyId;
use crate::ruleset::{BallotSecrecy, TieRule};
use schemars::JsonSchema;
use serde::Serialize;

/// The counting commission in the present or last round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Commission {
    /// The phase now.
    pub phase: Phase,
    /// The present or last round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// How many of the four sign an act together.
    pub min_signatures: u32,
    /// Years of a term.
    pub term_years: u32,
    /// Secret or named ballots.
    pub ballots: BallotSecrecy,
    /// Whether a lot may be needed, so that nonces are committed to.
    pub lot: bool,
    /// R16: the four slots, in order.
    pub slots: Vec<SlotStanding>,
    /// Cards prepared for the round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cards: Option<u32>,
    /// Electors of the round.
    pub electors: u32,
    /// Their ids, where they are no roll numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elector_ids: Vec<String>,
    /// When polling closes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Time>,
    /// What the close of polling fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// Last moment in which a lot nonce is revealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reveals_end: Option<Time>,
    /// From when silence about ballots or protocol may be attested as absence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent_from: Option<Time>,
    /// Index of the first entry that may hold a ballot of the round, once the box is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ballots_from: Option<u64>,
    /// Whether the protocol's bytes are fixed by a first act on them.
    pub protocol_fixed: bool,
    /// What is to be done now, in order.
    pub tasks: Vec<Task>,
}

/// What a slot has done in the present or last round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SlotStanding {
    /// The slot.
    pub slot: Slot,
    /// The body's name.
    pub body: String,
    /// The person.
    pub person: String,
    /// Key id in force.
    pub keyid: KeyId,
    /// Present at the opening.
    pub opening: Done,
    /// Committed to a lot nonce.
    pub commitment: Done,
    /// Present at the closing.
    pub closing: Done,
    /// Revealed the lot nonce.
    pub reveal: Done,
    /// Signed every ballot.
    pub ballots: Done,
    /// What it did about the protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Ending>,
    /// Its dissent, word for word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dissent: Option<String>,
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// Not yet.
    Open,
    /// Done.
    Done,
    /// Attested absent.
    Absent,
}

impl Done {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Absent => "absent",
        }
    }
}

/// What `polling_closed` fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Closed {
    /// When it was closed.
    pub at: Time,
    /// RFC 6962 root over the ballots' hashes.
    pub box_root: Digest,
    /// Ballots in the box.
    pub box_count: u32,
    /// Cards taken.
    pub taken: u32,
    /// Unused cards.
    pub unused: u32,
    /// Spoiled cards.
    pub spoiled: u32,
}

/// One thing to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Task {
    /// Kind of statement; `protocol_signed` stands for signature, refusal and dissent.
    pub act: &'static str,
    /// The slots that still have to do it; for an act of several, all that may sign.
    pub by: Vec<Slot>,
    /// Signatures that one statement needs.
    pub signatures: u32,
    /// Whether what must come before is done and the time has come.
    pub ready: bool,
    /// Not before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// Not after this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

impl Competition {
    /// How the counting commission stands now.
    pub fn commission(&self, now: Time) -> Commission {
        let (rules, round) = (self.rules(), self.last());
        let slots = self.slots(round);
        let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let closed = round.and_then(|round| round.closing.as_ref()).map(|closing| Closed {
            at: closing.at,
            box_root: closing.box_root,
            box_count: closing.box_count,
            taken: closing.taken,
            unused: size(closing.unused.len()),
            spoiled: size(closing.spoiled.len()),
        });
        let mut commission = Commission {
            phase: self.phase(now),
            round: self.round(),
            min_signatures: rules.min_signatures,
            term_years: rules.term_years,
            ballots: rules.ballots,
            lot: rules.ties.contains(&TieRule::Lot),
            slots,
            cards: round
                .and_then(|round| round.cards.as_ref())
                .map(|cards| size(cards.len())),
            electors: round.map_or(0, |_| self.elector_count()),
            elector_ids: round.map_or_else(Vec::new, |round| self.elector_names(round)),
            closes_at: round.and_then(Round::closes_at),
            closed,
            reveals_end: closed.map(|closed| closed.at.plus_minutes(rules.limits.reveal_within_minutes.into())),
            silent_from: self.silent_from(),
            ballots_from: self.ballots_from(),
            protocol_fixed: self.frozen().is_some(),
            tasks: Vec::new(),
        };
        commission.tasks = self.tasks(&commission, now);
        commission
    }

    /// Who could vote in a round that was opened, else who may.
    fn elector_names(&self, round: &Round) -> Vec<String> {
        let ids = if round.opened_polling.is_some() {
            (*round.elector_ids).clone()
        } else {
            self.few_electors()
        };
        ids.into_iter().collect()
    }

    fn slots(&self, round: Option<&Round>) -> Vec<SlotStanding> {
        let frozen = self.frozen();
        let done = |done: bool, absent: bool| match (done, absent) {
            (true, _) => Done::Done,
            (false, true) => Done::Absent,
            (false, false) => Done::Open,
        };
        let seats = self.members.iter().map(|member| {
            let slot = member.slot;
            let of = |has: &dyn Fn(&Round) -> bool| round.is_some_and(has);
            let absent = |duty| of(&|round| round.absent.contains(&(duty, slot)));
            SlotStanding {
                slot,
                body: member.body.clone(),
                person: member.person.clone(),
                keyid: member.key.id(),
                opening: done(of(&|round| round.present(Moment::Opening, slot)), false),
                commitment: done(of(&|round| round.lot_commitments.contains_key(&slot)), false),
                closing: done(of(&|round| round.present(Moment::Closing, slot)), absent(Duty::Closing)),
                reveal: done(of(&|round| round.reveals.contains_key(&slot)), false),
                ballots: done(of(&|round| round.signed.contains_key(&slot)), absent(Duty::Ballots)),
                protocol: frozen.and_then(|frozen| frozen.endings.get(&slot).copied()),
                dissent: frozen.and_then(|frozen| frozen.dissents.get(&slot).cloned()),
            }
        });
        seats.collect()
    }

    fn silent_from(&self) -> Option<Time> {
        let hours = self.rules().limits.sign_within_hours.into();
        let since = match &self.stage {
            super::Stage::Opened => self.last()?.opened,
            super::Stage::Counted { since, .. } => Some(*since),
            _ => None,
        };
        since.map(|since| since.plus_hours(hours))
    }

    /// Nothing before the box is open: with named ballots it would say that somebody has voted.
    fn ballots_from(&self) -> Option<u64> {
        let round = self.last()?;
        round.opened.and(round.first_ballot_seq)
    }

    fn tasks(&self, commission: &Commission, now: Time) -> Vec<Task> {
        match commission.phase {
            Phase::Listed => self.to_open_polling(commission, now),
            Phase::Polling => to_close_polling(commission, now),
            Phase::Closed => to_open_the_box(commission, now),
            Phase::Opened => vec![each(Kind::BallotsSigned, commission, |slot| slot.ballots == Done::Open)],
            Phase::Tied => vec![together(Kind::LotDrawn, commission, true)],
            Phase::Counted => {
                let signing = each(Kind::ProtocolSigned, commission, |slot| slot.protocol.is_none());
                let signed = |slot: &&SlotStanding| matches!(slot.protocol, Some(Ending::Signed | Ending::Dissenting));
                let enough = commission.slots.iter().filter(signed).count() >= commission.min_signatures as usize;
                let ready = signing.by.is_empty() && enough;
                vec![signing, together(Kind::Certification, commission, ready)]
            }
            _ => Vec::new(),
        }
        .into_iter()
        .filter(|task| !task.by.is_empty())
        .collect()
    }

    /// Cards, presence, commitments, then the opening.
    fn to_open_polling(&self, commission: &Commission, now: Time) -> Vec<Task> {
        let first = commission.round == Some(1);
        let poll = self.poll();
        let no_cards = commission.ballots == BallotSecrecy::Secret && commission.cards.is_none();
        let mut cards = together(Kind::CardsPrepared, commission, true);
        if !no_cards {
            cards.by.clear();
        }
        let mut presence = each(Kind::Attendance, commission, |slot| slot.opening == Done::Open);
        // R16: who is present at the opening is there on poll day.
        if first {
            presence.from = Some(poll.day.at(0, 0));
            presence.ready = now.date() == poll.day;
        }
        let lot = each(Kind::LotCommitted, commission, |slot| {
            commission.lot && slot.commitment == Done::Open
        });
        let before = cards.by.is_empty() && presence.by.is_empty() && lot.by.is_empty();
        let mut opening = together(Kind::PollingOpened, commission, before);
        // R17: between the announced times.
        if first {
            (opening.from, opening.until) = (Some(poll.opens_at), Some(poll.closes_at));
            opening.ready = before && now >= poll.opens_at && now < poll.closes_at;
        }
        vec![cards, presence, lot, opening]
    }
}

/// Presence, then the close.
fn to_close_polling(commission: &Commission, now: Time) -> Vec<Task> {
    let presence = each(Kind::Attendance, commission, |slot| slot.closing == Done::Open);
    let over = commission.closes_at.is_some_and(|closes| now >= closes);
    let mut closing = together(Kind::PollingClosed, commission, presence.by.is_empty() && over);
    // R15: from the announced closing time on.
    closing.from = commission.closes_at;
    vec![presence, closing]
}

/// Nonces, then the box.
fn to_open_the_box(commission: &Commission, now: Time) -> Vec<Task> {
    let over = commission.reveals_end.is_none_or(|end| now > end);
    let mut reveals = each(Kind::LotRevealed, commission, |slot| {
        !over && commission.lot && slot.commitment == Done::Done && slot.reveal == Done::Open
    });
    reveals.until = commission.reveals_end;
    let ready = reveals.by.is_empty();
    vec![reveals, together(Kind::BallotsOpened, commission, ready)]
}

/// Each slot of which `open` holds, alone.
fn each(kind: Kind, commission: &Commission, open: impl Fn(&SlotStanding) -> bool) -> Task {
    let by = commission.slots.iter().filter(|slot| open(slot)).map(|slot| slot.slot);
    Task {
        act: kind.as_str(),
        by: by.collect(),
        signatures: 1,
        ready: true,
        from: None,
        until: None,
    }
}

/// Several slots in one statement.
fn together(kind: Kind, commission: &Commission, ready: bool) -> Task {
    Task {
        act: kind.as_str(),
        by: Slot::ALL.to_vec(),
        signatures: commission.min_signatures,
        ready,
        from: None,
        until: None,
    }
}
