//! The rules at their edges: what is refused, with which code, and what a competition then comes to.
//!
//! Every story that reaches an end goes through the verifier.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]
#![expect(clippy::too_many_lines, reason = "one story reaches many refusals")]

mod announcing;
mod chance;
mod codes;
mod counting;
mod electorates;
mod found;
mod intake;
mod polling;
mod screening;

use crate::naive;
use crate::story::{assert_proved, story};
use esep::ballot::{CandidateId, Ratings};
use esep::competition::act::{
    AbsenceAttested, Act, Amendment, Announcement, Annulment, Appeal, AppealDecided, AssociationKeyReplaced,
    Attachment, Attendance, BallotCast, BallotsOpened, BallotsSigned, CandidateList, CardDisputed, CardsPrepared,
    Certification, ContestDecided, Duty, Ending, Extension, Field, KeyList, KeyReplaced, Kind, LotCommitted, LotDrawn,
    LotRevealed, MemberReplaced, Moment, Objection, ObserverAdmitted, Poll, PollDayMoved, PollingClosed, PollingOpened,
    ProtocolDissented, ProtocolRefused, ProtocolSigned, RuleDecision, ScreeningDecision, SlotOutcome, Withdrawal,
};
use esep::competition::{
    Attachments, By, Checked, Code, Context, Disclosed, FinalResult, Header, ListFile, ListedFile, PROTOCOL_TYPE,
    Phase, Placed, Slot, Standing, Statement, box_root,
};
use esep::crypto::dsse::pae;
use esep::crypto::hash::Digest;
use esep::crypto::key::{Enrolment, KeyId, SecretKey};
use esep::demo::cast::{Trait, opening};
use esep::demo::story::nonce;
use esep::demo::{Answer, Desk, MemoryOffice, Story, Turned};
use esep::eligibility::{Form, Organisation, Reason, SCREENED, counting_organisations};
use esep::ruleset::{
    Aggregate, BallotSecrecy, Blank, Electorate, ListedRoll, OnDoubt, RuleSet, Scale, SelfRating, TieRule,
};
use esep::verify::{Finding, Trust, Verdict, check};
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

pub type Played = Story<MemoryOffice>;

pub fn refused<T: std::fmt::Debug>(played: Result<T, Turned>, code: Code) {
    match played {
        Err(Turned::Refused { code: found, .. }) if found == code.as_str() => {}
        other => panic!("expected {}, got {other:?}", code.as_str()),
    }
}

pub fn fresh() -> SecretKey {
    SecretKey::generate(&mut rand::rng())
}

pub fn id(index: usize) -> CandidateId {
    format!("c{:02}", index + 1).parse().unwrap()
}

pub fn one_seat() -> RuleSet {
    let mut rules = RuleSet::commission_2014();
    rules.seats = 1;
    rules
}

pub fn named(mut rules: RuleSet) -> RuleSet {
    rules.ballots = BallotSecrecy::Named;
    rules
}

/// Played up to the list of so many candidates.
pub fn listed(rules: RuleSet, candidates: usize) -> Played {
    let mut story = story(rules, candidates, false);
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story
}

/// Every elector rates the candidates of the paper like this in each round; later rounds reuse the last row.
pub fn vote_like(story: &mut Played, rows: &[&[i64]]) {
    let rows: Vec<Vec<i64>> = rows.iter().map(|row| row.to_vec()).collect();
    story.choice = Some(Box::new(move |round, _, paper| {
        let row = &rows[(round as usize - 1).min(rows.len() - 1)];
        Some(paper.iter().cloned().zip(row.iter().copied()).collect())
    }));
}

pub fn polling(rules: RuleSet, candidates: usize) -> Played {
    let mut story = listed(rules, candidates);
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story
}

pub fn after_vote(story: &mut Played) {
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
}

pub fn counted(rules: RuleSet, candidates: usize, row: &[i64]) -> Played {
    let mut story = listed(rules, candidates);
    vote_like(&mut story, &[row]);
    story.round().unwrap();
    story
}

pub fn phase(story: &mut Played) -> Phase {
    story.desk.view().unwrap().phase
}

pub fn outcome(story: &Played) -> FinalResult {
    story.desk.competition.as_ref().unwrap().outcome().unwrap().clone()
}

pub fn elected(story: &Played) -> Vec<(CandidateId, By)> {
    outcome(story)
        .elected
        .into_iter()
        .map(|one| (one.candidate, one.by))
        .collect()
}

pub fn withdraw(story: &mut Played, index: usize) -> Result<Answer, Turned> {
    let nomination = story.applicants[index].nomination.unwrap();
    let key = story.applicants[index].key.clone();
    story.state(&key, Withdrawal { nomination })
}

pub fn by_member(story: &mut Played, slot: Slot, act: impl Into<Act>) -> Result<Answer, Turned> {
    let key = story.cast.member(slot).clone();
    story.state(&key, act)
}

pub fn by_organiser(story: &mut Played, act: impl Into<Act>) -> Result<Answer, Turned> {
    let key = story.cast.organiser.clone();
    story.state(&key, act)
}

pub fn by_slots(story: &mut Played, slots: &[Slot], act: impl Into<Act>) -> Result<Answer, Turned> {
    let envelope = story.write_shared(act)?;
    let signers: Vec<_> = slots.iter().map(|slot| story.cast.member(*slot)).collect();
    story.desk.submit_shared(envelope, &signers)
}

