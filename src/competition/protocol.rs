//! The protocol: one canonical byte string, its four slots, and the certification.

use super::act::{Certification, Ending, ProtocolDissented, ProtocolRefused, ProtocolSigned};
use super::announce::check_text;
use super::result::FinalResult;
use super::{Checked, Code, Competition, Context, Extra, Frozen, Head, NominationState, Refusal, Round, Slot};
use crate::ballot::CandidateId;
use crate::calendar::{Date, Time};
use crate::crypto::dsse::pae;
use crate::crypto::hash::Digest;
use crate::crypto::jcs;
use crate::crypto::key::KeyId;
use crate::crypto::signature::Signature;
use crate::tally::CandidateTotal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The DSSE payload type of the protocol's bytes.
pub const PROTOCOL_TYPE: &str = "application/vnd.esep.protocol.v1+json";

/// The protocol. Its canonical JSON is what the members sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// Origin.
    pub competition: String,
    /// Whether it is a rehearsal.
    pub rehearsal: bool,
    /// SHA-256 of the rule set.
    pub rules: Digest,
    /// SHA-256 of the candidate list.
    pub candidates: Digest,
    /// Where polling was held.
    pub place: String,
    /// The ledger before the first entry that signs this protocol.
    pub ledger: Head,
    /// Each round.
    pub rounds: Vec<RoundReport>,
    /// Who is elected, reserve, ties, unfilled seats.
    pub result: FinalResult,
    /// Objections, word for word.
    pub objections: Vec<ObjectionReport>,
    /// What was refused, appealed, contested and disputed: numbers only.
    pub counts: Counts,
    /// The four slots: body, name, key; not what they did.
    pub slots: Vec<SlotReport>,
}

/// A round in the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundReport {
    /// 1, 2, ...
    pub round: u32,
    /// Seats to fill.
    pub seats: u32,
    /// When polling opened.
    pub opened_at: Time,
    /// When polling was closed.
    pub closed_at: Time,
    /// Electors.
    pub electors: u32,
    /// Reconciliation C1-C6.
    pub reconciliation: Reconciliation,
    /// Totals, in the order of the ballot paper.
    pub totals: Vec<CandidateTotal>,
    /// Struck before opening: marks ignored.
    pub struck: Vec<CandidateId>,
    /// Index in the box and reason of each invalid ballot.
    pub invalid: Vec<InvalidReport>,
}

/// An invalid ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvalidReport {
    /// Number in the box, from 1.
    pub ballot: u32,
    /// Why.
    pub reason: String,
}

/// Reconciliation of a round: what must add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reconciliation {
    /// Cards prepared (named ballots: 0).
    pub prepared: u32,
    /// Electors who took a card.
    pub taken: u32,
    /// Ballots in the box.
    pub cast: u32,
    /// Unused cards.
    pub unused: u32,
    /// Spoiled cards.
    pub spoiled: u32,
    /// Valid ballots.
    pub valid: u32,
    /// Invalid ballots.
    pub invalid: u32,
    /// Checks that do not hold, `C1`..`C6`, ascending.
    pub failed: BTreeSet<String>,
}

/// An objection in the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectionReport {
    /// Whose.
    pub slot: Slot,
    /// Word for word.
    pub text: String,
    /// The ballot it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ballot: Option<Digest>,
}

/// Numbers of what never names anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Nominations accepted.
    pub nominations: u32,
    /// Withdrawn before the list.
    pub withdrawn: u32,
    /// On the list.
    pub admitted: u32,
    /// Neither withdrawn nor on the list.
    pub refused: u32,
    /// Appeals filed.
    pub appeals: u32,
    /// Appeals upheld.
    pub appeals_upheld: u32,
    /// R7: contests decided.
    pub contests: u32,
    /// Cards disputed.
    pub cards_disputed: u32,
}

/// A slot in the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlotReport {
    /// The slot.
    pub slot: Slot,
    /// The body.
    pub body: String,
    /// The person.
    pub person: String,
    /// Key id.
    pub key: KeyId,
}

