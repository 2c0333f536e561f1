//! Phases of a competition, and who may do what in which: one pure table, restated in `docs/STATES.md`.

use super::act::Kind;
use super::slot::Slot;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The phase of a competition at a moment. Intake turns into screening by the clock alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nominations are accepted (R21).
    Intake,
    /// Intake has ended; nominations are decided.
    Screening,
    /// The candidate list stands; the round is prepared.
    Listed,
    /// Ballots are cast.
    Polling,
    /// Polling is closed, the box is not open.
    Closed,
    /// The box's ballots are entering the ledger; lasts one append.
    Opening,
    /// Ballots are read and signed.
    Opened,
    /// A tie waits for a drawing by hand.
    Tied,
    /// The result is computed; the protocol is signed.
    Counted,
    /// The result is certified.
    Certified,
    /// The competition failed: too few candidates, turnout, or signatures.
    Failed,
    /// The competition is annulled.
    Annulled,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 12] = [
        Self::Intake,
        Self::Screening,
        Self::Listed,
        Self::Polling,
        Self::Closed,
        Self::Opening,
        Self::Opened,
        Self::Tied,
        Self::Counted,
        Self::Certified,
        Self::Failed,
        Self::Annulled,
    ];

    /// The phase's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Screening => "screening",
            Self::Listed => "listed",
            Self::Polling => "polling",
            Self::Closed => "closed",
            Self::Opening => "opening",
            Self::Opened => "opened",
            Self::Tied => "tied",
            Self::Counted => "counted",
            Self::Certified => "certified",
            Self::Failed => "failed",
            Self::Annulled => "annulled",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Who signs. Roles never mix: a key serves in one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The secretariat.
    Organiser,
    /// A counting member.
    CountingMember(Slot),
    /// An association.
    Association,
    /// A card, or an elector's own key.
    Elector,
    /// An observer: cosigns checkpoints, states nothing.
    Observer,
}

/// Roles that may make a statement of this kind.
pub fn authors(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Announcement
        | Kind::Extension
        | Kind::PollDayMoved
        | Kind::ObserverAdmitted
        | Kind::ScreeningDecision
        | Kind::AppealDecided
        | Kind::ContestDecided
        | Kind::CandidateList
        | Kind::AssociationKeyReplaced => &["organiser"],
        Kind::Nomination | Kind::Amendment | Kind::Withdrawal | Kind::Appeal => &["association"],
        Kind::Annulment => &["organiser", "counting member"],
        Kind::BallotCast => &["elector"],
        Kind::Attendance
        | Kind::MemberReplaced
        | Kind::KeyReplaced
        | Kind::CardsPrepared
        | Kind::LotCommitted
        | Kind::PollingOpened
        | Kind::PollingClosed
        | Kind::LotRevealed
        | Kind::BallotsOpened
        | Kind::BallotsSigned
        | Kind::Objection
        | Kind::CardDisputed
        | Kind::ProtocolSigned
        | Kind::ProtocolRefused
        | Kind::ProtocolDissented
        | Kind::AbsenceAttested
        | Kind::LotDrawn
        | Kind::Certification => &["counting member"],
    }
}

/// Whether a role may ever make a statement of this kind.
pub fn may_author(role: Role, kind: Kind) -> bool {
    let name = match role {
        Role::Organiser => "organiser",
        Role::CountingMember(_) => "counting member",
        Role::Association => "association",
        Role::Elector => "elector",
        Role::Observer => return false,
    };
    authors(kind).contains(&name)
}

/// Whether a statement of this kind is taken in this phase at all; `decide` asks the rest.
pub fn taken_in(kind: Kind, phase: Phase) -> bool {
    use Phase::{Certified, Closed, Counted, Intake, Listed, Opened, Opening, Polling, Screening, Tied};
    match kind {
        Kind::Announcement => false,
        Kind::Extension | Kind::Nomination | Kind::Amendment => phase == Intake,
        Kind::PollDayMoved | Kind::AssociationKeyReplaced => matches!(phase, Intake | Screening | Listed),
        Kind::ObserverAdmitted | Kind::MemberReplaced | Kind::KeyReplaced => phase < Certified && phase != Opening,
        Kind::Appeal | Kind::ScreeningDecision | Kind::AppealDecided | Kind::ContestDecided | Kind::CandidateList => {
            phase == Screening
        }
        Kind::Withdrawal | Kind::Annulment => phase <= Certified && phase != Opening,
        Kind::Attendance => matches!(phase, Listed | Polling),
        Kind::CardsPrepared | Kind::LotCommitted | Kind::PollingOpened => phase == Listed,
        Kind::PollingClosed => phase == Polling,
        Kind::BallotCast => matches!(phase, Polling | Opening),
        Kind::LotRevealed | Kind::BallotsOpened => phase == Closed,
        Kind::BallotsSigned => phase == Opened,
        Kind::Objection | Kind::CardDisputed => matches!(phase, Polling | Closed | Opened | Tied | Counted),
        Kind::AbsenceAttested => matches!(phase, Polling | Opened | Counted),
        Kind::LotDrawn => phase == Tied,
        Kind::ProtocolSigned | Kind::ProtocolRefused | Kind::ProtocolDissented | Kind::Certification => {
            phase == Counted
        }
    }
}

/// The whole permission: role, action, phase.
pub fn allow(role: Role, kind: Kind, phase: Phase) -> bool {
    may_author(role, kind) && taken_in(kind, phase)
}
