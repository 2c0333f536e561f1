//! What statements say: one struct per kind, as in the payload's JSON less the header that all share.
//!
//! Source: `docs/RULES.md`, `docs/schemas/`. Personal data never stands here in the clear, only as commitments; the
//! exceptions are names that the rules publish (members, observers).

use super::slot::Slot;
use crate::ballot::{CandidateId, Ratings};
use crate::calendar::{Date, Time};
use crate::crypto::hash::Digest;
use crate::crypto::key::{Enrolment, KeyId};
use crate::crypto::signature::Signature;
use crate::ruleset::RuleSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident $kind:literal { $($(#[$fdoc:meta])* $field:ident : $ty:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $($(#[$fdoc])* pub $field: $ty,)* }
        )*

        /// Kinds of statements, by their author's act.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
            /// The kind as in entries and payload types.
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $kind,)* } }
            /// JSON Schema of the payload less its header.
            pub fn act_schema(self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                match self { $(Self::$name => <$name as JsonSchema>::json_schema(generator),)* }
            }
        }

        /// What a statement says.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Act { $($(#[$doc])* $name(Box<$name>),)* }

        impl Act {
            /// The kind of this act.
            pub fn kind(&self) -> Kind { match self { $(Self::$name(_) => Kind::$name,)* } }
            /// Reads the payload's own fields (header removed).
            pub fn from_value(kind: Kind, value: serde_json::Value) -> Result<Self, serde_json::Error> {
                match kind { $(Kind::$name => serde_json::from_value(value).map(|act| Self::$name(Box::new(act))),)* }
            }
            /// The payload's own fields.
            pub fn to_value(&self) -> Result<serde_json::Value, serde_json::Error> {
                match self { $(Self::$name(act) => serde_json::to_value(act),)* }
            }
        }

        $(impl From<$name> for Act { fn from(act: $name) -> Self { Self::$name(Box::new(act)) } })*
    };
}

