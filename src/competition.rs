//! One competition: its state, and the two functions that a competition consists of.
//!
//! [`Competition::decide`] says what the rules make of a checked statement, and [`Competition::evolve`] takes the step
//! that was decided. The office and the verifier call the very same two. Pure: time, head and stored facts arrive in a
//! [`Context`]; nothing here knows a file, a clock or a database. Source of the rules: `docs/RULES.md`.

pub mod act;
mod announce;
mod ballots;
mod bundle;
mod commission;
mod count;
mod decide;
mod evolve;
mod intake;
mod listing;
pub mod page;
mod phase;
mod polling;
mod protocol;
mod refusal;
mod result;
pub mod slot;
mod standing;
pub mod statement;
mod unseen;

pub use ballots::{Ballots, CastBallot};
pub use bundle::{
    BundleFault, README, attachments_of, ballot_lines, ballots_file, bundle_files, derived, key_files, policy_text,
    small_files, windows_of,
};
pub use commission::{Closed, Commission, Done, SlotStanding, Task};
pub use count::box_root;
pub use intake::Decided;
pub use listing::{Disclosed, List, ListFile, Listed, ListedFile};
pub use phase::{Phase, Role, allow, authors, may_author, taken_in};
pub use polling::MAX_REPEAT_DAYS;
pub use protocol::{PROTOCOL_TYPE, Protocol, Reconciliation, RoundReport};
pub use refusal::{Code, Refusal};
pub use result::{By, Elected, FinalResult, TieEvent};
pub use slot::Slot;
pub use standing::Standing;
pub use statement::{Checked, Head, Header, Keys, Nonce, Prepared, Statement};
pub use unseen::check_seen;

use crate::ballot::{BallotPaper, CandidateId, Invalid};
use crate::calendar::{Date, Time};
use crate::crypto::commit::Salt;
use crate::crypto::hash::Digest;
use crate::crypto::key::{KeyId, PublicKey};
use crate::crypto::key_list::KeyList;
use crate::ruleset::RuleSet;
use crate::tally::{Count, Outcome};
use act::{Act, Announcement, Ending, Field, Kind, Moment, Poll};
use ballots::Cast;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// What was fixed before a competition began: who may announce it, and under which log key.
#[derive(Debug, Clone)]
pub struct Pinned {
    /// `<host>/<competition id>`.
    pub origin: String,
    /// Keys that may announce.
    pub organisers: Vec<PublicKey>,
    /// The log key's id.
    pub log_key: KeyId,
    /// Whether this is an office for rehearsals.
    pub rehearsal: bool,
}

impl Keys for Pinned {
    fn key(&self, id: &KeyId) -> Option<PublicKey> {
        self.organisers.iter().find(|key| key.id() == *id).cloned()
    }
}

/// What a decision sees beside the state.
pub struct Context<'a> {
    /// The time that the entry will carry.
    pub now: Time,
    /// The ledger before the entry.
    pub head: Head,
    /// What lies beside the ledger.
    pub stored: &'a dyn Stored,
}

/// What lies beside the ledger, as far as it is known: a verifier knows less than the office.
pub trait Stored: Sync {
    /// A public attachment.
    fn attachment(&self, sha256: &Digest) -> Option<Arc<[u8]>>;
    /// What opens this commitment.
    fn opening(&self, commitment: &Digest) -> Option<Opening>;
    /// Whether this document is stored.
    fn document(&self, sha256: &Digest) -> bool;
    /// Office: PAE hash of the ballot that this key has in the box.
    fn boxed(&self, round: u32, key: &KeyId) -> Option<Digest>;
    /// Office: root and count of the box.
    fn box_now(&self, round: u32) -> Option<(Digest, u32)>;
    /// Whether the office decides a new statement, so that a missing fact is a refusal; in a replay it is `false`.
    fn complete(&self) -> bool;

    /// How many bytes a public attachment has.
    fn attachment_bytes(&self, sha256: &Digest) -> Option<u64> {
        self.attachment(sha256).map(|bytes| bytes.len() as u64)
    }
    /// Whether the state keeps the signed bytes of ballots. A reader of great records does without, and answers
    /// [`Self::first_unsigned`] from the record itself.
    fn keeps_ballots(&self) -> bool {
        true
    }
    /// For a state that keeps no ballots: the place in the box of the first ballot over which this member's signature
    /// does not hold. An error where the record cannot be read again.
    fn first_unsigned(&self, _: &Competition, _: &Round, _: &Seated, _: &Digest) -> Result<Option<usize>, Refusal> {
        Err(Code::AttachmentMissing.because("the ballots are not at hand"))
    }
}