impl Competition {
    /// The protocol's bytes: frozen once the first slot acts on them, until then computed for this head.
    pub fn protocol(&self, head: Head) -> Option<Vec<u8>> {
        if let Some(frozen) = self.frozen() {
            return Some(frozen.bytes.clone());
        }
        let result = self.ending.as_deref()?.clone();
        let protocol = Protocol {
            competition: self.origin().to_owned(),
            rehearsal: self.rehearsal(),
            rules: self.rules_digest,
            candidates: self.candidates_digest()?,
            place: self.poll.place.clone(),
            ledger: head,
            rounds: self
                .rounds
                .iter()
                .map(|round| self.round_report(round))
                .collect::<Option<_>>()?,
            result,
            objections: self
                .objections
                .iter()
                .map(|said| ObjectionReport {
                    slot: said.slot,
                    text: said.text.clone(),
                    ballot: said.ballot,
                })
                .collect(),
            counts: self.counts(),
            slots: self
                .members
                .iter()
                .map(|member| SlotReport {
                    slot: member.slot,
                    body: member.body.clone(),
                    person: member.person.clone(),
                    key: member.key.id(),
                })
                .collect(),
        };
        jcs::to_canonical(&protocol).ok()
    }

    fn round_report(&self, round: &Round) -> Option<RoundReport> {
        let counted = round.count.as_ref()?;
        let closing = round.closing.as_ref()?;
        let struck = round.paper.candidates.iter().zip(&round.paper.struck);
        Some(RoundReport {
            round: round.number,
            seats: round.seats,
            opened_at: round.opened_polling?,
            closed_at: closing.at,
            electors: round.electors,
            reconciliation: self.reconcile(round)?,
            totals: counted.count.totals.clone(),
            struck: struck
                .filter(|(_, struck)| **struck)
                .map(|(id, _)| id.clone())
                .collect(),
            invalid: counted
                .invalid
                .iter()
                .map(|(index, reason)| InvalidReport {
                    ballot: index + 1,
                    reason: reason.to_string(),
                })
                .collect(),
        })
    }

    /// Reconciliation C1-C6 of a closed and counted round; C7 and C8 are the verifier's.
    pub fn reconcile(&self, round: &Round) -> Option<Reconciliation> {
        let counted = round.count.as_ref()?;
        let closing = round.closing.as_ref()?;
        let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (taken, cast) = (closing.taken, size(round.ballots.len()));
        let (unused, spoiled) = (size(closing.unused.len()), size(closing.spoiled.len()));
        let prepared = round.cards.as_ref().map_or(0, |cards| size(cards.len()));
        let valid = u32::try_from(counted.count.valid).unwrap_or(u32::MAX);
        let invalid = size(counted.invalid.len());
        let mut failed = BTreeSet::new();
        let mut check = |name: &str, holds: bool| {
            if !holds {
                failed.insert(name.to_owned());
            }
        };
        // C1: cards taken <= on the roll.
        check("C1", taken <= round.electors);
        // C2: used + unused + spoiled = prepared, key by key; a card taken and not used is the only one missing.
        let out = taken.saturating_sub(cast);
        let twice = self.returned_cards_voted(round) > 0;
        check(
            "C2",
            prepared == 0 || (!twice && cast + unused + spoiled + out == prepared),
        );
        // C3: cast <= taken.
        check("C3", cast <= taken);
        // C4: cast = valid + invalid.
        check("C4", cast == valid + invalid);
        let scale = self.rules().vote.scale;
        let within = |total: &CandidateTotal| {
            let rated = i64::try_from(total.rated).unwrap_or(i64::MAX);
            i64::from(scale.min) * rated <= total.total && total.total <= i64::from(scale.max) * rated
        };
        // C5: min * rated <= sum <= max * rated; C6: rated <= valid.
        check("C5", counted.count.totals.iter().all(within));
        check(
            "C6",
            counted
                .count
                .totals
                .iter()
                .all(|total| total.rated <= counted.count.valid),
        );
        Some(Reconciliation {
            prepared,
            taken,
            cast,
            unused,
            spoiled,
            valid,
            invalid,
            failed,
        })
    }

    fn counts(&self) -> Counts {
        let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let appeals = || self.nominations.values().flat_map(|nomination| &nomination.appeals);
        let admitted = self.list.as_ref().map_or(0, |list| list.candidates.len());
        let listed = |hash: &Digest| {
            self.list
                .as_ref()
                .is_some_and(|list| list.by_nomination(hash).is_some())
        };
        let withdrawn = self
            .nominations
            .iter()
            .filter(|(hash, nomination)| nomination.state == NominationState::Withdrawn && !listed(hash))
            .count();
        Counts {
            nominations: size(self.nominations.len()),
            withdrawn: size(withdrawn),
            admitted: size(admitted),
            refused: size(self.nominations.len().saturating_sub(withdrawn + admitted)),
            appeals: size(appeals().count()),
            appeals_upheld: size(
                appeals()
                    .filter(|appeal| appeal.decided.is_some_and(|decided| decided.upheld))
                    .count(),
            ),
            contests: self.contests,
            cards_disputed: self.disputes,
        }
    }

