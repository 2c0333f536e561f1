//! Taking a decided step. Nothing here refuses: what could be refused was refused by `decide`.

use super::act::{
    AbsenceAttested, Act, Amendment, Announcement, Attendance, ContestDecided, Duty, Ending, Moment, Poll,
};
use super::ballots::{Ballots, Cast, Caster};
use super::result::Next;
use super::{
    AppealOutcome, Appealed, Closing, Competition, Extra, Frozen, List, Nominated, NominationState, Objected, Pinned,
    Placed, Role, Round, Screened, Seated, Slot, Stage, Step, Taken,
};
use crate::ballot::{BallotPaper, CandidateId};
use crate::crypto::hash::Digest;
use crate::crypto::jcs;
use crate::crypto::key::{Enrolment, KeyId, PublicKey};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

impl Competition {
    /// The competition that an announcement begins.
    ///
    /// # Panics
    /// If the step is no announcement; only `announce` makes such a step.
    pub fn begin(step: Step, placed: Placed) -> Self {
        let Taken::Act {
            act: Act::Announcement(act),
            extra: Extra::Announced(pinned, electors),
            ..
        } = step.taken
        else {
            panic!("a competition begins with its announcement");
        };
        let _ = placed;
        let mut keys = BTreeMap::new();
        for key in &pinned.organisers {
            keys.insert(key.id(), (key.clone(), Role::Organiser));
        }
        for member in &act.members {
            keys.insert(
                member.enrolment.key.id(),
                (member.enrolment.key.clone(), Role::CountingMember(member.slot)),
            );
        }
        Self::announced(*act, pinned, electors, keys, step.hash)
    }

    fn announced(
        act: Announcement,
        pinned: Pinned,
        electors: Vec<PublicKey>,
        keys: BTreeMap<KeyId, (PublicKey, Role)>,
        hash: Digest,
    ) -> Self {
        let rules = jcs::to_canonical(&act.rule_set).expect("a rule set holds only texts and integers");
        let members = act.members.iter().map(|member| Seated {
            slot: member.slot,
            body: member.body.clone(),
            person: member.person.clone(),
            key: member.enrolment.key.clone(),
        });
        Self {
            pinned,
            rules_digest: Digest::of(&rules),
            intake_last_day: act.intake_last_day,
            poll: act.poll.clone(),
            extensions: 0,
            members: members.collect(),
            keys,
            retired: BTreeMap::new(),
            elector_keys: Arc::new(electors),
            observers: Vec::new(),
            nominations: BTreeMap::new(),
            contests: 0,
            list: None,
            rounds: Vec::new(),
            objections: Vec::new(),
            disputes: 0,
            stage: Stage::Gathering,
            ending: None,
            barred: BTreeSet::new(),
            vacancies: BTreeSet::new(),
            annulled: None,
            seen: HashSet::from([hash]),
            announcement: Arc::new(act),
        }
    }

    /// Takes a step that [`Self::decide`] made for this very state.
    pub fn evolve(&mut self, step: Step, placed: Placed) {
        match step.taken {
            Taken::Ballot(ballot) => {
                if !self.secret() {
                    self.seen.insert(step.hash);
                }
                self.cast(ballot, placed);
            }
            Taken::Act { signers, act, extra } => {
                self.seen.insert(step.hash);
                self.evolve_act(act, extra, step.hash, &signers, placed);
            }
        }
    }