pub fn committed(story: &mut Played, field: &str, subject: &str) -> Digest {
    let opening = opening(field, subject, json!("because"), &mut story.chance);
    story.desk.store_opening(opening).unwrap()
}

pub fn announce_with(
    story: &mut Played,
    change: impl FnOnce(&mut Announcement, &mut Header),
) -> Result<Answer, Turned> {
    story.desk.set_now(story.plan.day.at(10, 0));
    let mut header = Header {
        competition: story.desk.origin(),
        nonce: nonce(&mut story.chance),
        rules: None,
        candidates: None,
        round: None,
        head: None,
        phase: None,
        not_after: None,
    };
    let mut act = story.announcement();
    change(&mut act, &mut header);
    let mut envelope = Statement::write(&header, &act.into()).unwrap();
    envelope.sign(&story.cast.organiser);
    story.desk.submit(envelope)
}

/// Ends every slot like this; the first act freezes the protocol.
pub fn end_slots(story: &mut Played, endings: &[(Slot, Ending)]) {
    let bytes = story.desk.protocol().unwrap();
    let protocol = Digest::of(&bytes);
    for (slot, ending) in endings.iter().copied() {
        let signature = story.cast.member(slot).sign(&pae(PROTOCOL_TYPE, &bytes));
        let text = "айрым пикир".to_owned();
        let act: Act = match ending {
            Ending::Signed => ProtocolSigned {
                slot,
                protocol,
                signature,
            }
            .into(),
            Ending::Dissenting => ProtocolDissented {
                slot,
                protocol,
                signature,
                text,
            }
            .into(),
            Ending::Refusing => ProtocolRefused {
                slot,
                protocol,
                reason: text,
            }
            .into(),
            Ending::Absent => {
                story.desk.set_now(story.desk.now().plus_hours(25));
                story.attest_absence(&[slot], Duty::Protocol).unwrap();
                continue;
            }
        };
        by_member(story, slot, act).unwrap();
    }
}

pub fn certification(story: &mut Played, endings: &[(Slot, Ending)]) -> Certification {
    let protocol = Digest::of(&story.desk.protocol().unwrap());
    let slots = endings
        .iter()
        .map(|(slot, outcome)| SlotOutcome {
            slot: *slot,
            outcome: *outcome,
        })
        .collect();
    let term_start = story.desk.now().date();
    let term_end = term_start.plus_years(story.plan.rules.term_years);
    Certification {
        protocol,
        slots,
        term_start,
        term_end,
    }
}

/// Contest decided, and every nomination by its oddity, but these otherwise.
pub fn screened(story: &mut Played, otherwise: &[(usize, &'static str, Reason)]) {
    story.desk.set_now(story.desk.now().plus_hours(9));
    if let Some(loser) = story.applicants.iter().position(|one| one.oddity == Trait::Contested) {
        contest(story, 0, loser).unwrap();
    }
    for index in 0..story.applicants.len() {
        let against = match story.applicants[index].oddity {
            Trait::InOrder | Trait::AdmittedOnAppeal => None,
            Trait::TooYoung => Some(("R10", Reason::TooYoung)),
            Trait::AssociationOfTwo => Some(("R8", Reason::TooFewOrganisations)),
            Trait::DocumentMissing => Some(("R20", Reason::DocumentMissing)),
            Trait::Convicted => Some(("R11", Reason::Convicted)),
            Trait::Servant => Some(("R14", Reason::Servant)),
            Trait::Contested | Trait::Withdraws => continue,
        };
        let other = otherwise.iter().find(|(other, ..)| *other == index);
        story
            .screen(index, other.map(|(_, rule, reason)| (*rule, *reason)).or(against))
            .unwrap();
    }
}

pub fn contest(story: &mut Played, stands: usize, loses: usize) -> Result<Answer, Turned> {
    let (stands, loses) = (
        story.applicants[stands].nomination.unwrap(),
        story.applicants[loses].nomination.unwrap(),
    );
    let mut nominations = vec![stands, loses];
    nominations.sort();
    let reason = committed(story, "contest_decided", &stands.to_string());
    by_organiser(
        story,
        ContestDecided {
            nominations,
            stands,
            reason,
        },
    )
}

pub fn publish(story: &mut Played, admitted: &[usize]) -> Result<Answer, Turned> {
    story.desk.set_now(story.desk.now().plus_hours(24 * 4));
    let mut file = story.list_file()?;
    file.candidates
        .retain(|entry| admitted.iter().any(|index| entry.id == id(*index)));
    story.publish_list(&file)
}

pub fn card(story: &Played, number: usize) -> SecretKey {
    story.cards[number].key(&story.desk.origin(), 1)
}

pub fn roll(count: u32) -> ListedRoll {
    ListedRoll {
        count,
        commitment: Digest::of(b"the roll"),
        keys: None,
    }
}

/// Two candidates tie for one seat, in every round, and one is below.
pub fn tie_again(rules: RuleSet) -> Played {
    let mut story = listed(rules, 3);
    vote_like(&mut story, &[&[9, 9, 1], &[4, 4]]);
    story
}

pub fn finished(story: &mut Played) -> FinalResult {
    story.certify().unwrap();
    assert_eq!(assert_proved(story), "certified");
    outcome(story)
}
