//! What happened in public: entries of the ledger that say something about the competition as a whole.
//!
//! Nominations, screening and appeals are left out, since what is public of them is that they exist; ballots are the
//! result's business.

use crate::calendar::Time;
use crate::competition::Slot;
use crate::competition::act::{Act, Duty, Kind};

/// A public event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Index of its entry.
    pub seq: u64,
    /// Time of its entry.
    pub time: Time,
    /// What was stated.
    pub act: Act,
}

impl Event {
    /// Whether statements of this kind are events.
    pub fn is(kind: Kind) -> bool {
        !matches!(
            kind,
            Kind::Nomination
                | Kind::Amendment
                | Kind::Withdrawal
                | Kind::Appeal
                | Kind::ScreeningDecision
                | Kind::AppealDecided
                | Kind::ContestDecided
                | Kind::AssociationKeyReplaced
                | Kind::BallotCast
        )
    }

    /// The kind, as in entries.
    pub fn kind(&self) -> &'static str {
        self.act.kind().as_str()
    }

    /// Whether it stands on the timeline and in the feed: the steps, not each member's signature on the way.
    pub fn is_step(&self) -> bool {
        !matches!(
            self.act.kind(),
            Kind::Attendance
                | Kind::LotCommitted
                | Kind::LotRevealed
                | Kind::BallotsSigned
                | Kind::ProtocolSigned
                | Kind::CardsPrepared
                | Kind::KeyReplaced
        )
    }

    /// The slot that speaks, where one does.
    pub fn slot(&self) -> Option<Slot> {
        match &self.act {
            Act::Attendance(act) => Some(act.slot),
            Act::MemberReplaced(act) => Some(act.slot),
            Act::KeyReplaced(act) => Some(act.slot),
            Act::LotCommitted(act) => Some(act.slot),
            Act::LotRevealed(act) => Some(act.slot),
            Act::BallotsSigned(act) => Some(act.slot),
            Act::Objection(act) => Some(act.slot),
            Act::CardDisputed(act) => Some(act.slot),
            Act::ProtocolSigned(act) => Some(act.slot),
            Act::ProtocolRefused(act) => Some(act.slot),
            Act::ProtocolDissented(act) => Some(act.slot),
            _ => None,
        }
    }

    /// Published words: a reason, a dissent, a record.
    pub fn words(&self) -> Option<&str> {
        match &self.act {
            Act::Extension(act) => Some(&act.reason),
            Act::PollDayMoved(act) => Some(&act.reason),
            Act::ObserverAdmitted(act) => Some(&act.name),
            Act::MemberReplaced(act) => Some(&act.reason),
            Act::Annulment(act) => Some(&act.reason),
            Act::Objection(act) => Some(&act.text),
            Act::ProtocolRefused(act) => Some(&act.reason),
            Act::ProtocolDissented(act) => Some(&act.text),
            Act::LotDrawn(act) => Some(&act.record),
            _ => None,
        }
    }

    /// Whether it attests that this slot was absent from this duty.
    pub fn attests_absence(&self, slot: Slot, duty: Duty) -> bool {
        matches!(&self.act, Act::AbsenceAttested(act) if act.duty == duty && act.slots.contains(&slot))
    }
}