acts! {
    /// The organiser announces the competition.
    Announcement "announcement" {
        /// Title in Kyrgyz, Russian and English.
        title: Title,
        /// Every choice the rules leave open.
        rule_set: Box<RuleSet>,
        /// Marked everywhere; test keys allowed.
        rehearsal: bool,
        /// R21: the mass medium of publication.
        outlet: String,
        /// R21: day of publication; intake opens at its 00:00.
        published: Date,
        /// R21: last day of intake, until 24:00.
        intake_last_day: Date,
        /// R17: the poll.
        poll: Poll,
        /// SHA-256 of the witness policy file.
        witness_policy: Digest,
        /// Key id of the log key.
        log_key: KeyId,
        /// R16: the four members in slot order.
        members: Vec<Member>,
        /// Origin of the competition that this one runs again.
        #[serde(skip_serializing_if = "Option::is_none", default)] reruns: Option<String>,
    }
    /// Intake is extended, before its end, for all.
    Extension "extension" {
        /// New last day of intake.
        last_day: Date,
        /// New poll, within R17 of the new last day.
        poll: Poll,
        /// Published reason.
        reason: String,
    }
    /// Poll day moves within R17.
    PollDayMoved "poll_day_moved" {
        /// The new poll.
        poll: Poll,
        /// Published reason.
        reason: String,
    }
    /// An observer's key is enrolled.
    ObserverAdmitted "observer_admitted" {
        /// Published name.
        name: String,
        /// Key with proof of possession, role `observer`.
        enrolment: Enrolment,
    }
    /// A nomination: commitments only.
    Nomination "nomination" {
        /// The association's key, role `association`.
        association: Enrolment,
        /// One commitment per field; letter, application and resume may be missing.
        fields: BTreeMap<Field, Digest>,
        /// The candidate's own key, role `candidate`: named ballots among candidates only.
        #[serde(skip_serializing_if = "Option::is_none", default)] candidate_key: Option<Enrolment>,
    }
    /// New commitments for some fields, inside intake; every version is kept.
    Amendment "amendment" {
        /// The nomination's PAE hash.
        nomination: Digest,
        /// Fields that change.
        fields: BTreeMap<Field, Digest>,
    }
    /// The nomination, or the listed candidate, is withdrawn.
    Withdrawal "withdrawal" {
        /// The nomination's PAE hash.
        nomination: Digest,
    }
    /// The association appeals the decision on its nomination.
    Appeal "appeal" {
        /// The nomination's PAE hash.
        nomination: Digest,
        /// Commitment to the stored text.
        text: Digest,
    }
    /// Every rule decided; one shape and size whatever the decision.
    ScreeningDecision "screening_decision" {
        /// The nomination's PAE hash.
        nomination: Digest,
        /// One commitment per rule: R8 to R14 and R18 to R21, in this order.
        decisions: Vec<RuleDecision>,
    }
    /// An appeal is decided; an upheld one is screened anew.
    AppealDecided "appeal_decided" {
        /// The nomination's PAE hash.
        nomination: Digest,
        /// Whether the appeal succeeds.
        upheld: bool,
        /// Commitment to the reason.
        reason: Digest,
    }
    /// R7: which of several nominations of one association stands.
    ContestDecided "contest_decided" {
        /// The contesting nominations, ascending.
        nominations: Vec<Digest>,
        /// The one that stands.
        stands: Digest,
        /// Commitment to the reason.
        reason: Digest,
    }
    /// The list of admitted candidates.
    CandidateList "candidate_list" {
        /// `candidates.json`, canonical.
        list: Attachment,
        /// Candidates on it.
        count: u32,
    }
    /// A new key for an association, on a new letter.
    AssociationKeyReplaced "association_key_replaced" {
        /// The nomination's PAE hash.
        nomination: Digest,
        /// The new key, role `association`.
        association: Enrolment,
        /// Commitment to the new letter.
        letter: Digest,
    }
    /// The competition is annulled.
    Annulment "annulment" {
        /// Published reason.
        reason: String,
        /// Digest of the outside act cited, after certification.
        #[serde(skip_serializing_if = "Option::is_none", default)] outside_act: Option<Digest>,
    }
    /// R16: a member is present.
    Attendance "attendance" {
        /// The member's own slot.
        slot: Slot,
        /// When.
        at: Moment,
    }
    /// R16: another person of the same body.
    MemberReplaced "member_replaced" {
        /// The slot.
        slot: Slot,
        /// The new member.
        person: String,
        /// The new member's key.
        enrolment: Enrolment,
        /// Published reason.
        reason: String,
    }
    /// A new key for the same member.
    KeyReplaced "key_replaced" {
        /// The slot.
        slot: Slot,
        /// The new key.
        enrolment: Enrolment,
    }
    /// The round's cards: their public keys.
    CardsPrepared "cards_prepared" {
        /// 32-byte public keys, sorted by key id.
        cards: KeyList,
    }
    /// A member commits to a lot nonce.
    LotCommitted "lot_committed" {
        /// The member's own slot.
        slot: Slot,
        /// `SHA-256("esep-lot-v1" LF origin LF round LF slot LF nonce)`.
        commitment: Digest,
    }
    /// Polling opens.
    PollingOpened "polling_opened" {
        /// From then on ballots are refused; in round 1 the announced time.
        closes_at: Time,
    }
    /// Polling is closed, before any ballot is opened.
    PollingClosed "polling_closed" {
        /// RFC 6962 root over the ballots' PAE hashes in ascending order.
        box_root: Digest,
        /// Ballots in the box.
        box_count: u32,
        /// Elector ids that took a card (named ballots: that voted), one a line, sorted.
        roll: Attachment,
        /// Electors on `roll`.
        taken: u32,
        /// Keys of unused cards, opened in the room.
        unused: KeyList,
        /// Keys of spoiled cards.
        spoiled: KeyList,
    }
    /// A member reveals the lot nonce.
    LotRevealed "lot_revealed" {
        /// The member's own slot.
        slot: Slot,
        /// The nonce, 64 hex digits.
        reveal: Digest,
    }
    /// The box is opened; its ballots follow at once.
    BallotsOpened "ballots_opened" {
        /// Root of the box, again.
        box_root: Digest,
    }
    /// A member signed every ballot of the box.
    BallotsSigned "ballots_signed" {
        /// The member's own slot.
        slot: Slot,
        /// Root of the box.
        box_root: Digest,
        /// 64 signature bytes per ballot, in box order.
        signatures: Attachment,
    }
    /// An objection, published word for word in the protocol.
    Objection "objection" {
        /// The member's own slot.
        slot: Slot,
        /// The text.
        text: String,
        /// The ballot it is about.
        #[serde(skip_serializing_if = "Option::is_none", default)] ballot: Option<Digest>,
    }
    /// An elector found the card used, or copied.
    CardDisputed "card_disputed" {
        /// The slot of the member who records it.
        slot: Slot,
        /// The card's key.
        card: KeyId,
        /// What happened.
        text: String,
    }
    /// A member signs the protocol.
    ProtocolSigned "protocol_signed" {
        /// The member's own slot.
        slot: Slot,
        /// SHA-256 of the protocol's bytes.
        protocol: Digest,
        /// Signature over the PAE of the protocol's bytes.
        signature: Signature,
    }
    /// A member refuses to sign.
    ProtocolRefused "protocol_refused" {
        /// The member's own slot.
        slot: Slot,
        /// SHA-256 of the protocol's bytes.
        protocol: Digest,
        /// Published reason.
        reason: String,
    }
    /// A member signs with a dissenting opinion, published word for word.
    ProtocolDissented "protocol_dissented" {
        /// The member's own slot.
        slot: Slot,
        /// SHA-256 of the protocol's bytes.
        protocol: Digest,
        /// Signature over the PAE of the protocol's bytes.
        signature: Signature,
        /// The dissent.
        text: String,
    }
    /// All the other members attest that members were absent, or silent too long.
    AbsenceAttested "absence_attested" {
        /// The absent slots, in slot order.
        slots: Vec<Slot>,
        /// What they were absent from.
        duty: Duty,
    }
    /// A drawing held by hand in the room.
    LotDrawn "lot_drawn" {
        /// Every tied candidate, in the order drawn.
        order: Vec<CandidateId>,
        /// How it was drawn.
        record: String,
    }
    /// The result is certified.
    Certification "certification" {
        /// SHA-256 of the protocol's bytes.
        protocol: Digest,
        /// Outcome of each slot, in slot order.
        slots: Vec<SlotOutcome>,
        /// First day of the term.
        term_start: Date,
        /// R5: last day of the term.
        term_end: Date,
    }
    /// A ballot.
    BallotCast "ballot_cast" {
        /// Key ids that cast it: one card's, or the elector's own.
        keys: Vec<KeyId>,
        /// Ratings by candidate; a candidate not named is blank.
        #[serde(with = "object")]
        #[schemars(with = "BTreeMap<CandidateId, i64>")]
        ratings: Ratings,
    }
}