/// Public attachments and nothing else: no opening, no document, no box. What everybody has who has a bundle.
#[derive(Debug, Clone, Default)]
pub struct Attachments(pub BTreeMap<Digest, Arc<[u8]>>);

impl Stored for Attachments {
    fn attachment(&self, sha256: &Digest) -> Option<Arc<[u8]>> {
        self.0.get(sha256).cloned()
    }
    fn opening(&self, _: &Digest) -> Option<Opening> {
        None
    }
    fn document(&self, _: &Digest) -> bool {
        false
    }
    fn boxed(&self, _: u32, _: &KeyId) -> Option<Digest> {
        None
    }
    fn box_now(&self, _: u32) -> Option<(Digest, u32)> {
        None
    }
    fn complete(&self) -> bool {
        false
    }
}

/// The value behind a commitment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Name of the field.
    pub field: String,
    /// Whom it is about: a key id, or a statement's hash.
    pub subject: String,
    /// 16 random bytes.
    pub salt: Salt,
    /// The value.
    pub value: serde_json::Value,
}

/// Where an accepted statement stands.
#[derive(Debug, Clone, Copy)]
pub struct Placed {
    /// Index of its entry.
    pub seq: u64,
    /// Time of its entry.
    pub time: Time,
}

/// A decided step; only [`Competition::decide`] and [`Competition::announce`] make one.
#[derive(Debug, Clone)]
pub struct Step {
    hash: Digest,
    taken: Taken,
}

/// What a step takes of its statement.
#[derive(Debug, Clone)]
enum Taken {
    /// Who casts a ballot and what it says.
    Ballot(Cast),
    Act {
        signers: Vec<KeyId>,
        act: Act,
        extra: Extra,
    },
}

/// What a decision read beyond the act, so that `evolve` need not read it again.
#[derive(Debug, Clone)]
enum Extra {
    None,
    Announced(Pinned, Vec<PublicKey>),
    Cards(Arc<Cards>),
    Closing { unused: Vec<u32>, spoiled: Vec<u32> },
    List(Arc<List>),
    Protocol(Arc<Frozen>),
}

/// One competition.
#[derive(Debug, Clone)]
pub struct Competition {
    pinned: Pinned,
    rules_digest: Digest,
    announcement: Arc<Announcement>,
    intake_last_day: Date,
    poll: Poll,
    extensions: u32,
    members: Vec<Seated>,
    keys: BTreeMap<KeyId, (PublicKey, Role)>,
    /// Keys that were replaced, with what they were.
    retired: BTreeMap<KeyId, Option<Role>>,
    elector_keys: Arc<Vec<PublicKey>>,
    observers: Vec<(String, PublicKey)>,
    nominations: BTreeMap<Digest, Nominated>,
    contests: u32,
    list: Option<Arc<List>>,
    rounds: Vec<Round>,
    objections: Vec<Objected>,
    disputes: u32,
    stage: Stage,
    ending: Option<Arc<FinalResult>>,
    barred: BTreeSet<CandidateId>,
    vacancies: BTreeSet<CandidateId>,
    annulled: Option<String>,
    /// Every statement but secret ballots, which [`Round::holds`].
    seen: HashSet<Digest>,
}

/// R16: who holds a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seated {
    /// The slot.
    pub slot: Slot,
    /// The body's name.
    pub body: String,
    /// The person.
    pub person: String,
    /// The key in force.
    pub key: PublicKey,
}

/// A nomination and what became of it.
#[derive(Debug, Clone)]
pub struct Nominated {
    /// The association's key in force.
    pub key: PublicKey,
    /// The key that the commitments name as their subject.
    pub subject: KeyId,
    /// The last version of every field.
    pub fields: BTreeMap<Field, Digest>,
    /// Named ballots among candidates: the candidate's key.
    pub candidate_key: Option<PublicKey>,
    /// When it was accepted.
    pub at: Time,
    /// Withdrawn, or out by a contest.
    pub state: NominationState,
    /// The latest screening decision.
    pub screened: Option<Screened>,
    /// Appeals filed; the last may be open.
    pub appeals: Vec<Appealed>,
    /// Decisions made on it: by screening, and by a contest that it lost.
    pub decisions: u32,
}

