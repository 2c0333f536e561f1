//! Decisions of intake and screening: nominations, amendments, withdrawals, appeals, contests.

use super::act::{
    Amendment, Annulment, Appeal, AppealDecided, AssociationKeyReplaced, ContestDecided, Extension, Field, KeyReplaced,
    MemberReplaced, Nomination, ObserverAdmitted, PollDayMoved, ScreeningDecision, Withdrawal,
};
use super::announce::{check_poll, check_text};
use super::{Checked, Code, Competition, Context, Extra, Nominated, NominationState, Refusal, Slot, Stage};
use crate::calendar::{Date, Time};
use crate::crypto::hash::Digest;
use crate::crypto::jcs;
use crate::crypto::key::{Enrolment, KeyId};
use crate::eligibility::{
    self, Citizenship, Conviction, Facts, Finding, Organisation, Reason, SCREENED, assess, contradicts, fold,
};
use crate::ruleset::{BallotSecrecy, Electorate};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a screening decision's commitment opens to: field `screening/<rule>`, subject: the nomination's hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// Met, not met, or flagged.
    pub finding: Finding,
    /// From the closed list.
    pub reason: Reason,
    /// SHA-256 of the stored evidence, or prose.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evidence: Option<Digest>,
}

impl Competition {
    pub(super) fn extension(&self, act: &Extension) -> Result<Extra, Refusal> {
        let limits = &self.rules().limits;
        // R21: an extension holds for all, within what the rule set allows.
        if self.extensions >= limits.max_extensions {
            return Err(Code::TooManyExtensions.because(format!("{} allowed", limits.max_extensions)));
        }
        let days = self.announcement.intake_last_day.days_until(act.last_day);
        if act.last_day <= self.intake_last_day || days > i64::from(limits.max_extension_days) {
            return Err(Code::BadExtension.because(format!("at most {} days in all", limits.max_extension_days)));
        }
        check_text(&act.reason)?;
        check_poll(self.rules(), act.last_day, &act.poll)?;
        Ok(Extra::None)
    }

    pub(super) fn poll_day_moved(&self, act: &PollDayMoved, context: &Context<'_>) -> Result<Extra, Refusal> {
        if self.round().is_some_and(|round| round > 1) {
            return Err(Code::WrongPhase.because("the first round is over"));
        }
        check_text(&act.reason)?;
        check_poll(self.rules(), self.intake_last_day, &act.poll)?;
        if act.poll.opens_at <= context.now {
            return Err(Code::PollDay.because("the new poll opens in the future"));
        }
        Ok(Extra::None)
    }

    pub(super) fn observer_admitted(&self, act: &ObserverAdmitted) -> Result<Extra, Refusal> {
        check_text(&act.name)?;
        self.enrollable(&act.enrolment, "observer")?;
        Ok(Extra::None)
    }

    pub(super) fn nominate(
        &self,
        act: &Nomination,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        if context.now < self.announcement.published.start() {
            return Err(Code::IntakeNotOpen.because(format!("it opens on {}", self.announcement.published)));
        }
        Self::signed_by(checked, &act.association.key)?;
        let id = act.association.key.id();
        // R7: an association may propose only one candidate.
        if self
            .nominations
            .values()
            .any(|other| other.state == NominationState::Live && other.key.id() == id)
        {
            return Err(Code::SecondNomination.because("one live nomination per association"));
        }
        // A key that was replaced acts no more, though an older nomination of its still carries it.
        let again = self.nominations.values().any(|other| other.key.id() == id) && !self.retired.contains_key(&id);
        if again {
            let possession = act.association.check(self.origin(), "association");
            possession.map_err(|_| Code::BadPossession.because(format!("key {id}")))?;
        } else {
            self.enrollable(&act.association, "association")?;
        }
        if let Some(missing) = Field::ALL
            .iter()
            .find(|field| !field.is_document() && !act.fields.contains_key(field))
        {
            return Err(Code::NominationFields.because(missing.as_str()));
        }
        self.check_candidate_key(act.candidate_key.as_ref(), &id)?;
        Self::check_openings(&act.fields, &id, context)?;
        Ok(Extra::None)
    }

