//! Good bundles: one for each choice of the rule set, and near misses that look like a fault and are none.
//!
//! Small competitions: three to five candidates, a handful of ballots. Everything is drawn from one seed, so that the
//! same code makes the same bytes.

use super::{Kit, Vector};
use crate::rules::{
    Played, after_vote, announce_with, by_member, by_organiser, by_slots, card, certification, committed, contest,
    end_slots, id, named, outcome, roll, vote_like, withdraw,
};
use crate::story::{seeded, seeded_as};
use esep::ballot::Ratings;
use esep::calendar::Date;
use esep::competition::act::{
    Amendment, Annulment, Appeal, AppealDecided, AssociationKeyReplaced, Attendance, BallotsOpened, CardDisputed, Duty,
    Ending, Extension, Field, KeyReplaced, LotDrawn, MemberReplaced, Moment, Objection, ObserverAdmitted, Poll,
    PollDayMoved,
};
use esep::competition::{Phase, Slot};
use esep::crypto::hash::Digest;
use esep::crypto::key::{Enrolment, SecretKey};
use esep::demo::cast::{Trait, opening};
use esep::demo::{Desk, Turned};
use esep::eligibility::Reason;
use esep::ruleset::{Aggregate, BallotSecrecy, Blank, Electorate, OnDoubt, RuleSet, Scale, SelfRating, TieRule};
use esep::verify::Trust;
use serde_json::json;
use std::collections::BTreeMap;

/// Every vector of the first version is drawn from this seed.
const SEED: u64 = 74;

pub fn make(kit: &mut Kit) {
    presets(kit);
    electorates(kit);
    votes(kit);
    thresholds(kit);
    ties(kit);
    signatures(kit);
    withdrawals(kit);
    endings(kit);
    annulments(kit);
    people(kit);
    screening(kit);
    dates(kit);
    phases(kit);
    large(kit);
}

/// Two seats.
fn rules() -> RuleSet {
    RuleSet {
        seats: 2,
        ..RuleSet::commission_2014()
    }
}

fn one() -> RuleSet {
    RuleSet { seats: 1, ..rules() }
}

/// So many applicants, and nothing unusual about any.
fn plain(rules: RuleSet, candidates: usize) -> Played {
    let mut story = seeded(rules, candidates, false, SEED);
    story.applicants.truncate(candidates);
    story.applicants.iter_mut().for_each(|one| one.oddity = Trait::InOrder);
    story
}

fn announced(rules: RuleSet, candidates: usize) -> Played {
    let mut story = plain(rules, candidates);
    story.announce().unwrap();
    story
}

fn listed(rules: RuleSet, candidates: usize) -> Played {
    let mut story = announced(rules, candidates);
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story
}

fn polling(rules: RuleSet, candidates: usize) -> Played {
    let mut story = listed(rules, candidates);
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story
}

fn counted(rules: RuleSet, candidates: usize, row: &[i64]) -> Played {
    let mut story = listed(rules, candidates);
    vote_like(&mut story, &[row]);
    story.round().unwrap();
    story
}

/// Each elector has a row of ratings; one with none never comes.
fn rows(story: &mut Played, rows: &[&[Option<i64>]]) {
    let rows: Vec<Vec<Option<i64>>> = rows.iter().map(|row| row.to_vec()).collect();
    story.choice = Some(Box::new(move |_, elector, paper| {
        let row = rows.get(elector)?;
        Some(
            paper
                .iter()
                .cloned()
                .zip(row)
                .filter_map(|(id, rating)| Some((id, (*rating)?)))
                .collect(),
        )
    }));
}

fn end(mut story: Played) -> Played {
    story.count().unwrap();
    story.certify().unwrap();
    story
}

fn new_key(story: &mut Played) -> SecretKey {
    SecretKey::generate(&mut story.chance)
}

fn presets(kit: &mut Kit) {
    let mut story = listed(RuleSet::commission_2014(), 3);
    story.round().unwrap();
    kit.story(
        "preset-commission-2014",
        "the preset as it is: more seats than candidates, seven stay unfilled",
        &["V29"],
        &end(story),
    );
    let mut story = listed(RuleSet::commission_2014_marks(1, 10), 5);
    story.round().unwrap();
    kit.story(
        "preset-commission-2014-marks",
        "the preset of marks as it is; one elector over-votes, one never comes",
        &["V28"],
        &end(story),
    );
    let mut story = listed(rules(), 5);
    story.round().unwrap();
    kit.story(
        "secret-sum",
        "secret ballots, two seats: an invalid ballot, an elector who never came, unused and spoiled cards",
        &["V23", "V28"],
        &end(story),
    );
}

fn electorates(kit: &mut Kit) {
    let all = [
        ("candidates", Electorate::Candidates {}),
        ("counting-commission", Electorate::CountingCommission {}),
        ("commission", Electorate::Commission(roll(11))),
        ("listed", Electorate::Listed(roll(3))),
    ];
    for (name, electorate) in all {
        for ballots in [BallotSecrecy::Secret, BallotSecrecy::Named] {
            let secret = ballots == BallotSecrecy::Secret;
            let word = if secret { "secret" } else { "named" };
            let mut rules = rules();
            (rules.electorate, rules.ballots) = (electorate.clone(), ballots);
            let mut story = listed(rules, 3);
            story.round().unwrap();
            // A roll of eleven: 1, 10, 11, 2, .. in order of the text.
            let near: &[_] = if name == "commission" { &["V25"] } else { &[] };
            kit.story(
                &format!("electorate-{name}-{word}"),
                &format!("the electorate {name} with {word} ballots"),
                near,
                &end(story),
            );
        }
    }
}