    fn evolve_act(&mut self, act: Act, extra: Extra, hash: Digest, signers: &[KeyId], placed: Placed) {
        match (act, extra) {
            (Act::CandidateList(_), Extra::List(list)) => self.take_list(list),
            (Act::CardsPrepared(_), Extra::Cards(cards)) => self.on_round(|round| round.cards = Some(cards)),
            (Act::PollingClosed(act), Extra::Closing { unused, spoiled }) => {
                self.close(Closing {
                    at: placed.time,
                    box_root: act.box_root,
                    box_count: act.box_count,
                    taken: act.taken,
                    unused: Arc::new(unused),
                    spoiled: Arc::new(spoiled),
                });
            }
            (Act::AbsenceAttested(act), extra) => self.absent(&act, extra, placed),
            (Act::ProtocolSigned(act), Extra::Protocol(frozen)) => {
                self.slot_ends(frozen, act.slot, Ending::Signed, |frozen| {
                    frozen.signatures.insert(act.slot, act.signature);
                });
            }
            (Act::ProtocolRefused(act), Extra::Protocol(frozen)) => {
                self.slot_ends(frozen, act.slot, Ending::Refusing, |_| {});
            }
            (Act::ProtocolDissented(act), Extra::Protocol(frozen)) => {
                self.slot_ends(frozen, act.slot, Ending::Dissenting, |frozen| {
                    frozen.signatures.insert(act.slot, act.signature);
                    frozen.dissents.insert(act.slot, act.text);
                });
            }
            (act, _) => self.evolve_before_polling(act, hash, signers, placed),
        }
    }

    fn evolve_before_polling(&mut self, act: Act, hash: Digest, signers: &[KeyId], placed: Placed) {
        match act {
            Act::Nomination(act) => {
                self.enrol(&act.association, Role::Association);
                let nomination = Nominated {
                    subject: act.association.key.id(),
                    key: act.association.key,
                    fields: act.fields,
                    candidate_key: act.candidate_key.map(|enrolment| enrolment.key),
                    at: placed.time,
                    state: NominationState::Live,
                    screened: None,
                    appeals: Vec::new(),
                    decisions: 0,
                };
                self.nominations.insert(hash, nomination);
            }
            Act::Amendment(act) => {
                let Amendment { nomination, fields } = *act;
                self.on_nomination(&nomination, |nomination| nomination.fields.extend(fields));
            }
            Act::Appeal(act) => self.on_nomination(&act.nomination, |nomination| {
                nomination.appeals.push(Appealed {
                    at: placed.time,
                    against: nomination.decisions,
                    text: act.text,
                    decided: None,
                });
            }),
            Act::ScreeningDecision(act) => {
                let decisions = act.decisions.into_iter().map(|decision| decision.decision).collect();
                let screened = Some(Screened {
                    at: placed.time,
                    decisions,
                });
                self.on_nomination(&act.nomination, |nomination| {
                    nomination.screened = screened;
                    nomination.decisions += 1;
                });
            }
            Act::AppealDecided(act) => self.on_nomination(&act.nomination, |nomination| {
                if let Some(appeal) = nomination.appeals.last_mut() {
                    appeal.decided = Some(AppealOutcome {
                        upheld: act.upheld,
                        reason: act.reason,
                    });
                }
                if act.upheld {
                    // An upheld appeal is decided anew: by screening, or by deciding the contest again.
                    nomination.screened = None;
                    nomination.state = NominationState::Live;
                }
            }),
            Act::ContestDecided(act) => self.lose_contest(&act, placed),
            act => self.evolve_course(act, signers, placed),
        }
    }

    /// R7: one of an association's nominations stands, the others are out.
    fn lose_contest(&mut self, act: &ContestDecided, placed: Placed) {
        self.contests += 1;
        let out = NominationState::Contested {
            at: placed.time,
            reason: act.reason,
        };
        for loser in act.nominations.iter().filter(|hash| **hash != act.stands) {
            self.on_nomination(loser, |nomination| {
                nomination.state = out;
                nomination.decisions += 1;
            });
        }
    }