    fn check_candidate_key(&self, enrolment: Option<&Enrolment>, association: &KeyId) -> Result<(), Refusal> {
        let rules = self.rules();
        let wanted = rules.ballots == BallotSecrecy::Named && rules.electorate == Electorate::Candidates {};
        match enrolment {
            Some(enrolment) if enrolment.key.id() == *association => {
                Err(Code::KeyInUse.because("the association's own key"))
            }
            Some(enrolment) if wanted && self.brought_before(&enrolment.key.id(), association) => {
                let possession = enrolment.check(self.origin(), "candidate");
                possession.map_err(|_| Code::BadPossession.because("candidate_key"))
            }
            Some(enrolment) if wanted => self.enrollable(enrolment, "candidate"),
            None if !wanted => Ok(()),
            _ => Err(Code::NominationFields
                .because("candidate_key goes with named ballots among candidates, and only with them")),
        }
    }

    /// Whether this association brought this candidate's key with a nomination that it withdrew.
    fn brought_before(&self, candidate: &KeyId, association: &KeyId) -> bool {
        let mut before = self.nominations.values().filter(|other| other.key.id() == *association);
        before.any(|other| other.candidate_key.as_ref().is_some_and(|key| key.id() == *candidate))
    }

    /// The office accepts a commitment only when it holds what opens it.
    fn check_openings(fields: &BTreeMap<Field, Digest>, subject: &KeyId, context: &Context<'_>) -> Result<(), Refusal> {
        if !context.stored.complete() {
            return Ok(());
        }
        for (field, commitment) in fields {
            let missing = |what: &str| Code::DocumentMissing.because(format!("{} of field {}", what, field.as_str()));
            let opening = context
                .stored
                .opening(commitment)
                .ok_or_else(|| missing("the opening"))?;
            if opening.field != field.as_str() || opening.subject != subject.to_string() {
                return Err(Code::BadOpening.because(format!("field {}", field.as_str())));
            }
            if !has_shape(*field, &opening.value) {
                return Err(Code::BadOpening.because(format!("the value of field {}", field.as_str())));
            }
            if field.is_document() {
                let sha256 = opening.value.as_str().and_then(|text| text.parse().ok());
                let stored = sha256.is_some_and(|sha256: Digest| context.stored.document(&sha256));
                if !stored {
                    return Err(missing("the document"));
                }
            }
        }
        Ok(())
    }

    /// The nomination with that hash, still standing.
    fn live(&self, hash: &Digest) -> Result<&Nominated, Refusal> {
        let nomination = self
            .nominations
            .get(hash)
            .ok_or_else(|| Code::NoNomination.because(hash.to_string()))?;
        if nomination.state != NominationState::Live {
            return Err(Code::NominationOver.because(hash.to_string()));
        }
        Ok(nomination)
    }

    pub(super) fn amendment(
        &self,
        act: &Amendment,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        let nomination = self.live(&act.nomination)?;
        Self::signed_by(checked, &nomination.key)?;
        if act.fields.is_empty() {
            return Err(Code::NominationFields.because("no field changes"));
        }
        Self::check_openings(&act.fields, &nomination.subject, context)?;
        Ok(Extra::None)
    }

    pub(super) fn withdrawal(&self, act: &Withdrawal, checked: &Checked) -> Result<Extra, Refusal> {
        let nomination = self.live(&act.nomination)?;
        Self::signed_by(checked, &nomination.key)?;
        if let Some(list) = &self.list
            && list.by_nomination(&act.nomination).is_none()
        {
            return Err(Code::NominationOver.because("it was not admitted"));
        }
        Ok(Extra::None)
    }

    pub(super) fn appeal(&self, act: &Appeal, checked: &Checked, context: &Context<'_>) -> Result<Extra, Refusal> {
        let nomination = self.nominations.get(&act.nomination).ok_or(Code::NoNomination)?;
        Self::signed_by(checked, &nomination.key)?;
        if nomination.state == NominationState::Withdrawn {
            return Err(Code::NominationOver.into());
        }
        if self.appeal_ends(nomination).is_none_or(|end| context.now >= end) {
            return Err(Code::AppealWindow.into());
        }
        if nomination.appealed() {
            return Err(Code::Duplicate.because("this decision has been appealed"));
        }
        Self::opened_for(&act.text, "appeal", &act.nomination.to_string(), context)?;
        Ok(Extra::None)
    }