fn votes(kit: &mut Kit) {
    let mut rules = one();
    rules.vote.scale = Scale { min: -1, max: 1 };
    let mut story = listed(rules, 3);
    rows(
        &mut story,
        &[
            &[Some(-1), Some(1), None],
            &[Some(1), Some(0), Some(-1)],
            &[None, Some(-1), Some(1)],
        ],
    );
    story.round().unwrap();
    // Totals of 0 each: all three tie.
    kit.story(
        "scale-minus-one",
        "ratings from -1 to 1; all totals are 0 and the lot decides",
        &[],
        &end(story),
    );

    let mut rules = self::rules();
    (rules.vote.min_rated, rules.vote.max_rated) = (2, Some(2));
    let mut story = listed(rules, 4);
    let (yes, no) = (Some(7), None);
    rows(
        &mut story,
        &[
            &[yes, yes, no, no],
            &[yes, no, no, no],
            &[yes, yes, yes, no],
            &[no, yes, yes, no],
        ],
    );
    story.round().unwrap();
    kit.story(
        "rated-exactly-two",
        "a ballot rates exactly two: one with less and one with more are invalid as a whole",
        &["V28"],
        &end(story),
    );

    let mut rules = self::rules();
    rules.vote.aggregate = Aggregate::Mean { quorum: 2 };
    rules.vote.blank = Blank::Skip;
    rules.vote.scale = Scale { min: 1, max: 10 };
    let mut story = listed(rules, 4);
    rows(
        &mut story,
        &[
            &[Some(10), Some(6), Some(4), None],
            &[None, Some(7), Some(5), Some(6)],
            &[None, None, Some(4), Some(7)],
        ],
    );
    story.round().unwrap();
    kit.story(
        "mean-quorum-skip",
        "the mean as a fraction, blanks left out: one rating of 10 is below the quorum and not elected",
        &["V29"],
        &end(story),
    );

    let mut rules = one();
    rules.vote.aggregate = Aggregate::Mean { quorum: 1 };
    let mut story = listed(rules, 3);
    rows(
        &mut story,
        &[
            &[Some(9), None, Some(5)],
            &[None, Some(4), Some(5)],
            &[Some(1), Some(7), None],
        ],
    );
    story.round().unwrap();
    kit.story("mean-blank-zero", "the mean with blanks counted as 0", &[], &end(story));

    let mut rules = one();
    rules.vote.blank = Blank::Skip;
    let mut story = listed(rules, 3);
    rows(
        &mut story,
        &[
            &[Some(9), None, Some(5)],
            &[None, Some(4), Some(5)],
            &[None, None, None],
        ],
    );
    story.round().unwrap();
    kit.story(
        "sum-blank-skip",
        "the sum with blanks left out; a ballot without a rating is invalid",
        &[],
        &end(story),
    );

    for (rule, word) in [
        (SelfRating::Allowed, "allowed"),
        (SelfRating::Ignored, "ignored"),
        (SelfRating::Voids, "voids"),
    ] {
        let mut rules = named(one());
        rules.vote.self_rating = rule;
        let mut story = listed(rules, 4);
        let (own, other) = (Some(10), Some(3));
        rows(
            &mut story,
            &[
                &[own, Some(1), None, None],
                &[other, None, None, None],
                &[other, None, None, None],
                &[None, Some(5), None, None],
            ],
        );
        story.round().unwrap();
        kit.story(
            &format!("self-rating-{word}"),
            &format!("named ballots among candidates, one rates himself: {word}"),
            &[],
            &end(story),
        );
    }

    let mut story = listed(one(), 3);
    vote_like(&mut story, &[&[9, 5, 1]]);
    story.round().unwrap();
    kit.story(
        "same-ratings",
        "three ballots by three cards say the same: nobody voted twice",
        &["V12", "V21"],
        &end(story),
    );
}

fn thresholds(kit: &mut Kit) {
    let mut rules = RuleSet { seats: 3, ..rules() };
    rules.vote.pass_mark = Some(15);
    let story = counted(rules, 4, &[9, 3, 5, 4]);
    kit.story(
        "pass-mark",
        "two below the pass mark are not elected: a seat stays unfilled",
        &[],
        &end(story),
    );
    for (percent, voters, name, shows) in [
        (
            50,
            2,
            "turnout-just-reached",
            "half of the electors came, and half is asked for",
        ),
        (
            51,
            2,
            "turnout-missed",
            "fewer came than are asked for: the round fails",
        ),
    ] {
        let mut rules = one();
        rules.min_turnout_percent = Some(percent);
        let mut story = polling(rules, 4);
        story.choice = Some(Box::new(move |_, elector, _| {
            (elector < voters).then(|| Ratings::from_iter([(id(0), 5)]))
        }));
        after_vote(&mut story);
        if percent == 50 {
            story.certify().unwrap();
        }
        kit.story(name, shows, &[], &story);
    }
    let mut story = polling(one(), 3);
    story.choice = Some(Box::new(|_, _, _| None));
    after_vote(&mut story);
    kit.story(
        "empty-box",
        "nobody voted: an empty box is opened, and all have the same total",
        &["V22", "V34"],
        &story,
    );
}

