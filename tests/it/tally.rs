//! Totals, ranks, ties, lots and margins: properties, a second counter, and edges by hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

use crate::naive;
use esep::ballot::{BLANK, BallotPaper, CandidateId, Invalid, check_row, narrow};
use esep::crypto::hash::Digest;
use esep::ruleset::{Aggregate, Blank, RuleSet, Scale, SelfRating};
use esep::tally::{
    Count, Counter, LotInput, NotOfTheTied, Outcome, Placed, after_choice, after_lot, after_repeat, commitment, count,
    last_seat, order, rank, seed, shared_ranks, value,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn id(text: &str) -> CandidateId {
    text.parse().unwrap()
}

fn paper(names: &[&str]) -> BallotPaper {
    BallotPaper::new(names.iter().map(|name| id(name)))
}

fn nobody() -> BTreeSet<CandidateId> {
    BTreeSet::new()
}

fn outcome(rules: &RuleSet, paper: &BallotPaper, rows: &[Vec<i16>], seats: u32) -> Outcome {
    rank(rules, paper, &count(&rules.vote, paper, rows), seats, &nobody())
}

fn placed(list: &[(&str, u32)]) -> Vec<Placed> {
    list.iter()
        .map(|(name, rank)| Placed {
            candidate: id(name),
            rank: *rank,
        })
        .collect()
}

/// An election small enough for many ties.
#[derive(Debug, Clone)]
struct Election {
    rules: RuleSet,
    paper: BallotPaper,
    rows: Vec<Vec<i16>>,
    seats: u32,
}

fn elections() -> impl Strategy<Value = Election> {
    let scale = prop_oneof![
        Just((0, 10)),
        Just((0, 1)),
        Just((-1, 1)),
        Just((1, 5)),
        Just((-3, 100))
    ];
    let shape = (
        scale,
        1usize..8,
        0u32..6,
        any::<bool>(),
        any::<bool>(),
        1u32..4,
        0u32..3,
        0usize..4,
    );
    shape.prop_flat_map(|((min, max), candidates, seats, mean, zero, quorum, min_rated, less)| {
        let mut rules = RuleSet::commission_2014();
        rules.vote.scale = Scale { min, max };
        rules.vote.aggregate = if mean { Aggregate::Mean { quorum } } else { Aggregate::Sum {} };
        rules.vote.blank = if zero && min <= 0 { Blank::Zero } else { Blank::Skip };
        rules.vote.min_rated = min_rated;
        rules.vote.max_rated = (less > 0).then(|| u32::try_from(candidates).unwrap().saturating_sub(1).max(1).max(min_rated));
        let mark = prop_oneof![6 => min..=max, 2 => Just(BLANK), 1 => min..=(min + 1), 1 => prop_oneof![Just(min - 1), Just(max + 1), min..=max, min..=max]];
        let rows = prop::collection::vec(prop::collection::vec(mark, candidates), 0..14);
        let pass = prop_oneof![4 => Just(None), 1 => (0i64..9).prop_map(Some)];
        let struck = prop::collection::vec(prop::bool::weighted(0.1), candidates);
        (Just(rules), rows, pass, struck).prop_map(move |(mut rules, rows, pass, struck)| {
            rules.vote.pass_mark = pass;
            let paper = BallotPaper { struck, ..BallotPaper::numbered(candidates) };
            Election { rules, paper, rows, seats }
        })
    })
}

impl Election {
    fn count(&self) -> Count {
        count(&self.rules.vote, &self.paper, &self.rows)
    }

    fn outcome(&self) -> Outcome {
        rank(&self.rules, &self.paper, &self.count(), self.seats, &nobody())
    }

    fn second_opinion(&self) -> naive::Answer {
        let vote = &self.rules.vote;
        let names: Vec<String> = self.paper.candidates.iter().map(ToString::to_string).collect();
        let struck = names
            .iter()
            .zip(&self.paper.struck)
            .filter(|(_, struck)| **struck)
            .map(|(name, _)| name.clone());
        let rules = naive::Rules {
            scale: (vote.scale.min.into(), vote.scale.max.into()),
            rated: (
                vote.min_rated as usize,
                vote.max_rated.map_or(usize::MAX, |max| max as usize),
            ),
            mean_quorum: match vote.aggregate {
                Aggregate::Mean { quorum } => Some(quorum.into()),
                Aggregate::Sum {} => None,
            },
            blank_is_zero: vote.blank == Blank::Zero,
            pass_mark: vote.pass_mark,
            seats: self.seats as usize,
        };
        let ballot = |row: &Vec<i16>| -> BTreeMap<String, i64> {
            let rated = names.iter().zip(row).filter(|(_, mark)| **mark != BLANK);
            rated.map(|(name, mark)| (name.clone(), i64::from(*mark))).collect()
        };
        let ballots: Vec<_> = self.rows.iter().map(ballot).collect();
        naive::tally(&rules, &names, &struck.collect::<Vec<_>>(), &ballots)
    }
}

fn sorted(list: &[Placed]) -> Vec<String> {
    let mut names: Vec<_> = list.iter().map(|placed| placed.candidate.to_string()).collect();
    names.sort();
    names
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::CASES))]

    #[test]
    fn a_second_counter_agrees(election in elections()) {
        let (count, answer) = (election.count(), election.second_opinion());
        prop_assert_eq!(i64::try_from(count.valid).unwrap(), answer.valid);
        prop_assert_eq!(usize::try_from(count.valid + count.invalid).unwrap(), election.rows.len());
        for total in &count.totals {
            let rated = i64::try_from(total.rated).unwrap();
            prop_assert_eq!((total.total, rated), answer.totals[total.candidate.as_str()]);
        }
        let (elected, mut tied, reserve) = match election.outcome() {
            Outcome::Complete { elected, unfilled, reserve } => {
                prop_assert_eq!(unfilled as usize, election.seats as usize - elected.len());
                (elected, Vec::new(), reserve)
            }
            Outcome::TieAtLastSeat { elected, tied, seats_left, reserve } => {
                prop_assert_eq!(elected.len() + seats_left as usize, election.seats as usize);
                prop_assert!(seats_left >= 1 && (seats_left as usize) < tied.len());
                (elected, tied.iter().map(ToString::to_string).collect(), reserve)
            }
        };
        tied.sort();
        prop_assert_eq!(sorted(&elected), answer.elected);
        prop_assert_eq!(tied, answer.tied);
        prop_assert_eq!(sorted(&reserve), answer.reserve);
    }

    #[test]
    fn the_order_of_ballots_never_matters(election in elections(), turn in 0usize..14) {
        let mut other = election.clone();
        let turn = turn.min(other.rows.len());
        other.rows.rotate_left(turn);
        other.rows[turn..].reverse();
        prop_assert_eq!(election.count(), other.count());
    }

    #[test]
    fn renaming_candidates_only_renames(election in elections(), names in prop::collection::btree_set("[a-z]{3}", 8), keys in any::<[u16; 8]>()) {
        // New names in a new order: candidate i of the old paper gets names[i], so the columns move.
        let size = election.paper.len();
        let mut names: Vec<_> = names.iter().take(size).map(|name| id(name)).collect();
        let mut turn: Vec<_> = (0..size).collect();
        turn.sort_by_key(|at| keys[*at]);
        names = turn.iter().map(|at| names[*at].clone()).collect();
        let mut paper = BallotPaper::new(names.clone());
        let (mut rows, mut renamed) = (Vec::new(), BTreeMap::new());
        for (old, new) in election.paper.candidates.iter().zip(&names) {
            renamed.insert(old.clone(), new.clone());
            let place = paper.index_of(new).unwrap();
            paper.struck[place] = election.paper.struck[election.paper.index_of(old).unwrap()];
        }
        for row in &election.rows {
            let mut moved = vec![BLANK; size];
            for (mark, name) in row.iter().zip(&names) {
                moved[paper.index_of(name).unwrap()] = *mark;
            }
            rows.push(moved);
        }
        let as_set = |list: &[Placed], rename: bool| -> BTreeSet<(CandidateId, u32)> {
            let name = |id: &CandidateId| if rename { renamed[id].clone() } else { id.clone() };
            list.iter().map(|placed| (name(&placed.candidate), placed.rank)).collect()
        };
        let parts = |outcome: Outcome, rename: bool| match outcome {
            Outcome::Complete { elected, unfilled, reserve } => (as_set(&elected, rename), BTreeSet::new(), unfilled, as_set(&reserve, rename)),
            Outcome::TieAtLastSeat { elected, tied, seats_left, reserve } => {
                let tied: Vec<_> = tied.into_iter().map(|candidate| Placed { candidate, rank: 0 }).collect();
                (as_set(&elected, rename), as_set(&tied, rename), seats_left, as_set(&reserve, rename))
            }
        };
        let other = Election { paper, rows, ..election.clone() };
        prop_assert_eq!(parts(election.outcome(), true), parts(other.outcome(), false));
    }

    #[test]
    fn sums_conserve_and_reconcile(election in elections()) {
        let count = election.count();
        let (min, max) = (i64::from(election.rules.vote.scale.min), i64::from(election.rules.vote.scale.max));
        let mut given = 0;
        for row in election.rows.iter().filter(|row| check_row(&election.rules.vote, row, None).is_ok()) {
            let marks = row.iter().zip(&election.paper.struck).filter(|(mark, struck)| **mark != BLANK && !**struck);
            given += marks.map(|(mark, _)| i64::from(*mark)).sum::<i64>();
        }
        prop_assert_eq!(count.totals.iter().map(|total| total.total).sum::<i64>(), given);
        for total in &count.totals {
            let rated = i64::try_from(total.rated).unwrap();
            // C5, C6.
            prop_assert!(min * rated <= total.total && total.total <= max * rated && total.rated <= count.valid);
            prop_assert_eq!(total.distribution.iter().sum::<u64>(), total.rated);
        }
    }

    #[test]
    fn counters_of_parts_merge_into_the_whole(election in elections(), cut in 0usize..14) {
        let cut = cut.min(election.rows.len());
        let part = |rows: &[Vec<i16>]| {
            let mut counter = Counter::new(&election.rules.vote, &election.paper);
            for row in rows {
                let _ = counter.add(row, None);
            }
            counter
        };
        let (first, second) = election.rows.split_at(cut);
        prop_assert_eq!(part(second).merge(&part(first)).finish(), election.count());
        let stored = serde_json::to_string(&election.count()).unwrap();
        prop_assert_eq!(serde_json::from_str::<Count>(&stored).unwrap(), election.count());
    }

    #[test]
    fn fewer_changed_ballots_than_the_bound_change_nothing(
        election in elections(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(any::<u16>(), 8)), 0..4),
        push in 0u8..3,
    ) {
        let Some(close) = last_seat(&election.rules, &election.paper, &election.count(), election.seats, &nobody()) else { return Ok(()) };
        let vote = &election.rules.vote;
        let valid: Vec<_> = (0..election.rows.len()).filter(|row| check_row(vote, &election.rows[*row], None).is_ok()).collect();
        prop_assume!(!valid.is_empty());
        let mut changed = election.clone();
        let mut touched = BTreeSet::new();
        for (which, marks) in &changes {
            let row = valid[which.index(valid.len())];
            let steps = u16::try_from(vote.scale.max - vote.scale.min + 1).unwrap();
            for (place, mark) in marks.iter().take(election.paper.len()).enumerate() {
                // Either anything, or the worst for the elected.
                let name = &election.paper.candidates[place];
                changed.rows[row][place] = match (push, mark % 8) {
                    (1, _) if close.last_elected.contains(name) => vote.scale.min,
                    (2, _) if close.last_elected.contains(name) => BLANK,
                    (1 | 2, _) => vote.scale.max,
                    (_, 0) => BLANK,
                    (_, _) => vote.scale.min + i16::try_from(mark % steps).unwrap(),
                };
            }
            if check_row(vote, &changed.rows[row], None).is_err() {
                changed.rows[row] = election.rows[row].clone();
            }
            touched.insert(row);
        }
        let few = close.ballots_at_least.is_none_or(|bound| u64::try_from(touched.len()).unwrap() < bound);
        if few {
            let elected = |outcome| match outcome {
                Outcome::Complete { elected, unfilled, .. } => Ok((sorted(&elected), unfilled)),
                tie @ Outcome::TieAtLastSeat { .. } => Err(tie),
            };
            prop_assert_eq!(elected(changed.outcome()), elected(election.outcome()));
        }
    }

    #[test]
    fn a_lot_is_a_permutation_that_ignores_the_order_it_is_asked_in(names in prop::collection::btree_set("[a-z0-9-]{1,8}", 1..12), bytes: [u8; 32]) {
        let tied: Vec<_> = names.iter().map(|name| id(name)).collect();
        let drawn = order(&Digest::from_bytes(bytes), &tied);
        let backwards: Vec<_> = tied.iter().rev().cloned().collect();
        prop_assert_eq!(&drawn, &order(&Digest::from_bytes(bytes), &backwards));
        let mut again = drawn;
        again.sort();
        prop_assert_eq!(again, tied);
    }
}