    /// First second in which the last decision on a nomination can be appealed no more; none without a decision.
    pub fn appeal_ends(&self, nomination: &Nominated) -> Option<Time> {
        let days = i64::from(self.rules().calendar.appeal_days);
        nomination.decided_at().map(|at| at.date().plus_days(days).end())
    }

    /// The office holds the value behind this commitment, made for this field and subject.
    fn opened_for(commitment: &Digest, field: &str, subject: &str, context: &Context<'_>) -> Result<(), Refusal> {
        if !context.stored.complete() {
            return Ok(());
        }
        let opening = context.stored.opening(commitment);
        let opening = opening.ok_or_else(|| Code::DocumentMissing.because(format!("the opening of field {field}")))?;
        if opening.field != field || opening.subject != subject {
            return Err(Code::BadOpening.because(format!("field {field}")));
        }
        Ok(())
    }

    pub(super) fn screening(
        &self,
        act: &ScreeningDecision,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        let _ = checked;
        let nomination = self.live(&act.nomination)?;
        if !act.decisions.iter().map(|decision| decision.rule.as_str()).eq(SCREENED) {
            return Err(Code::DecisionShape.into());
        }
        if nomination.appeal_open() {
            return Err(Code::ScreeningOpen.because("an appeal is open"));
        }
        let facts = self.facts(&act.nomination, context);
        let neighbours_known = self.knows_neighbours(&act.nomination, context);
        let computed = assess(&facts, &self.rules().eligibility, self.intake_last_day);
        for (decision, computed) in act.decisions.iter().zip(computed) {
            let field = format!("screening/{}", decision.rule);
            Self::opened_for(&decision.decision, &field, &act.nomination.to_string(), context)?;
            let Some(decided) = Self::decided(&decision.decision, context)? else {
                continue;
            };
            // Without the other associations nobody can compute whether an organisation stands in several.
            let by_itself = decision.rule != "R8" || computed.reason == Reason::TooFewOrganisations;
            let known = by_itself || neighbours_known;
            if decided.finding == Finding::Undisclosed
                || (known && contradicts(decided.finding, decided.reason, &computed))
            {
                return Err(Code::ContradictsFacts.because(decision.rule.clone()));
            }
        }
        Ok(Extra::None)
    }

    /// What a screening commitment opens to, if that is known.
    pub(super) fn decided(commitment: &Digest, context: &Context<'_>) -> Result<Option<Decided>, Refusal> {
        let Some(opening) = context.stored.opening(commitment) else {
            return Ok(None);
        };
        jcs::from_value(&opening.value)
            .map(Some)
            .map_err(|_| Code::BadOpening.because("a screening decision"))
    }

    pub(super) fn appeal_decided(&self, act: &AppealDecided, context: &Context<'_>) -> Result<Extra, Refusal> {
        let nomination = self.nominations.get(&act.nomination).ok_or(Code::NoNomination)?;
        if nomination.state == NominationState::Withdrawn {
            return Err(Code::NominationOver.into());
        }
        if !nomination.appeal_open() {
            return Err(Code::NoAppeal.into());
        }
        Self::opened_for(&act.reason, "appeal_decided", &act.nomination.to_string(), context)?;
        Ok(Extra::None)
    }

    pub(super) fn contest_decided(&self, act: &ContestDecided, context: &Context<'_>) -> Result<Extra, Refusal> {
        let ascending = act.nominations.windows(2).all(|pair| pair[0] < pair[1]);
        if act.nominations.len() < 2 || !ascending || !act.nominations.contains(&act.stands) {
            return Err(Code::NoContest.because("two or more nominations, ascending, one of which stands"));
        }
        for hash in &act.nominations {
            self.live(hash)?;
        }
        // The one that stands puts the others out, so each of them contests with that very one.
        let losers = act.nominations.iter().filter(|hash| **hash != act.stands);
        let same = losers
            .into_iter()
            .all(|hash| self.may_contest(hash, &act.stands, context));
        if !same {
            return Err(Code::NoContest.because("they are of different associations"));
        }
        Self::opened_for(&act.reason, "contest_decided", &act.stands.to_string(), context)?;
        Ok(Extra::None)
    }