fn ties(kit: &mut Kit) {
    let tie = |ties: &[TieRule]| {
        let mut rules = one();
        rules.ties = ties.to_vec();
        listed(rules, 3)
    };
    let mut story = tie(&[TieRule::RepeatVote, TieRule::Lot]);
    vote_like(&mut story, &[&[9, 9, 1], &[4, 6]]);
    story.round().unwrap();
    kit.story(
        "tie-repeat-vote",
        "a tie at the last seat, settled by a repeat vote with new cards",
        &["V20"],
        &end(story),
    );
    let mut story = tie(&[TieRule::RepeatVote, TieRule::Lot]);
    vote_like(&mut story, &[&[9, 9, 1], &[4, 4]]);
    story.round().unwrap();
    kit.story(
        "tie-repeat-then-lot",
        "a tie, a repeat vote that ties again, a lot",
        &["V27"],
        &end(story),
    );
    for (slots, name, shows) in [
        (
            &Slot::ALL[..3],
            "lot-unrevealed-slot",
            "a lot without the nonce of one who did not reveal in time",
        ),
        (&[], "lot-nobody-revealed", "nobody revealed: the lot is drawn by hand"),
    ] {
        let mut story = tie(&[TieRule::Lot]);
        vote_like(&mut story, &[&[9, 9, 1]]);
        story.prepare().unwrap();
        story.open_polling().unwrap();
        story.vote().unwrap();
        story.close_polling().unwrap();
        story.reveal(slots).unwrap();
        story.desk.set_now(story.desk.now().plus_minutes(40));
        let closed = story.desk.competition.as_ref().unwrap().rounds()[0].closed_box();
        story
            .members_state(BallotsOpened {
                box_root: closed.unwrap().0,
            })
            .unwrap();
        story.sign_ballots().unwrap();
        kit.story(name, shows, &["V27"], &end(story));
    }
    let mut story = tie(&[TieRule::ByHand]);
    vote_like(&mut story, &[&[9, 9, 1]]);
    story.round().unwrap();
    kit.story(
        "tied-waiting",
        "a tie at the last seat that waits for a drawing by hand",
        &["V30"],
        &story,
    );
    let order = vec![id(1), id(0)];
    let record = "Drawn from a hat, in the room".to_owned();
    story.members_state(LotDrawn { order, record }).unwrap();
    kit.story(
        "tie-by-hand",
        "a tie settled by a drawing in the room",
        &["V27"],
        &end(story),
    );
    let mut story = tie(&[]);
    vote_like(&mut story, &[&[9, 9, 1]]);
    story.round().unwrap();
    kit.story(
        "tie-unsettled",
        "a tie and no rule for it: the seat stays unfilled",
        &["V29"],
        &end(story),
    );
    let mut story = listed(rules(), 4);
    vote_like(&mut story, &[&[9, 5, 5, 5], &[2, 8, 2]]);
    story.round().unwrap();
    kit.story(
        "tie-of-three",
        "three tie for the last of two seats, and the repeat vote elects one",
        &[],
        &end(story),
    );
    let story = counted(rules(), 4, &[9, 9, 3, 3]);
    kit.story(
        "tie-elsewhere",
        "ties wholly above and wholly below the line change nothing",
        &["V27"],
        &end(story),
    );
    let mut rules = one();
    rules.reserve = false;
    kit.story(
        "reserve-off",
        "without a reserve",
        &[],
        &end(counted(rules, 3, &[9, 5, 1])),
    );
}

