//! What a verifier can find: numbered, each with its rule. `docs/FINDINGS.md` restates this table.

use crate::competition::Code;

macro_rules! findings {
    ($($name:ident $number:literal $rule:literal $title:literal;)*) => {
        /// Findings `V01`..: something in the record is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Finding { $(#[doc = $title] $name,)* }

        impl Finding {
            /// Every finding, by number.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
            /// `V01` ...
            pub fn number(self) -> &'static str { match self { $(Self::$name => $number,)* } }
            /// The rule or format that is broken.
            pub fn rule(self) -> &'static str { match self { $(Self::$name => $rule,)* } }
            /// What is wrong, in one sentence.
            pub fn title(self) -> &'static str { match self { $(Self::$name => $title,)* } }
        }
    };
}

findings! {
    Sums "V01" "bundle" "A file does not have the digest that SHA256SUMS lists";
    Policy "V02" "tlog-policy" "The policy names no usable log key, or is not the announced one";
    Checkpoint "V03" "tlog-checkpoint" "The checkpoint is not signed by the log key, or is another ledger's";
    Trust "V04" "trust" "A key is not the one that is trusted, or not the one that was announced";
    Tiles "V05" "tlog-tiles" "A hash tile differs from the re-hashed entries";
    Root "V06" "RFC 6962" "The re-hashed entries do not give the root of the checkpoint";
    EntryForm "V07" "entry" "An entry is not canonical or cannot be read";
    Chain "V08" "entry" "An entry does not name the leaf hash of the entry before";
    Place "V09" "entry" "An entry's log, number, kind or time is wrong";
    StatementForm "V10" "DSSE, RFC 8785" "A statement is not canonical or does not fit its schema";
    Signature "V11" "signature rule" "A statement's signature does not verify, or is by a key that was not enrolled";
    Repeated "V12" "replay" "A statement stands in the record twice";
    Refused "V13" "rules" "The rules refuse a statement that stands in the record";
    Author "V14" "roles" "A statement is by someone who may not make it, or by too few";
    Deadline "V15" "R17, R21" "A statement stands in the record outside its time";
    Opening "V16" "commitments" "A commitment is opened wrongly";
    TwoPerAssociation "V17" "R7" "Two candidates of one association are listed";
    Eligibility "V18" "R8-R14" "A listed candidate does not meet a rule, or the list is not of the admitted";
    Attendance "V19" "R16" "Polling opened or closed without the four bodies";
    ForeignBallot "V20" "R15" "A ballot is by a credential that was not prepared for this round";
    DoubledCard "V21" "R15" "Two ballots were cast with one card";
    Box "V22" "C4" "The opened ballots are not those that the close of polling fixed";
    ReturnedCardVoted "V23" "C2" "A ballot was cast with the key of a card returned as unused or spoiled";
    Reconciliation "V24" "C1-C6" "The numbers of a round do not add up";
    Roll "V25" "C1" "The roll names someone who is no elector, or is not of those who voted";
    BallotSignatures "V26" "R16" "A member's signatures do not cover every ballot";
    Lot "V27" "esep-lot-v1" "A lot's commitment, reveal or order, or what was done about a tie, is wrong";
    Tally "V28" "C7" "The published totals are not those of the ballots";
    Elected "V29" "C8" "The published elected or reserve are not what the ballots give";
    Protocol "V30" "protocol" "The protocol is not the one that the record gives, or was not signed as stated";
    Derived "V31" "bundle" "A file is not what follows from the ledger, or does not belong to a bundle";
    Attachment "V32" "bundle" "An attachment does not have its digest or its form, or no entry names it";
    Older "V33" "RFC 6962" "The record does not continue an older checkpoint or receipt";
    Unfinished "V34" "opening" "The record ends while the box is being opened";
}

impl Finding {
    /// The finding that a refusal of a recorded statement comes to.
    #[expect(clippy::too_many_lines, reason = "one table that names every code")]
    pub fn of_refusal(code: Code) -> Self {
        match code {
            Code::Malformed | Code::NotCanonical | Code::UnknownKind | Code::BadPayload | Code::TooLarge => {
                Self::StatementForm
            }
            Code::BadSignature | Code::UnknownKey | Code::BadPossession | Code::TestKey => Self::Signature,
            Code::SignersOrder | Code::WrongRole | Code::TooFewSigners | Code::WrongSlot | Code::BallotKeys => {
                Self::Author
            }
            Code::LogKey => Self::Trust,
            Code::Duplicate => Self::Repeated,
            Code::IntakeNotOpen
            | Code::IntakeClosed
            | Code::AppealWindow
            | Code::PollDay
            | Code::BadDates
            | Code::NotPollTime
            | Code::PollingOver
            | Code::ClosingEarly
            | Code::DraftExpired => Self::Deadline,
            Code::BadOpening => Self::Opening,
            Code::TwoPerAssociation | Code::SecondNomination | Code::ContestOpen => Self::TwoPerAssociation,
            Code::TooFewOrganisations | Code::MemberIsCandidate | Code::ListMismatch | Code::ContradictsFacts => {
                Self::Eligibility
            }
            Code::Attendance => Self::Attendance,
            Code::NotElector => Self::ForeignBallot,
            Code::CardUsed => Self::DoubledCard,
            Code::BallotOrder | Code::BoxMismatch => Self::Box,
            Code::BadRoll => Self::Roll,
            Code::BallotSignatures => Self::BallotSignatures,
            Code::LotNotCommitted
            | Code::EqualCommitments
            | Code::LateReveal
            | Code::BadReveal
            | Code::RevealsPending
            | Code::BadLot => Self::Lot,
            Code::WrongProtocol
            | Code::SlotsOpen
            | Code::ProtocolUnsigned
            | Code::SlotOutcomes
            | Code::SlotResolved => Self::Protocol,
            Code::AttachmentMissing | Code::BadAttachment => Self::Attachment,
            Code::KeyInUse
            | Code::WrongCompetition
            | Code::NoCompetition
            | Code::AlreadyAnnounced
            | Code::WrongRules
            | Code::WrongList
            | Code::WrongRound
            | Code::WrongPhase
            | Code::StaleHead
            | Code::DraftHead
            | Code::BadRules
            | Code::Members
            | Code::Rehearsal
            | Code::TooManyExtensions
            | Code::BadExtension
            | Code::NominationFields
            | Code::DocumentMissing
            | Code::NoNomination
            | Code::NominationOver
            | Code::DecisionShape
            | Code::NoAppeal
            | Code::NoContest
            | Code::ScreeningOpen
            | Code::NoCards
            | Code::TooFewCards
            | Code::UnknownCards
            | Code::NotAbsent
            | Code::BadTerm
            | Code::NotBefore
            | Code::OutsideAct
            | Code::TextLength
            | Code::TextCharacters => Self::Refused,
        }
    }
}
