//! Intake: deadlines, nominations, ages, documents.

use super::*;

#[test]
fn intake_ends_at_midnight_and_begins_on_the_day_of_publication() {
    let mut story = story(one_seat(), 3, false);
    announce_with(&mut story, |act, _| {
        act.published = act.published.plus_days(2);
        act.intake_last_day = act.published.plus_months(1);
        act.poll.day = act.intake_last_day.plus_days(12);
        act.poll.opens_at = act.poll.day.at(9, 0);
        act.poll.closes_at = act.poll.day.at(18, 0);
    })
    .unwrap();
    let (first, last) = {
        let state = story.desk.competition.as_ref().unwrap();
        (state.announcement().published.start(), state.intake_last_day().end())
    };
    story.desk.set_now(first.plus_seconds(-1));
    refused(story.nominate(0), Code::IntakeNotOpen);
    story.desk.set_now(first);
    story.nominate(0).unwrap();
    story.desk.set_now(last.plus_seconds(-1));
    story.nominate(1).unwrap();
    story.desk.set_now(last);
    refused(story.nominate(2), Code::IntakeClosed);
    let amendment = amend(&mut story, 0);
    refused(amendment, Code::IntakeClosed);
}

/// The association sends its resume anew.
fn amend(story: &mut Played, index: usize) -> Result<Answer, Turned> {
    let nomination = story.applicants[index].nomination.unwrap();
    let key = story.applicants[index].key.clone();
    let resume = story
        .desk
        .store_document(format!("resume of {index}, again").into_bytes())
        .unwrap();
    let made = opening(
        "resume",
        &key.public().id().to_string(),
        json!(resume),
        &mut story.chance,
    );
    let fields = BTreeMap::from([(Field::Resume, story.desk.store_opening(made).unwrap())]);
    story.state(&key, Amendment { nomination, fields })
}

#[test]
fn extensions_have_limits() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    let last = story.desk.competition.as_ref().unwrap().intake_last_day();
    let extend = |story: &mut Played, days: i64| {
        let (last_day, day) = (last.plus_days(days), last.plus_days(days + 10));
        let poll = Poll {
            day,
            opens_at: day.at(9, 0),
            closes_at: day.at(18, 0),
            place: "Ош".into(),
        };
        by_organiser(
            story,
            Extension {
                last_day,
                poll,
                reason: "late newspaper".into(),
            },
        )
    };
    refused(extend(&mut story, 0), Code::BadExtension);
    refused(extend(&mut story, 15), Code::BadExtension);
    story.desk.set_now(last.end());
    refused(extend(&mut story, 1), Code::IntakeClosed);
    story.desk.set_now(last.end().plus_seconds(-1));
    extend(&mut story, 14).unwrap();
    refused(extend(&mut story, 14), Code::TooManyExtensions);
    // It holds for all.
    story.desk.set_now(last.plus_days(14).end().plus_seconds(-1));
    story.nominate(0).unwrap();
}

#[test]
fn nominations_that_are_refused() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    let name = story.applicants[0].fields.remove(&Field::Name).unwrap();
    refused(story.nominate(0), Code::NominationFields);
    story.applicants[0].fields.insert(Field::Name, name);
    story.applicants[0]
        .fields
        .insert(Field::Letter, json!(Digest::of(b"never sent")));
    refused(story.nominate(0), Code::DocumentMissing);
    story.nominate(1).unwrap();
    // R7: the same key again.
    refused(story.nominate(1), Code::SecondNomination);
    let (first, second) = (story.applicants[1].nomination.unwrap(), story.applicants[2].key.clone());
    story.nominate(2).unwrap();
    refused(story.state(&second, Withdrawal { nomination: first }), Code::WrongRole);
    refused(
        story.state(
            &second,
            Withdrawal {
                nomination: Digest::ZERO,
            },
        ),
        Code::NoNomination,
    );
    withdraw(&mut story, 1).unwrap();
    refused(withdraw(&mut story, 1), Code::NominationOver);
    story.nominate(1).unwrap();
    // Of another role.
    let organiser = story.cast.organiser.clone();
    refused(
        story.state(&organiser, Withdrawal { nomination: first }),
        Code::WrongRole,
    );
    story.applicants[3].key = organiser;
    refused(story.nominate(3), Code::KeyInUse);
    amend(&mut story, 2).unwrap();
}

#[test]
fn age_is_that_of_the_last_day_of_intake() {
    // Intake ends on 1 October 2026.
    for (birth, rules) in [("2001-10-01", None), ("2001-10-02", Some(())), ("2000-02-29", None)] {
        let mut story = story(one_seat(), 3, false);
        story.applicants[0].fields.insert(Field::BirthDate, json!(birth));
        story.announce().unwrap();
        story.intake().unwrap();
        let right = rules.map(|()| ("R10", Reason::TooYoung));
        let wrong = if rules.is_some() {
            None
        } else {
            Some(("R10", Reason::TooYoung))
        };
        refused(story.screen(0, wrong), Code::ContradictsFacts);
        story.screen(0, right).unwrap();
    }
}

#[test]
fn one_born_on_29_february_is_25_on_1_march() {
    for (published, young) in [("2025-01-28", true), ("2025-02-01", false)] {
        let mut story = story(one_seat(), 3, false);
        story.plan.day = published.parse().unwrap();
        story.applicants[0].fields.insert(Field::BirthDate, json!("2000-02-29"));
        let last = story.plan.day.plus_months(1);
        announce_with(&mut story, |act, _| {
            act.intake_last_day = last;
            let day = last.plus_days(12);
            act.poll = Poll {
                day,
                opens_at: day.at(9, 0),
                closes_at: day.at(18, 0),
                place: "Ош".into(),
            };
        })
        .unwrap();
        story.nominate(0).unwrap();
        story.desk.set_now(last.end());
        let right = young.then_some(("R10", Reason::TooYoung));
        let wrong = if young { None } else { Some(("R10", Reason::TooYoung)) };
        refused(story.screen(0, wrong), Code::ContradictsFacts);
        story.screen(0, right).unwrap();
    }
}

#[test]
fn documents_may_come_until_the_end() {
    let mut story = story(one_seat(), 3, false);
    let bare = story
        .applicants
        .iter()
        .position(|one| one.oddity == Trait::DocumentMissing)
        .unwrap();
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    story.nominate(bare).unwrap();
    amend(&mut story, bare).unwrap();
    amend(&mut story, bare).unwrap();
    let last = story.desk.competition.as_ref().unwrap().intake_last_day();
    story.desk.set_now(last.end());
    refused(
        story.screen(bare, Some(("R20", Reason::DocumentMissing))),
        Code::ContradictsFacts,
    );
    story.screen(bare, None).unwrap();
}

#[test]
fn whoever_turns_25_between_publication_and_poll_is_listed() {
    let day = |text: &str| text.parse::<esep::calendar::Date>().unwrap();
    let days = ["2026-09-01", "2026-10-01", "2026-10-14"].map(day);
    let listed = |birth: &str| esep::eligibility::age_depends_on_day(day(birth), days, 25);
    assert!(!listed("2001-09-01"), "25 on the day of publication, and later");
    assert!(listed("2001-09-02"), "25 inside intake");
    assert!(listed("2001-10-02"), "25 after intake, before the poll");
    assert!(listed("2001-10-14"), "25 on poll day");
    assert!(!listed("2001-10-15"), "too young on every day");
}