#[test]
fn a_tie_at_the_last_seat_is_an_outcome_and_ties_elsewhere_are_ranks() {
    let rules = RuleSet::commission_2014();
    let paper = paper(&["a", "b", "c", "d", "e", "f"]);
    let rows = vec![vec![9, 9, 5, 5, 1, 1]];
    let tie = outcome(&rules, &paper, &rows, 3);
    let expected = Outcome::TieAtLastSeat {
        elected: placed(&[("a", 1), ("b", 1)]),
        tied: vec![id("c"), id("d")],
        seats_left: 1,
        reserve: placed(&[("e", 5), ("f", 5)]),
    };
    assert_eq!(tie, expected);
    let complete = outcome(&rules, &paper, &rows, 2);
    let reserve = placed(&[("c", 3), ("d", 3), ("e", 5), ("f", 5)]);
    let expected = Outcome::Complete {
        elected: placed(&[("a", 1), ("b", 1)]),
        unfilled: 0,
        reserve: reserve.clone(),
    };
    assert_eq!(complete, expected);
    assert_eq!(shared_ranks(&reserve), [[id("c"), id("d")], [id("e"), id("f")]]);
    assert_eq!(
        shared_ranks(&placed(&[("a", 1), ("b", 2)])),
        Vec::<Vec<CandidateId>>::new()
    );
}

