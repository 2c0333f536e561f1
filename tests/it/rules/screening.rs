//! Screening, contests, appeals, and the candidate list.

use super::*;

#[test]
fn screening_that_is_refused() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.intake().unwrap();
    let nomination = story.applicants[0].nomination.unwrap();
    refused(
        by_organiser(
            &mut story,
            ScreeningDecision {
                nomination,
                decisions: Vec::new(),
            },
        ),
        Code::DecisionShape,
    );
    let unknown = SCREENED
        .map(|rule| RuleDecision {
            rule: rule.into(),
            decision: Digest::ZERO,
        })
        .to_vec();
    refused(
        by_organiser(
            &mut story,
            ScreeningDecision {
                nomination,
                decisions: unknown,
            },
        ),
        Code::DocumentMissing,
    );
    let (subject, value) = (
        nomination.to_string(),
        json!({ "finding": "met", "reason": "in_order" }),
    );
    let same = story
        .desk
        .store_opening(opening("screening/R8", &subject, value, &mut story.chance))
        .unwrap();
    let decisions = SCREENED
        .map(|rule| RuleDecision {
            rule: rule.into(),
            decision: same,
        })
        .to_vec();
    refused(
        by_organiser(&mut story, ScreeningDecision { nomination, decisions }),
        Code::BadOpening,
    );
    let (key, reason) = (story.applicants[0].key.clone(), same);
    refused(
        story.state(
            &key,
            Appeal {
                nomination,
                text: reason,
            },
        ),
        Code::AppealWindow,
    );
    refused(
        by_organiser(
            &mut story,
            AppealDecided {
                nomination,
                upheld: true,
                reason,
            },
        ),
        Code::NoAppeal,
    );
    let wrong = ContestDecided {
        nominations: vec![nomination],
        stands: nomination,
        reason,
    };
    refused(by_organiser(&mut story, wrong), Code::NoContest);
    refused(contest(&mut story, 0, 1), Code::NoContest);
    let withdrawn = story
        .applicants
        .iter()
        .position(|one| one.oddity == Trait::Withdraws)
        .unwrap();
    refused(story.screen(withdrawn, None), Code::NominationOver);
    story.screen(0, None).unwrap();
    let text = committed(&mut story, "appeal", &nomination.to_string());
    let end = story.desk.now().date().plus_days(3).end();
    story.desk.set_now(end);
    refused(story.state(&key, Appeal { nomination, text }), Code::AppealWindow);
    story.desk.set_now(end.plus_seconds(-1));
    story.state(&key, Appeal { nomination, text }).unwrap();
    refused(story.screen(0, None), Code::ScreeningOpen);
}

/// R18-R20: that a document was sent is computed and not enough; whether it is the right one a person judges.
#[test]
fn a_document_that_was_sent_is_refused_as_unfit_or_not_at_all() {
    let mut story = story(one_seat(), 4, false);
    story.applicants[3].fields.remove(&Field::Resume);
    story.announce().unwrap();
    story.intake().unwrap();
    story.desk.set_now(story.desk.now().plus_hours(9));
    for rule in ["R18", "R19", "R20"] {
        // It is there, so it is not missing.
        refused(
            story.screen(0, Some((rule, Reason::DocumentMissing))),
            Code::ContradictsFacts,
        );
        story.screen(0, Some((rule, Reason::DocumentUnfit))).unwrap();
    }
    // What was not sent is missing, whatever a person says.
    refused(story.screen(3, None), Code::ContradictsFacts);
    story.screen(3, Some(("R20", Reason::DocumentMissing))).unwrap();
    for index in [1, 2] {
        story.screen(index, None).unwrap();
    }
    // The refusal is appealed as any other, and the one appealed is decided anew.
    let nomination = story.applicants[0].nomination.unwrap();
    let key = story.applicants[0].key.clone();
    let text = committed(&mut story, "appeal", &nomination.to_string());
    story.state(&key, Appeal { nomination, text }).unwrap();
    let reason = committed(&mut story, "appeal_decided", &nomination.to_string());
    let upheld = AppealDecided {
        nomination,
        upheld: true,
        reason,
    };
    by_organiser(&mut story, upheld).unwrap();
    story.screen(0, None).unwrap();
    assert_proved(&story);
    // And with every fact disclosed, to whoever replays it.
    let trust = Trust {
        disclosed: story.desk.shelf().openings.values().cloned().collect(),
        ..Trust::default()
    };
    let report = check(&story.desk.bundle().unwrap(), &trust);
    assert_eq!(report.verdict, Verdict::Proved, "{:#?}", report.findings);
}

