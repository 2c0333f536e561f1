//! A second counter, written from the rule text and from nothing in `src`: slow, plain, and at most 60 lines.

use std::collections::BTreeMap;

pub type Ballot = BTreeMap<String, i64>;

pub struct Rules {
    pub scale: (i64, i64),
    pub rated: (usize, usize),
    pub mean_quorum: Option<i64>,
    pub blank_is_zero: bool,
    pub pass_mark: Option<i64>,
    pub seats: usize,
}

#[derive(Default)]
pub struct Answer {
    pub valid: i64,
    /// Sum of ratings, and how many.
    pub totals: BTreeMap<String, (i64, i64)>,
    pub elected: Vec<String>,
    pub tied: Vec<String>,
    pub reserve: Vec<String>,
}

/// `ballots` hold only the candidates rated; `struck` candidates are among the candidates.
pub fn tally(rules: &Rules, candidates: &[String], struck: &[String], ballots: &[Ballot]) -> Answer {
    let mut answer = Answer::default();
    answer
        .totals
        .extend(candidates.iter().map(|name| (name.clone(), (0, 0))));
    for ballot in ballots {
        let in_scale = ballot
            .values()
            .all(|rating| *rating >= rules.scale.0 && *rating <= rules.scale.1);
        if in_scale && ballot.len() >= rules.rated.0 && ballot.len() <= rules.rated.1 {
            answer.valid += 1;
            for (name, rating) in ballot.iter().filter(|(name, _)| !struck.contains(name)) {
                let (sum, rated) = answer.totals[name];
                answer.totals.insert(name.clone(), (sum + rating, rated + 1));
            }
        }
    }
    let divisor = |rated: i64| match (rules.mean_quorum, rules.blank_is_zero) {
        (None, _) => 1,
        (Some(_), true) => answer.valid.max(1),
        (Some(_), false) => rated.max(1),
    };
    // Name, points, and what these are divided by, of all who can be elected.
    let all = answer
        .totals
        .iter()
        .map(|(name, (sum, rated))| (name, *sum, divisor(*rated), *rated));
    let able = all.filter(|(name, sum, by, rated)| {
        let passes = rules.pass_mark.is_none_or(|pass| *sum >= pass * by);
        passes && *rated >= rules.mean_quorum.unwrap_or(0) && !struck.contains(name)
    });
    let able: Vec<_> = able.collect();
    for (name, sum, by, _) in &able {
        let better = able.iter().filter(|(_, other, its, _)| other * by > sum * its).count();
        let as_good = able.iter().filter(|(_, other, its, _)| other * by >= sum * its).count();
        match (as_good <= rules.seats, better >= rules.seats) {
            (true, _) => answer.elected.push((*name).clone()),
            (_, true) => answer.reserve.push((*name).clone()),
            _ => answer.tied.push((*name).clone()),
        }
    }
    answer
}