impl Nominated {
    /// Every commitment of it: fields, the last decisions, appeals and their outcome, a lost contest.
    pub fn commitments(&self) -> Vec<Digest> {
        let mut found: Vec<_> = self.fields.values().copied().collect();
        found.extend(
            self.screened
                .iter()
                .flat_map(|screened| screened.decisions.iter().copied()),
        );
        for appeal in &self.appeals {
            found.push(appeal.text);
            found.extend(appeal.decided.map(|decided| decided.reason));
        }
        if let NominationState::Contested { reason, .. } = self.state {
            found.push(reason);
        }
        found
    }

    /// When the last decision on it was made: by screening, or by a contest that it lost.
    pub fn decided_at(&self) -> Option<Time> {
        match self.state {
            NominationState::Contested { at, .. } => Some(at),
            NominationState::Live | NominationState::Withdrawn => self.screened.as_ref().map(|screened| screened.at),
        }
    }

    /// Whether an appeal waits for its decision.
    pub fn appeal_open(&self) -> bool {
        self.appeals.last().is_some_and(|appeal| appeal.decided.is_none())
    }

    /// Whether the last decision was appealed: one appeal against one decision.
    pub fn appealed(&self) -> bool {
        self.appeals
            .last()
            .is_some_and(|appeal| appeal.against == self.decisions)
    }
}

/// Whether a nomination still stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NominationState {
    /// It stands.
    Live,
    /// It was withdrawn.
    Withdrawn,
    /// R7: another nomination of the association stands.
    Contested {
        /// When that was decided.
        at: Time,
        /// Commitment to the reason; its subject is the one that stands.
        reason: Digest,
    },
}

/// A screening decision.
#[derive(Debug, Clone)]
pub struct Screened {
    /// When.
    pub at: Time,
    /// Commitments, in the order of `eligibility::SCREENED`.
    pub decisions: Vec<Digest>,
}

/// An appeal.
#[derive(Debug, Clone)]
pub struct Appealed {
    /// When it was filed.
    pub at: Time,
    /// Which decision it is against, from 1.
    pub against: u32,
    /// Commitment to what the association says.
    pub text: Digest,
    /// `None`: open.
    pub decided: Option<AppealOutcome>,
}

/// How an appeal was decided.
#[derive(Debug, Clone, Copy)]
pub struct AppealOutcome {
    /// Whether it succeeded.
    pub upheld: bool,
    /// Commitment to the reason.
    pub reason: Digest,
}

/// A round of polling.
#[derive(Debug, Clone)]
pub struct Round {
    number: u32,
    paper: BallotPaper,
    seats: u32,
    attendance: BTreeSet<(Moment, Slot)>,
    absent: BTreeSet<(act::Duty, Slot)>,
    cards: Option<Arc<Cards>>,
    lot_commitments: BTreeMap<Slot, Digest>,
    reveals: BTreeMap<Slot, Digest>,
    opened_polling: Option<Time>,
    closes_at: Option<Time>,
    electors: u32,
    elector_ids: Arc<BTreeSet<String>>,
    voted: BTreeSet<String>,
    closing: Option<Closing>,
    opened: Option<Time>,
    ballots: Ballots,
    first_ballot_seq: Option<u64>,
    signed: BTreeMap<Slot, (KeyId, Digest)>,
    count: Option<Arc<Counted>>,
    barred: BTreeSet<CandidateId>,
    drawn: Option<Vec<CandidateId>>,
}

/// What `polling_closed` fixed.
#[derive(Debug, Clone)]
pub struct Closing {
    at: Time,
    box_root: Digest,
    box_count: u32,
    taken: u32,
    /// Cards by index, ascending.
    unused: Arc<Vec<u32>>,
    spoiled: Arc<Vec<u32>>,
}

/// The cards of a round.
#[derive(Debug)]
pub struct Cards(KeyList);

/// A round's count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Totals.
    pub count: Count,
    /// Index in the box and why, for every invalid or void ballot.
    pub invalid: Vec<(u32, NotCounted)>,
}