#[test]
fn everybody_equal_is_one_great_tie_and_few_candidates_are_all_elected() {
    let rules = RuleSet::commission_2014();
    let paper = paper(&["a", "b", "c"]);
    let rows = vec![vec![4, 4, 4]];
    let Outcome::TieAtLastSeat {
        elected,
        tied,
        seats_left,
        ..
    } = outcome(&rules, &paper, &rows, 2)
    else {
        panic!("a tie")
    };
    assert_eq!((elected.len(), tied.len(), seats_left), (0, 3, 2));
    for (seats, unfilled) in [(3, 0), (10, 7)] {
        let expected = Outcome::Complete {
            elected: placed(&[("a", 1), ("b", 1), ("c", 1)]),
            unfilled,
            reserve: Vec::new(),
        };
        assert_eq!(outcome(&rules, &paper, &rows, seats), expected);
    }
    let nobody_to_elect = outcome(&rules, &BallotPaper::default(), &[], 10);
    assert_eq!(
        nobody_to_elect,
        Outcome::Complete {
            elected: vec![],
            unfilled: 10,
            reserve: vec![]
        }
    );
}

#[test]
fn means_compare_as_fractions() {
    let mut rules = RuleSet::commission_2014();
    rules.vote.aggregate = Aggregate::Mean { quorum: 2 };
    rules.vote.blank = Blank::Skip;
    let paper = paper(&["a", "b", "c"]);
    // a: 7/3, b: 14/6 (the same), c: one 10 only, below the quorum.
    let mut rows = vec![vec![2, 2, 10], vec![2, 2, BLANK], vec![3, 3, BLANK]];
    rows.extend([vec![BLANK, 2, BLANK], vec![BLANK, 2, BLANK], vec![BLANK, 3, BLANK]]);
    let counted = count(&rules.vote, &paper, &rows);
    let Outcome::TieAtLastSeat { tied, reserve, .. } = rank(&rules, &paper, &counted, 1, &nobody()) else {
        panic!("a tie")
    };
    assert_eq!((tied, reserve), (vec![id("a"), id("b")], vec![]));
    rules.vote.blank = Blank::Zero;
    assert_eq!(value(&rules.vote, counted.valid, &counted.totals[0]).divisor, 6);
    let Outcome::Complete { elected, .. } = rank(&rules, &paper, &counted, 1, &nobody()) else {
        panic!("no tie")
    };
    assert_eq!(elected, placed(&[("b", 1)]));
}

