//! The rules at their edges: what is refused, with which code, and what a competition then comes to.
//!
//! Every story that reaches an end goes through the verifier.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

use crate::naive;
use crate::story::{assert_proved, story};
use esep::ballot::CandidateId;
use esep::competition::act::{
    AbsenceAttested, Act, Amendment, Announcement, Annulment, Appeal, AppealDecided, AssociationKeyReplaced,
    Attachment, Attendance, BallotCast, BallotsOpened, BallotsSigned, CandidateList, CardDisputed, CardsPrepared,
    Certification, ContestDecided, Duty, Ending, Extension, Field, KeyList, KeyReplaced, Kind, LotCommitted, LotDrawn,
    LotRevealed, MemberReplaced, Moment, Objection, ObserverAdmitted, Poll, PollDayMoved, PollingClosed, PollingOpened,
    ProtocolDissented, ProtocolRefused, ProtocolSigned, RuleDecision, ScreeningDecision, SlotOutcome, Withdrawal,
};
use esep::competition::{
    By, Checked, Code, Context, Disclosed, FinalResult, Header, ListFile, ListedFile, Opening, PROTOCOL_TYPE, Phase,
    Placed, Slot, Statement, Stored, box_root,
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
use std::sync::Arc;

type Played = Story<MemoryOffice>;

fn refused<T: std::fmt::Debug>(played: Result<T, Turned>, code: Code) {
    match played {
        Err(Turned::Refused { code: found, .. }) if found == code.as_str() => {}
        other => panic!("expected {}, got {other:?}", code.as_str()),
    }
}

fn fresh() -> SecretKey {
    SecretKey::generate(&mut rand::rng())
}

fn id(index: usize) -> CandidateId {
    format!("c{:02}", index + 1).parse().unwrap()
}

fn one_seat() -> RuleSet {
    let mut rules = RuleSet::commission_2014();
    rules.seats = 1;
    rules
}

fn named(mut rules: RuleSet) -> RuleSet {
    rules.ballots = BallotSecrecy::Named;
    rules
}

/// Played up to the list of so many candidates.
fn listed(rules: RuleSet, candidates: usize) -> Played {
    let mut story = story(rules, candidates, false);
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story
}

/// Every elector rates the candidates of the paper like this in each round; later rounds reuse the last row.
fn vote_like(story: &mut Played, rows: &[&[i64]]) {
    let rows: Vec<Vec<i64>> = rows.iter().map(|row| row.to_vec()).collect();
    story.choice = Some(Box::new(move |round, _, paper| {
        let row = &rows[(round as usize - 1).min(rows.len() - 1)];
        Some(paper.iter().cloned().zip(row.iter().copied()).collect())
    }));
}

fn polling(rules: RuleSet, candidates: usize) -> Played {
    let mut story = listed(rules, candidates);
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story
}

fn after_vote(story: &mut Played) {
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
}

fn counted(rules: RuleSet, candidates: usize, row: &[i64]) -> Played {
    let mut story = listed(rules, candidates);
    vote_like(&mut story, &[row]);
    story.round().unwrap();
    story
}

fn phase(story: &mut Played) -> Phase {
    story.desk.view().unwrap().phase
}

fn outcome(story: &Played) -> FinalResult {
    story.desk.competition.as_ref().unwrap().outcome().unwrap().clone()
}

fn elected(story: &Played) -> Vec<(CandidateId, By)> {
    outcome(story)
        .elected
        .into_iter()
        .map(|one| (one.candidate, one.by))
        .collect()
}

fn withdraw(story: &mut Played, index: usize) -> Result<Answer, Turned> {
    let nomination = story.applicants[index].nomination.unwrap();
    let key = story.applicants[index].key.clone();
    story.state(&key, Withdrawal { nomination })
}

fn by_member(story: &mut Played, slot: Slot, act: impl Into<Act>) -> Result<Answer, Turned> {
    let key = story.cast.member(slot).clone();
    story.state(&key, act)
}

fn by_organiser(story: &mut Played, act: impl Into<Act>) -> Result<Answer, Turned> {
    let key = story.cast.organiser.clone();
    story.state(&key, act)
}

fn by_slots(story: &mut Played, slots: &[Slot], act: impl Into<Act>) -> Result<Answer, Turned> {
    let envelope = story.write_shared(act)?;
    let signers: Vec<_> = slots.iter().map(|slot| story.cast.member(*slot)).collect();
    story.desk.submit_shared(envelope, &signers)
}

fn committed(story: &mut Played, field: &str, subject: &str) -> Digest {
    story
        .desk
        .store_opening(opening(field, subject, json!("because")))
        .unwrap()
}

fn announce_with(story: &mut Played, change: impl FnOnce(&mut Announcement, &mut Header)) -> Result<Answer, Turned> {
    story.desk.set_now(story.plan.day.at(10, 0));
    let mut header = Header {
        competition: story.desk.origin(),
        nonce: nonce(),
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
fn end_slots(story: &mut Played, endings: &[(Slot, Ending)]) {
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

fn certification(story: &mut Played, endings: &[(Slot, Ending)]) -> Certification {
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
fn screened(story: &mut Played, otherwise: &[(usize, &'static str, Reason)]) {
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

fn contest(story: &mut Played, stands: usize, loses: usize) -> Result<Answer, Turned> {
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

fn publish(story: &mut Played, admitted: &[usize]) -> Result<Answer, Turned> {
    story.desk.set_now(story.desk.now().plus_hours(24 * 4));
    let mut file = story.list_file()?;
    file.candidates
        .retain(|entry| admitted.iter().any(|index| entry.id == id(*index)));
    story.publish_list(&file)
}

// Found wrong and put right: each of these failed first.

#[test]
fn a_new_key_gives_no_second_vote() {
    let mut rules = named(one_seat());
    rules.electorate = Electorate::CountingCommission {};
    let mut story = polling(rules, 3);
    let old = story.cast.member(Slot::Cec).clone();
    let ballot = story.ballot(&old, BTreeMap::from([(id(0), 5)])).unwrap();
    story.desk.submit(ballot).unwrap();
    let new = fresh();
    let enrolment = Enrolment::make(&new, &story.desk.origin(), &Slot::Cec.role());
    by_member(
        &mut story,
        Slot::Cec,
        KeyReplaced {
            slot: Slot::Cec,
            enrolment,
        },
    )
    .unwrap();
    let again = story.ballot(&new, BTreeMap::from([(id(1), 5)])).unwrap();
    refused(story.desk.submit(again), Code::CardUsed);
}

#[test]
fn the_roll_of_named_ballots_is_who_voted() {
    let mut story = polling(named(one_seat()), 3);
    story.choice = Some(Box::new(|_, elector, _| {
        (elector > 0).then(|| BTreeMap::from([(id(0), 5)]))
    }));
    story.vote().unwrap();
    story.voted = vec![0, 1];
    refused(story.close_polling(), Code::BadRoll);
    story.voted = vec![1, 2];
    let act = story.closing().unwrap();
    story.members_state(act).unwrap();
}

#[test]
fn without_a_reserve_the_next_in_order_still_follows_one_who_withdraws() {
    let mut rules = one_seat();
    rules.reserve = false;
    let mut story = counted(rules, 3, &[9, 5, 1]);
    withdraw(&mut story, 0).unwrap();
    assert_eq!(elected(&story), [(id(1), By::Succession)]);
    assert!(outcome(&story).reserve.is_empty());
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn when_all_tied_withdraw_before_the_repeat_the_next_in_order_is_elected() {
    let mut story = counted(one_seat(), 4, &[9, 9, 5, 1]);
    assert_eq!(phase(&mut story), Phase::Listed);
    withdraw(&mut story, 0).unwrap();
    withdraw(&mut story, 1).unwrap();
    story.choice = Some(Box::new(|_, elector, _| (elector > 1).then(BTreeMap::new)));
    story.desk.set_now(story.desk.now().plus_hours(1));
    story.round().unwrap();
    assert_eq!(elected(&story), [(id(2), By::Succession)]);
    assert_eq!(outcome(&story).unfilled, 0);
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn silence_about_the_protocol_begins_with_the_count() {
    let mut story = polling(one_seat(), 3);
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    for slot in &Slot::ALL[..3] {
        story.sign_all(*slot).unwrap();
    }
    refused(story.attest_absence(&[Slot::Cec], Duty::Ballots), Code::NotAbsent);
    story.desk.set_now(story.desk.now().plus_hours(25));
    story.attest_absence(&[Slot::Cec], Duty::Ballots).unwrap();
    assert_eq!(phase(&mut story), Phase::Counted);
    refused(story.attest_absence(&[Slot::Cec], Duty::Protocol), Code::NotAbsent);
    let endings = [
        (Slot::PresidentsOffice, Ending::Signed),
        (Slot::GovernmentOffice, Ending::Dissenting),
        (Slot::Ombudsman, Ending::Signed),
        (Slot::Cec, Ending::Absent),
    ];
    end_slots(&mut story, &endings);
    let act = certification(&mut story, &endings);
    by_slots(&mut story, &Slot::ALL[..3], act).unwrap();
    assert_eq!(assert_proved(&story), "certified");
}

#[test]
fn a_decision_of_the_same_second_can_be_appealed() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.intake().unwrap();
    screened(&mut story, &[(1, "R12", Reason::EvidenceMissing)]);
    let nomination = story.applicants[1].nomination.unwrap();
    let key = story.applicants[1].key.clone();
    let organiser = story.cast.organiser.clone();
    let text = committed(&mut story, "appeal", &nomination.to_string());
    story.state(&key, Appeal { nomination, text }).unwrap();
    refused(story.state(&key, Appeal { nomination, text }), Code::Duplicate);
    let reason = committed(&mut story, "appeal_decided", &nomination.to_string());
    story
        .state(
            &organiser,
            AppealDecided {
                nomination,
                upheld: true,
                reason,
            },
        )
        .unwrap();
    refused(story.state(&key, Appeal { nomination, text }), Code::AppealWindow);
    story.screen(1, Some(("R9", Reason::NotCitizen))).unwrap();
    story.state(&key, Appeal { nomination, text }).unwrap();
    refused(story.state(&key, Appeal { nomination, text }), Code::Duplicate);
}

#[test]
fn a_nomination_without_the_letter_contests_nothing() {
    let mut story = story(one_seat(), 3, false);
    let loser = story
        .applicants
        .iter()
        .position(|one| one.oddity == Trait::Contested)
        .unwrap();
    story.applicants[loser].fields.remove(&Field::Letter);
    story.announce().unwrap();
    story.intake().unwrap();
    story.desk.set_now(story.desk.now().plus_hours(9));
    refused(contest(&mut story, loser, 0), Code::NoContest);
    refused(contest(&mut story, 0, loser), Code::NoContest);
    for index in 0..3 {
        story.screen(index, None).unwrap();
    }
    story.screen(loser, Some(("R18", Reason::DocumentMissing))).unwrap();
    for (index, rule) in [(3, "R10"), (4, "R8"), (5, "R20"), (6, "R11"), (7, "R14")] {
        story.screen(index, Some((rule, Reason::DocumentUnfit))).unwrap();
    }
    publish(&mut story, &[0, 1, 2]).unwrap();
    assert_proved(&story);
}

#[test]
fn the_one_that_stands_contests_each_that_loses() {
    let mut story = story(one_seat(), 3, false);
    // 1 has the name of 0, 2 the numbers of 1: 0 and 2 contest nothing.
    let name = story.applicants[0].fields[&Field::Association].clone();
    story.applicants[1].fields.insert(Field::Association, name);
    let numbers = story.applicants[1].fields[&Field::Organisations].clone();
    story.applicants[2].fields.insert(Field::Organisations, numbers);
    story.announce().unwrap();
    story.intake().unwrap();
    story.desk.set_now(story.desk.now().plus_hours(9));
    let three = |story: &mut Played, stands: usize| {
        let hash = |index: usize| story.applicants[index].nomination.unwrap();
        let (mut nominations, stands) = (vec![hash(0), hash(1), hash(2)], hash(stands));
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
    };
    refused(three(&mut story, 0), Code::NoContest);
    refused(three(&mut story, 2), Code::NoContest);
    three(&mut story, 1).unwrap();
}

#[test]
fn a_field_has_the_shape_that_screening_computes_from() {
    let bad = [
        (Field::BirthDate, json!("yesterday")),
        (Field::Organisations, json!("three of them")),
        (Field::Name, json!("")),
        (Field::Association, json!(7)),
        (Field::Citizenship, json!(true)),
        (Field::Conviction, json!("no")),
        (Field::Education, json!("yes")),
        (Field::Experience, json!(10)),
        (Field::Service, json!("no")),
    ];
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    for (field, value) in bad {
        let good = story.applicants[0].fields.insert(field, value).unwrap();
        refused(story.nominate(0), Code::BadOpening);
        story.applicants[0].fields.insert(field, good);
    }
    story.nominate(0).unwrap();
}

#[test]
fn annulment_keeps_the_protocol_that_was_signed() {
    let mut story = counted(one_seat(), 3, &[9, 5, 1]);
    story.certify().unwrap();
    let before = story.desk.bundle().unwrap();
    let reason = "the court's decision".to_owned();
    refused(
        by_organiser(
            &mut story,
            Annulment {
                reason: reason.clone(),
                outside_act: None,
            },
        ),
        Code::OutsideAct,
    );
    let outside_act = Some(Digest::of(b"decision"));
    by_organiser(&mut story, Annulment { reason, outside_act }).unwrap();
    let after = story.desk.bundle().unwrap();
    for name in ["protocol.json", "protocol.dsse.json", "result.json"] {
        assert_eq!(before.file(name), after.file(name), "{name}");
    }
    assert_eq!(assert_proved(&story), "annulled");
}

#[test]
fn what_is_not_disclosed_contradicts_nothing() {
    let mut rules = one_seat();
    rules.eligibility.organisation_in_many_associations = OnDoubt::Refuse;
    let mut story = story(rules, 4, false);
    let shared = story.applicants[0].fields[&Field::Organisations][0].clone();
    story.applicants[1].fields.get_mut(&Field::Organisations).unwrap()[0] = shared;
    story.announce().unwrap();
    story.intake().unwrap();
    refused(story.screen(0, None), Code::ContradictsFacts);
    let elsewhere = Reason::OrganisationElsewhere;
    screened(&mut story, &[(0, "R8", elsewhere), (1, "R8", elsewhere)]);
    publish(&mut story, &[2, 3]).unwrap();
    assert_proved(&story);
    let one = &story.applicants[1];
    let (key, hash) = (one.key.public().id().to_string(), one.nomination.unwrap().to_string());
    let openings = story.desk.shelf().openings.clone();
    let disclosed = openings
        .into_iter()
        .filter(|(_, opening)| opening.subject == key || opening.subject == hash);
    let trust = Trust {
        disclosed: disclosed.collect(),
        ..Trust::default()
    };
    let report = check(&story.desk.bundle().unwrap(), &trust);
    assert_eq!(report.verdict, Verdict::Proved, "{:#?}", report.findings);
}

fn roll(count: u32) -> ListedRoll {
    ListedRoll {
        count,
        commitment: Digest::of(b"the roll"),
        keys: None,
    }
}

#[test]
fn an_electors_key_serves_in_no_other_role() {
    let mut rules = named(one_seat());
    rules.electorate = Electorate::Listed(roll(3));
    let mut story = story(rules, 3, false);
    for key in [
        story.cast.members[0].clone(),
        story.cast.organiser.clone(),
        esep::crypto::test_keys::test_key(1),
    ] {
        story.roll_keys[0] = key;
        let bytes: Vec<u8> = story.roll_keys.iter().flat_map(|key| key.public().to_bytes()).collect();
        let keys = Some(story.desk.attach(bytes).unwrap().sha256);
        story.plan.rules.electorate = Electorate::Listed(ListedRoll { keys, ..roll(3) });
        let test = esep::crypto::test_keys::is_test_key(&story.roll_keys[0].public().id());
        refused(story.announce(), if test { Code::TestKey } else { Code::KeyInUse });
    }
}

#[test]
fn an_association_and_its_candidate_have_two_keys() {
    let mut story = story(named(one_seat()), 3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    story.applicants[0].own = story.applicants[0].key.clone();
    refused(story.nominate(0), Code::KeyInUse);
}

/// A verifier's shelf: public attachments and nothing else.
struct Blind<'a>(&'a dyn Stored);

impl Stored for Blind<'_> {
    fn attachment(&self, sha256: &Digest) -> Option<Arc<[u8]>> {
        self.0.attachment(sha256)
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

#[test]
fn the_root_of_an_empty_box_is_that_of_nothing() {
    let mut story = polling(one_seat(), 3);
    story.choice = Some(Box::new(|_, _, _| None));
    story.vote().unwrap();
    for slot in Slot::ALL {
        by_member(
            &mut story,
            slot,
            Attendance {
                slot,
                at: Moment::Closing,
            },
        )
        .unwrap();
    }
    story.desk.set_now(story.poll.closes_at);
    for (root, good) in [(Digest::of(b"another"), false), (box_root(&[]), true)] {
        let mut act = story.closing().unwrap();
        act.box_root = root;
        let mut envelope = story.write_shared(act).unwrap();
        story.cast.members.iter().for_each(|member| envelope.sign(member));
        let state = story.desk.competition.as_ref().unwrap();
        let checked = Checked::check(Statement::read(envelope).unwrap(), state).unwrap();
        let (now, stored) = (story.desk.now(), Blind(story.desk.shelf()));
        let head = checked.statement().header.head.unwrap();
        let decided = state.decide(
            &checked,
            &Context {
                now,
                head,
                stored: &stored,
            },
        );
        assert_eq!(
            decided.map(|_| ()).map_err(|refusal| refusal.code),
            if good { Ok(()) } else { Err(Code::BoxMismatch) }
        );
    }
}

#[test]
fn a_ballot_voided_by_self_rating_stays_void_when_its_elector_withdraws() {
    let mut rules = named(one_seat());
    rules.vote.self_rating = SelfRating::Voids;
    let mut story = polling(rules, 4);
    story.choice = Some(Box::new(|_, elector, paper| {
        let others = paper
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != elector || elector == 0);
        Some(
            others
                .map(|(place, id)| (id.clone(), 9 - i64::try_from(place).unwrap()))
                .collect(),
        )
    }));
    story.vote().unwrap();
    withdraw(&mut story, 0).unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    let invalid = &story.desk.competition.as_ref().unwrap().rounds()[0]
        .counted()
        .unwrap()
        .invalid;
    assert_eq!(invalid.len(), 1);
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn presence_at_the_opening_is_of_poll_day() {
    let mut story = listed(one_seat(), 3);
    let presence = Attendance {
        slot: Slot::Cec,
        at: Moment::Opening,
    };
    refused(by_member(&mut story, Slot::Cec, presence), Code::NotPollTime);
    story.prepare().unwrap();
    let day = story.poll.day.plus_days(1);
    let poll = Poll {
        day,
        opens_at: day.at(9, 0),
        closes_at: day.at(18, 0),
        ..story.poll.clone()
    };
    by_organiser(
        &mut story,
        PollDayMoved {
            poll: poll.clone(),
            reason: "no light".into(),
        },
    )
    .unwrap();
    story.desk.set_now(poll.opens_at);
    refused(
        story.members_state(PollingOpened {
            closes_at: poll.closes_at,
        }),
        Code::Attendance,
    );
}

#[test]
fn one_struck_before_polling_is_not_on_the_roll() {
    let mut story = listed(one_seat(), 4);
    withdraw(&mut story, 0).unwrap();
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story.choice = Some(Box::new(|_, elector, _| {
        (elector > 0).then(|| BTreeMap::from([(id(0), 9), (id(2), 5)]))
    }));
    story.vote().unwrap();
    story.voted = vec![0, 2, 3];
    refused(story.close_polling(), Code::BadRoll);
    story.voted = vec![1, 2, 3];
    let act = story.closing().unwrap();
    story.members_state(act).unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    assert_eq!(elected(&story), [(id(2), By::Vote)]);
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn a_repeat_vote_can_be_valid_however_few_are_tied() {
    let mut rules = one_seat();
    rules.vote.min_rated = 3;
    let mut story = listed(rules, 4);
    vote_like(&mut story, &[&[9, 9, 5, 1], &[3, 7]]);
    story.round().unwrap();
    story.count().unwrap();
    assert_eq!(elected(&story), [(id(1), By::RepeatVote)]);
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn ballots_of_returned_cards_make_no_turnout() {
    let mut rules = one_seat();
    rules.min_turnout_percent = Some(50);
    let mut story = polling(rules, 4);
    story.choice = Some(Box::new(|_, elector, _| {
        (elector == 0).then(|| BTreeMap::from([(id(0), 9)]))
    }));
    story.vote().unwrap();
    let stolen = story.cards[5].key(&story.desk.origin(), 1);
    let ballot = story.ballot(&stolen, BTreeMap::from([(id(1), 9)])).unwrap();
    story.desk.submit(ballot).unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    assert_eq!(story.desk.competition.as_ref().unwrap().failed(), Some("turnout"));
}

#[test]
fn an_announcement_names_four_bodies_and_no_run_of_its_own() {
    let mut story = story(one_seat(), 3, false);
    let own = story.desk.origin();
    refused(
        announce_with(&mut story, |act, _| {
            act.members[1].body = format!(" {} ", act.members[0].body)
        }),
        Code::Members,
    );
    refused(
        announce_with(&mut story, |act, _| act.reruns = Some(own)),
        Code::BadPayload,
    );
    refused(
        announce_with(&mut story, |_, header| header.phase = Some(Phase::Intake)),
        Code::BadPayload,
    );
    announce_with(&mut story, |act, _| {
        act.reruns = Some("esep.example/commission-2025".into())
    })
    .unwrap();
}

#[test]
fn one_who_comes_to_the_closing_after_all_is_not_absent() {
    let mut story = polling(one_seat(), 3);
    story.vote().unwrap();
    story.attest_absence(&[Slot::Cec], Duty::Closing).unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    refused(story.attest_absence(&[Slot::Cec], Duty::Ballots), Code::NotAbsent);
}

#[test]
fn a_new_member_is_present_in_person() {
    let mut story = polling(one_seat(), 3);
    story.vote().unwrap();
    for slot in Slot::ALL {
        by_member(
            &mut story,
            slot,
            Attendance {
                slot,
                at: Moment::Closing,
            },
        )
        .unwrap();
    }
    let new = fresh();
    let act = MemberReplaced {
        slot: Slot::Cec,
        person: "Сатаров Темир".into(),
        enrolment: Enrolment::make(&new, &story.desk.origin(), &Slot::Cec.role()),
        reason: "illness".into(),
    };
    by_slots(&mut story, &Slot::ALL[..3], act).unwrap();
    story.cast.members[3] = new;
    story.desk.set_now(story.poll.closes_at);
    let act = story.closing().unwrap();
    refused(story.members_state(act.clone()), Code::Attendance);
    by_member(
        &mut story,
        Slot::Cec,
        Attendance {
            slot: Slot::Cec,
            at: Moment::Closing,
        },
    )
    .unwrap();
    story.members_state(act).unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    story.count().unwrap();
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn an_organisation_without_a_number_counts_for_nothing() {
    let organisation = |number: &str| Organisation {
        name: "Бирикме".into(),
        number: number.into(),
        form: Form::Foundation,
        state_body: false,
        state_founder: false,
    };
    assert_eq!(
        counting_organisations(&[organisation("1"), organisation(" "), organisation("2")]).0,
        2
    );
}

#[test]
fn a_new_key_for_an_association_needs_a_stored_letter() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    story.nominate(0).unwrap();
    let subject = story.applicants[0].key.public().id().to_string();
    let unsent = opening("letter", &subject, json!(Digest::of(b"never sent")));
    let act = AssociationKeyReplaced {
        nomination: story.applicants[0].nomination.unwrap(),
        association: Enrolment::make(&fresh(), &story.desk.origin(), "association"),
        letter: story.desk.store_opening(unsent).unwrap(),
    };
    refused(by_organiser(&mut story, act), Code::DocumentMissing);
}

#[test]
fn a_card_of_an_earlier_round_serves_in_no_role() {
    let mut story = tie_again(one_seat());
    story.round().unwrap();
    assert_eq!(phase(&mut story), Phase::Listed);
    let old = card(&story, 5);
    let enrolment = Enrolment::make(&old, &story.desk.origin(), "observer");
    let name = "Байкоочу".to_owned();
    refused(by_organiser(&mut story, ObserverAdmitted { name, enrolment }), Code::KeyInUse);
}

#[test]
fn an_association_that_nominates_again_may_bring_the_same_keys() {
    let mut story = story(named(one_seat()), 3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    story.nominate(0).unwrap();
    story.applicants[1].own = story.applicants[0].own.clone();
    refused(story.nominate(1), Code::KeyInUse);
    withdraw(&mut story, 0).unwrap();
    refused(story.nominate(1), Code::KeyInUse);
    story.nominate(0).unwrap();
}

// The announcement.

#[test]
fn announcements_that_cannot_be() {
    let mut story = story(one_seat(), 3, false);
    let nobody = story.cast.members[0].clone();
    let mut envelope = story.desk_header_act(None);
    envelope.sign(&nobody);
    refused(story.desk.submit(envelope), Code::UnknownKey);
    refused(
        announce_with(&mut story, |_, header| header.competition = "esep.example/other".into()),
        Code::WrongCompetition,
    );
    refused(
        announce_with(&mut story, |_, header| header.round = Some(1)),
        Code::BadPayload,
    );
    refused(
        announce_with(&mut story, |act, _| act.rule_set.min_signatures = 1),
        Code::BadRules,
    );
    refused(
        announce_with(&mut story, |act, _| act.log_key = nobody.public().id()),
        Code::LogKey,
    );
    refused(
        announce_with(&mut story, |act, _| act.rehearsal = true),
        Code::Rehearsal,
    );
    let origin = story.desk.origin();
    let test = esep::crypto::test_keys::test_key(3);
    let enrolment = Enrolment::make(&test, &origin, &Slot::Cec.role());
    refused(
        announce_with(&mut story, |act, _| act.members[3].enrolment = enrolment),
        Code::TestKey,
    );
    refused(
        announce_with(&mut story, |act, _| act.published = act.published.plus_days(-1)),
        Code::BadDates,
    );
    refused(
        announce_with(&mut story, |act, _| act.published = act.published.plus_days(32)),
        Code::BadDates,
    );
    refused(
        announce_with(&mut story, |act, _| {
            act.intake_last_day = act.intake_last_day.plus_days(1)
        }),
        Code::BadDates,
    );
    refused(
        announce_with(&mut story, |act, _| act.members.swap(0, 1)),
        Code::Members,
    );
    refused(
        announce_with(&mut story, |act, _| act.members[1].person = "жапарова  АЙСУЛУУ".into()),
        Code::Members,
    );
    let wrong = Enrolment::make(&nobody, &origin, &Slot::Cec.role());
    refused(
        announce_with(&mut story, |act, _| act.members[0].enrolment = wrong),
        Code::BadPossession,
    );
    refused(
        announce_with(&mut story, |act, _| act.outlet = " ".into()),
        Code::TextLength,
    );
    refused(
        announce_with(&mut story, |act, _| act.outlet = "а".repeat(4001)),
        Code::TextLength,
    );
    announce_with(&mut story, |act, _| act.outlet = "а".repeat(4000)).unwrap();
    refused(announce_with(&mut story, |_, _| ()), Code::AlreadyAnnounced);
    let mut early = self::story(one_seat(), 3, false);
    refused(by_organiser_first(&mut early), Code::NoCompetition);
}

trait FirstWords {
    fn desk_header_act(&mut self, act: Option<Act>) -> esep::crypto::dsse::Envelope;
}

impl FirstWords for Played {
    fn desk_header_act(&mut self, act: Option<Act>) -> esep::crypto::dsse::Envelope {
        self.desk.set_now(self.plan.day.at(10, 0));
        let header = Header {
            competition: self.desk.origin(),
            nonce: nonce(),
            rules: None,
            candidates: None,
            round: None,
            head: None,
            phase: None,
            not_after: None,
        };
        Statement::write(&header, &act.unwrap_or_else(|| self.announcement().into())).unwrap()
    }
}

fn by_organiser_first(story: &mut Played) -> Result<Answer, Turned> {
    let act = Annulment {
        reason: "before anything".into(),
        outside_act: None,
    };
    let mut envelope = story.desk_header_act(Some(act.into()));
    envelope.sign(&story.cast.organiser);
    story.desk.submit(envelope)
}

#[test]
fn poll_day_is_10_to_20_days_after_intake() {
    for (days, allowed) in [(9, false), (10, true), (20, true), (21, false)] {
        let mut story = story(one_seat(), 3, false);
        let played = announce_with(&mut story, |act, _| {
            let day = act.intake_last_day.plus_days(days);
            act.poll = Poll {
                day,
                opens_at: day.at(9, 0),
                closes_at: day.at(24, 0),
                place: "Ош".into(),
            };
        });
        if allowed {
            played.unwrap();
        } else {
            refused(played, Code::PollDay);
        }
    }
    let mut story = story(one_seat(), 3, false);
    refused(
        announce_with(&mut story, |act, _| act.poll.closes_at = act.poll.day.at(24, 1)),
        Code::PollDay,
    );
    refused(
        announce_with(&mut story, |act, _| act.poll.closes_at = act.poll.opens_at),
        Code::PollDay,
    );
}

// Intake.

#[test]
fn intake_ends_at_midnight_and_begins_on_the_day_of_publication() {
    let mut story = story(one_seat(), 3, false);
    announce_with(&mut story, |act, _| {
        act.published = act.published.plus_days(2);
        act.intake_last_day = act.published.plus_months(1);
        act.poll.day = act.intake_last_day.plus_days(12);
        act.poll.opens_at = act.poll.day.at(9, 0);
        act.poll.closes_at = act.poll.day.at(18, 0);
    })
    .unwrap();
    let (first, last) = {
        let state = story.desk.competition.as_ref().unwrap();
        (state.announcement().published.start(), state.intake_last_day().end())
    };
    story.desk.set_now(first.plus_seconds(-1));
    refused(story.nominate(0), Code::IntakeNotOpen);
    story.desk.set_now(first);
    story.nominate(0).unwrap();
    story.desk.set_now(last.plus_seconds(-1));
    story.nominate(1).unwrap();
    story.desk.set_now(last);
    refused(story.nominate(2), Code::IntakeClosed);
    let amendment = amend(&mut story, 0);
    refused(amendment, Code::IntakeClosed);
}

/// The association sends its resume anew.
fn amend(story: &mut Played, index: usize) -> Result<Answer, Turned> {
    let nomination = story.applicants[index].nomination.unwrap();
    let key = story.applicants[index].key.clone();
    let resume = story
        .desk
        .store_document(format!("resume of {index}, again").into_bytes())
        .unwrap();
    let made = opening("resume", &key.public().id().to_string(), json!(resume));
    let fields = BTreeMap::from([(Field::Resume, story.desk.store_opening(made).unwrap())]);
    story.state(&key, Amendment { nomination, fields })
}

#[test]
fn extensions_have_limits() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    let last = story.desk.competition.as_ref().unwrap().intake_last_day();
    let extend = |story: &mut Played, days: i64| {
        let (last_day, day) = (last.plus_days(days), last.plus_days(days + 10));
        let poll = Poll {
            day,
            opens_at: day.at(9, 0),
            closes_at: day.at(18, 0),
            place: "Ош".into(),
        };
        by_organiser(
            story,
            Extension {
                last_day,
                poll,
                reason: "late newspaper".into(),
            },
        )
    };
    refused(extend(&mut story, 0), Code::BadExtension);
    refused(extend(&mut story, 15), Code::BadExtension);
    story.desk.set_now(last.end());
    refused(extend(&mut story, 1), Code::IntakeClosed);
    story.desk.set_now(last.end().plus_seconds(-1));
    extend(&mut story, 14).unwrap();
    refused(extend(&mut story, 14), Code::TooManyExtensions);
    // It holds for all.
    story.desk.set_now(last.plus_days(14).end().plus_seconds(-1));
    story.nominate(0).unwrap();
}

#[test]
fn nominations_that_are_refused() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    let name = story.applicants[0].fields.remove(&Field::Name).unwrap();
    refused(story.nominate(0), Code::NominationFields);
    story.applicants[0].fields.insert(Field::Name, name);
    story.applicants[0]
        .fields
        .insert(Field::Letter, json!(Digest::of(b"never sent")));
    refused(story.nominate(0), Code::DocumentMissing);
    story.nominate(1).unwrap();
    // R7: the same key again.
    refused(story.nominate(1), Code::SecondNomination);
    let (first, second) = (story.applicants[1].nomination.unwrap(), story.applicants[2].key.clone());
    story.nominate(2).unwrap();
    refused(story.state(&second, Withdrawal { nomination: first }), Code::WrongRole);
    refused(
        story.state(
            &second,
            Withdrawal {
                nomination: Digest::ZERO,
            },
        ),
        Code::NoNomination,
    );
    withdraw(&mut story, 1).unwrap();
    refused(withdraw(&mut story, 1), Code::NominationOver);
    story.nominate(1).unwrap();
    // Of another role.
    let organiser = story.cast.organiser.clone();
    refused(
        story.state(&organiser, Withdrawal { nomination: first }),
        Code::WrongRole,
    );
    story.applicants[3].key = organiser;
    refused(story.nominate(3), Code::KeyInUse);
    amend(&mut story, 2).unwrap();
}

#[test]
fn age_is_that_of_the_last_day_of_intake() {
    // Intake ends on 1 October 2026.
    for (birth, rules) in [("2001-10-01", None), ("2001-10-02", Some(())), ("2000-02-29", None)] {
        let mut story = story(one_seat(), 3, false);
        story.applicants[0].fields.insert(Field::BirthDate, json!(birth));
        story.announce().unwrap();
        story.intake().unwrap();
        let right = rules.map(|()| ("R10", Reason::TooYoung));
        let wrong = if rules.is_some() {
            None
        } else {
            Some(("R10", Reason::TooYoung))
        };
        refused(story.screen(0, wrong), Code::ContradictsFacts);
        story.screen(0, right).unwrap();
    }
}

#[test]
fn one_born_on_29_february_is_25_on_1_march() {
    for (published, young) in [("2025-01-28", true), ("2025-02-01", false)] {
        let mut story = story(one_seat(), 3, false);
        story.plan.day = published.parse().unwrap();
        story.applicants[0].fields.insert(Field::BirthDate, json!("2000-02-29"));
        let last = story.plan.day.plus_months(1);
        announce_with(&mut story, |act, _| {
            act.intake_last_day = last;
            let day = last.plus_days(12);
            act.poll = Poll {
                day,
                opens_at: day.at(9, 0),
                closes_at: day.at(18, 0),
                place: "Ош".into(),
            };
        })
        .unwrap();
        story.nominate(0).unwrap();
        story.desk.set_now(last.end());
        let right = young.then_some(("R10", Reason::TooYoung));
        let wrong = if young { None } else { Some(("R10", Reason::TooYoung)) };
        refused(story.screen(0, wrong), Code::ContradictsFacts);
        story.screen(0, right).unwrap();
    }
}

#[test]
fn documents_may_come_until_the_end() {
    let mut story = story(one_seat(), 3, false);
    let bare = story
        .applicants
        .iter()
        .position(|one| one.oddity == Trait::DocumentMissing)
        .unwrap();
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    story.nominate(bare).unwrap();
    amend(&mut story, bare).unwrap();
    amend(&mut story, bare).unwrap();
    let last = story.desk.competition.as_ref().unwrap().intake_last_day();
    story.desk.set_now(last.end());
    refused(
        story.screen(bare, Some(("R20", Reason::DocumentMissing))),
        Code::ContradictsFacts,
    );
    story.screen(bare, None).unwrap();
}

// Screening and the list.

#[test]
fn screening_that_is_refused() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.intake().unwrap();
    let nomination = story.applicants[0].nomination.unwrap();
    refused(
        by_organiser(
            &mut story,
            ScreeningDecision {
                nomination,
                decisions: Vec::new(),
            },
        ),
        Code::DecisionShape,
    );
    let unknown = SCREENED
        .map(|rule| RuleDecision {
            rule: rule.into(),
            decision: Digest::ZERO,
        })
        .to_vec();
    refused(
        by_organiser(
            &mut story,
            ScreeningDecision {
                nomination,
                decisions: unknown,
            },
        ),
        Code::DocumentMissing,
    );
    let (subject, value) = (
        nomination.to_string(),
        json!({ "finding": "met", "reason": "in_order" }),
    );
    let same = story
        .desk
        .store_opening(opening("screening/R8", &subject, value))
        .unwrap();
    let decisions = SCREENED
        .map(|rule| RuleDecision {
            rule: rule.into(),
            decision: same,
        })
        .to_vec();
    refused(
        by_organiser(&mut story, ScreeningDecision { nomination, decisions }),
        Code::BadOpening,
    );
    let (key, reason) = (story.applicants[0].key.clone(), same);
    refused(
        story.state(
            &key,
            Appeal {
                nomination,
                text: reason,
            },
        ),
        Code::AppealWindow,
    );
    refused(
        by_organiser(
            &mut story,
            AppealDecided {
                nomination,
                upheld: true,
                reason,
            },
        ),
        Code::NoAppeal,
    );
    let wrong = ContestDecided {
        nominations: vec![nomination],
        stands: nomination,
        reason,
    };
    refused(by_organiser(&mut story, wrong), Code::NoContest);
    refused(contest(&mut story, 0, 1), Code::NoContest);
    let withdrawn = story
        .applicants
        .iter()
        .position(|one| one.oddity == Trait::Withdraws)
        .unwrap();
    refused(story.screen(withdrawn, None), Code::NominationOver);
    story.screen(0, None).unwrap();
    let text = committed(&mut story, "appeal", &nomination.to_string());
    let end = story.desk.now().date().plus_days(3).end();
    story.desk.set_now(end);
    refused(story.state(&key, Appeal { nomination, text }), Code::AppealWindow);
    story.desk.set_now(end.plus_seconds(-1));
    story.state(&key, Appeal { nomination, text }).unwrap();
    refused(story.screen(0, None), Code::ScreeningOpen);
}

#[test]
fn no_list_while_anything_is_open() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.intake().unwrap();
    refused(publish(&mut story, &[0, 1, 2]), Code::ScreeningOpen);
    let loser = story
        .applicants
        .iter()
        .position(|one| one.oddity == Trait::Contested)
        .unwrap();
    // Everybody is decided, and so is the contesting one, but not the contest.
    for (index, rule) in [(3, "R10"), (4, "R8"), (5, "R20"), (6, "R11"), (7, "R14")] {
        story.screen(index, Some((rule, Reason::DocumentUnfit))).unwrap();
    }
    for index in [0, 1, 2, loser] {
        story.screen(index, None).unwrap();
    }
    refused(publish(&mut story, &[0, 1, 2]), Code::ContestOpen);
    contest(&mut story, 0, loser).unwrap();
    refused(contest(&mut story, 0, loser), Code::NominationOver);
    let decided = story.desk.now();
    let file = story.list_file().unwrap();
    refused(story.publish_list(&file), Code::ScreeningOpen);
    story.desk.set_now(decided.date().plus_days(3).end().plus_seconds(-1));
    // The loser appeals, and wins.
    let (nomination, key) = (
        story.applicants[loser].nomination.unwrap(),
        story.applicants[loser].key.clone(),
    );
    let text = committed(&mut story, "appeal", &nomination.to_string());
    story.state(&key, Appeal { nomination, text }).unwrap();
    story.desk.set_now(decided.plus_hours(24 * 9));
    refused(story.publish_list(&file), Code::ScreeningOpen);
    let reason = committed(&mut story, "appeal_decided", &nomination.to_string());
    by_organiser(
        &mut story,
        AppealDecided {
            nomination,
            upheld: true,
            reason,
        },
    )
    .unwrap();
    refused(publish(&mut story, &[0, 1, 2]), Code::ScreeningOpen);
    contest(&mut story, loser, 0).unwrap();
    story.screen(loser, None).unwrap();
    refused(publish(&mut story, &[0, 1, 2]), Code::ListMismatch);
    refused(publish(&mut story, &[1, 2]), Code::ListMismatch);
    assert_proved(&story);
}

#[test]
fn lists_that_are_refused() {
    let mut rules = one_seat();
    rules.eligibility.expunged_conviction = OnDoubt::Flag;
    let mut story = story(rules, 4, false);
    story.applicants[3].fields.insert(Field::Name, json!("ЛИ  Виктор"));
    let loser = story
        .applicants
        .iter()
        .position(|one| one.oddity == Trait::Contested)
        .unwrap();
    story.applicants[loser].fields.remove(&Field::Letter);
    story.announce().unwrap();
    story.intake().unwrap();
    story.desk.set_now(story.desk.now().plus_hours(9));
    for index in 0..4 {
        story.screen(index, None).unwrap();
    }
    for (index, rule) in [
        (4, "R10"),
        (5, "R8"),
        (6, "R20"),
        (7, "R11"),
        (8, "R14"),
        (loser, "R18"),
    ] {
        story.screen(index, Some((rule, Reason::DocumentUnfit))).unwrap();
    }
    story.desk.set_now(story.desk.now().plus_hours(24 * 5));
    let file = story.list_file().unwrap();
    let unsent = Attachment {
        sha256: Digest::ZERO,
        bytes: 1,
    };
    refused(
        by_organiser(&mut story, CandidateList { list: unsent, count: 4 }),
        Code::AttachmentMissing,
    );
    let list = story.desk.attach(b"{}".to_vec()).unwrap();
    refused(
        by_organiser(
            &mut story,
            CandidateList {
                list: list.clone(),
                count: 0,
            },
        ),
        Code::BadAttachment,
    );
    let longer = Attachment { bytes: 3, ..list };
    refused(
        by_organiser(&mut story, CandidateList { list: longer, count: 0 }),
        Code::BadAttachment,
    );
    refused(story.publish_list(&file), Code::MemberIsCandidate);
    // The member is replaced; a candidate may not become one either, once listed.
    let (new, origin) = (fresh(), story.desk.origin());
    let replaced = |person: &str, key: &SecretKey| MemberReplaced {
        slot: Slot::Cec,
        person: person.into(),
        enrolment: Enrolment::make(key, &origin, &Slot::Cec.role()),
        reason: "is a candidate".into(),
    };
    refused(
        by_member(&mut story, Slot::Ombudsman, replaced("Сатаров Темир", &new)),
        Code::TooFewSigners,
    );
    refused(
        by_slots(&mut story, &Slot::ALL, replaced("Сатаров Темир", &new)),
        Code::TooFewSigners,
    );
    refused(
        by_member(&mut story, Slot::Cec, replaced("мамбетов Эркин", &new)),
        Code::Members,
    );
    let organiser = story.cast.organiser.clone();
    refused(
        by_member(&mut story, Slot::Cec, replaced("Сатаров Темир", &organiser)),
        Code::KeyInUse,
    );
    by_member(&mut story, Slot::Cec, replaced("Сатаров Темир", &new)).unwrap();
    refused(
        by_member(&mut story, Slot::Cec, replaced("Ли Виктор", &fresh())),
        Code::UnknownKey,
    );
    story.cast.members[3] = new;
    let change = |story: &mut Played, change: &dyn Fn(&mut ListFile)| {
        let mut changed = file.clone();
        change(&mut changed);
        story.publish_list(&changed)
    };
    refused(
        change(&mut story, &|file| file.candidates.swap(0, 1)),
        Code::ListMismatch,
    );
    refused(
        change(&mut story, &|file| drop(file.candidates.pop())),
        Code::ListMismatch,
    );
    refused(
        change(&mut story, &|file| file.competition = "esep.example/other".into()),
        Code::ListMismatch,
    );
    refused(
        change(&mut story, &|file| file.candidates[0].nomination = Digest::ZERO),
        Code::NoNomination,
    );
    refused(
        change(&mut story, &|file| file.candidates[0].name.value = json!("Башка Адам")),
        Code::BadOpening,
    );
    let entry = |story: &Played, index: usize| {
        let applicant = &story.applicants[index];
        let open = |field: Field| {
            let opening = &applicant.openings[&field];
            Disclosed {
                salt: opening.salt,
                value: opening.value.clone(),
            }
        };
        ListedFile {
            id: id(40 + index),
            nomination: applicant.nomination.unwrap(),
            name: open(Field::Name),
            association: open(Field::Association),
            organisations: open(Field::Organisations),
        }
    };
    let (two, letterless, young) = (entry(&story, 5), entry(&story, loser), entry(&story, 4));
    refused(
        change(&mut story, &|file| file.candidates.push(two.clone())),
        Code::TooFewOrganisations,
    );
    refused(
        change(&mut story, &|file| file.candidates.push(letterless.clone())),
        Code::TwoPerAssociation,
    );
    refused(
        change(&mut story, &|file| file.candidates.push(young.clone())),
        Code::ListMismatch,
    );
    story.publish_list(&file).unwrap();
    refused(
        by_member(&mut story, Slot::Cec, replaced("Ли Виктор", &fresh())),
        Code::MemberIsCandidate,
    );
    // One that was not admitted has nothing to withdraw from.
    refused(withdraw(&mut story, 4), Code::NominationOver);
    assert_proved(&story);
}

#[test]
fn an_organisation_in_two_associations_is_a_flag_or_a_refusal() {
    for (rule, refuses) in [(OnDoubt::Flag, false), (OnDoubt::Refuse, true)] {
        let mut rules = one_seat();
        rules.eligibility.organisation_in_many_associations = rule;
        let mut story = story(rules, 3, false);
        let shared = story.applicants[0].fields[&Field::Organisations][0].clone();
        story.applicants[1].fields.get_mut(&Field::Organisations).unwrap()[0] = shared;
        story.announce().unwrap();
        story.intake().unwrap();
        let against = Some(("R8", Reason::OrganisationElsewhere));
        story.screen(1, against).unwrap();
        if refuses {
            refused(story.screen(1, None), Code::ContradictsFacts);
        } else {
            // A person settles a flag either way.
            story.screen(1, None).unwrap();
        }
    }
}

#[test]
fn organisations_are_counted_once_and_some_not_at_all() {
    let organisation = |number: &str, form: Form, state: bool, founder: bool| Organisation {
        name: "Бирикме".into(),
        number: number.into(),
        form,
        state_body: state,
        state_founder: founder,
    };
    let good = |number: &str| organisation(number, Form::Foundation, false, false);
    let (one, two) = (good("1"), good("2"));
    let count = |third: Organisation| counting_organisations(&[one.clone(), two.clone(), third]);
    assert_eq!(count(good("3")), (3, false));
    assert_eq!(count(good("2 ")), (2, false));
    assert_eq!(count(organisation("3", Form::Other, false, false)), (2, false));
    assert_eq!(count(organisation("3", Form::Institution, false, true)), (2, false));
    assert_eq!(
        count(organisation("3", Form::PublicAssociation, true, false)),
        (2, false)
    );
    assert_eq!(
        count(organisation("3", Form::PublicAssociation, false, true)),
        (3, true)
    );
}

#[test]
fn nobody_or_one_candidate_fails() {
    for admitted in [0, 1] {
        let mut story = story(one_seat(), 2, false);
        story.announce().unwrap();
        story.intake().unwrap();
        let not: Vec<_> = (admitted..2)
            .map(|index| (index, "R12", Reason::NoHigherEducation))
            .collect();
        screened(&mut story, &not);
        let listed: Vec<_> = (0..admitted).collect();
        publish(&mut story, &listed).unwrap();
        assert_eq!(
            story.desk.competition.as_ref().unwrap().failed(),
            Some("too_few_candidates")
        );
        assert_eq!(assert_proved(&story), "failed");
    }
}

// Polling.

#[test]
fn what_every_statement_must_name() {
    let mut story = listed(one_seat(), 3);
    let (cec, slot) = (story.cast.member(Slot::Cec).clone(), Slot::Cec);
    let act: Act = LotCommitted {
        slot,
        commitment: Digest::of(b"mine"),
    }
    .into();
    let good = story.header().unwrap();
    let mut send = |change: &dyn Fn(&mut Header)| {
        let mut header = good.clone();
        change(&mut header);
        let mut envelope = Statement::write(&header, &act).unwrap();
        envelope.sign(&cec);
        story.desk.submit(envelope)
    };
    refused(
        send(&|header| header.competition = "esep.example/other".into()),
        Code::WrongCompetition,
    );
    refused(send(&|header| header.rules = Some(Digest::ZERO)), Code::WrongRules);
    refused(send(&|header| header.rules = None), Code::WrongRules);
    refused(send(&|header| header.candidates = None), Code::WrongList);
    refused(send(&|header| header.round = Some(2)), Code::WrongRound);
    refused(send(&|header| header.round = None), Code::WrongRound);
    refused(send(&|header| header.phase = Some(Phase::Listed)), Code::DraftHead);
    send(&|_| ()).unwrap();
    refused(send(&|_| ()), Code::Duplicate);
    refused(send(&|header| header.nonce = nonce()), Code::Duplicate);
    // What cannot be read.
    let mut envelope = story.write(act.clone()).unwrap();
    envelope.payload_type = "application/vnd.esep.nothing.v1+json".into();
    envelope.sign(&cec);
    refused(story.desk.submit(envelope), Code::UnknownKind);
    let mut envelope = story.write(act.clone()).unwrap();
    envelope.payload.push(b' ');
    envelope.sign(&cec);
    refused(story.desk.submit(envelope), Code::NotCanonical);
    let mut envelope = story.write(act.clone()).unwrap();
    envelope.payload_type = Kind::LotRevealed.payload_type();
    envelope.sign(&cec);
    refused(story.desk.submit(envelope), Code::BadPayload);
    let long = Objection {
        slot,
        text: "а".repeat(30_000),
        ballot: None,
    };
    let mut envelope = story.write(long).unwrap();
    envelope.sign(&cec);
    refused(story.desk.submit(envelope), Code::TooLarge);
    let mut envelope = story.write(act.clone()).unwrap();
    refused(story.desk.submit(envelope.clone()), Code::BadSignature);
    envelope.sign(&cec);
    envelope.signatures[0].keyid = story.cast.organiser.public().id();
    refused(story.desk.submit(envelope), Code::BadSignature);
    refused(by_organiser(&mut story, act.clone()), Code::WrongRole);
    refused(by_member(&mut story, Slot::Ombudsman, act), Code::WrongSlot);
    refused(
        by_member(
            &mut story,
            Slot::Ombudsman,
            LotCommitted {
                slot: Slot::Ombudsman,
                commitment: Digest::of(b"mine"),
            },
        ),
        Code::EqualCommitments,
    );
}

#[test]
fn drafts_do_not_outlive_what_they_were_written_against() {
    let mut story = listed(one_seat(), 3);
    story.desk.set_now(story.poll.opens_at.plus_minutes(-30));
    let keys: Vec<_> = (0..4).map(|_| fresh().public().clone()).collect();
    let cards = story.key_list(&keys).unwrap();
    let act = || CardsPrepared { cards: cards.clone() };
    refused(by_slots(&mut story, &Slot::ALL[..2], act()), Code::TooFewSigners);
    refused(by_slots(&mut story, &[Slot::Cec], act()), Code::DraftHead);
    let [a, b, c, d] = Slot::ALL;
    refused(by_slots(&mut story, &[a, c, b], act()), Code::SignersOrder);
    refused(by_slots(&mut story, &[a, a, b], act()), Code::SignersOrder);
    let unsigned = story.write(act()).unwrap();
    let all = story.cast.members.clone();
    let signers: Vec<_> = all.iter().collect();
    refused(story.desk.submit_shared(unsigned, &signers), Code::DraftHead);
    let stale = story.write_shared(act()).unwrap();
    by_member(
        &mut story,
        d,
        Attendance {
            slot: d,
            at: Moment::Opening,
        },
    )
    .unwrap();
    refused(story.desk.submit_shared(stale, &signers), Code::StaleHead);
    let late = story.write_shared(act()).unwrap();
    let now = story.desk.now();
    story.desk.set_now(now.plus_hours(2).plus_seconds(1));
    refused(story.desk.submit_shared(late.clone(), &signers), Code::DraftExpired);
    story.desk.set_now(now.plus_hours(2));
    story.desk.submit_shared(late, &signers).unwrap();
    refused(story.members_state(act()), Code::Duplicate);
}

#[test]
fn preparations_that_are_refused() {
    let mut story = listed(one_seat(), 3);
    let opens = story.poll.opens_at;
    story.desk.set_now(opens);
    let closes_at = story.poll.closes_at;
    refused(story.members_state(PollingOpened { closes_at }), Code::Attendance);
    for slot in Slot::ALL {
        by_member(
            &mut story,
            slot,
            Attendance {
                slot,
                at: Moment::Opening,
            },
        )
        .unwrap();
    }
    refused(
        by_member(
            &mut story,
            Slot::Cec,
            Attendance {
                slot: Slot::Cec,
                at: Moment::Opening,
            },
        ),
        Code::Duplicate,
    );
    refused(
        by_member(
            &mut story,
            Slot::Cec,
            Attendance {
                slot: Slot::Cec,
                at: Moment::Closing,
            },
        ),
        Code::WrongPhase,
    );
    refused(story.members_state(PollingOpened { closes_at }), Code::NoCards);
    let two = story
        .key_list(&[fresh().public().clone(), fresh().public().clone()])
        .unwrap();
    refused(
        story.members_state(CardsPrepared { cards: two.clone() }),
        Code::TooFewCards,
    );
    refused(
        story.members_state(CardsPrepared {
            cards: KeyList { count: 3, ..two },
        }),
        Code::BadAttachment,
    );
    let unsent = KeyList {
        sha256: Digest::of(b"unsent"),
        count: 3,
    };
    refused(
        story.members_state(CardsPrepared { cards: unsent }),
        Code::AttachmentMissing,
    );
    let member = story.cast.members[0].public().clone();
    let mixed = story
        .key_list(&[fresh().public().clone(), fresh().public().clone(), member])
        .unwrap();
    refused(story.members_state(CardsPrepared { cards: mixed }), Code::KeyInUse);
    let cards: Vec<_> = (0..4).map(|_| fresh().public().clone()).collect();
    let cards = story.key_list(&cards).unwrap();
    story.members_state(CardsPrepared { cards }).unwrap();
    refused(story.members_state(PollingOpened { closes_at }), Code::LotNotCommitted);
    for slot in Slot::ALL {
        let commitment = Digest::of(slot.as_str().as_bytes());
        by_member(&mut story, slot, LotCommitted { slot, commitment }).unwrap();
    }
    refused(
        story.members_state(PollingOpened {
            closes_at: closes_at.plus_minutes(1),
        }),
        Code::NotPollTime,
    );
    story.desk.set_now(opens.plus_seconds(-1));
    refused(story.members_state(PollingOpened { closes_at }), Code::NotPollTime);
    story.desk.set_now(closes_at);
    refused(story.members_state(PollingOpened { closes_at }), Code::NotPollTime);
    story.desk.set_now(closes_at.plus_seconds(-1));
    story.members_state(PollingOpened { closes_at }).unwrap();
}

#[test]
fn ballots_at_the_door_and_in_the_count() {
    let mut rules = RuleSet::commission_2014_marks(1, 2);
    rules.seats = 1;
    let mut story = listed(rules, 8);
    story.prepare().unwrap();
    let early = card(&story, 0);
    let ballot = story.ballot(&early, marks(&[0])).unwrap();
    refused(story.desk.submit(ballot), Code::WrongPhase);
    story.open_polling().unwrap();
    // Blank, over-voted, out of range, for someone not on the paper: accepted, and invalid in the count.
    let odd = [
        marks(&[]),
        marks(&[0, 1, 2]),
        BTreeMap::from([(id(0), 2)]),
        marks(&[70]),
        BTreeMap::from([(id(0), -1)]),
    ];
    let mut rows = odd.to_vec();
    rows.push(marks(&[0, 1]));
    rows.push(marks(&[1]));
    story.choice = Some(Box::new(move |_, elector, _| rows.get(elector).cloned()));
    story.vote().unwrap();
    let key = card(&story, 7);
    let other = story.ballot(&key, marks(&[0])).unwrap();
    let mut wrong = other.clone();
    wrong.signatures.clear();
    wrong.sign(&card(&story, 8));
    refused(story.desk.submit(wrong), Code::BallotKeys);
    let stranger = story.ballot(&fresh(), marks(&[0])).unwrap();
    refused(story.desk.submit(stranger), Code::UnknownKey);
    let association = story.applicants[0].key.clone();
    let not_elector = story.ballot(&association, marks(&[0])).unwrap();
    refused(story.desk.submit(not_elector), Code::NotElector);
    let mut header = story.header().unwrap();
    header.round = Some(2);
    let act = BallotCast {
        keys: vec![key.public().id()],
        ratings: marks(&[0]),
    }
    .into();
    let mut next = Statement::write(&header, &act).unwrap();
    next.sign(&key);
    refused(story.desk.submit(next), Code::WrongRound);
    // Sent twice: the same ballot is the same ballot.
    let again = story.cast_ballots[0].clone();
    story.desk.submit(again).unwrap();
    let closes = story.poll.closes_at;
    story.desk.set_now(closes.plus_seconds(-1));
    refused(early_close(&mut story), Code::ClosingEarly);
    story.desk.set_now(closes);
    refused(story.desk.submit(other), Code::PollingOver);
    early_close(&mut story).unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    let counted = story.desk.competition.as_ref().unwrap().rounds()[0]
        .counted()
        .unwrap()
        .clone();
    assert_eq!((counted.count.valid, counted.invalid.len()), (2, 5));
    assert_eq!(elected(&story), [(id(1), By::Vote)]);
    story.certify().unwrap();
    assert_proved(&story);
}

fn card(story: &Played, number: usize) -> SecretKey {
    story.cards[number].key(&story.desk.origin(), 1)
}

fn marks(places: &[usize]) -> BTreeMap<CandidateId, i64> {
    places.iter().map(|place| (id(*place), 1)).collect()
}

/// Everybody is present at the closing, and polling is closed now.
fn early_close(story: &mut Played) -> Result<Answer, Turned> {
    for slot in Slot::ALL {
        let present = story.desk.competition.as_ref().unwrap().rounds()[0].present(Moment::Closing, slot);
        if !present {
            by_member(
                story,
                slot,
                Attendance {
                    slot,
                    at: Moment::Closing,
                },
            )?;
        }
    }
    let act = story.closing()?;
    story.members_state(act)
}

#[test]
fn polling_closes_early_only_when_everyone_has_voted() {
    let mut story = polling(one_seat(), 3);
    vote_like(&mut story, &[&[1, 2, 3]]);
    story.vote().unwrap();
    early_close(&mut story).unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn closings_that_are_refused() {
    let mut story = polling(one_seat(), 4);
    story.choice = Some(Box::new(|_, elector, _| {
        (elector < 2).then(|| BTreeMap::from([(id(0), 5)]))
    }));
    story.vote().unwrap();
    story.desk.set_now(story.poll.closes_at);
    let act = story.closing().unwrap();
    refused(story.members_state(act), Code::Attendance);
    for slot in Slot::ALL {
        by_member(
            &mut story,
            slot,
            Attendance {
                slot,
                at: Moment::Closing,
            },
        )
        .unwrap();
    }
    let mut close = |change: &dyn Fn(&mut PollingClosed, &mut Played)| {
        let mut act = story.closing().unwrap();
        change(&mut act, &mut story);
        story.members_state(act)
    };
    let roll = |text: &str, taken: u32| {
        let bytes = text.as_bytes().to_vec();
        move |act: &mut PollingClosed, story: &mut Played| {
            act.roll = story.desk.attach(bytes.clone()).unwrap();
            act.taken = taken;
        }
    };
    refused(
        close(&|act, _| act.roll.sha256 = Digest::of(b"unsent")),
        Code::AttachmentMissing,
    );
    refused(close(&|act, _| act.roll.bytes += 1), Code::BadAttachment);
    refused(close(&roll("c01\nc02", 2)), Code::BadAttachment);
    refused(close(&roll("c02\nc01\n", 2)), Code::BadRoll);
    refused(close(&roll("c01\nc01\n", 2)), Code::BadRoll);
    refused(close(&roll("c01\nc09\n", 2)), Code::BadRoll);
    refused(close(&roll("c01\nc02\n", 3)), Code::BadRoll);
    refused(close(&|act, _| act.box_count += 1), Code::BoxMismatch);
    refused(close(&|act, _| act.box_root = Digest::ZERO), Code::BoxMismatch);
    refused(close(&|act, _| act.spoiled = act.unused.clone()), Code::UnknownCards);
    refused(
        close(&|act, story| act.spoiled = story.key_list(&[fresh().public().clone()]).unwrap()),
        Code::UnknownCards,
    );
    close(&|_, _| ()).unwrap();
    // The box.
    let (first, last) = (Slot::ALL[0], Slot::ALL[3]);
    let reveal = Digest::from_bytes(story.nonces[&first]);
    refused(
        by_member(
            &mut story,
            first,
            LotRevealed {
                slot: first,
                reveal: Digest::ZERO,
            },
        ),
        Code::BadReveal,
    );
    by_member(&mut story, first, LotRevealed { slot: first, reveal }).unwrap();
    refused(
        by_member(&mut story, first, LotRevealed { slot: first, reveal }),
        Code::Duplicate,
    );
    let box_root = story.closing().unwrap().box_root;
    refused(
        story.members_state(BallotsOpened { box_root: Digest::ZERO }),
        Code::BoxMismatch,
    );
    refused(story.members_state(BallotsOpened { box_root }), Code::RevealsPending);
    let end = story.desk.now().plus_minutes(30);
    story.desk.set_now(end);
    refused(story.members_state(BallotsOpened { box_root }), Code::RevealsPending);
    story.desk.set_now(end.plus_seconds(1));
    let late = LotRevealed {
        slot: last,
        reveal: Digest::from_bytes(story.nonces[&last]),
    };
    refused(by_member(&mut story, last, late), Code::LateReveal);
    story.members_state(BallotsOpened { box_root }).unwrap();
    // Signatures over the ballots: all of them or none.
    let attached = |story: &mut Played, bytes: Vec<u8>| BallotsSigned {
        slot: first,
        box_root,
        signatures: story.desk.attach(bytes).unwrap(),
    };
    let ballots = story.desk.opened_ballots().unwrap();
    let mut good = esep::demo::story::sign_each(story.cast.member(first), &ballots);
    let short = attached(&mut story, good[..64].to_vec());
    refused(by_member(&mut story, first, short), Code::BallotSignatures);
    let mut other_box = attached(&mut story, good.clone());
    other_box.box_root = Digest::ZERO;
    refused(by_member(&mut story, first, other_box), Code::BoxMismatch);
    good.rotate_left(64);
    let swapped = attached(&mut story, good);
    refused(by_member(&mut story, first, swapped), Code::BallotSignatures);
    let mut unsent = attached(&mut story, Vec::new());
    unsent.signatures.sha256 = Digest::of(b"unsent");
    refused(by_member(&mut story, first, unsent), Code::AttachmentMissing);
    story.sign_all(first).unwrap();
    refused(story.sign_all(first), Code::SlotResolved);
    let dispute = |card: KeyId| CardDisputed {
        slot: first,
        card,
        text: "found it used".into(),
    };
    refused(
        by_member(&mut story, first, dispute(fresh().public().id())),
        Code::UnknownCards,
    );
    let used = card(&story, 0).public().id();
    by_member(&mut story, first, dispute(used)).unwrap();
    refused(
        by_member(
            &mut story,
            first,
            Objection {
                slot: first,
                text: String::new(),
                ballot: None,
            },
        ),
        Code::TextLength,
    );
    for slot in &Slot::ALL[1..] {
        story.sign_all(*slot).unwrap();
    }
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn a_ballot_with_a_returned_card_is_void_and_a_finding() {
    let mut story = polling(one_seat(), 4);
    story.choice = Some(Box::new(|_, elector, _| {
        (elector < 2).then(|| BTreeMap::from([(id(0), 5)]))
    }));
    story.vote().unwrap();
    let stolen = card(&story, 5);
    let ballot = story.ballot(&stolen, BTreeMap::from([(id(1), 10)])).unwrap();
    story.desk.submit(ballot).unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    assert_eq!(elected(&story), [(id(0), By::Vote)]);
    story.certify().unwrap();
    let report = crate::story::verified(&story);
    assert_eq!(report.verdict, Verdict::Disproved);
    assert!(
        report
            .findings
            .iter()
            .any(|found| found.finding == Finding::ReturnedCardVoted)
    );
}

#[test]
fn opened_ballots_come_in_order_and_are_those_of_the_box() {
    let mut story = polling(one_seat(), 4);
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.reveal(&Slot::ALL).unwrap();
    let box_root = story.closing().unwrap().box_root;
    let mut envelope = story.write_shared(BallotsOpened { box_root }).unwrap();
    story.cast.members.iter().for_each(|member| envelope.sign(member));
    let mut state = story.desk.competition.clone().unwrap();
    let (now, stored) = (story.desk.now(), story.desk.shelf());
    let head = story
        .desk
        .bundle()
        .map(|_| Statement::read(envelope.clone()).unwrap().header.head.unwrap())
        .unwrap();
    let context = Context { now, head, stored };
    let placed = Placed {
        seq: head.size,
        time: now,
    };
    let take = |state: &mut esep::competition::Competition, envelope| {
        let checked = Checked::check(Statement::read(envelope).unwrap(), state).unwrap();
        let step = state.decide(&checked, &context).map_err(|refusal| refusal.code)?;
        state.evolve(step, placed);
        Ok(())
    };
    take(&mut state, envelope).unwrap();
    let mut ballots = story.cast_ballots.clone();
    ballots.sort_by_key(esep::crypto::dsse::Envelope::pae_hash);
    take(&mut state, ballots[1].clone()).unwrap();
    assert_eq!(take(&mut state, ballots[0].clone()), Err(Code::BallotOrder));
    assert_eq!(state.phase(now), Phase::Opening);
    assert_eq!(state.to_open(), u32::try_from(ballots.len()).unwrap() - 1);
}

// Count, ties, protocol.

/// Two candidates tie for one seat, in every round, and one is below.
fn tie_again(rules: RuleSet) -> Played {
    let mut story = listed(rules, 3);
    vote_like(&mut story, &[&[9, 9, 1], &[4, 4]]);
    story
}

fn finished(story: &mut Played) -> FinalResult {
    story.certify().unwrap();
    assert_eq!(assert_proved(story), "certified");
    outcome(story)
}

#[test]
fn tie_and_tie_again_then_the_lot() {
    let mut story = tie_again(one_seat());
    story.round().unwrap();
    assert_eq!(phase(&mut story), Phase::Listed);
    story.count().unwrap();
    let result = finished(&mut story);
    assert_eq!(
        result.ties.iter().map(|tie| tie.rule).collect::<Vec<_>>(),
        [Some(TieRule::RepeatVote), Some(TieRule::Lot)]
    );
    assert_eq!(
        (result.elected[0].by, result.elected[0].rank, result.unfilled),
        (By::Lot, 1, 0)
    );
    let shared: Vec<_> = result.reserve.iter().map(|placed| placed.rank).collect();
    assert_eq!(shared, [1, 3]);
}

#[test]
fn a_lot_goes_on_without_those_who_did_not_reveal() {
    let mut rules = one_seat();
    rules.ties = vec![TieRule::Lot];
    for slots in [&Slot::ALL[..3], &Slot::ALL[2..3], &[]] {
        let mut story = tie_again(rules.clone());
        story.prepare().unwrap();
        story.open_polling().unwrap();
        story.vote().unwrap();
        story.close_polling().unwrap();
        story.reveal(slots).unwrap();
        story.desk.set_now(story.desk.now().plus_minutes(40));
        let box_root = story.desk.competition.as_ref().unwrap().rounds()[0]
            .closed_box()
            .unwrap()
            .0;
        story.members_state(BallotsOpened { box_root }).unwrap();
        story.sign_ballots().unwrap();
        if slots.is_empty() {
            // Nobody revealed: by hand.
            assert_eq!(phase(&mut story), Phase::Tied);
            let draw = |order: Vec<CandidateId>| LotDrawn {
                order,
                record: "from a hat".into(),
            };
            refused(story.members_state(draw(vec![id(0)])), Code::BadLot);
            refused(story.members_state(draw(vec![id(0), id(1), id(2)])), Code::BadLot);
            refused(story.members_state(draw(vec![id(1), id(1)])), Code::BadLot);
            refused(
                by_slots(&mut story, &Slot::ALL[..2], draw(vec![id(1), id(0)])),
                Code::TooFewSigners,
            );
            by_slots(&mut story, &Slot::ALL[1..], draw(vec![id(1), id(0)])).unwrap();
            assert_eq!(elected(&story), [(id(1), By::ByHand)]);
        }
        let result = finished(&mut story);
        let rule = if slots.is_empty() {
            TieRule::ByHand
        } else {
            TieRule::Lot
        };
        assert_eq!(result.ties[0].rule, Some(rule));
        assert_eq!(result.elected.len(), 1);
    }
}

#[test]
fn one_who_withdraws_before_a_drawing_by_hand_gets_no_seat() {
    for gone in [vec![0], vec![0, 1]] {
        let mut rules = one_seat();
        rules.ties = vec![TieRule::ByHand];
        let mut story = tie_again(rules);
        story.round().unwrap();
        for index in &gone {
            withdraw(&mut story, *index).unwrap();
        }
        story
            .members_state(LotDrawn {
                order: vec![id(0), id(1)],
                record: "from a hat".into(),
            })
            .unwrap();
        let result = finished(&mut story);
        assert_eq!(result.elected[0].candidate, id(gone.len()));
        assert_eq!(result.unfilled, 0);
    }
}

#[test]
fn without_a_tie_rule_the_seat_stays_unfilled() {
    let mut rules = one_seat();
    rules.ties = Vec::new();
    let mut story = tie_again(rules.clone());
    story.round().unwrap();
    let result = finished(&mut story);
    assert_eq!(
        (result.elected.len(), result.unfilled, result.ties[0].rule),
        (0, 1, None)
    );
    rules.ties = vec![TieRule::RepeatVote];
    let mut story = tie_again(rules);
    story.round().unwrap();
    story.count().unwrap();
    let result = finished(&mut story);
    assert_eq!((result.elected.len(), result.unfilled, result.ties.len()), (0, 1, 2));
}

#[test]
fn all_equal_and_seats_enough_for_all() {
    let mut rules = one_seat();
    rules.seats = 2;
    let mut story = counted(rules.clone(), 4, &[5, 5, 5, 5]);
    story.count().unwrap();
    let result = finished(&mut story);
    assert_eq!((result.elected.len(), result.unfilled), (2, 0));
    for (seats, unfilled) in [(3, 0), (5, 2)] {
        rules.seats = seats;
        let mut story = counted(rules.clone(), 3, &[5, 5, 5]);
        let result = finished(&mut story);
        assert_eq!(
            (result.elected.len(), result.unfilled, result.ties.len()),
            (3, unfilled, 0)
        );
    }
}

#[test]
fn withdrawals_at_every_time() {
    // During polling: struck, marks ignored, ballots valid.
    let mut story = polling(one_seat(), 3);
    vote_like(&mut story, &[&[9, 5, 1]]);
    story.vote().unwrap();
    withdraw(&mut story, 0).unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    let counted_round = story.desk.competition.as_ref().unwrap().rounds()[0]
        .counted()
        .unwrap()
        .count
        .clone();
    assert_eq!((counted_round.valid, counted_round.totals[0].total), (3, 0));
    let result = finished(&mut story);
    assert_eq!(result.elected[0].candidate, id(1));
    assert!(result.reserve.iter().all(|placed| placed.candidate != id(0)));
    // After opening: ratings stand.
    let mut story = polling(one_seat(), 3);
    vote_like(&mut story, &[&[9, 5, 1]]);
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    withdraw(&mut story, 0).unwrap();
    story.sign_ballots().unwrap();
    let counted_round = story.desk.competition.as_ref().unwrap().rounds()[0]
        .counted()
        .unwrap()
        .count
        .clone();
    assert_eq!(counted_round.totals[0].total, 27);
    assert_eq!(finished(&mut story).elected[0].candidate, id(1));
    // While the protocol is being signed: not now; after certification: a vacancy.
    let mut story = counted(one_seat(), 3, &[9, 5, 1]);
    end_slots(&mut story, &[(Slot::PresidentsOffice, Ending::Signed)]);
    refused(withdraw(&mut story, 0), Code::NotBefore);
    refused(
        by_member(
            &mut story,
            Slot::Cec,
            Objection {
                slot: Slot::Cec,
                text: "late".into(),
                ballot: None,
            },
        ),
        Code::WrongPhase,
    );
    let rest = [
        (Slot::GovernmentOffice, Ending::Signed),
        (Slot::Ombudsman, Ending::Signed),
        (Slot::Cec, Ending::Refusing),
    ];
    end_slots(&mut story, &rest);
    let endings = [&[(Slot::PresidentsOffice, Ending::Signed)], &rest[..]].concat();
    let act = certification(&mut story, &endings);
    by_slots(&mut story, &Slot::ALL[..3], act).unwrap();
    let before = outcome(&story);
    withdraw(&mut story, 0).unwrap();
    assert_eq!(outcome(&story), before);
    assert_eq!(assert_proved(&story), "certified");
}

#[test]
fn tied_in_reserve_are_not_settled_by_order() {
    let mut story = counted(one_seat(), 3, &[9, 5, 5]);
    withdraw(&mut story, 0).unwrap();
    let result = finished(&mut story);
    assert_eq!((result.elected.len(), result.unfilled, result.reserve.len()), (0, 1, 2));
}

#[test]
fn protocols_and_certifications_that_are_refused() {
    let mut story = counted(one_seat(), 3, &[9, 5, 1]);
    let bytes = story.desk.protocol().unwrap();
    let protocol = Digest::of(&bytes);
    let slot = Slot::PresidentsOffice;
    let signature = story.cast.member(slot).sign(&pae(PROTOCOL_TYPE, &bytes));
    let wrong = ProtocolSigned {
        slot,
        protocol: Digest::ZERO,
        signature,
    };
    refused(by_member(&mut story, slot, wrong), Code::WrongProtocol);
    let foreign = story.cast.member(Slot::Cec).sign(&pae(PROTOCOL_TYPE, &bytes));
    refused(
        by_member(
            &mut story,
            slot,
            ProtocolSigned {
                slot,
                protocol,
                signature: foreign,
            },
        ),
        Code::BadSignature,
    );
    let long = ProtocolDissented {
        slot,
        protocol,
        signature,
        text: "а".repeat(4001),
    };
    refused(by_member(&mut story, slot, long), Code::TextLength);
    let nothing = certification(&mut story, &[]);
    refused(story.members_state(nothing), Code::SlotsOpen);
    // What enters before the first signature makes another protocol.
    by_member(
        &mut story,
        Slot::Cec,
        Objection {
            slot: Slot::Cec,
            text: "cold".into(),
            ballot: None,
        },
    )
    .unwrap();
    refused(
        by_member(
            &mut story,
            slot,
            ProtocolSigned {
                slot,
                protocol,
                signature,
            },
        ),
        Code::WrongProtocol,
    );
    let mut endings = vec![
        (slot, Ending::Signed),
        (Slot::GovernmentOffice, Ending::Signed),
        (Slot::Ombudsman, Ending::Dissenting),
    ];
    end_slots(&mut story, &endings[..2]);
    let (bytes, protocol) = story
        .desk
        .protocol()
        .map(|bytes| (bytes.clone(), Digest::of(&bytes)))
        .unwrap();
    let signature = story.cast.member(slot).sign(&pae(PROTOCOL_TYPE, &bytes));
    refused(
        by_member(
            &mut story,
            slot,
            ProtocolRefused {
                slot,
                protocol,
                reason: "no".into(),
            },
        ),
        Code::SlotResolved,
    );
    refused(
        by_member(
            &mut story,
            slot,
            ProtocolSigned {
                slot,
                protocol,
                signature,
            },
        ),
        Code::SlotResolved,
    );
    refused(story.attest_absence(&[Slot::Cec], Duty::Closing), Code::WrongPhase);
    refused(story.attest_absence(&[Slot::Cec], Duty::Protocol), Code::NotAbsent);
    refused(story.attest_absence(&[], Duty::Protocol), Code::BadPayload);
    end_slots(&mut story, &endings[2..]);
    let early = certification(&mut story, &endings);
    refused(story.members_state(early), Code::SlotsOpen);
    let silent = story.desk.now().plus_hours(25);
    story.desk.set_now(silent);
    let attest = AbsenceAttested {
        slots: vec![Slot::Cec],
        duty: Duty::Protocol,
    };
    refused(by_slots(&mut story, &Slot::ALL[..2], attest), Code::TooFewSigners);
    endings.push((Slot::Cec, Ending::Absent));
    end_slots(&mut story, &endings[3..]);
    let good = certification(&mut story, &endings);
    let mut other = good.clone();
    other.slots[3].outcome = Ending::Signed;
    refused(story.members_state(other), Code::SlotOutcomes);
    let mut other = good.clone();
    other.protocol = Digest::ZERO;
    refused(story.members_state(other), Code::WrongProtocol);
    let mut other = good.clone();
    other.term_end = other.term_end.plus_days(1);
    refused(story.members_state(other), Code::BadTerm);
    story.members_state(good).unwrap();
    assert_eq!(assert_proved(&story), "certified");
}

#[test]
fn two_refusals_leave_it_uncertified() {
    let mut story = counted(one_seat(), 3, &[9, 5, 1]);
    let endings = Slot::ALL.map(|slot| {
        (
            slot,
            if slot < Slot::Ombudsman {
                Ending::Refusing
            } else {
                Ending::Signed
            },
        )
    });
    end_slots(&mut story, &endings);
    let act = certification(&mut story, &endings);
    refused(story.members_state(act), Code::ProtocolUnsigned);
    assert_eq!(assert_proved(&story), "counted");
}

#[test]
fn a_term_from_29_february_ends_on_28_february() {
    let story = announced();
    let state = story.desk.competition.as_ref().unwrap();
    let day = |text: &str| text.parse::<esep::calendar::Date>().unwrap();
    assert_eq!(state.term_end(day("2028-02-29")), day("2033-02-28"));
}

fn announced() -> Played {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story
}

#[test]
fn annulment_in_every_phase() {
    let act = || Annulment {
        reason: "the court's decision".into(),
        outside_act: None,
    };
    // Before polling opens the organiser annuls alone.
    for mut story in [announced(), listed(one_seat(), 3)] {
        by_organiser(&mut story, act()).unwrap();
        refused(by_organiser(&mut story, act()), Code::WrongPhase);
        assert_eq!(assert_proved(&story), "annulled");
    }
    // Afterwards so many members do.
    let by_members = |story: &mut Played| {
        refused(by_organiser(story, act()), Code::TooFewSigners);
        refused(by_slots(story, &Slot::ALL[..2], act()), Code::TooFewSigners);
        by_slots(story, &Slot::ALL[..3], act()).unwrap();
    };
    let mut story = polling(one_seat(), 3);
    by_members(&mut story);
    assert_eq!(assert_proved(&story), "annulled");
    let mut story = polling(named(one_seat()), 3);
    story.vote().unwrap();
    by_members(&mut story);
    assert_eq!(assert_proved(&story), "annulled");
    // After closing the box is opened and published all the same.
    let mut story = polling(one_seat(), 3);
    story.vote().unwrap();
    story.close_polling().unwrap();
    by_members(&mut story);
    refused(by_slots(&mut story, &Slot::ALL[..3], act()), Code::Duplicate);
    story.open_box().unwrap();
    assert!(!story.desk.bundle().unwrap().file("ballots.jsonl").unwrap().is_empty());
    assert_eq!(assert_proved(&story), "annulled");
    let mut story = counted(one_seat(), 3, &[9, 5, 1]);
    end_slots(&mut story, &[(Slot::Cec, Ending::Signed)]);
    by_members(&mut story);
    assert_eq!(assert_proved(&story), "annulled");
    // A re-run is a new competition that names the old one.
    let mut again = self::story(one_seat(), 3, false);
    announce_with(&mut again, |act, _| {
        act.reruns = Some("esep.example/commission-2025".into())
    })
    .unwrap();
    assert_eq!(assert_proved(&again), "intake");
}

#[test]
fn members_absent_at_the_closing_and_the_ballots() {
    let mut story = polling(one_seat(), 3);
    story.vote().unwrap();
    for slot in &Slot::ALL[..3] {
        by_member(
            &mut story,
            *slot,
            Attendance {
                slot: *slot,
                at: Moment::Closing,
            },
        )
        .unwrap();
    }
    story.attest_absence(&[Slot::Cec], Duty::Closing).unwrap();
    refused(story.attest_absence(&[Slot::Cec], Duty::Closing), Code::SlotResolved);
    refused(
        story.attest_absence(&[Slot::Ombudsman, Slot::Cec], Duty::Closing),
        Code::SlotResolved,
    );
    story.desk.set_now(story.poll.closes_at);
    let act = story.closing().unwrap();
    by_slots(&mut story, &Slot::ALL[..3], act).unwrap();
    story.open_box().unwrap();
    for slot in &Slot::ALL[..3] {
        story.sign_all(*slot).unwrap();
    }
    story.attest_absence(&[Slot::Cec], Duty::Ballots).unwrap();
    refused(story.sign_all(Slot::Cec), Code::WrongPhase);
    story.count().unwrap();
    assert_proved(&story);
}

// Electorates, scales, aggregates.

#[test]
fn every_electorate_with_secret_and_with_named_ballots() {
    let electorates = [
        Electorate::Candidates {},
        Electorate::CountingCommission {},
        Electorate::Commission(roll(11)),
        Electorate::Listed(roll(12)),
    ];
    for electorate in electorates {
        for ballots in [BallotSecrecy::Secret, BallotSecrecy::Named] {
            let mut rules = RuleSet::commission_2014();
            (rules.seats, rules.electorate, rules.ballots) = (2, electorate.clone(), ballots);
            let mut story = story(rules, 5, true);
            story.play().unwrap();
            assert_eq!(assert_proved(&story), "certified", "{electorate:?} {ballots:?}");
        }
    }
}

#[test]
fn a_listed_roll_names_keys_only_for_named_ballots() {
    let mut rules = one_seat();
    rules.electorate = Electorate::Listed(ListedRoll {
        keys: Some(Digest::ZERO),
        ..roll(3)
    });
    let mut story = story(rules, 3, false);
    refused(story.announce(), Code::BadRules);
    let mut rules = named(one_seat());
    rules.electorate = Electorate::Listed(roll(3));
    let mut story = self::story(rules.clone(), 3, false);
    story.roll_keys.clear();
    refused(story.announce(), Code::AttachmentMissing);
    let mut story = self::story(rules, 3, false);
    story.roll_keys[1] = story.roll_keys[0].clone();
    let bytes: Vec<u8> = story.roll_keys.iter().flat_map(|key| key.public().to_bytes()).collect();
    story.plan.rules.electorate = Electorate::Listed(ListedRoll {
        keys: Some(Digest::of(&bytes)),
        ..roll(3)
    });
    refused(story.announce(), Code::BadAttachment);
}

#[test]
fn self_rating_is_ignored_or_voids() {
    for (rule, valid, first) in [
        (SelfRating::Allowed, 4, 19),
        (SelfRating::Ignored, 4, 9),
        (SelfRating::Voids, 3, 9),
    ] {
        let mut rules = named(one_seat());
        rules.vote.self_rating = rule;
        let mut story = listed(rules, 4);
        story.choice = Some(Box::new(|_, elector, _| {
            Some(if elector == 0 {
                BTreeMap::from([(id(0), 10), (id(1), 1)])
            } else {
                BTreeMap::from([(id(0), 3)])
            })
        }));
        story.round().unwrap();
        let count = story.desk.competition.as_ref().unwrap().rounds()[0]
            .counted()
            .unwrap()
            .count
            .clone();
        assert_eq!((count.valid, count.totals[0].total), (valid, first));
        finished(&mut story);
    }
}

#[test]
fn the_mean_needs_its_quorum_and_the_pass_mark() {
    let mut rules = one_seat();
    rules.vote.aggregate = Aggregate::Mean { quorum: 2 };
    rules.vote.blank = Blank::Skip;
    rules.seats = 3;
    rules.vote.pass_mark = Some(5);
    let mut story = listed(rules, 4);
    // c01: one rating of 10; c02: mean 6; c03: mean 4; c04: mean 5.
    let rows = [
        BTreeMap::from([(id(0), 10), (id(1), 6), (id(2), 4)]),
        BTreeMap::from([(id(1), 6), (id(2), 4), (id(3), 4)]),
        BTreeMap::from([(id(3), 6)]),
    ];
    story.choice = Some(Box::new(move |_, elector, _| rows.get(elector).cloned()));
    story.round().unwrap();
    let result = finished(&mut story);
    let elected: Vec<_> = result.elected.iter().map(|one| one.candidate.clone()).collect();
    assert_eq!((elected, result.unfilled), (vec![id(1), id(3)], 1));
}

#[test]
fn one_who_withdrew_does_not_vote() {
    let mut story = polling(named(one_seat()), 3);
    withdraw(&mut story, 0).unwrap();
    let ballot = story.ballot(&story.applicants[0].own.clone(), BTreeMap::from([(id(1), 5)])).unwrap();
    refused(story.desk.submit(ballot), Code::NotElector);
}

#[test]
fn too_few_at_the_poll_fail_the_round() {
    for (percent, voters, fails) in [(50, 2, false), (51, 2, true), (100, 4, false)] {
        let mut rules = one_seat();
        rules.min_turnout_percent = Some(percent);
        let mut story = polling(rules, 4);
        story.choice = Some(Box::new(move |_, elector, _| {
            (elector < voters).then(|| BTreeMap::from([(id(0), 5)]))
        }));
        after_vote(&mut story);
        assert_eq!(phase(&mut story) == Phase::Failed, fails);
        assert_proved(&story);
    }
}

// Any small election.

fn small_elections() -> impl Strategy<Value = (RuleSet, Vec<Vec<Option<i64>>>)> {
    let ties = prop::sample::subsequence(vec![TieRule::RepeatVote, TieRule::Lot, TieRule::ByHand], 0..=3);
    let shape = (
        2usize..6,
        1u32..4,
        ties,
        any::<bool>(),
        any::<bool>(),
        prop_oneof![Just((0i16, 1i16)), Just((0, 3)), Just((-1, 1))],
    );
    shape.prop_flat_map(|(candidates, seats, ties, named, reserve, (min, max))| {
        let mut rules = RuleSet::commission_2014();
        (rules.seats, rules.ties, rules.reserve) = (seats, ties, reserve);
        rules.vote.scale = Scale { min, max };
        if named {
            rules.ballots = BallotSecrecy::Named;
        }
        let rating = prop_oneof![4 => (i64::from(min)..=i64::from(max)).prop_map(Some), 1 => Just(None), 1 => Just(Some(i64::from(max) + 1))];
        let ballots = prop::collection::vec(prop::collection::vec(rating, candidates), candidates);
        (Just(rules), ballots)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn small_elections_end_proved_and_as_counted_by_hand((rules, ballots) in small_elections()) {
        let candidates = ballots.len();
        let mut story = listed(rules.clone(), candidates);
        let cast = ballots.clone();
        story.choice = Some(Box::new(move |_, elector, paper| {
            let all = (0..).map(id).zip(&cast[elector]);
            Some(all.filter(|(id, _)| paper.contains(id)).filter_map(|(id, rating)| Some((id, (*rating)?))).collect())
        }));
        story.round().unwrap();
        story.count().unwrap();
        let result = finished(&mut story);
        let names: Vec<String> = (0..candidates).map(|index| id(index).to_string()).collect();
        let plain = ballots.iter().map(|row| {
            names.iter().cloned().zip(row).filter_map(|(name, rating)| Some((name, (*rating)?))).collect()
        });
        let scale = rules.vote.scale;
        let by_hand = naive::tally(
            &naive::Rules {
                scale: (scale.min.into(), scale.max.into()),
                rated: (1, candidates),
                mean_quorum: None,
                blank_is_zero: true,
                pass_mark: None,
                seats: rules.seats as usize,
            },
            &names,
            &[],
            &plain.collect::<Vec<_>>(),
        );
        let won: BTreeSet<String> = result.elected.iter().map(|one| one.candidate.to_string()).collect();
        let sure: BTreeSet<String> = by_hand.elected.iter().cloned().collect();
        let perhaps: BTreeSet<String> = by_hand.elected.iter().chain(&by_hand.tied).cloned().collect();
        prop_assert!(sure.is_subset(&won) && won.is_subset(&perhaps));
        prop_assert_eq!(result.ties.is_empty(), by_hand.tied.is_empty());
        let unsettled = result.ties.last().is_some_and(|tie| tie.rule.is_none());
        if !unsettled {
            prop_assert_eq!(won.len(), candidates.min(rules.seats as usize));
        }
        prop_assert_eq!(won.len() + result.unfilled as usize, rules.seats as usize);
        let reserve: BTreeSet<String> = result.reserve.iter().map(|placed| placed.candidate.to_string()).collect();
        if rules.reserve {
            prop_assert!(reserve.is_disjoint(&won) && reserve.len() + won.len() == candidates);
        } else {
            prop_assert!(reserve.is_empty());
        }
        let round = &story.desk.competition.as_ref().unwrap().rounds()[0];
        let totals = &round.counted().unwrap().count;
        prop_assert_eq!(totals.valid.cast_signed(), by_hand.valid);
        for total in &totals.totals {
            let found = (total.total, total.rated.cast_signed());
            prop_assert_eq!(found, by_hand.totals[total.candidate.as_str()]);
        }
    }
}

// Codes.

/// Codes that no statement gets from the rules, and where they arise.
const ELSEWHERE: [(Code, &str); 1] = [(
    Code::Malformed,
    "an envelope that is no DSSE: at the API and in the verifier",
)];

#[test]
fn every_code_is_reached_by_a_test() {
    let source = include_str!("rules.rs");
    let (tests, _) = source.split_once("// Codes.").unwrap();
    for code in Code::ALL {
        let reached = tests.contains(&format!("Code::{code:?})")) || tests.contains(&format!("Code::{code:?},\n"));
        let elsewhere = ELSEWHERE.iter().any(|(other, _)| other == code);
        assert!(reached != elsewhere, "{code:?}");
    }
}