/// Why a ballot does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCounted {
    /// Void: the card was handed back, so whoever cast it did so against the roll.
    #[error("the card was returned as unused or spoiled")]
    Returned,
    /// R15: what it says.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

#[derive(Debug, Clone)]
struct Objected {
    slot: Slot,
    text: String,
    ballot: Option<Digest>,
}

#[derive(Debug, Clone)]
enum Stage {
    Gathering,
    Listed,
    Polling,
    Closed,
    Opening,
    Opened,
    Tied,
    Counted { since: Time, frozen: Option<Arc<Frozen>> },
    Certified { frozen: Arc<Frozen> },
    Failed { reason: &'static str },
    Annulled { frozen: Option<Arc<Frozen>> },
}

/// The protocol from its first entry on.
#[derive(Debug, Clone)]
pub struct Frozen {
    bytes: Vec<u8>,
    digest: Digest,
    endings: BTreeMap<Slot, Ending>,
    signatures: BTreeMap<Slot, crate::crypto::signature::Signature>,
    dissents: BTreeMap<Slot, String>,
}

impl Frozen {
    /// How a slot ended; none while it is open.
    pub fn ending(&self, slot: Slot) -> Option<Ending> {
        self.endings.get(&slot).copied()
    }

    /// SHA-256 of the protocol's bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The protocol's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Competition {
    /// `<host>/<competition id>`.
    pub fn origin(&self) -> &str {
        &self.pinned.origin
    }

    /// R16: whether this key held that slot at any time.
    pub fn held(&self, slot: Slot, key: &PublicKey) -> bool {
        let (now, then) = (self.keys.get(&key.id()), self.retired.get(&key.id()));
        let role = now.map(|(_, role)| *role).or(then.copied().flatten());
        role == Some(Role::CountingMember(slot))
    }

    /// What was fixed before it began.
    pub fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    /// Whether it is a rehearsal.
    pub fn rehearsal(&self) -> bool {
        self.pinned.rehearsal
    }

    /// The announcement.
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// The rule set.
    pub fn rules(&self) -> &RuleSet {
        &self.announcement.rule_set
    }

    /// SHA-256 of the rule set.
    pub fn rules_digest(&self) -> Digest {
        self.rules_digest
    }

    /// The candidate list, once listed.
    pub fn list(&self) -> Option<&Arc<List>> {
        self.list.as_ref()
    }

    /// SHA-256 of the candidate list, once listed.
    pub fn candidates_digest(&self) -> Option<Digest> {
        self.list.as_ref().map(|list| list.digest)
    }

    /// The present or last round, once listed.
    pub fn round(&self) -> Option<u32> {
        self.rounds.last().map(|round| round.number)
    }

    /// The rounds.
    pub fn rounds(&self) -> &[Round] {
        &self.rounds
    }

    /// R21: the last day of intake.
    pub fn intake_last_day(&self) -> Date {
        self.intake_last_day
    }

    /// R17: the poll.
    pub fn poll(&self) -> &Poll {
        &self.poll
    }

    /// R16: the four members.
    pub fn members(&self) -> &[Seated] {
        &self.members
    }

    /// Admitted observers: name and key.
    pub fn observers(&self) -> &[(String, PublicKey)] {
        &self.observers
    }

    /// Nominations by their PAE hash.
    pub fn nominations(&self) -> &BTreeMap<Digest, Nominated> {
        &self.nominations
    }

    /// The nomination with this PAE hash.
    pub fn nomination(&self, hash: &Digest) -> Option<&Nominated> {
        self.nominations.get(hash)
    }

    /// Why it was annulled.
    pub fn annulled(&self) -> Option<&str> {
        self.annulled.as_deref()
    }

    /// Why it failed.
    pub fn failed(&self) -> Option<&'static str> {
        match self.stage {
            Stage::Failed { reason } => Some(reason),
            _ => None,
        }
    }