    /// The protocol as it stands, or as this entry freezes it.
    pub(super) fn freeze_if_first(&self, context: &Context<'_>) -> Result<Arc<Frozen>, Refusal> {
        if let Some(frozen) = self.frozen() {
            return Ok(Arc::new(frozen.clone()));
        }
        let bytes = self
            .protocol(context.head)
            .ok_or_else(|| Code::WrongPhase.because("nothing is counted"))?;
        let digest = Digest::of(&bytes);
        Ok(Arc::new(Frozen {
            bytes,
            digest,
            endings: BTreeMap::new(),
            signatures: BTreeMap::new(),
            dissents: BTreeMap::new(),
        }))
    }

    fn slot_acts(
        &self,
        slot: Slot,
        protocol: Digest,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Arc<Frozen>, Refusal> {
        self.own_slot(slot, checked)?;
        let frozen = self.freeze_if_first(context)?;
        if frozen.digest != protocol {
            return Err(Code::WrongProtocol.because(format!("its digest is {}", frozen.digest)));
        }
        if frozen.endings.contains_key(&slot) {
            return Err(Code::SlotResolved.because(format!("slot {slot}")));
        }
        Ok(frozen)
    }

    fn signs_protocol(&self, slot: Slot, frozen: &Frozen, signature: &Signature) -> Result<(), Refusal> {
        let member = self.member(slot).ok_or(Code::WrongSlot)?;
        let signed = member.key.verify(&pae(PROTOCOL_TYPE, &frozen.bytes), signature);
        signed.map_err(|_| Code::BadSignature.because("over the protocol's bytes"))
    }

    pub(super) fn protocol_signed(
        &self,
        act: &ProtocolSigned,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        let frozen = self.slot_acts(act.slot, act.protocol, checked, context)?;
        self.signs_protocol(act.slot, &frozen, &act.signature)?;
        Ok(Extra::Protocol(frozen))
    }

    pub(super) fn protocol_refused(
        &self,
        act: &ProtocolRefused,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        check_text(&act.reason)?;
        self.slot_acts(act.slot, act.protocol, checked, context)
            .map(Extra::Protocol)
    }

    pub(super) fn protocol_dissented(
        &self,
        act: &ProtocolDissented,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        check_text(&act.text)?;
        let frozen = self.slot_acts(act.slot, act.protocol, checked, context)?;
        self.signs_protocol(act.slot, &frozen, &act.signature)?;
        Ok(Extra::Protocol(frozen))
    }

    pub(super) fn certification(&self, act: &Certification, checked: &Checked) -> Result<Extra, Refusal> {
        self.enough_members(checked)?;
        let frozen = self.frozen().ok_or(Code::SlotsOpen)?;
        if frozen.digest != act.protocol {
            return Err(Code::WrongProtocol.because(format!("its digest is {}", frozen.digest)));
        }
        // Every slot ends as signed, dissenting, refusing or absent.
        if let Some(slot) = Slot::ALL.iter().find(|slot| !frozen.endings.contains_key(slot)) {
            return Err(Code::SlotsOpen.because(format!("slot {slot}")));
        }
        let needed = self.rules().min_signatures as usize;
        if frozen.signatures.len() < needed {
            return Err(Code::ProtocolUnsigned.because(format!("{} of {needed}", frozen.signatures.len())));
        }
        let stated: Vec<_> = act
            .slots
            .iter()
            .map(|outcome| (outcome.slot, outcome.outcome))
            .collect();
        if stated
            != frozen
                .endings
                .iter()
                .map(|(slot, ending)| (*slot, *ending))
                .collect::<Vec<(Slot, Ending)>>()
        {
            return Err(Code::SlotOutcomes.into());
        }
        // R5: a term of five years.
        if act.term_end != self.term_end(act.term_start) {
            return Err(Code::BadTerm.because(format!("it ends {}", self.term_end(act.term_start))));
        }
        Ok(Extra::None)
    }

    /// R5: `term_start` and the years of the rule set.
    pub fn term_end(&self, term_start: Date) -> Date {
        term_start.plus_years(self.rules().term_years)
    }
}
