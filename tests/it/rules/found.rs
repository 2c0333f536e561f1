//! What was found wrong and put right: each of these tests failed first.

use super::*;

#[test]
fn a_new_key_gives_no_second_vote() {
    let mut rules = named(one_seat());
    rules.electorate = Electorate::CountingCommission {};
    let mut story = polling(rules, 3);
    let old = story.cast.member(Slot::Cec).clone();
    let ballot = story.ballot(&old, Ratings::from_iter([(id(0), 5)])).unwrap();
    story.desk.submit(ballot).unwrap();
    let new = fresh();
    let enrolment = Enrolment::make(&new, &story.desk.origin(), &Slot::Cec.role());
    by_member(
        &mut story,
        Slot::Cec,
        KeyReplaced {
            slot: Slot::Cec,
            enrolment,
        },
    )
    .unwrap();
    let again = story.ballot(&new, Ratings::from_iter([(id(1), 5)])).unwrap();
    refused(story.desk.submit(again), Code::CardUsed);
}

#[test]
fn the_roll_of_named_ballots_is_who_voted() {
    let mut story = polling(named(one_seat()), 3);
    story.choice = Some(Box::new(|_, elector, _| {
        (elector > 0).then(|| Ratings::from_iter([(id(0), 5)]))
    }));
    story.vote().unwrap();
    story.voted = vec![0, 1];
    refused(story.close_polling(), Code::BadRoll);
    story.voted = vec![1, 2];
    let act = story.closing().unwrap();
    story.members_state(act).unwrap();
}