#[test]
fn standing_follows_what_is_decided() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.intake().unwrap();
    let of = |story: &Played, index: usize, now| {
        let competition = story.desk.competition.as_ref().unwrap();
        let (head, stored) = (
            esep::competition::Head {
                root: Digest::ZERO,
                size: 0,
            },
            story.desk.shelf(),
        );
        let context = Context { now, head, stored };
        let hash = story.applicants[index].nomination.unwrap();
        let nominated = competition.nomination(&hash).unwrap();
        (
            competition.standing(&hash, &context).unwrap(),
            competition.contestants(&hash, &context),
            competition.appeal_ends(nominated),
        )
    };
    let find = |story: &Played, oddity| story.applicants.iter().position(|one| one.oddity == oddity).unwrap();
    let (loser, gone) = (find(&story, Trait::Contested), find(&story, Trait::Withdraws));
    let (early, now) = (
        story
            .desk
            .competition
            .as_ref()
            .unwrap()
            .announcement()
            .published
            .start(),
        story.desk.now(),
    );
    assert_eq!(of(&story, 1, early), (Standing::Received, Vec::new(), None));
    assert_eq!(of(&story, 1, now), (Standing::Waiting, Vec::new(), None));
    assert_eq!(of(&story, gone, now).0, Standing::Withdrawn);
    assert_eq!(of(&story, 0, now).1, [story.applicants[loser].nomination.unwrap()]);
    contest(&mut story, 0, loser).unwrap();
    assert!(of(&story, 0, now).1.is_empty());
    assert_eq!(of(&story, loser, now).0, Standing::Superseded);
    story.screen(0, None).unwrap();
    story.screen(1, Some(("R12", Reason::NoHigherEducation))).unwrap();
    let decided = story.desk.now();
    let ends = Some(decided.date().plus_days(3).end());
    assert_eq!(of(&story, 0, decided), (Standing::Admitted, Vec::new(), ends));
    assert_eq!(of(&story, 1, decided), (Standing::Refused, Vec::new(), ends));
    let (nomination, key) = (story.applicants[1].nomination.unwrap(), story.applicants[1].key.clone());
    let text = committed(&mut story, "appeal", &nomination.to_string());
    story.state(&key, Appeal { nomination, text }).unwrap();
    assert_eq!(of(&story, 1, decided).0, Standing::Appealed);
}

#[test]
fn no_list_while_anything_is_open() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.intake().unwrap();
    refused(publish(&mut story, &[0, 1, 2]), Code::ScreeningOpen);
    let loser = story
        .applicants
        .iter()
        .position(|one| one.oddity == Trait::Contested)
        .unwrap();
    // Everybody is decided, and so is the contesting one, but not the contest.
    for (index, rule) in [(3, "R10"), (4, "R8"), (5, "R20"), (6, "R11"), (7, "R14")] {
        story.screen(index, Some((rule, Reason::DocumentUnfit))).unwrap();
    }
    for index in [0, 1, 2, loser] {
        story.screen(index, None).unwrap();
    }
    refused(publish(&mut story, &[0, 1, 2]), Code::ContestOpen);
    contest(&mut story, 0, loser).unwrap();
    refused(contest(&mut story, 0, loser), Code::NominationOver);
    let decided = story.desk.now();
    let file = story.list_file().unwrap();
    refused(story.publish_list(&file), Code::ScreeningOpen);
    story.desk.set_now(decided.date().plus_days(3).end().plus_seconds(-1));
    // The loser appeals, and wins.
    let (nomination, key) = (
        story.applicants[loser].nomination.unwrap(),
        story.applicants[loser].key.clone(),
    );
    let text = committed(&mut story, "appeal", &nomination.to_string());
    story.state(&key, Appeal { nomination, text }).unwrap();
    story.desk.set_now(decided.plus_hours(24 * 9));
    refused(story.publish_list(&file), Code::ScreeningOpen);
    let reason = committed(&mut story, "appeal_decided", &nomination.to_string());
    by_organiser(
        &mut story,
        AppealDecided {
            nomination,
            upheld: true,
            reason,
        },
    )
    .unwrap();
    refused(publish(&mut story, &[0, 1, 2]), Code::ScreeningOpen);
    contest(&mut story, loser, 0).unwrap();
    story.screen(loser, None).unwrap();
    refused(publish(&mut story, &[0, 1, 2]), Code::ListMismatch);
    refused(publish(&mut story, &[1, 2]), Code::ListMismatch);
    assert_proved(&story);
}