impl Kind {
    /// The DSSE payload type.
    pub fn payload_type(self) -> String {
        format!("application/vnd.esep.{}.v1+json", self.as_str())
    }

    /// The kind of a DSSE payload type.
    pub fn of_payload_type(text: &str) -> Option<Self> {
        let name = text.strip_prefix("application/vnd.esep.")?.strip_suffix(".v1+json")?;
        Self::of_name(name)
    }

    /// The kind of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

/// A title in the three languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// Kyrgyz.
    pub ky: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

/// When and where the poll is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// R17: poll day.
    pub day: Date,
    /// Opens, on that day.
    pub opens_at: Time,
    /// Closes, on that day.
    pub closes_at: Time,
    /// Place, for the protocol.
    pub place: String,
}

/// R16: a member of the counting commission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The slot.
    pub slot: Slot,
    /// The body's name today.
    pub body: String,
    /// The person.
    pub person: String,
    /// Key with proof of possession, role `counting/<slot>`.
    pub enrolment: Enrolment,
}

/// Fields of a nomination, each with its own commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// R8: name of the association.
    Association,
    /// R8: member organisations with number, form, founders.
    Organisations,
    /// The candidate's name.
    Name,
    /// R10.
    BirthDate,
    /// R9: citizen, and legally capable.
    Citizenship,
    /// R11.
    Conviction,
    /// R12.
    Education,
    /// R13.
    Experience,
    /// R14.
    Service,
    /// R18: SHA-256 of the letter.
    Letter,
    /// R19: SHA-256 of the application.
    Application,
    /// R20: SHA-256 of the resume.
    Resume,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 12] = [
        Self::Association,
        Self::Organisations,
        Self::Name,
        Self::BirthDate,
        Self::Citizenship,
        Self::Conviction,
        Self::Education,
        Self::Experience,
        Self::Service,
        Self::Letter,
        Self::Application,
        Self::Resume,
    ];

    /// The name inside the commitment.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Association => "association",
            Self::Organisations => "organisations",
            Self::Name => "name",
            Self::BirthDate => "birth_date",
            Self::Citizenship => "citizenship",
            Self::Conviction => "conviction",
            Self::Education => "education",
            Self::Experience => "experience",
            Self::Service => "service",
            Self::Letter => "letter",
            Self::Application => "application",
            Self::Resume => "resume",
        }
    }

    /// R18-R20: the three documents; a nomination without one is accepted and not met at screening.
    pub fn is_document(self) -> bool {
        matches!(self, Self::Letter | Self::Application | Self::Resume)
    }
}

/// One rule of a screening decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleDecision {
    /// `R8` ...
    pub rule: String,
    /// Commitment to finding, reason and evidence; field `screening/<rule>`, subject: the nomination's PAE hash.
    pub decision: Digest,
}

/// A file of the bundle, named by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// SHA-256 of the bytes.
    pub sha256: Digest,
    /// Length in bytes.
    pub bytes: u64,
}

impl Attachment {
    /// The reference to these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: Digest::of(bytes),
            bytes: bytes.len() as u64,
        }
    }
}

/// An attachment of 32-byte public keys, sorted by key id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyList {
    /// SHA-256 of the bytes.
    pub sha256: Digest,
    /// Keys in it.
    pub count: u32,
}

/// When a member was present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// R16: at the opening of polling.
    Opening,
    /// R16: at the closing of polling.
    Closing,
}

/// What a member was absent from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// The closing of polling.
    Closing,
    /// Signing the ballots.
    Ballots,
    /// Signing the protocol.
    Protocol,
}

/// How a slot of the protocol ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlotOutcome {
    /// The slot.
    pub slot: Slot,
    /// Its outcome.
    pub outcome: Ending,
}

/// How a slot of the protocol ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Signed.
    Signed,
    /// Signed with a dissenting opinion.
    Dissenting,
    /// Refused.
    Refusing,
    /// Absent, or silent past the time limit.
    Absent,
}

/// Ratings as a JSON object, also where there are none.
mod object {
    use super::{BTreeMap, CandidateId, Ratings};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(ratings: &Ratings, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(ratings)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ratings, D::Error> {
        let sorted = BTreeMap::<CandidateId, i64>::deserialize(deserializer)?;
        Ok(sorted.into_iter().collect())
    }
}
