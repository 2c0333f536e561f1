//! Near misses: records that look odd and are good, in every phase.

use super::{good, named, proved, small, small_rules, tied, undecided};
use crate::story::verified;
use esep::competition::Phase;
use esep::competition::act::{Annulment, Duty, Moment, Objection, Withdrawal};
use esep::competition::{Slot, act::Attendance};
use esep::demo::desk::Desk;
use esep::demo::{MemoryOffice, Story};
use esep::ruleset::RuleSet;
use esep::verify::{Trust, Verdict};

fn proved_in(story: &Story<MemoryOffice>, phase: Phase) {
    let report = proved(&story.desk.bundle().unwrap(), &Trust::default());
    assert_eq!(report.summary.phase, phase.as_str());
}

#[test]
fn every_phase_is_proved_as_far_as_it_goes() {
    let mut story = small(small_rules(), true);
    story.announce().unwrap();
    proved_in(&story, Phase::Intake);
    story.intake().unwrap();
    proved_in(&story, Phase::Intake);
    story.screening().unwrap();
    proved_in(&story, Phase::Screening);
    story.list().unwrap();
    proved_in(&story, Phase::Listed);
    story.prepare().unwrap();
    proved_in(&story, Phase::Listed);
    story.open_polling().unwrap();
    proved_in(&story, Phase::Polling);
    story.vote().unwrap();
    proved_in(&story, Phase::Polling);
    story.close_polling().unwrap();
    proved_in(&story, Phase::Closed);
    story.open_box().unwrap();
    proved_in(&story, Phase::Opened);
    story.sign_ballots().unwrap();
    proved_in(&story, Phase::Listed);
    story.count().unwrap();
    proved_in(&story, Phase::Counted);
    story.certify().unwrap();
    proved_in(&story, Phase::Certified);
}

#[test]
fn every_prefix_of_a_record_but_a_half_opened_box_is_proved() {
    for mut insider in [good(), named()] {
        let named =
            insider.count("ballot_cast") > 0 && insider.nth("ballot_cast", 0) < insider.nth("polling_closed", 0);
        insider.relink();
        let (opened, ballots) = (insider.nth("ballots_opened", 0), insider.count("ballot_cast"));
        let whole = insider.entries.clone();
        for length in (1..whole.len()).rev() {
            insider.entries = whole[..length].to_vec();
            let report = super::report(&insider.bundle());
            let half = !named && length > opened && length <= opened + ballots;
            let expected = if half { Verdict::Disproved } else { Verdict::Proved };
            assert_eq!(
                report.verdict, expected,
                "{length}: {:#?} {:#?}",
                report.findings, report.missing
            );
        }
    }
}

#[test]
fn tie_and_lot_and_named_ballots_are_proved() {
    proved(&tied().bundle(), &Trust::default());
    proved(&named().bundle(), &Trust::default());
}

#[test]
fn disclosing_every_fact_stays_proved_and_leaves_nothing_undisclosed() {
    let mut insider = good();
    let files = insider.bundle();
    let closed = proved(&files, &Trust::default());
    assert!(closed.not_checked.iter().any(|line| line.starts_with("undisclosed")));
    undecided(
        &files,
        &Trust {
            require_disclosed: true,
            ..Trust::default()
        },
    );
    let trust = Trust {
        disclosed: insider.openings.values().cloned().collect(),
        require_disclosed: true,
        ..Trust::default()
    };
    let report = proved(&files, &trust);
    assert!(
        !report.not_checked.iter().any(|line| line.starts_with("undisclosed")),
        "{:?}",
        report.not_checked
    );
}

#[test]
fn disclosing_what_was_never_committed_says_nothing() {
    let mut insider = good();
    let facts = insider.openings.values().cloned();
    let disclosed: Vec<_> = facts
        .map(|fact| esep::competition::Opening {
            value: serde_json::json!("another value"),
            ..fact
        })
        .collect();
    let files = insider.bundle();
    let report = proved(
        &files,
        &Trust {
            disclosed: disclosed.clone(),
            ..Trust::default()
        },
    );
    assert!(
        report
            .not_checked
            .iter()
            .any(|line| line.contains("opens no commitment"))
    );
    undecided(
        &files,
        &Trust {
            disclosed,
            require_disclosed: true,
            ..Trust::default()
        },
    );
}