#[test]
fn lists_that_are_refused() {
    let mut rules = one_seat();
    rules.eligibility.expunged_conviction = OnDoubt::Flag;
    let mut story = story(rules, 4, false);
    story.applicants[3].fields.insert(Field::Name, json!("ЛИ  Виктор"));
    let loser = story
        .applicants
        .iter()
        .position(|one| one.oddity == Trait::Contested)
        .unwrap();
    story.applicants[loser].fields.remove(&Field::Letter);
    story.announce().unwrap();
    story.intake().unwrap();
    story.desk.set_now(story.desk.now().plus_hours(9));
    for index in 0..4 {
        story.screen(index, None).unwrap();
    }
    for (index, rule) in [
        (4, "R10"),
        (5, "R8"),
        (6, "R20"),
        (7, "R11"),
        (8, "R14"),
        (loser, "R18"),
    ] {
        story.screen(index, Some((rule, Reason::DocumentUnfit))).unwrap();
    }
    story.desk.set_now(story.desk.now().plus_hours(24 * 5));
    let file = story.list_file().unwrap();
    let unsent = Attachment {
        sha256: Digest::ZERO,
        bytes: 1,
    };
    refused(
        by_organiser(&mut story, CandidateList { list: unsent, count: 4 }),
        Code::AttachmentMissing,
    );
    let list = story.desk.attach(b"{}".to_vec()).unwrap();
    refused(
        by_organiser(
            &mut story,
            CandidateList {
                list: list.clone(),
                count: 0,
            },
        ),
        Code::BadAttachment,
    );
    let longer = Attachment { bytes: 3, ..list };
    refused(
        by_organiser(&mut story, CandidateList { list: longer, count: 0 }),
        Code::BadAttachment,
    );
    refused(story.publish_list(&file), Code::MemberIsCandidate);
    // The member is replaced; a candidate may not become one either, once listed.
    let (new, origin) = (fresh(), story.desk.origin());
    let replaced = |person: &str, key: &SecretKey| MemberReplaced {
        slot: Slot::Cec,
        person: person.into(),
        enrolment: Enrolment::make(key, &origin, &Slot::Cec.role()),
        reason: "is a candidate".into(),
    };
    refused(
        by_member(&mut story, Slot::Ombudsman, replaced("Сатаров Темир", &new)),
        Code::TooFewSigners,
    );
    refused(
        by_slots(&mut story, &Slot::ALL, replaced("Сатаров Темир", &new)),
        Code::TooFewSigners,
    );
    refused(
        by_member(&mut story, Slot::Cec, replaced("мамбетов Эркин", &new)),
        Code::Members,
    );
    let organiser = story.cast.organiser.clone();
    refused(
        by_member(&mut story, Slot::Cec, replaced("Сатаров Темир", &organiser)),
        Code::KeyInUse,
    );
    by_member(&mut story, Slot::Cec, replaced("Сатаров Темир", &new)).unwrap();
    refused(
        by_member(&mut story, Slot::Cec, replaced("Ли Виктор", &fresh())),
        Code::UnknownKey,
    );
    story.cast.members[3] = new;
    let change = |story: &mut Played, change: &dyn Fn(&mut ListFile)| {
        let mut changed = file.clone();
        change(&mut changed);
        story.publish_list(&changed)
    };
    refused(
        change(&mut story, &|file| file.candidates.swap(0, 1)),
        Code::ListMismatch,
    );
    refused(
        change(&mut story, &|file| drop(file.candidates.pop())),
        Code::ListMismatch,
    );
    refused(
        change(&mut story, &|file| file.competition = "esep.example/other".into()),
        Code::ListMismatch,
    );
    refused(
        change(&mut story, &|file| file.candidates[0].nomination = Digest::ZERO),
        Code::NoNomination,
    );
    refused(
        change(&mut story, &|file| file.candidates[0].name.value = json!("Башка Адам")),
        Code::BadOpening,
    );
    let entry = |story: &Played, index: usize| {
        let applicant = &story.applicants[index];
        let open = |field: Field| {
            let opening = &applicant.openings[&field];
            Disclosed {
                salt: opening.salt,
                value: opening.value.clone(),
            }
        };
        ListedFile {
            id: id(40 + index),
            nomination: applicant.nomination.unwrap(),
            name: open(Field::Name),
            association: open(Field::Association),
            organisations: open(Field::Organisations),
        }
    };
    let (two, letterless, young) = (entry(&story, 5), entry(&story, loser), entry(&story, 4));
    refused(
        change(&mut story, &|file| file.candidates.push(two.clone())),
        Code::TooFewOrganisations,
    );
    refused(
        change(&mut story, &|file| file.candidates.push(letterless.clone())),
        Code::TwoPerAssociation,
    );
    refused(
        change(&mut story, &|file| file.candidates.push(young.clone())),
        Code::ListMismatch,
    );
    story.publish_list(&file).unwrap();
    refused(
        by_member(&mut story, Slot::Cec, replaced("Ли Виктор", &fresh())),
        Code::MemberIsCandidate,
    );
    // One that was not admitted has nothing to withdraw from.
    refused(withdraw(&mut story, 4), Code::NominationOver);
    assert_proved(&story);
}

