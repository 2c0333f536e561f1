//! The result for readers: each round's turnout and table, who is elected by what, what decided the last seat.
//!
//! Nothing is shown before a round is counted; there are no partial totals anywhere. Every number comes from the
//! competition's state, and only their order for readers is made here.

use crate::ballot::{CandidateId, Invalid};
use crate::competition::{By, Competition, Elected, FinalResult, NotCounted, Round};
use crate::ruleset::Aggregate;
use crate::tally::{self, CandidateTotal, LastSeat};
use crate::web::{Page, Said, format, sort};

/// A round as far as it may be seen.
#[derive(Debug, Clone)]
pub struct RoundView {
    /// 1, 2, ..
    pub number: u32,
    /// Seats to fill in it.
    pub seats: u32,
    /// Who came, once polling is closed.
    pub turnout: Option<Turnout>,
    /// One row for each candidate, once counted; else empty.
    pub rows: Vec<Row>,
    /// The ratings of the scale, for the distribution.
    pub scale: Vec<i64>,
    /// Invalid ballots: number in the box and why.
    pub invalid: Vec<(u32, Said)>,
    /// Whether the value is a mean.
    pub mean: bool,
    /// Whether who is elected is known.
    pub settled: bool,
}

/// Who came.
#[derive(Debug, Clone)]
pub struct Turnout {
    /// Electors.
    pub electors: u32,
    /// Who took a card.
    pub taken: usize,
    /// Ballots in the box.
    pub ballots: u32,
    /// Valid and invalid ones, once counted.
    pub valid: Option<(u64, usize)>,
    /// Percent of the electors, rounded down.
    pub percent: u64,
    /// Cards returned.
    pub unused: usize,
    /// Cards returned spoiled.
    pub spoiled: usize,
    /// When polling was closed.
    pub closed: String,
}

/// One candidate in one round.
#[derive(Debug, Clone)]
pub struct Row {
    /// Id on the ballot.
    pub id: CandidateId,
    /// Name.
    pub name: String,
    /// Association.
    pub association: String,
    /// Rank; tied ones share it.
    pub rank: Option<u32>,
    /// Sum, or mean with two places.
    pub value: String,
    /// Mean: the exact fraction.
    pub exact: String,
    /// Ballots that rate the candidate.
    pub rated: u64,
    /// Length of the bar, 0 to 1000.
    pub bar: u64,
    /// How often each rating was given.
    pub distribution: Vec<u64>,
    /// Elected, in reserve, or neither, in words.
    pub outcome: Said,
    /// Whether elected.
    pub elected: bool,
    /// Whether the line between seats and others is under this row.
    pub line: bool,
}

/// Name of a candidate; the id where the list does not have it.
pub fn name(competition: &Competition, id: &CandidateId) -> String {
    let listed = competition.list().and_then(|list| list.by_id(id));
    listed.map_or_else(|| id.to_string(), |listed| listed.name.clone())
}

/// Names of candidates, in the Kyrgyz alphabet's order.
pub fn names(competition: &Competition, ids: &[CandidateId]) -> Vec<String> {
    let mut names: Vec<_> = ids.iter().map(|id| name(competition, id)).collect();
    names.sort_by(|a, b| sort::compare(a, b));
    names
}

/// Every round, the first first.
pub fn rounds(competition: &Competition, page: &Page) -> Vec<RoundView> {
    let outcome = competition.outcome();
    let rounds = competition.rounds().iter();
    rounds.map(|round| view(competition, round, outcome, page)).collect()
}

fn view(competition: &Competition, round: &Round, outcome: Option<&FinalResult>, page: &Page) -> RoundView {
    let scale = competition.rules().vote.scale;
    let outcome = outcome.filter(|_| round.number() == 1);
    let rows = round
        .counted()
        .map(|counted| rows(competition, counted.count.valid, &counted.count.totals, outcome, page))
        .unwrap_or_default();
    let invalid = round.counted().map(|counted| &counted.invalid[..]).unwrap_or_default();
    let invalid = invalid
        .iter()
        .map(|(place, why)| (place + 1, not_counted(competition, round, why, page)));
    RoundView {
        number: round.number(),
        seats: round.seats(),
        turnout: turnout(round, page),
        rows,
        scale: (i64::from(scale.min)..=i64::from(scale.max)).collect(),
        invalid: invalid.collect(),
        mean: matches!(competition.rules().vote.aggregate, Aggregate::Mean { .. }),
        settled: outcome.is_some(),
    }
}

/// Why a ballot does not count, in words.
fn not_counted(competition: &Competition, round: &Round, why: &NotCounted, page: &Page) -> Said {
    let paper = &round.paper().candidates;
    match why {
        NotCounted::Returned => page.say("invalid-returned"),
        NotCounted::Invalid(Invalid::OutOfRange { candidate, rating }) => {
            let id = usize::try_from(*candidate).ok().and_then(|place| paper.get(place));
            let name = id.map_or_else(String::new, |id| name(competition, id));
            page.say("invalid-out_of_range")
                .with("rating", rating.to_string())
                .with("name", name)
        }
        NotCounted::Invalid(Invalid::TooFewRated { rated, min }) => {
            page.say("invalid-too_few").with("rated", *rated).with("min", *min)
        }
        NotCounted::Invalid(Invalid::TooManyRated { rated, max }) => {
            page.say("invalid-too_many").with("rated", *rated).with("max", *max)
        }
        NotCounted::Invalid(Invalid::SelfRated {}) => page.say("invalid-self"),
        NotCounted::Invalid(Invalid::UnknownCandidate { name }) => {
            page.say("invalid-unknown").with("name", name.clone())
        }
    }
}