#[test]
fn struck_and_barred_candidates_are_not_elected_and_marks_for_them_keep_ballots_valid() {
    let rules = RuleSet::commission_2014();
    let mut paper = paper(&["a", "b", "c"]);
    assert!(paper.strike(&id("a")) && !paper.strike(&id("x")));
    let counted = count(&rules.vote, &paper, &[vec![10, BLANK, BLANK], vec![10, 3, 4]]);
    assert_eq!(
        (counted.valid, counted.totals[0].total, counted.totals[0].rated),
        (2, 0, 0)
    );
    let barred = BTreeSet::from([id("c")]);
    let expected = Outcome::Complete {
        elected: placed(&[("b", 1)]),
        unfilled: 1,
        reserve: vec![],
    };
    assert_eq!(rank(&rules, &paper, &counted, 2, &barred), expected);
    assert_eq!(counted.totals[2].total, 4, "after opening, ratings stand");
}

#[test]
fn a_ballot_is_valid_or_not_as_a_whole() {
    let mut vote = RuleSet::commission_2014_marks(1, 2).vote;
    let check = |vote: &_, row: &[i16], own| check_row(vote, row, own);
    assert_eq!(check(&vote, &[1, BLANK, 1], None), Ok(()));
    assert_eq!(
        check(&vote, &[BLANK; 3], None),
        Err(Invalid::TooFewRated { rated: 0, min: 1 })
    );
    assert_eq!(
        check(&vote, &[1, 1, 1], None),
        Err(Invalid::TooManyRated { rated: 3, max: 2 })
    );
    assert_eq!(
        check(&vote, &[1, 2, 1], None),
        Err(Invalid::OutOfRange {
            candidate: 1,
            rating: 2
        })
    );
    assert_eq!(
        check(&vote, &[-1, 2, BLANK], None),
        Err(Invalid::OutOfRange {
            candidate: 0,
            rating: -1
        })
    );
    assert_eq!(
        check(&vote, &[1, BLANK, BLANK], Some(0)),
        Ok(()),
        "self rating is allowed"
    );
    vote.self_rating = SelfRating::Voids;
    assert_eq!(check(&vote, &[1, BLANK, BLANK], Some(0)), Err(Invalid::SelfRated {}));
    assert_eq!(check(&vote, &[1, BLANK, BLANK], Some(1)), Ok(()));
    vote.self_rating = SelfRating::Ignored;
    assert_eq!(
        check(&vote, &[1, 1, 1], Some(2)),
        Ok(()),
        "the own mark is as good as blank"
    );
    assert_eq!(check(&vote, &[1, 7, BLANK], Some(1)), Ok(()));
    assert_eq!(
        check(&vote, &[BLANK, 1, BLANK], Some(1)),
        Err(Invalid::TooFewRated { rated: 0, min: 1 })
    );
    assert_eq!(
        check(&vote, &[9, 7, 1], Some(1)),
        Err(Invalid::OutOfRange {
            candidate: 0,
            rating: 9
        })
    );
    assert_eq!(
        check(&vote, &[narrow(i64::MIN), 1, 1], None),
        Err(Invalid::OutOfRange {
            candidate: 0,
            rating: -32767
        })
    );
    assert!(Invalid::SelfRated {}.to_string().starts_with("R15"));
}