    /// What changes the competition's course: dates, observers, withdrawals, annulment.
    fn evolve_course(&mut self, act: Act, signers: &[KeyId], placed: Placed) {
        match act {
            Act::Extension(act) => {
                self.extensions += 1;
                self.intake_last_day = act.last_day;
                self.poll = act.poll;
            }
            Act::PollDayMoved(act) => self.move_poll(act.poll),
            Act::AssociationKeyReplaced(act) => {
                self.enrol(&act.association, Role::Association);
                let mut old = None;
                let key = act.association.key;
                self.on_nomination(&act.nomination, |nomination| {
                    old = Some(std::mem::replace(&mut nomination.key, key).id());
                });
                self.retire(old);
            }
            Act::ObserverAdmitted(act) => {
                self.enrol(&act.enrolment, Role::Observer);
                self.observers.push((act.name, act.enrolment.key));
            }
            Act::Withdrawal(act) => self.withdraw(&act.nomination),
            Act::Annulment(act) => self.annul(act.reason),
            act => self.evolve_members(act, signers, placed),
        }
    }

    fn annul(&mut self, reason: String) {
        self.annulled = Some(reason);
        // Annulling after closing does not stop opening and publication.
        if !matches!(self.stage, Stage::Closed) {
            // A protocol that was acted on stays as it is.
            let frozen = self.frozen().cloned().map(Arc::new);
            self.stage = Stage::Annulled { frozen };
        }
    }

    fn evolve_members(&mut self, act: Act, signers: &[KeyId], placed: Placed) {
        match act {
            Act::Attendance(act) => self.attend(&act),
            Act::MemberReplaced(act) => self.reseat(act.slot, Some(act.person), &act.enrolment),
            Act::KeyReplaced(act) => self.reseat(act.slot, None, &act.enrolment),
            Act::LotCommitted(act) => self.on_round(|round| {
                round.lot_commitments.insert(act.slot, act.commitment);
            }),
            Act::PollingOpened(act) => {
                let electors = self.elector_count();
                let ids = self.few_electors();
                self.on_round(|round| {
                    round.elector_ids = Arc::new(ids);
                    round.opened_polling = Some(placed.time);
                    round.closes_at = Some(act.closes_at);
                    round.electors = electors;
                });
                self.stage = Stage::Polling;
            }
            Act::LotRevealed(act) => self.on_round(|round| {
                round.reveals.insert(act.slot, act.reveal);
            }),
            Act::BallotsOpened(_) => {
                self.on_round(|round| {
                    round.opened = Some(placed.time);
                    // As many as the box holds, and never more than there are cards.
                    let cards = round.cards.as_ref().map_or(0, |cards| cards.len());
                    let count = round.closing.as_ref().map_or(0, |closing| closing.box_count as usize);
                    round.ballots.reserve(count.min(cards), round.paper.len());
                });
                self.stage = Stage::Opening;
                self.opened_if_complete();
            }
            Act::BallotsSigned(act) => {
                let key = signers[0];
                self.on_round(|round| {
                    round.signed.insert(act.slot, (key, act.signatures.sha256));
                });
                self.count_if_resolved(placed);
            }
            Act::Objection(act) => self.objections.push(Objected {
                slot: act.slot,
                text: act.text,
                ballot: act.ballot,
            }),
            Act::CardDisputed(_) => self.disputes += 1,
            Act::LotDrawn(act) => {
                self.on_round(|round| round.drawn = Some(act.order));
                self.go_on(placed);
            }
            Act::Certification(_) => {
                if let Stage::Counted {
                    frozen: Some(frozen), ..
                } = &self.stage
                {
                    let frozen = frozen.clone();
                    self.stage = Stage::Certified { frozen };
                }
            }
            _ => {}
        }
    }

    fn on_round(&mut self, change: impl FnOnce(&mut Round)) {
        if let Some(round) = self.rounds.last_mut() {
            change(round);
        }
    }

    fn on_nomination(&mut self, hash: &Digest, change: impl FnOnce(&mut Nominated)) {
        if let Some(nomination) = self.nominations.get_mut(hash) {
            change(nomination);
        }
    }

    fn enrol(&mut self, enrolment: &Enrolment, role: Role) {
        self.keys.insert(enrolment.key.id(), (enrolment.key.clone(), role));
    }

