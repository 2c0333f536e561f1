//! Any small election ends proved, and as the plain second counter has it.

use super::*;

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

/// Any rule set that may be announced and needs no roll.
fn any_rules() -> impl Strategy<Value = RuleSet> {
    let vote = (
        prop_oneof![Just((0i16, 1i16)), Just((0, 3)), Just((-2, 2)), Just((1, 5))],
        prop_oneof![
            Just(Aggregate::Sum {}),
            (1u32..4).prop_map(|quorum| Aggregate::Mean { quorum })
        ],
        any::<bool>(),
        prop::option::of(-1i64..3),
        0u32..3,
        prop::option::of(1u32..5),
        prop::sample::select(vec![SelfRating::Allowed, SelfRating::Ignored, SelfRating::Voids]),
    );
    let ties = prop::collection::vec(
        prop::sample::select(vec![TieRule::RepeatVote, TieRule::Lot, TieRule::ByHand]),
        0..4,
    );
    let course = (
        1u32..4,
        ties,
        any::<bool>(),
        any::<bool>(),
        prop::option::of(0u32..101),
        any::<bool>(),
    );
    (vote, course).prop_map(|(vote, (seats, ties, named, reserve, turnout, members_vote))| {
        let mut rules = RuleSet::commission_2014();
        let ((min, max), aggregate, skip, pass_mark, min_rated, max_rated, self_rating) = vote;
        rules.vote.scale = Scale { min, max };
        rules.vote.aggregate = aggregate;
        rules.vote.blank = if skip || min > 0 { Blank::Skip } else { Blank::Zero };
        rules.vote.pass_mark = pass_mark;
        rules.vote.min_rated = min_rated;
        rules.vote.max_rated = max_rated.map(|most| most.max(min_rated));
        (rules.seats, rules.ties, rules.reserve, rules.min_turnout_percent) = (seats, ties, reserve, turnout);
        if named {
            rules.ballots = BallotSecrecy::Named;
            rules.vote.self_rating = self_rating;
        }
        if members_vote {
            rules.electorate = Electorate::CountingCommission {};
        }
        rules
    })
}

/// Ratings by candidate for each elector; none where the elector stays away.
fn any_ballots(candidates: usize) -> impl Strategy<Value = Vec<Option<Vec<Option<i64>>>>> {
    let rating = prop_oneof![
        20 => (-2i64..6).prop_map(Some),
        6 => Just(None),
        1 => prop::sample::select(vec![-70_000, 40_000]).prop_map(Some)
    ];
    prop::collection::vec(
        prop::option::weighted(0.9, prop::collection::vec(rating, candidates)),
        6,
    )
}

/// One act of a story, by its place in the course.
fn step(story: &mut Played, place: usize) -> Result<(), Turned> {
    match place {
        0 => story.prepare(),
        1 => story.open_polling(),
        2 => story.vote(),
        3 => story.close_polling(),
        4 => story.open_box(),
        5 => story.sign_ballots(),
        6 => story.count(),
        _ => story.certify(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever the rules, the ballots, and who withdraws when: the record is proved wherever the story stops.
    #[test]
    fn any_course_under_any_rules_is_proved(
        rules in any_rules(),
        candidates in 2usize..6,
        ballots in any_ballots(6),
        leaving in prop::collection::vec((0usize..6, 0usize..9), 0..3),
    ) {
        prop_assume!(rules.problems().is_empty());
        let mut story = listed(rules, candidates);
        let cast = ballots.clone();
        story.choice = Some(Box::new(move |_, elector, paper| {
            let row = cast[elector % cast.len()].as_ref()?;
            let all = (0..).map(id).zip(row);
            Some(all.filter(|(id, _)| paper.contains(id)).filter_map(|(id, rating)| Some((id, (*rating)?))).collect())
        }));
        for place in 0..9 {
            for (index, _) in leaving.iter().filter(|(index, when)| *when == place && *index < candidates) {
                // One who has left before, or at a time when nobody may, is refused.
                let _ = withdraw(&mut story, *index);
            }
            if place == 8 || step(&mut story, place).is_err() {
                break;
            }
        }
        assert_proved(&story);
    }
}
