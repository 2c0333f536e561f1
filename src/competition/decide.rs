//! What every statement must satisfy, whatever its kind: competition, author, phase, digests, round, draft.

use super::act::{Act, Kind};
use super::phase::{Phase, Role, may_author, taken_in};
use super::{Checked, Code, Competition, Context, Refusal, Slot, Stage, Step, Taken};

impl Competition {
    /// What the rules make of this statement now.
    pub fn decide(&self, checked: &Checked, context: &Context<'_>) -> Result<Step, Refusal> {
        let statement = checked.statement();
        let kind = statement.kind();
        if statement.header.competition != self.origin() {
            return Err(Code::WrongCompetition.because(format!("this ledger is {}", self.origin())));
        }
        if kind == Kind::Announcement {
            return Err(Code::AlreadyAnnounced.into());
        }
        let ballot = || kind == Kind::BallotCast && self.secret();
        if self.seen.contains(&statement.hash)
            || (ballot() && self.rounds.iter().any(|round| round.holds(&statement.hash)))
        {
            return Err(Code::Duplicate.because("the record holds this statement"));
        }
        self.check_author(checked)?;
        self.check_phase(kind, context)?;
        self.check_header(checked, context)?;
        Ok(Step {
            hash: statement.hash,
            taken: self.decide_act(checked, context)?,
        })
    }

    fn check_author(&self, checked: &Checked) -> Result<(), Refusal> {
        let statement = checked.statement();
        let kind = statement.kind();
        if kind == Kind::Nomination {
            return Ok(()); // signed by the key that it enrols; checked with the nomination
        }
        if kind == Kind::BallotCast {
            return Ok(()); // who is an elector depends on the round; checked with the ballot
        }
        let mut slots = Vec::new();
        for signer in checked.signers() {
            let role = self
                .role(&signer)
                .ok_or_else(|| Code::UnknownKey.because(format!("key {signer}")))?;
            if !may_author(role, kind) {
                return Err(Code::WrongRole.because(format!("{kind} is not for this role", kind = kind.as_str())));
            }
            if let Role::CountingMember(slot) = role {
                slots.push(slot);
            }
        }
        let signers = checked.signers().count();
        if !slots.windows(2).all(|pair| pair[0] < pair[1]) || (signers > 1 && slots.len() != signers) {
            return Err(Code::SignersOrder.into());
        }
        Ok(())
    }

    fn check_phase(&self, kind: Kind, context: &Context<'_>) -> Result<(), Refusal> {
        let phase = self.phase(context.now);
        // After the first protocol entry only the protocol's own statements follow; annulment ends it.
        let frozen = matches!(&self.stage, Stage::Counted { frozen: Some(_), .. });
        let of_protocol = matches!(
            kind,
            Kind::ProtocolSigned
                | Kind::ProtocolRefused
                | Kind::ProtocolDissented
                | Kind::AbsenceAttested
                | Kind::Certification
                | Kind::Annulment
        );
        if frozen && !of_protocol && taken_in(kind, phase) {
            let code = if kind == Kind::Withdrawal {
                Code::NotBefore
            } else {
                Code::WrongPhase
            };
            return Err(code.because("the protocol is being signed"));
        }
        if taken_in(kind, phase) {
            return Ok(());
        }
        let detail = format!("{} in {phase}", kind.as_str());
        Err(match kind {
            // R21: documents are accepted within intake only.
            Kind::Nomination | Kind::Amendment | Kind::Extension => Code::IntakeClosed.because(detail),
            Kind::BallotCast if phase > Phase::Polling => Code::PollingOver.because(detail),
            _ => Code::WrongPhase.because(detail),
        })
    }

    fn check_header(&self, checked: &Checked, context: &Context<'_>) -> Result<(), Refusal> {
        let header = &checked.statement().header;
        if header.rules != Some(self.rules_digest) {
            return Err(Code::WrongRules.because(format!("in force is {}", self.rules_digest)));
        }
        if header.candidates != self.candidates_digest() {
            return Err(Code::WrongList.into());
        }
        if header.round != self.round() {
            return Err(Code::WrongRound.because(match self.round() {
                Some(round) => format!("the round is {round}"),
                None => "there is no round yet".to_owned(),
            }));
        }
        let shared = checked.signers().count() > 1;
        let Some(((head, phase), not_after)) = header.head.zip(header.phase).zip(header.not_after) else {
            let bare = header.head.is_none() && header.phase.is_none() && header.not_after.is_none();
            return if shared || !bare {
                Err(Code::DraftHead.into())
            } else {
                Ok(())
            };
        };
        if !shared {
            return Err(Code::DraftHead.into());
        }
        if head != context.head || phase != self.phase(context.now) {
            return Err(Code::StaleHead.because(format!("the record has {} entries", context.head.size)));
        }
        if context.now > not_after {
            return Err(Code::DraftExpired.because(format!("it ended {not_after}")));
        }
        Ok(())
    }

