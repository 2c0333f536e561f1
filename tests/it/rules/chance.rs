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