    fn retire(&mut self, key: Option<KeyId>) {
        if let Some(key) = key {
            let role = self.keys.remove(&key).map(|(_, role)| role);
            self.retired.insert(key, role);
        }
    }

    fn move_poll(&mut self, poll: Poll) {
        self.poll = poll;
        // R16: presence at the opening is of poll day.
        self.on_round(|round| round.attendance.clear());
    }

    fn attend(&mut self, act: &Attendance) {
        let presence = (act.at, act.slot);
        self.on_round(|round| {
            round.attendance.insert(presence);
            if act.at == Moment::Closing {
                round.absent.remove(&(Duty::Closing, act.slot));
            }
        });
    }

    fn reseat(&mut self, slot: Slot, person: Option<String>, enrolment: &Enrolment) {
        let Some(seat) = self.members.iter_mut().find(|member| member.slot == slot) else {
            return;
        };
        let old = std::mem::replace(&mut seat.key, enrolment.key.clone()).id();
        let another = person.is_some();
        if let Some(person) = person {
            seat.person = person;
        }
        self.retire(Some(old));
        self.enrol(enrolment, Role::CountingMember(slot));
        if another && matches!(self.stage, Stage::Listed) {
            // R16: the new member is present, and draws a nonce, in person.
            self.on_round(|round| {
                round.attendance.remove(&(Moment::Opening, slot));
                round.lot_commitments.remove(&slot);
            });
        }
        if another && matches!(self.stage, Stage::Polling) {
            // R16: the new member is present at the closing, or is absent from it, in person.
            self.on_round(|round| {
                round.attendance.remove(&(Moment::Closing, slot));
                round.absent.remove(&(Duty::Closing, slot));
            });
        }
    }

    fn withdraw(&mut self, hash: &Digest) {
        let listed = self
            .list
            .as_ref()
            .and_then(|list| list.by_nomination(hash))
            .map(|entry| entry.id.clone());
        self.on_nomination(hash, |nomination| nomination.state = NominationState::Withdrawn);
        let Some(candidate) = listed else { return };
        if matches!(self.stage, Stage::Certified { .. }) {
            self.vacancies.insert(candidate);
            return;
        }
        let closed = matches!(self.stage, Stage::Listed | Stage::Polling | Stage::Closed);
        if closed {
            // After listing, before opening: struck; marks for that name are ignored.
            self.on_round(|round| {
                round.paper.strike(&candidate);
            });
        }
        // After the opening of a round: ratings stand, but this candidate cannot be elected.
        self.barred.insert(candidate);
        if matches!(self.stage, Stage::Counted { .. })
            && let Some(Next::Done(ending)) = self.settle()
        {
            self.ending = Some(Arc::from(ending));
        }
    }

    fn take_list(&mut self, list: Arc<List>) {
        let ids: Vec<_> = list.candidates.iter().map(|candidate| candidate.id.clone()).collect();
        let enough = ids.len() > 1;
        self.list = Some(list);
        self.rounds.push(Round::new(1, ids, self.rules().seats));
        // A competition may fail: no candidate, or one.
        self.stage = if enough {
            Stage::Listed
        } else {
            Stage::Failed {
                reason: "too_few_candidates",
            }
        };
    }

    fn cast(&mut self, ballot: Cast, placed: Placed) {
        self.on_round(|round| {
            round.first_ballot_seq.get_or_insert(placed.seq);
            if let Caster::Elector { id, .. } = &ballot.by {
                round.voted.insert(id.clone());
            }
            let (width, cards) = (round.paper.len(), round.cards.as_ref().map_or(0, |cards| cards.len()));
            round.ballots.push(ballot, placed.seq, width, cards);
        });
        self.opened_if_complete();
    }

    fn close(&mut self, closing: Closing) {
        self.on_round(|round| {
            // Named ballots came as they were cast; box order is ascending.
            if round.cards.is_none() {
                round.ballots.sort(round.paper.len());
            }
            round.closing = Some(closing);
        });
        self.stage = Stage::Closed;
    }