fn signatures(kit: &mut Kit) {
    for count in [2, 3, 4] {
        let mut rules = one();
        rules.min_signatures = count;
        let mut story = polling(rules, 3);
        vote_like(&mut story, &[&[9, 5, 1]]);
        story.vote().unwrap();
        let present = (count as usize).max(3);
        for slot in &Slot::ALL[..present] {
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
        if present < 4 {
            story.attest_absence(&[Slot::Cec], Duty::Closing).unwrap();
        }
        story.desk.set_now(story.poll.closes_at);
        let act = story.closing().unwrap();
        by_slots(&mut story, &Slot::ALL[..count as usize], act).unwrap();
        story.open_box().unwrap();
        for slot in &Slot::ALL[..present] {
            story.sign_all(*slot).unwrap();
        }
        if present < 4 {
            story.attest_absence(&[Slot::Cec], Duty::Ballots).unwrap();
        }
        let near: &[_] = if count == 4 { &[] } else { &["V14", "V19", "V26"] };
        kit.story(
            &format!("min-signatures-{count}"),
            &format!("acts need {count} of four signatures; who was absent is attested by the others"),
            near,
            &end(story),
        );
    }
    let mut story = polling(one(), 3);
    vote_like(&mut story, &[&[9, 5, 1]]);
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    for slot in &Slot::ALL[..2] {
        story.sign_all(*slot).unwrap();
    }
    story.desk.set_now(story.desk.now().plus_hours(25));
    let silent = [Slot::Ombudsman, Slot::Cec];
    match story.attest_absence(&silent, Duty::Ballots) {
        Ok(_) => kit.story(
            "failed-ballot-signatures",
            "fewer than three signed the ballots: the round fails as a whole",
            &["V26"],
            &story,
        ),
        Err(Turned::Refused { .. }) => {
            // Two cannot attest for two: each needs three.
            kit.story(
                "ballots-unsigned",
                "two of four have signed the ballots; the rest is silent",
                &["V26"],
                &story,
            );
        }
        Err(other) => panic!("{other}"),
    }
}

fn withdrawals(kit: &mut Kit) {
    let mut story = listed(one(), 4);
    withdraw(&mut story, 0).unwrap();
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story.choice = Some(Box::new(|_, elector, _| {
        (elector > 0).then(|| Ratings::from_iter([(id(0), 9), (id(2), 5)]))
    }));
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    kit.story(
        "struck-before-polling",
        "one withdraws after the list: struck, and no elector any more",
        &["V25"],
        &end(story),
    );

    let mut story = polling(one(), 3);
    vote_like(&mut story, &[&[9, 5, 1]]);
    story.vote().unwrap();
    withdraw(&mut story, 0).unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    kit.story(
        "struck-during-polling",
        "one withdraws during polling: marks for him are ignored",
        &["V28"],
        &end(story),
    );

    let mut story = polling(one(), 3);
    vote_like(&mut story, &[&[9, 5, 1]]);
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    withdraw(&mut story, 0).unwrap();
    story.sign_ballots().unwrap();
    kit.story(
        "withdrawn-after-opening",
        "one withdraws after the opening: ratings stand, the next is elected",
        &["V29"],
        &end(story),
    );

    let mut story = counted(one(), 3, &[9, 5, 1]);
    withdraw(&mut story, 0).unwrap();
    kit.story(
        "withdrawn-after-count",
        "the elected one withdraws after the count: succession",
        &["V29"],
        &end(story),
    );

    let mut story = counted(one(), 3, &[9, 5, 5]);
    withdraw(&mut story, 0).unwrap();
    kit.story(
        "withdrawn-tied-reserve",
        "the elected one withdraws and the next two are tied: unfilled",
        &["V29"],
        &end(story),
    );

    let mut story = end(counted(one(), 3, &[9, 5, 1]));
    withdraw(&mut story, 0).unwrap();
    kit.story(
        "withdrawn-after-certification",
        "the elected one withdraws after certification: the result stands",
        &["V29"],
        &story,
    );

    let mut story = counted(one(), 4, &[9, 9, 5, 1]);
    withdraw(&mut story, 0).unwrap();
    withdraw(&mut story, 1).unwrap();
    story.choice = Some(Box::new(|_, elector, _| (elector > 1).then(Ratings::new)));
    story.desk.set_now(story.desk.now().plus_hours(1));
    story.round().unwrap();
    kit.story(
        "repeat-vote-deserted",
        "all tied withdraw before the repeat vote: the next in order is elected",
        &[],
        &end(story),
    );
}

/// A dissent in words that try every letter a canonical text must carry.
const DISSENT: &str = "Өзгөчө пикир: \"тынч\" \\ / \u{8}\u{c}\n\r\t \u{1} \u{7f} \u{2028}\u{2029} \u{fb33} é é 😀 €";

fn endings(kit: &mut Kit) {
    let slots = Slot::ALL;
    for (name, shows, last) in [
        (
            "protocol-refused",
            "one refuses the protocol; three signed",
            Ending::Refusing,
        ),
        (
            "protocol-absent",
            "one never signed the protocol, which the others attest",
            Ending::Absent,
        ),
    ] {
        let mut story = counted(one(), 3, &[9, 5, 1]);
        let endings = [
            (slots[0], Ending::Signed),
            (slots[1], Ending::Signed),
            (slots[2], Ending::Dissenting),
            (slots[3], last),
        ];
        end_slots(&mut story, &endings);
        let act = certification(&mut story, &endings);
        by_slots(&mut story, &slots[..3], act).unwrap();
        kit.story(name, shows, &["V30"], &story);
    }
    let mut story = counted(one(), 3, &[9, 5, 1]);
    let endings = slots.map(|slot| {
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
    kit.story(
        "protocol-refused-twice",
        "two refuse: the result is counted and never certified",
        &["V30"],
        &story,
    );

    let mut story = counted(one(), 3, &[9, 5, 1]);
    for _ in 0..2 {
        let text = DISSENT.to_owned();
        by_member(
            &mut story,
            Slot::Cec,
            Objection {
                slot: Slot::Cec,
                text,
                ballot: None,
            },
        )
        .unwrap();
    }
    let ballot = story.desk.competition.as_ref().unwrap().rounds()[0].ballots().hashes()[0];
    let text = "the third mark is hard to read".to_owned();
    by_member(
        &mut story,
        Slot::Ombudsman,
        Objection {
            slot: Slot::Ombudsman,
            text,
            ballot: Some(ballot),
        },
    )
    .unwrap();
    let used = card(&story, 0).public().id();
    let text = "found it used".to_owned();
    by_member(
        &mut story,
        Slot::Ombudsman,
        CardDisputed {
            slot: Slot::Ombudsman,
            card: used,
            text,
        },
    )
    .unwrap();
    kit.story(
        "objections",
        "the same objection twice in odd letters, one to a ballot, a disputed card: they change nothing",
        &["V07", "V10", "V12"],
        &end(story),
    );
}

fn annulments(kit: &mut Kit) {
    let act = || Annulment {
        reason: "the outlet never printed it".into(),
        outside_act: None,
    };
    for (name, mut story) in [("intake", announced(one(), 3)), ("listed", listed(one(), 3))] {
        by_organiser(&mut story, act()).unwrap();
        kit.story(
            &format!("annulled-in-{name}"),
            "annulled by the organiser alone",
            &["V14"],
            &story,
        );
    }
    let mut story = polling(one(), 3);
    story.vote().unwrap();
    by_slots(&mut story, &Slot::ALL[..3], act()).unwrap();
    kit.story(
        "annulled-in-polling",
        "annulled by three members: the box is never opened",
        &["V22"],
        &story,
    );
    let mut story = polling(one(), 3);
    story.vote().unwrap();
    story.close_polling().unwrap();
    by_slots(&mut story, &Slot::ALL[..3], act()).unwrap();
    kit.story(
        "annulled-closed",
        "annulled after the close of polling, the box not yet opened",
        &["V34"],
        &story,
    );
    story.open_box().unwrap();
    kit.story(
        "annulled-then-opened",
        "annulled after the close of polling: opened and published all the same",
        &["V22"],
        &story,
    );
    let mut story = counted(one(), 3, &[9, 5, 1]);
    end_slots(&mut story, &[(Slot::Cec, Ending::Signed)]);
    by_slots(&mut story, &Slot::ALL[..3], act()).unwrap();
    kit.story(
        "annulled-counted",
        "annulled while the protocol is being signed",
        &["V30"],
        &story,
    );
    let mut story = end(counted(one(), 3, &[9, 5, 1]));
    let outside_act = Some(Digest::of(b"the decision of a court"));
    let reason = "the court's decision".into();
    by_organiser(&mut story, Annulment { reason, outside_act }).unwrap();
    kit.story(
        "annulled-certified",
        "annulled after certification by an outside act, whose digest is named",
        &["V30"],
        &story,
    );
    let mut story = plain(one(), 3);
    announce_with(&mut story, |act, _| {
        act.reruns = Some("esep.example/commission-2025".into());
    })
    .unwrap();
    kit.story(
        "rerun",
        "a new competition in the place of an annulled one",
        &[],
        &story,
    );
}

fn people(kit: &mut Kit) {
    let mut story = polling(one(), 3);
    vote_like(&mut story, &[&[9, 5, 1]]);
    story.vote().unwrap();
    let (new, origin) = (new_key(&mut story), story.desk.origin());
    let act = MemberReplaced {
        slot: Slot::Cec,
        person: "Сатаров Темир".into(),
        enrolment: Enrolment::make(&new, &origin, &Slot::Cec.role()),
        reason: "illness".into(),
    };
    by_slots(&mut story, &Slot::ALL[..3], act).unwrap();
    story.cast.members[3] = new;
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    let certified = end(story);
    kit.story(
        "member-replaced",
        "a member is replaced during polling, and the new one signs",
        &["V04", "V11"],
        &certified,
    );

    let mut story = listed(one(), 3);
    vote_like(&mut story, &[&[9, 5, 1]]);
    let new = new_key(&mut story);
    let enrolment = Enrolment::make(&new, &origin, &Slot::Cec.role());
    by_member(
        &mut story,
        Slot::Cec,
        KeyReplaced {
            slot: Slot::Cec,
            enrolment,
        },
    )
    .unwrap();
    story.cast.members[3] = new;
    let observer = new_key(&mut story);
    let enrolment = Enrolment::make(&observer, &origin, "observer");
    let name = "Байкоочу".to_owned();
    by_organiser(&mut story, ObserverAdmitted { name, enrolment }).unwrap();
    story.round().unwrap();
    kit.story(
        "key-replaced",
        "a member's key is replaced by his old one; an observer is admitted",
        &["V04", "V11"],
        &end(story),
    );

    let mut story = announced(one(), 3);
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    story.nominate(0).unwrap();
    let subject = story.applicants[0].key.public().id().to_string();
    let letter = story.desk.store_document(b"a new letter".to_vec()).unwrap();
    let letter = opening("letter", &subject, json!(letter), &mut story.chance);
    let new = new_key(&mut story);
    let act = AssociationKeyReplaced {
        nomination: story.applicants[0].nomination.unwrap(),
        association: Enrolment::make(&new, &origin, "association"),
        letter: story.desk.store_opening(letter).unwrap(),
    };
    by_organiser(&mut story, act).unwrap();
    story.applicants[0].key = new;
    withdraw(&mut story, 0).unwrap();
    kit.story(
        "association-key-replaced",
        "an association's key is replaced on a new letter, and withdraws with it",
        &["V11"],
        &story,
    );

    let mut story = polling(one(), 4);
    rows(
        &mut story,
        &[&[Some(9), Some(5), None, None], &[Some(9), None, None, None]],
    );
    story.vote().unwrap();
    // The third took a card and cast no ballot.
    story.voted = vec![0, 1, 2];
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    kit.story(
        "card-taken-not-used",
        "one took a card and cast no ballot",
        &["V24", "V25"],
        &end(story),
    );

    let mut story = seeded_as(one(), 3, false, SEED, true);
    story.applicants.truncate(3);
    story.announce().unwrap();
    kit.story("rehearsal", "a rehearsal, which says so", &[], &story);
}

fn odd(rules: RuleSet, candidates: usize, oddities: &[Trait]) -> Played {
    let mut story = seeded(rules, candidates, false, SEED);
    story.applicants[1].oddity = Trait::InOrder;
    story
        .applicants
        .retain(|one| one.oddity == Trait::InOrder || oddities.contains(&one.oddity));
    story
}

fn screening(kit: &mut Kit) {
    let mut story = odd(
        one(),
        3,
        &[
            Trait::Contested,
            Trait::Withdraws,
            Trait::Convicted,
            Trait::DocumentMissing,
        ],
    );
    story.play().unwrap();
    kit.story(
        "screened",
        "a contest decided, one withdrawn, one refused for a conviction and one for a missing document",
        &["V17", "V18"],
        &story,
    );
    let all = story.desk.shelf().openings.values().cloned();
    let given = Trust {
        disclosed: all.collect(),
        require_disclosed: true,
        ..Trust::default()
    };
    kit.given(
        "screened-all-disclosed",
        "the same with every private fact disclosed",
        &["V16", "V18"],
        &story,
        given,
    );
    let given = Trust {
        require_disclosed: true,
        ..Trust::default()
    };
    kit.given(
        "screened-disclosure-required",
        "the same where undisclosed facts leave the verdict open",
        &["V18"],
        &story,
        given,
    );
    let facts = story.desk.shelf().openings.values().take(3).cloned();
    let disclosed = facts.map(|mut fact| {
        fact.value = json!("another value");
        fact
    });
    let given = Trust {
        disclosed: disclosed.collect(),
        ..Trust::default()
    };
    kit.given(
        "disclosed-never-committed",
        "disclosed facts that open no commitment say nothing",
        &["V16"],
        &story,
        given,
    );

    let mut story = odd(one(), 2, &[]);
    story.applicants[1].oddity = Trait::AdmittedOnAppeal;
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    kit.story(
        "appeal-upheld",
        "refused by mistake, admitted on appeal",
        &["V18"],
        &story,
    );

    let mut story = announced(one(), 3);
    story.intake().unwrap();
    story.desk.set_now(story.desk.now().plus_hours(9));
    for index in 0..3 {
        story
            .screen(index, (index == 2).then_some(("R12", Reason::NoHigherEducation)))
            .unwrap();
    }
    let nomination = story.applicants[2].nomination.unwrap();
    let key = story.applicants[2].key.clone();
    let text = committed(&mut story, "appeal", &nomination.to_string());
    story.state(&key, Appeal { nomination, text }).unwrap();
    let reason = committed(&mut story, "appeal_decided", &nomination.to_string());
    by_organiser(
        &mut story,
        AppealDecided {
            nomination,
            upheld: false,
            reason,
        },
    )
    .unwrap();
    let days = story.desk.now().plus_hours(24 * 4);
    story.desk.set_now(days);
    let mut file = story.list_file().unwrap();
    file.candidates.pop();
    story.publish_list(&file).unwrap();
    kit.story("appeal-dismissed", "an appeal that is dismissed", &["V18"], &story);

    for doubt in [OnDoubt::Flag, OnDoubt::Refuse] {
        let mut rules = one();
        rules.eligibility.organisation_in_many_associations = doubt;
        rules.eligibility.expunged_conviction = doubt;
        let mut story = plain(rules, 4);
        let shared = story.applicants[0].fields[&Field::Organisations][0].clone();
        story.applicants[1].fields.get_mut(&Field::Organisations).unwrap()[0] = shared;
        story.announce().unwrap();
        story.intake().unwrap();
        story.desk.set_now(story.desk.now().plus_hours(9));
        let refuse = doubt == OnDoubt::Refuse;
        for index in 0..4 {
            let against = (refuse && index < 2).then_some(("R8", Reason::OrganisationElsewhere));
            story.screen(index, against).unwrap();
        }
        story.desk.set_now(story.desk.now().plus_hours(24 * 4));
        let mut file = story.list_file().unwrap();
        if refuse {
            file.candidates.drain(..2);
        }
        story.publish_list(&file).unwrap();
        let (word, shows) = if refuse {
            ("refused", "one organisation in two associations: both are refused")
        } else {
            (
                "flagged",
                "one organisation in two associations: flagged, and settled by a person",
            )
        };
        kit.story(&format!("organisation-twice-{word}"), shows, &["V17", "V18"], &story);
    }

    let mut story = odd(one(), 2, &[Trait::Contested]);
    story.announce().unwrap();
    story.intake().unwrap();
    story.desk.set_now(story.desk.now().plus_hours(9));
    contest(&mut story, 0, 2).unwrap();
    kit.story(
        "contest-decided",
        "two nominations of one association: one stands",
        &["V17"],
        &story,
    );

    for admitted in [0, 1] {
        let mut story = announced(one(), 2);
        story.intake().unwrap();
        story.desk.set_now(story.desk.now().plus_hours(9));
        for index in 0..2 {
            let against = (index >= admitted).then_some(("R12", Reason::NoHigherEducation));
            story.screen(index, against).unwrap();
        }
        story.desk.set_now(story.desk.now().plus_hours(24 * 4));
        let mut file = story.list_file().unwrap();
        file.candidates.truncate(admitted);
        story.publish_list(&file).unwrap();
        kit.story(
            &format!("failed-with-{admitted}-candidates"),
            "too few candidates: the competition fails",
            &[],
            &story,
        );
    }
}

fn poll_on(day: Date) -> Poll {
    Poll {
        day,
        opens_at: day.at(9, 0),
        closes_at: day.at(24, 0),
        place: "Ош".into(),
    }
}

fn dates(kit: &mut Kit) {
    for days in [10, 20] {
        let mut story = plain(one(), 3);
        announce_with(&mut story, |act, _| {
            act.poll = poll_on(act.intake_last_day.plus_days(days));
        })
        .unwrap();
        kit.story(
            &format!("poll-on-day-{days}"),
            &format!("polling {days} days after the last day of intake, until 24.00"),
            &["V15"],
            &story,
        );
    }
    let mut story = plain(one(), 3);
    story.applicants[0].fields.insert(Field::BirthDate, json!("2001-10-01"));
    story.announce().unwrap();
    let last = story.desk.competition.as_ref().unwrap().intake_last_day();
    story.desk.set_now(last.end().plus_seconds(-1));
    for index in 0..3 {
        story.nominate(index).unwrap();
    }
    story.desk.set_now(last.end());
    for index in 0..3 {
        story.screen(index, None).unwrap();
    }
    story.desk.set_now(last.plus_days(5).at(9, 0));
    story.list().unwrap();
    kit.story(
        "last-second",
        "nominations in the last second of intake, all with one time; one candidate turns 25 that day",
        &["V09", "V15", "V18"],
        &story,
    );

    let mut story = announced(one(), 3);
    let last = story.desk.competition.as_ref().unwrap().intake_last_day();
    story.desk.set_now(last.end().plus_seconds(-1));
    let act = Extension {
        last_day: last.plus_days(14),
        poll: poll_on(last.plus_days(24)),
        reason: "late newspaper".into(),
    };
    by_organiser(&mut story, act).unwrap();
    story.desk.set_now(last.plus_days(14).end().plus_seconds(-1));
    story.nominate(0).unwrap();
    let subject = story.applicants[0].key.public().id().to_string();
    let resume = story.desk.store_document(b"another resume".to_vec()).unwrap();
    let made = opening("resume", &subject, json!(resume), &mut story.chance);
    let fields = BTreeMap::from([(Field::Resume, story.desk.store_opening(made).unwrap())]);
    let (key, nomination) = (story.applicants[0].key.clone(), story.applicants[0].nomination.unwrap());
    story.state(&key, Amendment { nomination, fields }).unwrap();
    kit.story(
        "extension",
        "intake is extended in its last second by as many days as may be; a document is sent anew",
        &["V13", "V15"],
        &story,
    );

    let mut story = listed(one(), 3);
    let day = story.poll.day.plus_days(1);
    let poll = Poll {
        opens_at: day.at(9, 0),
        closes_at: day.at(18, 0),
        ..poll_on(day)
    };
    by_organiser(
        &mut story,
        PollDayMoved {
            poll: poll.clone(),
            reason: "no light".into(),
        },
    )
    .unwrap();
    story.poll = poll;
    story.round().unwrap();
    kit.story(
        "poll-day-moved",
        "poll day is moved, and presence is of the new day",
        &["V19"],
        &end(story),
    );

    let mut rules = one();
    rules.calendar.roll_to_working_day = true;
    rules.calendar.holidays = vec![Date::new(2026, 3, 2).unwrap()];
    let mut story = plain(rules, 3);
    story.plan.day = Date::new(2026, 1, 31).unwrap();
    announce_with(&mut story, |act, _| {
        // 28 February is a Saturday, 2 March a holiday.
        act.intake_last_day = Date::new(2026, 3, 3).unwrap();
        act.poll = poll_on(act.intake_last_day.plus_days(12));
    })
    .unwrap();
    kit.story(
        "month-end-rolled",
        "published on 31 January: the last day rolls from 28 February to a working day",
        &["V15"],
        &story,
    );
}

fn phases(kit: &mut Kit) {
    let mut story = announced(one(), 3);
    kit.story(
        "phase-announced",
        "nothing but the announcement: no list, no protocol, no result",
        &["V06", "V31"],
        &story,
    );
    story.intake().unwrap();
    story.screening().unwrap();
    kit.story("phase-screening", "screened, not yet listed", &["V31"], &story);
    story.list().unwrap();
    story.prepare().unwrap();
    kit.story(
        "phase-prepared",
        "cards and lot commitments, polling not yet opened",
        &["V31"],
        &story,
    );
    vote_like(&mut story, &[&[9, 5, 1]]);
    story.open_polling().unwrap();
    story.vote().unwrap();
    kit.story(
        "phase-polling",
        "polling: no ballot is in the record",
        &["V22", "V34"],
        &story,
    );
    story.close_polling().unwrap();
    kit.story(
        "phase-closed",
        "polling is closed, the box not yet opened",
        &["V22", "V34"],
        &story,
    );
    let closed = story.desk.checkpoint();
    let receipt = story
        .receipts
        .iter()
        .find(|one| one.receipt.starts_with("esep/box"))
        .unwrap()
        .receipt
        .clone();
    story.open_box().unwrap();
    kit.story(
        "phase-opened",
        "the box is opened, nobody has signed the ballots",
        &["V26", "V34"],
        &story,
    );
    story.sign_ballots().unwrap();
    kit.story(
        "phase-counted",
        "counted, the protocol not yet signed",
        &["V30"],
        &story,
    );
    assert_eq!(outcome(&story).elected.len(), 1);
    assert_eq!(story.desk.view().unwrap().phase, Phase::Counted);
    let story = end(story);
    let keys = BTreeMap::from([
        ("log".to_owned(), story.desk.log().vkey().key().clone()),
        ("organiser".to_owned(), story.cast.organiser.public().clone()),
        ("cec".to_owned(), story.cast.members[3].public().clone()),
    ]);
    let given = Trust {
        keys: keys.clone(),
        older: vec![closed, receipt],
        ..Trust::default()
    };
    kit.given(
        "given-keys-and-older",
        "with trusted keys, an older checkpoint and a box receipt that all fit",
        &["V03", "V04", "V33"],
        &story,
        given,
    );
    let given = Trust {
        keys: keys.into_iter().filter(|(name, _)| name == "log").collect(),
        ..Trust::default()
    };
    kit.given(
        "given-log-key-only",
        "with the trusted key of the log alone",
        &["V04"],
        &story,
        given,
    );
    files(kit, &story);
}

/// What may be done to the files of a good bundle without making it a wrong one.
fn files(kit: &mut Kit, story: &Played) {
    use crate::tamper::insider::resum;
    let honest = story.desk.bundle().unwrap();
    let mut files = honest.clone();
    files.insert("README.txt", b"Another page for people.\n".to_vec());
    resum(&mut files);
    kit.files(
        "readme-rewritten",
        "the page for people says something else, and SHA256SUMS lists it so",
        &["V01", "V31"],
        files,
    );
    let mut files = honest.clone();
    let mut note = String::from_utf8(files.file("checkpoint").unwrap().to_vec()).unwrap();
    let other = esep::ledger::NoteKey::new("witness.example", SecretKey::from_seed([7; 32])).unwrap();
    let cosigned = other.sign("another text\n").unwrap();
    note.push_str(cosigned.lines().last().unwrap());
    note.push('\n');
    files.insert("checkpoint", note);
    resum(&mut files);
    kit.files(
        "checkpoint-with-unknown-line",
        "a further line under the checkpoint by a key that nobody knows",
        &["V02", "V03"],
        files,
    );
    // What is missing proves no fraud.
    for (path, near) in [
        ("policy", "V02"),
        ("tile/0/", "V05"),
        ("tile/entries/", "V08"),
        ("SHA256SUMS", "V01"),
        ("result.json", "V31"),
        ("attachments/", "V32"),
    ] {
        let mut files = honest.clone();
        let found = files
            .iter()
            .map(|(found, _)| found.to_owned())
            .find(|found| found.starts_with(path))
            .unwrap();
        files.0.remove(&found);
        if path != "SHA256SUMS" {
            resum(&mut files);
        }
        let name = path
            .trim_end_matches('/')
            .replace('/', "-")
            .to_lowercase()
            .replace('.', "-");
        kit.files(
            &format!("missing-{name}"),
            &format!("{path} is not there: nobody can tell"),
            &[near],
            files,
        );
    }
}

/// More entries than one tile holds.
fn large(kit: &mut Kit) {
    let mut rules = named(one());
    rules.electorate = Electorate::Listed(roll(215));
    let mut story = listed(rules, 2);
    vote_like(&mut story, &[&[7, 3]]);
    story.round().unwrap();
    kit.story(
        "large-257",
        "more entries than one tile holds: a full tile, a partial one, a tile above",
        &["V05", "V08"],
        &end(story),
    );
}

impl Kit {
    fn story(&mut self, name: &str, shows: &str, near: &[&'static str], story: &Played) {
        self.given(name, shows, near, story, Trust::default());
    }

    fn given(&mut self, name: &str, shows: &str, near: &[&'static str], story: &Played, given: Trust) {
        let choices = super::choices(&story.plan.rules);
        let files = story.desk.bundle().unwrap();
        self.add(Vector {
            name: format!("good/{name}"),
            shows: shows.to_owned(),
            choices,
            near: near.to_vec(),
            files,
            given,
        });
    }

    fn files(&mut self, name: &str, shows: &str, near: &[&'static str], files: esep::ledger::Files) {
        self.add(Vector {
            name: format!("good/{name}"),
            shows: shows.to_owned(),
            choices: Vec::new(),
            near: near.to_vec(),
            files,
            given: Trust::default(),
        });
    }
}