fn turnout(round: &Round, page: &Page) -> Option<Turnout> {
    let closing = round.closing()?;
    let electors = round.electors();
    Some(Turnout {
        electors,
        taken: closing.taken(),
        ballots: closing.ballots(),
        valid: round
            .counted()
            .map(|counted| (counted.count.valid, counted.invalid.len())),
        percent: closing.taken() as u64 * 100 / u64::from(electors.max(1)),
        unused: closing.unused(),
        spoiled: closing.spoiled(),
        closed: page.time(&closing.at()),
    })
}

fn rows(
    competition: &Competition,
    valid: u64,
    totals: &[CandidateTotal],
    outcome: Option<&FinalResult>,
    page: &Page,
) -> Vec<Row> {
    let most = totals
        .iter()
        .map(|total| total.total)
        .max()
        .unwrap_or(0)
        .max(1)
        .unsigned_abs();
    let mut rows: Vec<_> = totals
        .iter()
        .map(|total| row(competition, valid, total, most, outcome, page))
        .collect();
    // By rank; those who share one, and those who have none, by name.
    let worth = |row: &Row| {
        totals
            .iter()
            .find(|total| total.candidate == row.id)
            .map_or(0, |total| -total.total)
    };
    rows.sort_by(|a, b| {
        let key = |row: &Row| (row.rank.is_none(), !row.elected, row.rank, worth(row));
        key(a).cmp(&key(b)).then_with(|| sort::compare(&a.name, &b.name))
    });
    let elected = rows.iter().filter(|row| row.elected).count();
    if elected > 0 && elected < rows.len() {
        rows[elected - 1].line = true;
    }
    rows
}

fn row(
    competition: &Competition,
    valid: u64,
    total: &CandidateTotal,
    most: u64,
    outcome: Option<&FinalResult>,
    page: &Page,
) -> Row {
    let id = &total.candidate;
    let value = tally::value(&competition.rules().vote, valid, total);
    let divisor = i64::try_from(value.divisor).unwrap_or(i64::MAX);
    let mean = matches!(competition.rules().vote.aggregate, Aggregate::Mean { .. });
    let listed = competition.list().and_then(|list| list.by_id(id));
    let elected = outcome.and_then(|result| result.elected.iter().find(|one| one.candidate == *id));
    let reserve = outcome.and_then(|result| result.reserve.iter().find(|one| one.candidate == *id));
    Row {
        id: id.clone(),
        name: name(competition, id),
        association: listed.map(|listed| listed.association.clone()).unwrap_or_default(),
        rank: elected.map(|one| one.rank).or_else(|| reserve.map(|one| one.rank)),
        value: if mean {
            format::fraction(page.lang, total.total, divisor)
        } else {
            format::number(page.lang, total.total)
        },
        exact: format!("{} / {}", page.number(total.total), page.number(divisor)),
        rated: total.rated,
        bar: total.total.max(0).unsigned_abs() * 1_000 / most,
        distribution: total.distribution.clone(),
        outcome: outcome_words(elected, reserve.is_some(), outcome.is_some(), page),
        elected: elected.is_some(),
        line: false,
    }
}

fn outcome_words(elected: Option<&Elected>, reserve: bool, settled: bool, page: &Page) -> Said {
    let key = match elected.map(|one| one.by) {
        Some(By::Vote) => "outcome-vote",
        Some(By::RepeatVote) => "outcome-repeat",
        Some(By::Lot) => "outcome-lot",
        Some(By::ByHand) => "outcome-hand",
        Some(By::Succession) => "outcome-succession",
        None if reserve => "outcome-reserve",
        None if settled => "outcome-none",
        None => "outcome-open",
    };
    page.say(key)
}

/// What decided the last seat, in sentences.
pub fn last_seat(competition: &Competition, page: &Page) -> Vec<Said> {
    let Some(last) = competition.outcome().and_then(|outcome| outcome.last_seat.as_ref()) else {
        return Vec::new();
    };
    let mut words = vec![between(competition, last, page)];
    words.push(match last.ballots_at_least {
        Some(0) => page.say("last-ballots-tie"),
        Some(least) => page.say("last-ballots").with("n", least),
        None => page.say("last-ballots-never"),
    });
    if last.self_rating_matters {
        words.push(page.say("last-self"));
    }
    words
}

fn between(competition: &Competition, last: &LastSeat, page: &Page) -> Said {
    if last.margin == 0 {
        return page
            .say("last-tie")
            .with("names", names(competition, &last.last_elected).join(", "));
    }
    let margin = if last.margin_divisor == 1 {
        page.number(last.margin)
    } else {
        let rounded = format::fraction(page.lang, last.margin, last.margin_divisor);
        format!("{rounded} ({}/{})", last.margin, last.margin_divisor)
    };
    page.say("last-between")
        .with("in", names(competition, &last.last_elected).join(", "))
        .with("out", names(competition, &last.first_not_elected).join(", "))
        .with("margin", margin)
}