#[test]
fn an_ignored_own_mark_adds_nothing() {
    let mut vote = RuleSet::commission_2014().vote;
    vote.self_rating = SelfRating::Ignored;
    let paper = paper(&["a", "b"]);
    let mut counter = Counter::new(&vote, &paper);
    for (row, own) in [
        ([10, 4], Some(0)),
        ([3, 10], Some(1)),
        ([BLANK, 99], Some(1)),
        ([1, 99], Some(1)),
        ([5, 5], None),
    ] {
        let _ = counter.add(&row, own);
    }
    let count = counter.finish();
    assert_eq!((count.valid, count.invalid), (4, 1));
    let totals: Vec<_> = count.totals.iter().map(|total| (total.total, total.rated)).collect();
    assert_eq!(totals, [(9, 3), (9, 2)]);
}

#[test]
fn rows_are_made_by_name() {
    let paper = paper(&["b", "a", "b"]);
    assert_eq!(paper.candidates, [id("a"), id("b")]);
    assert_eq!(paper.row([(&id("b"), 7)]), Ok(vec![BLANK, 7]));
    let unknown = Invalid::UnknownCandidate { name: "x".into() };
    assert_eq!(paper.row([(&id("x"), 7)]), Err(unknown.clone()));
    assert_eq!(
        serde_json::to_string(&unknown).unwrap(),
        r#"{"code":"unknown_candidate","name":"x"}"#
    );
    for bad in ["", "A", "a b", "ү", "a_b", &"a".repeat(65)] {
        assert!(bad.parse::<CandidateId>().is_err(), "{bad:?}");
    }
}