    fn decide_act(&self, checked: &Checked, context: &Context<'_>) -> Result<Taken, Refusal> {
        let act = &checked.statement().act;
        let extra = match act {
            Act::Announcement(_) => Err(Code::AlreadyAnnounced.into()),
            Act::Extension(act) => self.extension(act),
            Act::PollDayMoved(act) => self.poll_day_moved(act, context),
            Act::ObserverAdmitted(act) => self.observer_admitted(act),
            Act::Nomination(act) => self.nominate(act, checked, context),
            Act::Amendment(act) => self.amendment(act, checked, context),
            Act::Withdrawal(act) => self.withdrawal(act, checked),
            Act::Appeal(act) => self.appeal(act, checked, context),
            Act::ScreeningDecision(act) => self.screening(act, checked, context),
            Act::AppealDecided(act) => self.appeal_decided(act, context),
            Act::ContestDecided(act) => self.contest_decided(act, context),
            Act::CandidateList(act) => self.candidate_list(act, context),
            Act::AssociationKeyReplaced(act) => self.association_key_replaced(act, context),
            Act::Annulment(act) => self.annulment(act, checked),
            Act::Attendance(act) => self.attendance(act, checked, context),
            Act::MemberReplaced(act) => self.member_replaced(act, checked),
            Act::KeyReplaced(act) => self.key_replaced(act, checked),
            Act::CardsPrepared(act) => self.cards_prepared(act, checked, context),
            Act::LotCommitted(act) => self.lot_committed(act, checked),
            Act::PollingOpened(act) => self.polling_opened(act, checked, context),
            Act::BallotCast(act) => return self.ballot_cast(act, checked, context).map(Taken::Ballot),
            Act::PollingClosed(act) => self.polling_closed(act, checked, context),
            Act::LotRevealed(act) => self.lot_revealed(act, checked, context),
            Act::BallotsOpened(act) => self.ballots_opened(act, checked, context),
            Act::BallotsSigned(act) => self.ballots_signed(act, checked, context),
            Act::Objection(act) => self.objection(act, checked),
            Act::CardDisputed(act) => self.card_disputed(act, checked),
            Act::AbsenceAttested(act) => self.absence_attested(act, checked, context),
            Act::LotDrawn(act) => self.lot_drawn(act, checked),
            Act::ProtocolSigned(act) => self.protocol_signed(act, checked, context),
            Act::ProtocolRefused(act) => self.protocol_refused(act, checked, context),
            Act::ProtocolDissented(act) => self.protocol_dissented(act, checked, context),
            Act::Certification(act) => self.certification(act, checked),
        }?;
        Ok(Taken::Act {
            signers: checked.signers().collect(),
            act: act.clone(),
            extra,
        })
    }

    /// Acts of several members: at least `min_signatures` of the four signed.
    pub(super) fn enough_members(&self, checked: &Checked) -> Result<(), Refusal> {
        let signed = checked.signers().count();
        let needed = self.rules().min_signatures as usize;
        if signed < needed {
            return Err(Code::TooFewSigners.because(format!("{signed} of {needed}")));
        }
        Ok(())
    }

    /// Acts of one member: the slot is the signer's own.
    pub(super) fn own_slot(&self, slot: Slot, checked: &Checked) -> Result<(), Refusal> {
        let signers: Vec<_> = checked.signers().collect();
        let own = self.member(slot).is_some_and(|member| signers == [member.key.id()]);
        if own {
            Ok(())
        } else {
            Err(Code::WrongSlot.because(format!("slot {slot}")))
        }
    }

    /// Acts of one organiser or association.
    pub(super) fn signed_by(checked: &Checked, key: &crate::crypto::key::PublicKey) -> Result<(), Refusal> {
        let mut signers = checked.signers();
        if signers.next() == Some(key.id()) && signers.next().is_none() {
            Ok(())
        } else {
            Err(Code::WrongRole.because("another association's key"))
        }
    }

    /// The slots whose members signed, in order.
    pub(super) fn signing_slots(&self, checked: &Checked) -> Vec<Slot> {
        checked
            .signers()
            .filter_map(|signer| match self.role(&signer) {
                Some(Role::CountingMember(slot)) => Some(slot),
                _ => None,
            })
            .collect()
    }

    /// A key that is to be enrolled: with proof of possession, in no other role, no test key.
    pub(super) fn enrollable(&self, enrolment: &crate::crypto::key::Enrolment, role: &str) -> Result<(), Refusal> {
        let id = enrolment.key.id();
        enrolment
            .check(self.origin(), role)
            .map_err(|_| Code::BadPossession.because(format!("key {id}")))?;
        let mut rounds = self.rounds.iter().filter_map(|round| round.cards.as_ref());
        let card = rounds.any(|cards| cards.find(&id).is_some());
        if card || self.role(&id).is_some() || self.retired.contains_key(&id) || id == self.pinned.log_key {
            return Err(Code::KeyInUse.because(format!("key {id}")));
        }
        if !self.rehearsal() && crate::crypto::test_keys::is_test_key(&id) {
            return Err(Code::TestKey.because(format!("key {id}")));
        }
        Ok(())
    }
}
