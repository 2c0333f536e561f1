//! The verifier attacked: good bundles are proved, every tampered one is rejected with exactly the expected findings.
//!
//! The tampered kit is made by code from a good record; where an insider could, everything is re-hashed and re-signed.
//! Each case is named for its fault.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

#[path = "tamper/command.rs"]
mod command;
#[path = "tamper/files.rs"]
pub mod files;
#[path = "tamper/hostile.rs"]
mod hostile;
#[path = "tamper/insider.rs"]
pub mod insider;
#[path = "tamper/ledger.rs"]
pub mod ledger;
#[path = "tamper/near.rs"]
mod near;
#[path = "tamper/polling.rs"]
pub mod polling;
#[path = "tamper/protocol.rs"]
pub mod protocol;
#[path = "tamper/screening.rs"]
pub mod screening;

use crate::story::seeded;
use esep::competition::By;
use esep::demo::cast::Trait;
use esep::demo::{MemoryOffice, Story};
use esep::ledger::Files;
use esep::ruleset::{BallotSecrecy, RuleSet};
use esep::verify::{Finding, Report, Trust, Verdict, check};
use insider::Insider;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Three seats among five candidates: everything a large competition has, in a small record.
pub fn small_rules() -> RuleSet {
    RuleSet {
        seats: 3,
        ..RuleSet::commission_2014()
    }
}

pub fn named_rules() -> RuleSet {
    RuleSet {
        ballots: BallotSecrecy::Named,
        ..small_rules()
    }
}

/// An untold story of that size.
pub fn small(rules: RuleSet, tie: bool) -> Story<MemoryOffice> {
    seeded(rules, 5, tie, 74)
}

/// With applicants of these kinds beside those in order, and no others: a small record.
fn played(rules: RuleSet, tie: bool, oddities: &[Trait]) -> Insider {
    let mut story = small(rules, tie);
    let in_order = [Trait::InOrder, Trait::AdmittedOnAppeal];
    story
        .applicants
        .retain(|one| in_order.contains(&one.oddity) || oddities.contains(&one.oddity));
    story.play().unwrap();
    Insider::of(&story)
}

/// One round, secret ballots, certified.
pub fn good() -> Insider {
    static GOOD: OnceLock<Insider> = OnceLock::new();
    GOOD.get_or_init(|| played(small_rules(), false, &[Trait::Withdraws]))
        .clone()
}

/// The same with applicants that fail, each for its reason.
pub fn screened() -> Insider {
    static SCREENED: OnceLock<Insider> = OnceLock::new();
    let oddities = [
        Trait::AssociationOfTwo,
        Trait::DocumentMissing,
        Trait::Convicted,
        Trait::Contested,
    ];
    SCREENED.get_or_init(|| played(small_rules(), false, &oddities)).clone()
}

/// A tie, a repeat vote that ties again, a lot.
pub fn tied() -> Insider {
    static TIED: OnceLock<Insider> = OnceLock::new();
    TIED.get_or_init(|| {
        let insider = played(small_rules(), true, &[]);
        let by_lot = |insider: &mut Insider| {
            let result = insider.relink().outcome().unwrap().clone();
            result.elected.iter().any(|one| one.by == By::Lot)
        };
        assert!(by_lot(&mut insider.clone()));
        insider
    })
    .clone()
}

/// Named ballots.
pub fn named() -> Insider {
    static NAMED: OnceLock<Insider> = OnceLock::new();
    NAMED.get_or_init(|| played(named_rules(), false, &[])).clone()
}

thread_local! {
    /// What the cases of this thread check, while the kit is made from them.
    static KEPT: RefCell<Option<Vec<(Files, Trust)>>> = const { RefCell::new(None) };
}

/// Runs a case and keeps every bundle that it checks.
pub fn kept(case: fn()) -> Vec<(Files, Trust)> {
    KEPT.set(Some(Vec::new()));
    case();
    KEPT.take().unwrap_or_default()
}

fn checked(files: &Files, trust: &Trust) -> Report {
    KEPT.with_borrow_mut(|kept| {
        if let Some(kept) = kept {
            kept.push((files.clone(), trust.clone()));
        }
    });
    check(files, trust)
}

pub fn report(files: &Files) -> Report {
    check(files, &Trust::default())
}

/// Exactly these findings, and the verdict that follows from them.
#[track_caller]
pub fn disproved(files: &Files, numbers: &[&str]) -> Report {
    disproved_with(files, &Trust::default(), numbers)
}

#[track_caller]
pub fn disproved_with(files: &Files, trust: &Trust, numbers: &[&str]) -> Report {
    let report = checked(files, trust);
    assert_eq!(
        report.numbers(),
        numbers,
        "{:#?}\n{:#?}",
        report.findings,
        report.missing
    );
    assert_eq!(report.verdict, Verdict::Disproved);
    report
}

/// No finding, but something is missing.
#[track_caller]
pub fn undecided(files: &Files, trust: &Trust) -> Report {
    let report = checked(files, trust);
    assert_eq!(report.numbers(), [""; 0], "{:#?}", report.findings);
    assert_eq!(report.verdict, Verdict::CannotTell);
    assert_eq!(report.verdict.exit_code(), 3);
    report
}

#[track_caller]
pub fn proved(files: &Files, trust: &Trust) -> Report {
    let report = checked(files, trust);
    assert_eq!(
        report.verdict,
        Verdict::Proved,
        "{:#?}\n{:#?}",
        report.findings,
        report.missing
    );
    report
}

#[test]
fn findings_page_is_the_table_of_findings() {
    let page = std::fs::read_to_string(crate::docs::project("docs/FINDINGS.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| V"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), Finding::ALL.len());
    for (row, finding) in rows.iter().zip(Finding::ALL) {
        assert_eq!(row[..3], [finding.number(), finding.rule(), finding.title()]);
        assert!(row.len() == 5 && !row[3].is_empty() && !row[4].is_empty(), "{row:?}");
    }
}

#[test]
fn every_finding_has_a_number_of_its_own_and_words_in_three_languages() {
    let mut said = BTreeSet::new();
    for (index, finding) in Finding::ALL.iter().enumerate() {
        assert_eq!(finding.number(), format!("V{:02}", index + 1));
        for title in [finding.title(), finding.title_ky(), finding.title_ru()] {
            assert!(said.insert(title), "{title}");
        }
    }
}

/// Every finding is provoked by some case above: the kit leaves none untried.
#[test]
fn every_finding_is_provoked() {
    let cases = [
        include_str!("tamper/files.rs"),
        include_str!("tamper/ledger.rs"),
        include_str!("tamper/polling.rs"),
        include_str!("tamper/protocol.rs"),
        include_str!("tamper/screening.rs"),
    ]
    .concat();
    for finding in Finding::ALL {
        let quoted = format!("\"{}\"", finding.number());
        assert!(cases.contains(&quoted), "{quoted} is provoked by no case");
    }
}