#[test]
fn erasing_documents_and_openings_leaves_the_record_proved() {
    let mut story = small(small_rules(), false);
    story.play().unwrap();
    let before = story.desk.bundle().unwrap();
    story.desk.shelf_mut().openings.clear();
    story.desk.shelf_mut().documents.clear();
    let after = story.desk.bundle().unwrap();
    assert_eq!(before, after);
    proved(&after, &Trust::default());
}

#[test]
fn failed_for_want_of_candidates_is_proved() {
    let mut story = crate::story::story(small_rules(), 1, false);
    story.announce().unwrap();
    story.intake().unwrap();
    // With one admitted candidate nobody is there for the appeal of the second.
    story.screening().unwrap();
    story.list().unwrap();
    proved_in(&story, Phase::Failed);
}

#[test]
fn failed_for_want_of_turnout_is_proved() {
    let mut story = small(
        RuleSet {
            min_turnout_percent: Some(100),
            ..small_rules()
        },
        false,
    );
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story.round().unwrap();
    proved_in(&story, Phase::Failed);
}

#[test]
fn annulled_before_and_after_polling_is_proved() {
    let reason = || Annulment {
        reason: "the outlet never printed it".into(),
        outside_act: None,
    };
    let mut story = small(small_rules(), false);
    story.announce().unwrap();
    let organiser = story.cast.organiser.clone();
    story.state(&organiser, reason()).unwrap();
    proved_in(&story, Phase::Annulled);

    let mut story = small(small_rules(), false);
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.members_state(reason()).unwrap();
    // Annulling after closing does not stop opening and publication.
    story.open_box().unwrap();
    proved_in(&story, Phase::Annulled);
}

#[test]
fn withdrawal_objection_and_absence_are_proved() {
    let mut story = small(small_rules(), false);
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story.round().unwrap();
    assert_eq!(story.desk.view().unwrap().phase, Phase::Counted);
    // The best one withdraws after the count; the next in order is elected.
    let best = story.desk.competition.as_ref().unwrap().outcome().unwrap().elected[0]
        .candidate
        .clone();
    let index = story
        .applicants
        .iter()
        .position(|one| one.id.as_ref() == Some(&best))
        .unwrap();
    let (key, nomination) = (
        story.applicants[index].key.clone(),
        story.applicants[index].nomination.unwrap(),
    );
    story.state(&key, Withdrawal { nomination }).unwrap();
    let member = story.cast.member(Slot::ALL[1]).clone();
    let text = "The third ballot is hard to read.".to_owned();
    story
        .state(
            &member,
            Objection {
                slot: Slot::ALL[1],
                text,
                ballot: None,
            },
        )
        .unwrap();
    let later = story.desk.now().plus_hours(25);
    story.desk.set_now(later);
    story.attest_absence(&[Slot::ALL[0]], Duty::Protocol).unwrap();
    proved_in(&story, Phase::Counted);
    let report = verified(&story);
    assert!(report.summary.elected.iter().all(|(id, _)| *id != best.to_string()));
}

#[test]
fn member_absent_at_the_closing_is_proved() {
    let mut story = small(small_rules(), false);
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story.vote().unwrap();
    for slot in &Slot::ALL[..3] {
        let key = story.cast.member(*slot).clone();
        story
            .state(
                &key,
                Attendance {
                    slot: *slot,
                    at: Moment::Closing,
                },
            )
            .unwrap();
    }
    story.attest_absence(&[Slot::ALL[3]], Duty::Closing).unwrap();
    let closes = story.desk.competition.as_ref().unwrap().poll().closes_at;
    story.desk.set_now(closes);
    let act = story.closing().unwrap();
    story.members_state(act).unwrap();
    proved_in(&story, Phase::Closed);
}