    fn opened_if_complete(&mut self) {
        if matches!(self.stage, Stage::Opening) && self.to_open() == 0 {
            self.stage = if self.annulled.is_some() {
                Stage::Annulled { frozen: None }
            } else {
                Stage::Opened
            };
        }
    }

    fn absent(&mut self, act: &AbsenceAttested, extra: Extra, placed: Placed) {
        match (act.duty, extra) {
            (Duty::Protocol, Extra::Protocol(frozen)) => {
                for slot in &act.slots {
                    let frozen = self.frozen().cloned().map_or_else(|| frozen.clone(), Arc::new);
                    self.slot_ends(frozen, *slot, Ending::Absent, |_| {});
                }
            }
            (duty, _) => {
                let slots = act.slots.clone();
                self.on_round(|round| round.absent.extend(slots.into_iter().map(|slot| (duty, slot))));
                if duty == Duty::Ballots {
                    self.count_if_resolved(placed);
                }
            }
        }
    }

    fn slot_ends(&mut self, frozen: Arc<Frozen>, slot: Slot, ending: Ending, note: impl FnOnce(&mut Frozen)) {
        let mut now = Arc::unwrap_or_clone(frozen);
        now.endings.insert(slot, ending);
        note(&mut now);
        if let Stage::Counted { frozen, .. } = &mut self.stage {
            *frozen = Some(Arc::new(now));
        }
    }

    /// Every slot signed all ballots or is attested absent: then the round counts, or fails as a whole.
    fn count_if_resolved(&mut self, placed: Placed) {
        let needed = self.rules().min_signatures as usize;
        let Some(round) = self.rounds.last() else { return };
        let resolved = |slot: &Slot| round.signed.contains_key(slot) || round.absent.contains(&(Duty::Ballots, *slot));
        if !Slot::ALL.iter().all(resolved) {
            return;
        }
        if round.signed.len() < needed {
            self.stage = Stage::Failed {
                reason: "too_few_ballot_signatures",
            };
            return;
        }
        if !self.turnout_reached(round) {
            self.stage = Stage::Failed { reason: "turnout" };
            return;
        }
        let counted = Arc::new(self.count_round(round));
        let barred = self.barred.clone();
        self.on_round(|round| {
            round.count = Some(counted);
            round.barred = barred;
        });
        self.go_on(placed);
    }

    /// What follows a count or a drawing: the result, a repeat vote, or a drawing by hand.
    fn go_on(&mut self, placed: Placed) {
        match self.settle() {
            Some(Next::Done(ending)) => {
                self.ending = Some(Arc::from(ending));
                self.stage = Stage::Counted {
                    since: placed.time,
                    frozen: None,
                };
            }
            Some(Next::Repeat(tied, seats)) => {
                let number = self.rounds.last().map_or(1, |round| round.number + 1);
                let mut round = Round::new(number, tied, seats);
                for candidate in &self.barred {
                    round.paper.strike(candidate);
                }
                self.rounds.push(round);
                self.stage = Stage::Listed;
            }
            Some(Next::ByHand) => self.stage = Stage::Tied,
            None => {}
        }
    }
}

impl Round {
    fn new(number: u32, candidates: Vec<CandidateId>, seats: u32) -> Self {
        Self {
            number,
            paper: BallotPaper::new(candidates),
            seats,
            attendance: BTreeSet::new(),
            absent: BTreeSet::new(),
            cards: None,
            lot_commitments: BTreeMap::new(),
            reveals: BTreeMap::new(),
            opened_polling: None,
            closes_at: None,
            electors: 0,
            elector_ids: Arc::default(),
            voted: BTreeSet::new(),
            closing: None,
            opened: None,
            ballots: Ballots::default(),
            first_ballot_seq: None,
            signed: BTreeMap::new(),
            count: None,
            barred: BTreeSet::new(),
            drawn: None,
        }
    }
}
