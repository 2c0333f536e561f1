//! Electorates, scales, aggregates, turnout.

use super::*;

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
                Ratings::from_iter([(id(0), 10), (id(1), 1)])
            } else {
                Ratings::from_iter([(id(0), 3)])
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
        Ratings::from_iter([(id(0), 10), (id(1), 6), (id(2), 4)]),
        Ratings::from_iter([(id(1), 6), (id(2), 4), (id(3), 4)]),
        Ratings::from_iter([(id(3), 6)]),
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
    let ballot = story
        .ballot(&story.applicants[0].own.clone(), Ratings::from_iter([(id(1), 5)]))
        .unwrap();
    refused(story.desk.submit(ballot), Code::NotElector);
}

#[test]
fn too_few_at_the_poll_fail_the_round() {
    for (percent, voters, fails) in [(50, 2, false), (51, 2, true), (100, 4, false)] {
        let mut rules = one_seat();
        rules.min_turnout_percent = Some(percent);
        let mut story = polling(rules, 4);
        story.choice = Some(Box::new(move |_, elector, _| {
            (elector < voters).then(|| Ratings::from_iter([(id(0), 5)]))
        }));
        after_vote(&mut story);
        assert_eq!(phase(&mut story) == Phase::Failed, fails);
        assert_proved(&story);
    }
}