#[test]
fn tie_rules_settle_a_tie_and_nothing_else() {
    let rules = RuleSet::commission_2014();
    let paper = paper(&["a", "b", "c", "d", "e"]);
    let tie = outcome(&rules, &paper, &[vec![9, 5, 5, 5, 1]], 3);
    let drawn = after_choice(&tie, &[id("d"), id("b")], true).unwrap();
    let expected = Outcome::Complete {
        elected: placed(&[("a", 1), ("b", 2), ("d", 2)]),
        unfilled: 0,
        reserve: placed(&[("c", 2), ("e", 5)]),
    };
    assert_eq!(drawn, expected);
    for wrong in [
        vec![id("b")],
        vec![id("b"), id("b")],
        vec![id("b"), id("e")],
        vec![id("b"), id("c"), id("d")],
    ] {
        assert_eq!(after_choice(&tie, &wrong, true), Err(NotOfTheTied), "{wrong:?}");
    }
    assert_eq!(
        after_choice(&drawn, &[], true),
        Err(NotOfTheTied),
        "there is no tie any more"
    );
    let seed = Digest::of(b"seed");
    let lot = order(&seed, &[id("b"), id("c"), id("d")]);
    assert_eq!(after_lot(&tie, &seed, true), after_choice(&tie, &lot[..2], true));
}

#[test]
fn a_repeat_vote_continues_the_ranks_and_may_tie_again() {
    let rules = RuleSet::commission_2014();
    let all = paper(&["a", "b", "c", "d", "e"]);
    let tie = outcome(&rules, &all, &[vec![9, 5, 5, 5, 1]], 3);
    let among = paper(&["b", "c", "d"]);
    let again = after_repeat(&tie, &outcome(&rules, &among, &[vec![2, 8, 2]], 2)).unwrap();
    let expected = Outcome::TieAtLastSeat {
        elected: placed(&[("a", 1), ("c", 2)]),
        tied: vec![id("b"), id("d")],
        seats_left: 1,
        reserve: placed(&[("e", 5)]),
    };
    assert_eq!(again, expected);
    let settled = after_choice(&again, &[id("d")], true).unwrap();
    let expected = Outcome::Complete {
        elected: placed(&[("a", 1), ("c", 2), ("d", 3)]),
        unfilled: 0,
        reserve: placed(&[("b", 3), ("e", 5)]),
    };
    assert_eq!(settled, expected);
    let foreign = outcome(&rules, &paper(&["b", "x"]), &[vec![2, 8]], 1);
    assert_eq!(after_repeat(&tie, &foreign), Err(NotOfTheTied));
}