    /// The phase at that time.
    pub fn phase(&self, now: Time) -> Phase {
        match &self.stage {
            // R21: intake is open until 24:00 of its last day.
            Stage::Gathering if now < self.intake_last_day.end() => Phase::Intake,
            Stage::Gathering => Phase::Screening,
            Stage::Listed => Phase::Listed,
            Stage::Polling => Phase::Polling,
            Stage::Closed => Phase::Closed,
            Stage::Opening => Phase::Opening,
            Stage::Opened => Phase::Opened,
            Stage::Tied => Phase::Tied,
            Stage::Counted { .. } => Phase::Counted,
            Stage::Certified { .. } => Phase::Certified,
            Stage::Failed { .. } => Phase::Failed,
            Stage::Annulled { .. } => Phase::Annulled,
        }
    }

    /// The role in which a key is enrolled; keys of cards and electors are [`Role::Elector`].
    pub fn role(&self, id: &KeyId) -> Option<Role> {
        if let Some((_, role)) = self.keys.get(id) {
            return Some(*role);
        }
        self.elector_key(id).map(|_| Role::Elector)
    }

    /// Whether an accepted ballot goes into the box and not into the ledger.
    pub fn seals(&self, kind: Kind) -> bool {
        kind == Kind::BallotCast
            && matches!(self.stage, Stage::Polling)
            && self.rules().ballots == crate::ruleset::BallotSecrecy::Secret
    }

    /// Named ballots before closing: index of the first sealed entry; nothing from it on is served.
    pub fn named_seal_from(&self) -> Option<u64> {
        match self.stage {
            Stage::Polling => self.rounds.last().and_then(|round| round.first_ballot_seq),
            _ => None,
        }
    }

    /// Ballots that must still be opened in this append.
    pub fn to_open(&self) -> u32 {
        match (&self.stage, self.rounds.last()) {
            (Stage::Opening, Some(round)) => {
                let opened = u32::try_from(round.ballots.len()).unwrap_or(u32::MAX);
                round
                    .closing
                    .as_ref()
                    .map_or(0, |closing| closing.box_count.saturating_sub(opened))
            }
            _ => 0,
        }
    }

    /// The computed result, from `counted` on.
    pub fn outcome(&self) -> Option<&FinalResult> {
        self.ending.as_deref()
    }

    /// The result as published, from `counted` on.
    pub fn result(&self) -> Option<serde_json::Value> {
        self.ending
            .as_ref()
            .and_then(|ending| serde_json::to_value(ending.as_ref()).ok())
    }

    /// The protocol, once its first signature froze it.
    pub fn frozen(&self) -> Option<&Frozen> {
        match &self.stage {
            Stage::Counted { frozen, .. } | Stage::Annulled { frozen } => frozen.as_deref(),
            Stage::Certified { frozen } => Some(frozen),
            _ => None,
        }
    }

    /// The last round.
    fn last(&self) -> Option<&Round> {
        self.rounds.last()
    }

    fn member(&self, slot: Slot) -> Option<&Seated> {
        self.members.iter().find(|member| member.slot == slot)
    }

    /// The keys that sign ballots of the box, while it is being opened.
    pub fn box_keys(&self) -> Option<BoxKeys> {
        let cards = self.last()?.cards.clone().filter(|_| self.to_open() > 0)?;
        let keys = self.keys.clone();
        Some(BoxKeys { keys, cards })
    }

    fn elector_key(&self, id: &KeyId) -> Option<PublicKey> {
        if let Some(cards) = self.last().and_then(|round| round.cards.as_ref()) {
            return cards.key(id);
        }
        let candidates = self
            .nominations
            .values()
            .filter_map(|nomination| nomination.candidate_key.as_ref());
        candidates
            .chain(self.elector_keys.iter())
            .find(|key| key.id() == *id)
            .cloned()
    }
}

impl Keys for Competition {
    fn key(&self, id: &KeyId) -> Option<PublicKey> {
        self.keys
            .get(id)
            .map(|(key, _)| key.clone())
            .or_else(|| self.elector_key(id))
    }
}

/// [`Competition::box_keys`].
#[derive(Debug)]
pub struct BoxKeys {
    keys: BTreeMap<KeyId, (PublicKey, Role)>,
    cards: Arc<Cards>,
}

impl Keys for BoxKeys {
    fn key(&self, id: &KeyId) -> Option<PublicKey> {
        let key = self.keys.get(id).map(|(key, _)| key.clone());
        key.or_else(|| self.cards.key(id))
    }
}

impl Cards {
    fn key(&self, id: &KeyId) -> Option<PublicKey> {
        self.0.key(self.find(id)?)
    }