    /// A nomination without the association's letter (R18) contests nothing.
    fn may_contest(&self, one: &Digest, other: &Digest, context: &Context<'_>) -> bool {
        let has_letter = |hash: &Digest| {
            let nomination = self.nominations.get(hash);
            nomination.is_some_and(|nomination| nomination.fields.contains_key(&Field::Letter))
        };
        has_letter(one) && has_letter(other) && self.contesting(one, other, context) != Some(false)
    }

    /// Whether name and organisations of every other live nomination are disclosed, beside this one's.
    fn knows_neighbours(&self, nomination: &Digest, context: &Context<'_>) -> bool {
        self.neighbours(nomination)
            .all(|(hash, _)| self.contesting(nomination, hash, context).is_some())
    }

    /// The other live nominations with a letter.
    fn neighbours<'a>(&'a self, nomination: &'a Digest) -> impl Iterator<Item = (&'a Digest, &'a Nominated)> {
        self.nominations.iter().filter(move |(hash, other)| {
            *hash != nomination && other.state == NominationState::Live && other.fields.contains_key(&Field::Letter)
        })
    }

    /// R7: whether two nominations are of one association; `None`: not disclosed.
    pub(super) fn contesting(&self, one: &Digest, other: &Digest, context: &Context<'_>) -> Option<bool> {
        let identity = |hash: &Digest| {
            let name: String = self.opened(hash, Field::Association, context)?;
            let organisations: Vec<Organisation> = self.opened(hash, Field::Organisations, context)?;
            Some((fold(&name), eligibility::numbers(&organisations)))
        };
        let (one, other) = (identity(one)?, identity(other)?);
        Some(one.0 == other.0 || (one.1 == other.1 && !one.1.is_empty()))
    }

    /// R7: live nominations of the same association, ascending, which a decision must tell apart.
    pub fn contestants(&self, nomination: &Digest, context: &Context<'_>) -> Vec<Digest> {
        let own = self.live(nomination).ok();
        if own.is_none_or(|own| !own.fields.contains_key(&Field::Letter)) {
            return Vec::new();
        }
        self.neighbours(nomination)
            .filter(|(hash, _)| self.contesting(nomination, hash, context) == Some(true))
            .map(|(hash, _)| *hash)
            .collect()
    }

    /// R7: a live pair of one association that nobody decided. A nomination without the letter (R18) contests nothing.
    pub(super) fn open_contest(&self, context: &Context<'_>) -> Option<(Digest, Digest)> {
        let live = |nomination: &Nominated| {
            nomination.state == NominationState::Live && nomination.fields.contains_key(&Field::Letter)
        };
        let hashes: Vec<_> = self
            .nominations
            .iter()
            .filter(|(_, nomination)| live(nomination))
            .map(|(hash, _)| *hash)
            .collect();
        for (index, one) in hashes.iter().enumerate() {
            for other in &hashes[index + 1..] {
                if self.contesting(one, other, context) == Some(true) {
                    return Some((*one, *other));
                }
            }
        }
        None
    }

    fn opened<T: DeserializeOwned + Serialize>(
        &self,
        nomination: &Digest,
        field: Field,
        context: &Context<'_>,
    ) -> Option<T> {
        let commitment = self.nominations.get(nomination)?.fields.get(&field)?;
        jcs::from_value(&context.stored.opening(commitment)?.value).ok()
    }

    /// The disclosed facts of a nomination.
    pub fn facts(&self, nomination: &Digest, context: &Context<'_>) -> Facts {
        let Some(nominated) = self.nominations.get(nomination) else {
            return Facts::default();
        };
        let has = |field| nominated.fields.contains_key(&field);
        let elsewhere: BTreeSet<_> = self
            .neighbours(nomination)
            .filter(|(hash, _)| self.contesting(nomination, hash, context) != Some(true))
            .filter_map(|(hash, _)| self.opened::<Vec<Organisation>>(hash, Field::Organisations, context))
            .flat_map(|organisations| eligibility::numbers(&organisations))
            .collect();
        Facts {
            organisations: self.opened(nomination, Field::Organisations, context),
            citizenship: self.opened::<Citizenship>(nomination, Field::Citizenship, context),
            birth_date: self.opened(nomination, Field::BirthDate, context),
            conviction: self.opened::<Conviction>(nomination, Field::Conviction, context),
            education: self.opened(nomination, Field::Education, context),
            experience: self.opened(nomination, Field::Experience, context),
            servant: self.opened(nomination, Field::Service, context),
            documents: [has(Field::Letter), has(Field::Application), has(Field::Resume)],
            elsewhere,
        }
    }

    pub(super) fn association_key_replaced(
        &self,
        act: &AssociationKeyReplaced,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        let nomination = self.live(&act.nomination)?;
        self.enrollable(&act.association, "association")?;
        let letter = BTreeMap::from([(Field::Letter, act.letter)]);
        Self::check_openings(&letter, &nomination.subject, context)?;
        Ok(Extra::None)
    }

    pub(super) fn member_replaced(&self, act: &MemberReplaced, checked: &Checked) -> Result<Extra, Refusal> {
        check_text(&act.person)?;
        check_text(&act.reason)?;
        self.outgoing_or_others(act.slot, checked)?;
        self.enrollable(&act.enrolment, &act.slot.role())?;
        let person = fold(&act.person);
        if self.members.iter().any(|member| fold(&member.person) == person) {
            return Err(Code::Members.because("four distinct persons"));
        }
        self.not_a_candidate(&person)?;
        Ok(Extra::None)
    }

    pub(super) fn key_replaced(&self, act: &KeyReplaced, checked: &Checked) -> Result<Extra, Refusal> {
        self.outgoing_or_others(act.slot, checked)?;
        self.enrollable(&act.enrolment, &act.slot.role())?;
        Ok(Extra::None)
    }

    /// R16: a member may not be a candidate.
    fn not_a_candidate(&self, person: &str) -> Result<(), Refusal> {
        let listed = self
            .list
            .as_ref()
            .is_some_and(|list| list.candidates.iter().any(|entry| fold(&entry.name) == person));
        if listed {
            Err(Code::MemberIsCandidate.into())
        } else {
            Ok(())
        }
    }

    /// R16: signed by the outgoing key, or by the other three members.
    fn outgoing_or_others(&self, slot: Slot, checked: &Checked) -> Result<(), Refusal> {
        let signing = self.signing_slots(checked);
        let others: Vec<_> = Slot::ALL.into_iter().filter(|other| *other != slot).collect();
        if signing == [slot] || signing == others {
            Ok(())
        } else {
            Err(Code::TooFewSigners.because("the outgoing key, or the other three"))
        }
    }

    pub(super) fn annulment(&self, act: &Annulment, checked: &Checked) -> Result<Extra, Refusal> {
        check_text(&act.reason)?;
        if self.annulled.is_some() {
            return Err(Code::Duplicate.because("it is annulled"));
        }
        let certified = matches!(self.stage, Stage::Certified { .. });
        if certified && act.outside_act.is_none() {
            return Err(Code::OutsideAct.into());
        }
        let by_members = !self.signing_slots(checked).is_empty();
        let opened = self.rounds.first().is_some_and(|round| round.opened_polling.is_some());
        if by_members {
            return self.enough_members(checked).map(|()| Extra::None);
        }
        // The organiser alone, before polling opens; afterwards the members, or an outside act.
        if opened && !certified {
            return Err(Code::TooFewSigners.because("after polling opened the members annul"));
        }
        Ok(Extra::None)
    }
}

/// Whether a field's value is what screening and the list read it as: else nothing could be computed from it.
fn has_shape(field: Field, value: &serde_json::Value) -> bool {
    fn reads<T: DeserializeOwned>(value: &serde_json::Value) -> bool {
        T::deserialize(value).is_ok()
    }
    match field {
        Field::Association | Field::Name => value.as_str().is_some_and(|text| check_text(text).is_ok()),
        Field::Organisations => reads::<Vec<Organisation>>(value),
        Field::BirthDate => reads::<Date>(value),
        Field::Citizenship => reads::<Citizenship>(value),
        Field::Conviction => reads::<Conviction>(value),
        Field::Experience => value.is_string(),
        Field::Education | Field::Service => value.is_boolean(),
        Field::Letter | Field::Application | Field::Resume => reads::<Digest>(value),
    }
}