#[test]
fn the_seed_hashes_canonical_json_and_every_input_matters() {
    let input = LotInput {
        box_root: Digest::of(b"box"),
        competition: "example.kg/commission-\"2026\"-ң".into(),
        reveals: BTreeMap::from([("cec".into(), "ab".repeat(32)), ("akyykatchy".into(), "01".repeat(32))]),
        round: 2,
        rule: "esep-lot-v1".into(),
    };
    let canonical = serde_json_canonicalizer::to_vec(&input).unwrap();
    assert_eq!(seed(&input), Digest::of(&canonical));
    for other in [
        LotInput {
            round: 3,
            ..input.clone()
        },
        LotInput {
            box_root: Digest::of(b"other"),
            ..input.clone()
        },
        LotInput {
            reveals: BTreeMap::new(),
            ..input.clone()
        },
    ] {
        assert_ne!(seed(&other), seed(&input));
    }
    let nonce = [7; 32];
    let bytes = [b"esep-lot-v1\nexample.kg/c\n2\ncec\n".as_slice(), &nonce].concat();
    assert_eq!(commitment("example.kg/c", 2, "cec", &nonce), Digest::of(&bytes));
}

#[test]
fn the_margin_of_means_is_the_exact_difference_of_their_fractions() {
    let mut rules = RuleSet::commission_2014();
    rules.vote.aggregate = Aggregate::Mean { quorum: 1 };
    rules.vote.blank = Blank::Skip;
    let paper = paper(&["a", "b"]);
    // a 13/2, b 10/3: 13 * 3 - 10 * 2 over 2 * 3.
    let rows = [vec![6, 3], vec![7, 3], vec![BLANK, 4]];
    let found = last_seat(&rules, &paper, &count(&rules.vote, &paper, &rows), 1, &nobody()).unwrap();
    assert_eq!((found.margin, found.margin_divisor), (19, 6));
}

#[test]
fn the_margin_says_how_close_it_was() {
    let rules = RuleSet::commission_2014();
    let paper = paper(&["a", "b", "c"]);
    let close = |rules: &RuleSet, rows: &[Vec<i16>], seats| {
        last_seat(rules, &paper, &count(&rules.vote, &paper, rows), seats, &nobody())
    };
    // b 30, c 5: the difference of 25 falls by at most 20 a ballot, so one ballot is never enough.
    let rows = [vec![10, 10, 5], vec![10, 10, 0], vec![10, 10, 0]];
    let found = close(&rules, &rows, 2).unwrap();
    assert_eq!(
        (found.last_elected, found.first_not_elected),
        (vec![id("a"), id("b")], vec![id("c")])
    );
    assert_eq!(
        (found.margin, found.margin_divisor, found.ballots_at_least),
        (25, 1, Some(2))
    );
    assert!(!found.self_rating_matters, "25 is out of reach of one's own 10");
    assert!(
        close(&rules, &[vec![10, 10, 0]], 2).unwrap().self_rating_matters,
        "10 is within reach"
    );
    let mut jury = rules.clone();
    jury.electorate = esep::ruleset::Electorate::CountingCommission {};
    assert!(
        !close(&jury, &[vec![10, 10, 0]], 2).unwrap().self_rating_matters,
        "no candidate votes"
    );
    let tie = close(&rules, &rows, 1).unwrap();
    assert_eq!(
        (tie.margin, tie.ballots_at_least, tie.last_elected.len()),
        (0, Some(0), 2)
    );
    let mut mean = rules.clone();
    mean.vote.aggregate = Aggregate::Mean { quorum: 4 };
    mean.vote.blank = Blank::Skip;
    // a 50/5 against b 0/50: far apart, but two ballots that leave a blank take a below the quorum.
    let rows: Vec<_> = (0..50)
        .map(|n| vec![if n < 5 { 10 } else { BLANK }, 0, BLANK])
        .collect();
    let found = close(&mean, &rows, 1).unwrap();
    assert_eq!(
        (found.margin, found.margin_divisor, found.ballots_at_least),
        (2500, 250, Some(2))
    );
    // With a quorum of 2 it takes four of them, if c is as far as b: to lift either takes five.
    mean.vote.aggregate = Aggregate::Mean { quorum: 2 };
    let rows: Vec<_> = rows.iter().map(|row| vec![row[0], 0, 0]).collect();
    assert_eq!(close(&mean, &rows, 1).unwrap().ballots_at_least, Some(4));
    let rows = [vec![10, 10, 5], vec![10, 10, 0], vec![10, 10, 0]];
    assert_eq!(close(&rules, &rows, 3), None, "nobody was left out");
    assert_eq!(close(&rules, &rows, 0), None);
}

