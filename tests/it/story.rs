//! The story in memory, under every rule set; every one ends in the verifier.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

use esep::crypto::key::SecretKey;
use esep::demo::cast::Cast;
use esep::demo::story::{first_day, first_time};
use esep::demo::{Desk, MemoryOffice, Plan, Story};
use esep::ledger::note::Vkey;
use esep::ruleset::RuleSet;
use esep::verify::{Report, Trust, Verdict, check};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// A story in an office in memory.
pub fn story(rules: RuleSet, candidates: usize, tie: bool) -> Story<MemoryOffice> {
    seeded(rules, candidates, tie, rand::random())
}

/// The same, under a log key that the test may sign with too.
pub fn story_with_log(rules: RuleSet, candidates: usize, tie: bool, log: &SecretKey) -> Story<MemoryOffice> {
    let chance = StdRng::seed_from_u64(rand::random());
    drawn(rules, candidates, tie, false, log.clone(), chance)
}

/// The same story, byte for byte, for the same seed.
pub fn seeded(rules: RuleSet, candidates: usize, tie: bool, seed: u64) -> Story<MemoryOffice> {
    seeded_as(rules, candidates, tie, seed, false)
}

/// Like [`seeded`], in an office that may be one for rehearsals.
pub fn seeded_as(rules: RuleSet, candidates: usize, tie: bool, seed: u64, rehearsal: bool) -> Story<MemoryOffice> {
    let mut chance = StdRng::seed_from_u64(seed);
    let log = SecretKey::generate(&mut chance);
    drawn(rules, candidates, tie, rehearsal, log, chance)
}

fn drawn(
    rules: RuleSet,
    candidates: usize,
    tie: bool,
    rehearsal: bool,
    log: SecretKey,
    mut chance: StdRng,
) -> Story<MemoryOffice> {
    let cast = Cast::drawn(&mut chance);
    let origin = "esep.example/commission-2026";
    let vkey = Vkey::new(origin, log.public().clone()).unwrap();
    let office = MemoryOffice::new(origin, &cast.organiser, log, rehearsal, first_time());
    let plan = Plan {
        rules,
        candidates,
        seed: 7,
        day: first_day(),
        rehearsal,
        tie,
        log: vkey,
    };
    Story::drawn(office, plan, cast, chance)
}

/// The verifier's report on the story's bundle.
pub fn verified(story: &Story<MemoryOffice>) -> Report {
    check(&story.desk.bundle().unwrap(), &Trust::default())
}

/// The bundle is proved, with private facts undisclosed and with all of them disclosed; gives the phase at its end.
pub fn assert_proved(story: &Story<MemoryOffice>) -> String {
    let report = verified(story);
    assert_eq!(
        report.verdict,
        Verdict::Proved,
        "{:#?} {:#?}",
        report.findings,
        report.missing
    );
    let all = Trust {
        disclosed: story.desk.shelf().openings.values().cloned().collect(),
        ..Trust::default()
    };
    let disclosed = check(&story.desk.bundle().unwrap(), &all);
    assert_eq!(
        disclosed.verdict,
        Verdict::Proved,
        "{:#?} {:#?}",
        disclosed.findings,
        disclosed.missing
    );
    report.summary.phase
}

#[test]
fn whole_story_with_tie_repeat_and_lot_is_proved() {
    let mut story = story(RuleSet::commission_2014(), 18, true);
    story.play().unwrap();
    for line in &story.lines {
        eprintln!("{line}");
    }
    let result = story.desk.competition.as_ref().unwrap().outcome().unwrap().clone();
    assert_eq!(result.elected.len(), 10);
    assert_eq!(result.ties.len(), 2);
    assert_eq!(result.unfilled, 0);
    assert_eq!(assert_proved(&story), "certified");
}

/// What chance decided, less what hangs on keys, nonces and salts.
fn told(seed: u64) -> (Vec<String>, serde_json::Value, Vec<String>) {
    let mut story = story(RuleSet::commission_2014(), 12, true);
    story.plan.seed = seed;
    let Story { desk, plan, cast, .. } = story;
    let mut story = Story::new(desk, plan, cast);
    story.play().unwrap();
    let protocol: serde_json::Value = serde_json::from_slice(&story.desk.protocol().unwrap()).unwrap();
    let totals = protocol["rounds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|round| round["totals"].clone());
    let list = story.desk.competition.as_ref().unwrap().list().unwrap().clone();
    let names = list.candidates.iter().map(|candidate| candidate.name.clone());
    (story.lines.clone(), totals.collect(), names.collect())
}

#[test]
fn the_same_seed_tells_the_same_story_and_another_seed_another() {
    let first = told(3);
    assert_eq!(first, told(3));
    assert_ne!(first.1, told(4).1);
}