    /// Index of the card with this key id.
    pub fn find(&self, id: &KeyId) -> Option<usize> {
        self.0.find(id)
    }

    /// The key id of the card with this index.
    pub fn id(&self, index: usize) -> Option<KeyId> {
        self.0.id(index)
    }

    /// Cards.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// SHA-256 of the attachment that lists them.
    pub fn list(&self) -> Digest {
        Digest::of(self.0.bytes().as_flattened())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Closing {
    /// When polling was closed.
    pub fn at(&self) -> Time {
        self.at
    }

    /// Electors who took a card (named ballots: who voted).
    pub fn taken(&self) -> usize {
        self.taken as usize
    }

    /// Ballots in the box.
    pub fn ballots(&self) -> u32 {
        self.box_count
    }

    /// RFC 6962 root of the box.
    pub fn box_root(&self) -> Digest {
        self.box_root
    }

    /// Cards returned unused.
    pub fn unused(&self) -> usize {
        self.unused.len()
    }

    /// Cards returned spoiled.
    pub fn spoiled(&self) -> usize {
        self.spoiled.len()
    }

    /// Whether this card was returned, as unused or as spoiled.
    fn returned(&self, card: usize) -> bool {
        let among = |list: &[u32]| list.binary_search_by(|other| (*other as usize).cmp(&card)).is_ok();
        among(&self.unused) || among(&self.spoiled)
    }
}

impl Round {
    /// 1, 2, ...
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Its candidates.
    pub fn paper(&self) -> &BallotPaper {
        &self.paper
    }

    /// Seats to fill.
    pub fn seats(&self) -> u32 {
        self.seats
    }

    /// Root and count of the box, once closed.
    pub fn closed_box(&self) -> Option<(Digest, u32)> {
        self.closing
            .as_ref()
            .map(|closing| (closing.box_root, closing.box_count))
    }

    /// What the close of polling fixed.
    pub fn closing(&self) -> Option<&Closing> {
        self.closing.as_ref()
    }

    /// Electors of the round, once polling opened.
    pub fn electors(&self) -> u32 {
        self.electors
    }

    /// When polling opened.
    pub fn opened_at(&self) -> Option<Time> {
        self.opened_polling
    }

    /// Lot nonces revealed by slot.
    pub fn reveals(&self) -> &BTreeMap<Slot, Digest> {
        &self.reveals
    }

    /// When polling closes.
    pub fn closes_at(&self) -> Option<Time> {
        self.closes_at
    }

    /// Slots that signed every ballot: the key, and the attachment of its signatures.
    pub fn signed(&self) -> &BTreeMap<Slot, (KeyId, Digest)> {
        &self.signed
    }

    /// The count, once the ballots are signed.
    pub fn counted(&self) -> Option<&Counted> {
        self.count.as_deref()
    }

    /// Whether this member's presence is recorded.
    pub fn present(&self, moment: Moment, slot: Slot) -> bool {
        self.attendance.contains(&(moment, slot))
    }

    /// Cards prepared.
    pub fn cards(&self) -> Option<&Arc<Cards>> {
        self.cards.as_ref()
    }

    /// Slots that committed to a lot nonce.
    pub fn lot_commitments(&self) -> &BTreeMap<Slot, Digest> {
        &self.lot_commitments
    }

    /// What this round alone comes to, with those barred who had withdrawn when it was counted. All who are not
    /// elected are kept in order, since one who withdraws later is followed by the next whatever the rule set says
    /// about a reserve.
    fn outcome(&self, rules: &RuleSet) -> Option<Outcome> {
        let counted = self.count.as_ref()?;
        let rules = RuleSet {
            reserve: true,
            ..self.rules(rules)
        };
        Some(crate::tally::rank(
            &rules,
            &self.paper,
            &counted.count,
            self.seats,
            &self.barred,
        ))
    }

    /// The rule set on this round's paper: no ballot must rate more candidates than it lists.
    fn rules(&self, rules: &RuleSet) -> RuleSet {
        let mut rules = rules.clone();
        let listed = u32::try_from(self.paper.len()).unwrap_or(u32::MAX);
        rules.vote.min_rated = rules.vote.min_rated.min(listed);
        rules
    }
}