#[test]
fn the_margin_where_only_ratings_count_and_at_the_pass_mark() {
    let mut mean = RuleSet::commission_2014();
    mean.vote.aggregate = Aggregate::Mean { quorum: 1 };
    mean.vote.blank = Blank::Skip;
    let two = paper(&["a", "b"]);
    let close = |rules: &RuleSet, rows: &[Vec<i16>]| {
        last_seat(rules, &two, &count(&rules.vote, &two, rows), 1, &nobody()).unwrap()
    };
    // a 40/4, b 20/4: a gap of 40 * 4 - 20 * 4, of which a ballot takes at most 10 * (4 + 4).
    let found = close(&mean, &vec![vec![10, 5]; 4]);
    assert_eq!((found.margin, found.ballots_at_least), (20, Some(1)));
    // a 20/2 keeps the mean 10 without the own mark; b 8/1 has none but the own one, and keeps it at worst.
    let found = close(&mean, &[vec![10, 8], vec![10, BLANK]]);
    assert!(!found.self_rating_matters);
    assert!(close(&mean, &[vec![10, 8]]).self_rating_matters, "a has no other mark");
    // The way to the pass mark is none for c, whom nobody rated; the quorum is one ballot away.
    let three = paper(&["a", "b", "c"]);
    mean.vote.pass_mark = Some(5);
    let rows = vec![vec![10, 8, BLANK]; 2];
    let found = last_seat(&mean, &three, &count(&mean.vote, &three, &rows), 1, &nobody()).unwrap();
    assert_eq!(found.ballots_at_least, Some(1));
    // Tied at the pass mark itself: no ballot needs to change.
    let mut pass = RuleSet::commission_2014();
    pass.vote.pass_mark = Some(10);
    assert_eq!(close(&pass, &[vec![10, 10]]).ballots_at_least, Some(0));
}

#[test]
fn many_rows_count_the_same_on_all_cores() {
    let rules = RuleSet::commission_2014();
    let paper = BallotPaper::numbered(3);
    let rows: Vec<[i16; 3]> = (0..20_001)
        .map(|n| [n % 12, n % 3, if n % 2 == 0 { BLANK } else { 5 }])
        .collect();
    let mut one = Counter::new(&rules.vote, &paper);
    for row in &rows {
        let _ = one.add(row, None);
    }
    let one = one.finish();
    assert!(one.invalid > 1000 && one.valid > 10_000);
    assert_eq!(count(&rules.vote, &paper, &rows), one);
}

#[test]
fn a_paper_of_many_hundred_candidates_counts_like_a_short_one() {
    let mut rules = RuleSet::commission_2014();
    rules.vote.max_rated = Some(600);
    for candidates in [254, 255, 256, 257, 513, 700] {
        let paper = BallotPaper::numbered(candidates);
        let row: Vec<i16> = (0..candidates)
            .map(|place| i16::try_from(place % 11).unwrap())
            .collect();
        let mut wrong = row.clone();
        wrong[candidates - 1] = 11;
        let found = count(&rules.vote, &paper, &[row, wrong, vec![BLANK; candidates]]);
        let valid = u64::from(candidates <= 600);
        assert_eq!((found.valid, found.invalid), (valid, 3 - valid), "{candidates}");
        let totals: Vec<_> = found
            .totals
            .iter()
            .map(|total| u64::try_from(total.total).unwrap())
            .collect();
        let expected: Vec<_> = (0..candidates)
            .map(|place| valid * u64::try_from(place % 11).unwrap())
            .collect();
        assert_eq!(totals, expected, "{candidates}");
    }
}