#[test]
fn without_a_reserve_the_next_in_order_still_follows_one_who_withdraws() {
    let mut rules = one_seat();
    rules.reserve = false;
    let mut story = counted(rules, 3, &[9, 5, 1]);
    withdraw(&mut story, 0).unwrap();
    assert_eq!(elected(&story), [(id(1), By::Succession)]);
    assert!(outcome(&story).reserve.is_empty());
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn when_all_tied_withdraw_before_the_repeat_the_next_in_order_is_elected() {
    let mut story = counted(one_seat(), 4, &[9, 9, 5, 1]);
    assert_eq!(phase(&mut story), Phase::Listed);
    withdraw(&mut story, 0).unwrap();
    withdraw(&mut story, 1).unwrap();
    story.choice = Some(Box::new(|_, elector, _| (elector > 1).then(Ratings::new)));
    story.desk.set_now(story.desk.now().plus_hours(1));
    story.round().unwrap();
    assert_eq!(elected(&story), [(id(2), By::Succession)]);
    assert_eq!(outcome(&story).unfilled, 0);
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn silence_about_the_protocol_begins_with_the_count() {
    let mut story = polling(one_seat(), 3);
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    for slot in &Slot::ALL[..3] {
        story.sign_all(*slot).unwrap();
    }
    refused(story.attest_absence(&[Slot::Cec], Duty::Ballots), Code::NotAbsent);
    story.desk.set_now(story.desk.now().plus_hours(25));
    story.attest_absence(&[Slot::Cec], Duty::Ballots).unwrap();
    assert_eq!(phase(&mut story), Phase::Counted);
    refused(story.attest_absence(&[Slot::Cec], Duty::Protocol), Code::NotAbsent);
    let endings = [
        (Slot::PresidentsOffice, Ending::Signed),
        (Slot::GovernmentOffice, Ending::Dissenting),
        (Slot::Ombudsman, Ending::Signed),
        (Slot::Cec, Ending::Absent),
    ];
    end_slots(&mut story, &endings);
    let act = certification(&mut story, &endings);
    by_slots(&mut story, &Slot::ALL[..3], act).unwrap();
    assert_eq!(assert_proved(&story), "certified");
}

#[test]
fn a_decision_of_the_same_second_can_be_appealed() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.intake().unwrap();
    screened(&mut story, &[(1, "R12", Reason::EvidenceMissing)]);
    let nomination = story.applicants[1].nomination.unwrap();
    let key = story.applicants[1].key.clone();
    let organiser = story.cast.organiser.clone();
    let text = committed(&mut story, "appeal", &nomination.to_string());
    story.state(&key, Appeal { nomination, text }).unwrap();
    refused(story.state(&key, Appeal { nomination, text }), Code::Duplicate);
    let reason = committed(&mut story, "appeal_decided", &nomination.to_string());
    story
        .state(
            &organiser,
            AppealDecided {
                nomination,
                upheld: true,
                reason,
            },
        )
        .unwrap();
    refused(story.state(&key, Appeal { nomination, text }), Code::AppealWindow);
    story.screen(1, Some(("R9", Reason::NotCitizen))).unwrap();
    story.state(&key, Appeal { nomination, text }).unwrap();
    refused(story.state(&key, Appeal { nomination, text }), Code::Duplicate);
}

#[test]
fn a_nomination_without_the_letter_contests_nothing() {
    let mut story = story(one_seat(), 3, false);
    let loser = story
        .applicants
        .iter()
        .position(|one| one.oddity == Trait::Contested)
        .unwrap();
    story.applicants[loser].fields.remove(&Field::Letter);
    story.announce().unwrap();
    story.intake().unwrap();
    story.desk.set_now(story.desk.now().plus_hours(9));
    refused(contest(&mut story, loser, 0), Code::NoContest);
    refused(contest(&mut story, 0, loser), Code::NoContest);
    for index in 0..3 {
        story.screen(index, None).unwrap();
    }
    story.screen(loser, Some(("R18", Reason::DocumentMissing))).unwrap();
    for (index, rule) in [(3, "R10"), (4, "R8"), (5, "R20"), (6, "R11"), (7, "R14")] {
        story.screen(index, Some((rule, Reason::DocumentUnfit))).unwrap();
    }
    publish(&mut story, &[0, 1, 2]).unwrap();
    assert_proved(&story);
}

#[test]
fn the_one_that_stands_contests_each_that_loses() {
    let mut story = story(one_seat(), 3, false);
    // 1 has the name of 0, 2 the numbers of 1: 0 and 2 contest nothing.
    let name = story.applicants[0].fields[&Field::Association].clone();
    story.applicants[1].fields.insert(Field::Association, name);
    let numbers = story.applicants[1].fields[&Field::Organisations].clone();
    story.applicants[2].fields.insert(Field::Organisations, numbers);
    story.announce().unwrap();
    story.intake().unwrap();
    story.desk.set_now(story.desk.now().plus_hours(9));
    let three = |story: &mut Played, stands: usize| {
        let hash = |index: usize| story.applicants[index].nomination.unwrap();
        let (mut nominations, stands) = (vec![hash(0), hash(1), hash(2)], hash(stands));
        nominations.sort();
        let reason = committed(story, "contest_decided", &stands.to_string());
        by_organiser(
            story,
            ContestDecided {
                nominations,
                stands,
                reason,
            },
        )
    };
    refused(three(&mut story, 0), Code::NoContest);
    refused(three(&mut story, 2), Code::NoContest);
    three(&mut story, 1).unwrap();
}

#[test]
fn a_field_has_the_shape_that_screening_computes_from() {
    let bad = [
        (Field::BirthDate, json!("yesterday")),
        (Field::Organisations, json!("three of them")),
        (Field::Name, json!("")),
        (Field::Association, json!(7)),
        (Field::Citizenship, json!(true)),
        (Field::Conviction, json!("no")),
        (Field::Education, json!("yes")),
        (Field::Experience, json!(10)),
        (Field::Service, json!("no")),
    ];
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    for (field, value) in bad {
        let good = story.applicants[0].fields.insert(field, value).unwrap();
        refused(story.nominate(0), Code::BadOpening);
        story.applicants[0].fields.insert(field, good);
    }
    story.nominate(0).unwrap();
}

#[test]
fn annulment_keeps_the_protocol_that_was_signed() {
    let mut story = counted(one_seat(), 3, &[9, 5, 1]);
    story.certify().unwrap();
    let before = story.desk.bundle().unwrap();
    let reason = "the court's decision".to_owned();
    refused(
        by_organiser(
            &mut story,
            Annulment {
                reason: reason.clone(),
                outside_act: None,
            },
        ),
        Code::OutsideAct,
    );
    let outside_act = Some(Digest::of(b"decision"));
    by_organiser(&mut story, Annulment { reason, outside_act }).unwrap();
    let after = story.desk.bundle().unwrap();
    for name in ["protocol.json", "protocol.dsse.json", "result.json"] {
        assert_eq!(before.file(name), after.file(name), "{name}");
    }
    assert_eq!(assert_proved(&story), "annulled");
}

#[test]
fn what_is_not_disclosed_contradicts_nothing() {
    let mut rules = one_seat();
    rules.eligibility.organisation_in_many_associations = OnDoubt::Refuse;
    let mut story = story(rules, 4, false);
    let shared = story.applicants[0].fields[&Field::Organisations][0].clone();
    story.applicants[1].fields.get_mut(&Field::Organisations).unwrap()[0] = shared;
    story.announce().unwrap();
    story.intake().unwrap();
    refused(story.screen(0, None), Code::ContradictsFacts);
    let elsewhere = Reason::OrganisationElsewhere;
    screened(&mut story, &[(0, "R8", elsewhere), (1, "R8", elsewhere)]);
    publish(&mut story, &[2, 3]).unwrap();
    assert_proved(&story);
    let one = &story.applicants[1];
    let (key, hash) = (one.key.public().id().to_string(), one.nomination.unwrap().to_string());
    let openings = story.desk.shelf().openings.values().cloned();
    let disclosed = openings.filter(|opening| opening.subject == key || opening.subject == hash);
    let trust = Trust {
        disclosed: disclosed.collect(),
        ..Trust::default()
    };
    let report = check(&story.desk.bundle().unwrap(), &trust);
    assert_eq!(report.verdict, Verdict::Proved, "{:#?}", report.findings);
}

#[test]
fn an_electors_key_serves_in_no_other_role() {
    let mut rules = named(one_seat());
    rules.electorate = Electorate::Listed(roll(3));
    let mut story = story(rules, 3, false);
    for key in [
        story.cast.members[0].clone(),
        story.cast.organiser.clone(),
        esep::crypto::test_keys::test_key(1),
    ] {
        story.roll_keys[0] = key;
        let bytes: Vec<u8> = story.roll_keys.iter().flat_map(|key| key.public().to_bytes()).collect();
        let keys = Some(story.desk.attach(bytes).unwrap().sha256);
        story.plan.rules.electorate = Electorate::Listed(ListedRoll { keys, ..roll(3) });
        let test = esep::crypto::test_keys::is_test_key(&story.roll_keys[0].public().id());
        refused(story.announce(), if test { Code::TestKey } else { Code::KeyInUse });
    }
}

#[test]
fn an_association_and_its_candidate_have_two_keys() {
    let mut story = story(named(one_seat()), 3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    story.applicants[0].own = story.applicants[0].key.clone();
    refused(story.nominate(0), Code::KeyInUse);
}

#[test]
fn the_root_of_an_empty_box_is_that_of_nothing() {
    let mut story = polling(one_seat(), 3);
    story.choice = Some(Box::new(|_, _, _| None));
    story.vote().unwrap();
    for slot in Slot::ALL {
        by_member(
            &mut story,
            slot,
            Attendance {
                slot,
                at: Moment::Closing,
            },
        )
        .unwrap();
    }
    story.desk.set_now(story.poll.closes_at);
    for (root, good) in [(Digest::of(b"another"), false), (box_root(&[]), true)] {
        let mut act = story.closing().unwrap();
        act.box_root = root;
        let mut envelope = story.write_shared(act).unwrap();
        story.cast.members.iter().for_each(|member| envelope.sign(member));
        let state = story.desk.competition.as_ref().unwrap();
        let checked = Checked::check(Statement::read(envelope).unwrap(), state).unwrap();
        let (now, stored) = (story.desk.now(), Attachments(story.desk.shelf().attachments.clone()));
        let head = checked.statement().header.head.unwrap();
        let decided = state.decide(
            &checked,
            &Context {
                now,
                head,
                stored: &stored,
            },
        );
        assert_eq!(
            decided.map(|_| ()).map_err(|refusal| refusal.code),
            if good { Ok(()) } else { Err(Code::BoxMismatch) }
        );
    }
}

#[test]
fn a_ballot_voided_by_self_rating_stays_void_when_its_elector_withdraws() {
    let mut rules = named(one_seat());
    rules.vote.self_rating = SelfRating::Voids;
    let mut story = polling(rules, 4);
    story.choice = Some(Box::new(|_, elector, paper| {
        let others = paper
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != elector || elector == 0);
        Some(
            others
                .map(|(place, id)| (id.clone(), 9 - i64::try_from(place).unwrap()))
                .collect(),
        )
    }));
    story.vote().unwrap();
    withdraw(&mut story, 0).unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    let invalid = &story.desk.competition.as_ref().unwrap().rounds()[0]
        .counted()
        .unwrap()
        .invalid;
    assert_eq!(invalid.len(), 1);
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn presence_at_the_opening_is_of_poll_day() {
    let mut story = listed(one_seat(), 3);
    let presence = Attendance {
        slot: Slot::Cec,
        at: Moment::Opening,
    };
    refused(by_member(&mut story, Slot::Cec, presence), Code::NotPollTime);
    story.prepare().unwrap();
    let day = story.poll.day.plus_days(1);
    let poll = Poll {
        day,
        opens_at: day.at(9, 0),
        closes_at: day.at(18, 0),
        ..story.poll.clone()
    };
    by_organiser(
        &mut story,
        PollDayMoved {
            poll: poll.clone(),
            reason: "no light".into(),
        },
    )
    .unwrap();
    story.desk.set_now(poll.opens_at);
    refused(
        story.members_state(PollingOpened {
            closes_at: poll.closes_at,
        }),
        Code::Attendance,
    );
}

#[test]
fn one_struck_before_polling_is_not_on_the_roll() {
    let mut story = listed(one_seat(), 4);
    withdraw(&mut story, 0).unwrap();
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story.choice = Some(Box::new(|_, elector, _| {
        (elector > 0).then(|| Ratings::from_iter([(id(0), 9), (id(2), 5)]))
    }));
    story.vote().unwrap();
    story.voted = vec![0, 2, 3];
    refused(story.close_polling(), Code::BadRoll);
    story.voted = vec![1, 2, 3];
    let act = story.closing().unwrap();
    story.members_state(act).unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    assert_eq!(elected(&story), [(id(2), By::Vote)]);
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn a_repeat_vote_can_be_valid_however_few_are_tied() {
    let mut rules = one_seat();
    rules.vote.min_rated = 3;
    let mut story = listed(rules, 4);
    vote_like(&mut story, &[&[9, 9, 5, 1], &[3, 7]]);
    story.round().unwrap();
    story.count().unwrap();
    assert_eq!(elected(&story), [(id(1), By::RepeatVote)]);
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn ballots_of_returned_cards_make_no_turnout() {
    let mut rules = one_seat();
    rules.min_turnout_percent = Some(50);
    let mut story = polling(rules, 4);
    story.choice = Some(Box::new(|_, elector, _| {
        (elector == 0).then(|| Ratings::from_iter([(id(0), 9)]))
    }));
    story.vote().unwrap();
    let stolen = story.cards[5].key(&story.desk.origin(), 1);
    let ballot = story.ballot(&stolen, Ratings::from_iter([(id(1), 9)])).unwrap();
    story.desk.submit(ballot).unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    assert_eq!(story.desk.competition.as_ref().unwrap().failed(), Some("turnout"));
}

#[test]
fn an_announcement_names_four_bodies_and_no_run_of_its_own() {
    let mut story = story(one_seat(), 3, false);
    let own = story.desk.origin();
    refused(
        announce_with(&mut story, |act, _| {
            act.members[1].body = format!(" {} ", act.members[0].body);
        }),
        Code::Members,
    );
    refused(
        announce_with(&mut story, |act, _| act.reruns = Some(own)),
        Code::BadPayload,
    );
    refused(
        announce_with(&mut story, |_, header| header.phase = Some(Phase::Intake)),
        Code::BadPayload,
    );
    announce_with(&mut story, |act, _| {
        act.reruns = Some("esep.example/commission-2025".into());
    })
    .unwrap();
}

#[test]
fn one_who_comes_to_the_closing_after_all_is_not_absent() {
    let mut story = polling(one_seat(), 3);
    story.vote().unwrap();
    story.attest_absence(&[Slot::Cec], Duty::Closing).unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    refused(story.attest_absence(&[Slot::Cec], Duty::Ballots), Code::NotAbsent);
}

#[test]
fn a_new_member_is_present_in_person() {
    let mut story = polling(one_seat(), 3);
    story.vote().unwrap();
    for slot in Slot::ALL {
        by_member(
            &mut story,
            slot,
            Attendance {
                slot,
                at: Moment::Closing,
            },
        )
        .unwrap();
    }
    let new = fresh();
    let act = MemberReplaced {
        slot: Slot::Cec,
        person: "Сатаров Темир".into(),
        enrolment: Enrolment::make(&new, &story.desk.origin(), &Slot::Cec.role()),
        reason: "illness".into(),
    };
    by_slots(&mut story, &Slot::ALL[..3], act).unwrap();
    story.cast.members[3] = new;
    story.desk.set_now(story.poll.closes_at);
    let act = story.closing().unwrap();
    refused(story.members_state(act.clone()), Code::Attendance);
    by_member(
        &mut story,
        Slot::Cec,
        Attendance {
            slot: Slot::Cec,
            at: Moment::Closing,
        },
    )
    .unwrap();
    story.members_state(act).unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    story.count().unwrap();
    story.certify().unwrap();
    assert_proved(&story);
    // The key that the office's body gives out today is the new one; the bundle holds the announced one.
    let trusting = |key: &SecretKey| {
        let bundle = story.desk.bundle().unwrap();
        let pem = |name: &str| std::str::from_utf8(bundle.file(&format!("keys/{name}.pem")).unwrap()).unwrap();
        let mut keys: BTreeMap<_, _> = ["log", "organiser", "ombudsman"]
            .map(|name| (name.to_owned(), esep::crypto::PublicKey::from_pem(pem(name)).unwrap()))
            .into();
        keys.insert("cec".to_owned(), key.public().clone());
        let trust = Trust {
            keys,
            ..Trust::default()
        };
        let report = check(&bundle, &trust);
        report.findings.iter().map(|found| found.finding).collect::<Vec<_>>()
    };
    assert_eq!(trusting(story.cast.member(Slot::Cec)), []);
    assert_eq!(trusting(&fresh()), [Finding::Trust]);
    assert_eq!(trusting(story.cast.member(Slot::Ombudsman)), [Finding::Trust]);
}

#[test]
fn an_organisation_without_a_number_counts_for_nothing() {
    let organisation = |number: &str| Organisation {
        name: "Бирикме".into(),
        number: number.into(),
        form: Form::Foundation,
        state_body: false,
        state_founder: false,
    };
    assert_eq!(
        counting_organisations(&[organisation("1"), organisation(" "), organisation("2")]).0,
        2
    );
}

#[test]
fn a_new_key_for_an_association_needs_a_stored_letter() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    story.nominate(0).unwrap();
    let subject = story.applicants[0].key.public().id().to_string();
    let unsent = opening("letter", &subject, json!(Digest::of(b"never sent")), &mut story.chance);
    let act = AssociationKeyReplaced {
        nomination: story.applicants[0].nomination.unwrap(),
        association: Enrolment::make(&fresh(), &story.desk.origin(), "association"),
        letter: story.desk.store_opening(unsent).unwrap(),
    };
    refused(by_organiser(&mut story, act), Code::DocumentMissing);
}

#[test]
fn a_card_of_an_earlier_round_serves_in_no_role() {
    let mut story = tie_again(one_seat());
    story.round().unwrap();
    assert_eq!(phase(&mut story), Phase::Listed);
    let old = card(&story, 5);
    let enrolment = Enrolment::make(&old, &story.desk.origin(), "observer");
    let name = "Байкоочу".to_owned();
    refused(
        by_organiser(&mut story, ObserverAdmitted { name, enrolment }),
        Code::KeyInUse,
    );
}

#[test]
fn an_association_that_nominates_again_may_bring_the_same_keys() {
    let mut story = story(named(one_seat()), 3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    story.nominate(0).unwrap();
    story.applicants[1].own = story.applicants[0].own.clone();
    refused(story.nominate(1), Code::KeyInUse);
    withdraw(&mut story, 0).unwrap();
    refused(story.nominate(1), Code::KeyInUse);
    story.nominate(0).unwrap();
}

#[test]
fn a_replaced_key_of_an_association_nominates_no_more() {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    // The same key twice: the older nomination still carries it when the key is replaced on the newer.
    story.nominate(0).unwrap();
    withdraw(&mut story, 0).unwrap();
    story.nominate(0).unwrap();
    let subject = story.applicants[0].key.public().id().to_string();
    let letter = story.desk.store_document(b"%PDF-1.4 a new letter".to_vec()).unwrap();
    let stored = opening("letter", &subject, json!(letter), &mut story.chance);
    let act = AssociationKeyReplaced {
        nomination: story.applicants[0].nomination.unwrap(),
        association: Enrolment::make(&fresh(), &story.desk.origin(), "association"),
        letter: story.desk.store_opening(stored).unwrap(),
    };
    by_organiser(&mut story, act).unwrap();
    refused(story.nominate(0), Code::KeyInUse);
}

#[test]
fn a_trusted_key_that_was_replaced_twice_is_still_a_members() {
    let mut story = listed(one_seat(), 3);
    let (first, slot) = (story.cast.member(Slot::Cec).clone(), Slot::Cec);
    let mut held = vec![first];
    for _ in 0..2 {
        let new = fresh();
        let enrolment = Enrolment::make(&new, &story.desk.origin(), &slot.role());
        by_member(&mut story, slot, KeyReplaced { slot, enrolment }).unwrap();
        story.cast.members[3] = new.clone();
        held.push(new);
    }
    let bundle = story.desk.bundle().unwrap();
    let judged = |key: &SecretKey, bundle: &esep::ledger::Files| {
        let pem = |name: &str| std::str::from_utf8(bundle.file(&format!("keys/{name}.pem")).unwrap()).unwrap();
        let mut keys: BTreeMap<_, _> = ["log", "organiser"]
            .map(|name| (name.to_owned(), esep::crypto::PublicKey::from_pem(pem(name)).unwrap()))
            .into();
        keys.insert("cec".to_owned(), key.public().clone());
        check(
            bundle,
            &Trust {
                keys,
                ..Trust::default()
            },
        )
    };
    for key in &held {
        assert_eq!(judged(key, &bundle).verdict, Verdict::Proved);
    }
    assert_eq!(judged(&fresh(), &bundle).verdict, Verdict::Disproved);
    // A download that broke off says nothing about whose key it is.
    let mut broken = bundle.clone();
    let tile = broken
        .0
        .keys()
        .find(|path| path.starts_with("tile/entries/"))
        .unwrap()
        .clone();
    broken.0.remove(&tile);
    assert_eq!(judged(&held[2], &broken).verdict, Verdict::CannotTell);
    // Nor does a file of a key that is missing.
    let mut without = bundle;
    without.0.remove("keys/cec.pem");
    assert_eq!(judged(&held[2], &without).verdict, Verdict::CannotTell);
}