#[test]
fn an_organisation_in_two_associations_is_a_flag_or_a_refusal() {
    for (rule, refuses) in [(OnDoubt::Flag, false), (OnDoubt::Refuse, true)] {
        let mut rules = one_seat();
        rules.eligibility.organisation_in_many_associations = rule;
        let mut story = story(rules, 3, false);
        let shared = story.applicants[0].fields[&Field::Organisations][0].clone();
        story.applicants[1].fields.get_mut(&Field::Organisations).unwrap()[0] = shared;
        story.announce().unwrap();
        story.intake().unwrap();
        let against = Some(("R8", Reason::OrganisationElsewhere));
        story.screen(1, against).unwrap();
        if refuses {
            refused(story.screen(1, None), Code::ContradictsFacts);
        } else {
            // A person settles a flag either way.
            story.screen(1, None).unwrap();
        }
    }
}

#[test]
fn organisations_are_counted_once_and_some_not_at_all() {
    let organisation = |number: &str, form: Form, state: bool, founder: bool| Organisation {
        name: "Бирикме".into(),
        number: number.into(),
        form,
        state_body: state,
        state_founder: founder,
    };
    let good = |number: &str| organisation(number, Form::Foundation, false, false);
    let (one, two) = (good("1"), good("2"));
    let count = |third: Organisation| counting_organisations(&[one.clone(), two.clone(), third]);
    assert_eq!(count(good("3")), (3, false));
    assert_eq!(count(good("2 ")), (2, false));
    assert_eq!(count(organisation("3", Form::Other, false, false)), (2, false));
    assert_eq!(count(organisation("3", Form::Institution, false, true)), (2, false));
    assert_eq!(
        count(organisation("3", Form::PublicAssociation, true, false)),
        (2, false)
    );
    assert_eq!(
        count(organisation("3", Form::PublicAssociation, false, true)),
        (3, true)
    );
}

#[test]
fn nobody_or_one_candidate_fails() {
    for admitted in [0, 1] {
        let mut story = story(one_seat(), 2, false);
        story.announce().unwrap();
        story.intake().unwrap();
        let not: Vec<_> = (admitted..2)
            .map(|index| (index, "R12", Reason::NoHigherEducation))
            .collect();
        screened(&mut story, &not);
        let listed: Vec<_> = (0..admitted).collect();
        publish(&mut story, &listed).unwrap();
        assert_eq!(
            story.desk.competition.as_ref().unwrap().failed(),
            Some("too_few_candidates")
        );
        assert_eq!(assert_proved(&story), "failed");
    }
}
