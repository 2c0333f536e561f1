//! Ties, withdrawals, protocol, certification, annulment.

use super::*;

#[test]
fn tie_and_tie_again_then_the_lot() {
    let mut story = tie_again(one_seat());
    story.round().unwrap();
    assert_eq!(phase(&mut story), Phase::Listed);
    story.count().unwrap();
    let result = finished(&mut story);
    assert_eq!(
        result.ties.iter().map(|tie| tie.rule).collect::<Vec<_>>(),
        [Some(TieRule::RepeatVote), Some(TieRule::Lot)]
    );
    assert_eq!(
        (result.elected[0].by, result.elected[0].rank, result.unfilled),
        (By::Lot, 1, 0)
    );
    let shared: Vec<_> = result.reserve.iter().map(|placed| placed.rank).collect();
    assert_eq!(shared, [1, 3]);
}

#[test]
fn a_lot_goes_on_without_those_who_did_not_reveal() {
    let mut rules = one_seat();
    rules.ties = vec![TieRule::Lot];
    for slots in [&Slot::ALL[..3], &Slot::ALL[2..3], &[]] {
        let mut story = tie_again(rules.clone());
        story.prepare().unwrap();
        story.open_polling().unwrap();
        story.vote().unwrap();
        story.close_polling().unwrap();
        story.reveal(slots).unwrap();
        story.desk.set_now(story.desk.now().plus_minutes(40));
        let box_root = story.desk.competition.as_ref().unwrap().rounds()[0]
            .closed_box()
            .unwrap()
            .0;
        story.members_state(BallotsOpened { box_root }).unwrap();
        story.sign_ballots().unwrap();
        if slots.is_empty() {
            // Nobody revealed: by hand.
            assert_eq!(phase(&mut story), Phase::Tied);
            let draw = |order: Vec<CandidateId>| LotDrawn {
                order,
                record: "from a hat".into(),
            };
            refused(story.members_state(draw(vec![id(0)])), Code::BadLot);
            refused(story.members_state(draw(vec![id(0), id(1), id(2)])), Code::BadLot);
            refused(story.members_state(draw(vec![id(1), id(1)])), Code::BadLot);
            refused(
                by_slots(&mut story, &Slot::ALL[..2], draw(vec![id(1), id(0)])),
                Code::TooFewSigners,
            );
            by_slots(&mut story, &Slot::ALL[1..], draw(vec![id(1), id(0)])).unwrap();
            assert_eq!(elected(&story), [(id(1), By::ByHand)]);
        }
        let result = finished(&mut story);
        let rule = if slots.is_empty() {
            TieRule::ByHand
        } else {
            TieRule::Lot
        };
        assert_eq!(result.ties[0].rule, Some(rule));
        assert_eq!(result.elected.len(), 1);
    }
}

#[test]
fn one_who_withdraws_before_a_drawing_by_hand_gets_no_seat() {
    for gone in [vec![0], vec![0, 1]] {
        let mut rules = one_seat();
        rules.ties = vec![TieRule::ByHand];
        let mut story = tie_again(rules);
        story.round().unwrap();
        for index in &gone {
            withdraw(&mut story, *index).unwrap();
        }
        story
            .members_state(LotDrawn {
                order: vec![id(0), id(1)],
                record: "from a hat".into(),
            })
            .unwrap();
        let result = finished(&mut story);
        assert_eq!(result.elected[0].candidate, id(gone.len()));
        assert_eq!(result.unfilled, 0);
    }
}

#[test]
fn without_a_tie_rule_the_seat_stays_unfilled() {
    let mut rules = one_seat();
    rules.ties = Vec::new();
    let mut story = tie_again(rules.clone());
    story.round().unwrap();
    let result = finished(&mut story);
    assert_eq!(
        (result.elected.len(), result.unfilled, result.ties[0].rule),
        (0, 1, None)
    );
    rules.ties = vec![TieRule::RepeatVote];
    let mut story = tie_again(rules);
    story.round().unwrap();
    story.count().unwrap();
    let result = finished(&mut story);
    assert_eq!((result.elected.len(), result.unfilled, result.ties.len()), (0, 1, 2));
}

#[test]
fn all_equal_and_seats_enough_for_all() {
    let mut rules = one_seat();
    rules.seats = 2;
    let mut story = counted(rules.clone(), 4, &[5, 5, 5, 5]);
    story.count().unwrap();
    let result = finished(&mut story);
    assert_eq!((result.elected.len(), result.unfilled), (2, 0));
    for (seats, unfilled) in [(3, 0), (5, 2)] {
        rules.seats = seats;
        let mut story = counted(rules.clone(), 3, &[5, 5, 5]);
        let result = finished(&mut story);
        assert_eq!(
            (result.elected.len(), result.unfilled, result.ties.len()),
            (3, unfilled, 0)
        );
    }
}

#[test]
fn withdrawals_at_every_time() {
    // During polling: struck, marks ignored, ballots valid.
    let mut story = polling(one_seat(), 3);
    vote_like(&mut story, &[&[9, 5, 1]]);
    story.vote().unwrap();
    withdraw(&mut story, 0).unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    let counted_round = story.desk.competition.as_ref().unwrap().rounds()[0]
        .counted()
        .unwrap()
        .count
        .clone();
    assert_eq!((counted_round.valid, counted_round.totals[0].total), (3, 0));
    let result = finished(&mut story);
    assert_eq!(result.elected[0].candidate, id(1));
    assert!(result.reserve.iter().all(|placed| placed.candidate != id(0)));
    // After opening: ratings stand.
    let mut story = polling(one_seat(), 3);
    vote_like(&mut story, &[&[9, 5, 1]]);
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    withdraw(&mut story, 0).unwrap();
    story.sign_ballots().unwrap();
    let counted_round = story.desk.competition.as_ref().unwrap().rounds()[0]
        .counted()
        .unwrap()
        .count
        .clone();
    assert_eq!(counted_round.totals[0].total, 27);
    assert_eq!(finished(&mut story).elected[0].candidate, id(1));
    // While the protocol is being signed: not now; after certification: a vacancy.
    let mut story = counted(one_seat(), 3, &[9, 5, 1]);
    end_slots(&mut story, &[(Slot::PresidentsOffice, Ending::Signed)]);
    refused(withdraw(&mut story, 0), Code::NotBefore);
    refused(
        by_member(
            &mut story,
            Slot::Cec,
            Objection {
                slot: Slot::Cec,
                text: "late".into(),
                ballot: None,
            },
        ),
        Code::WrongPhase,
    );
    let rest = [
        (Slot::GovernmentOffice, Ending::Signed),
        (Slot::Ombudsman, Ending::Signed),
        (Slot::Cec, Ending::Refusing),
    ];
    end_slots(&mut story, &rest);
    let endings = [&[(Slot::PresidentsOffice, Ending::Signed)], &rest[..]].concat();
    let act = certification(&mut story, &endings);
    by_slots(&mut story, &Slot::ALL[..3], act).unwrap();
    let before = outcome(&story);
    withdraw(&mut story, 0).unwrap();
    assert_eq!(outcome(&story), before);
    assert_eq!(assert_proved(&story), "certified");
}

#[test]
fn tied_in_reserve_are_not_settled_by_order() {
    let mut story = counted(one_seat(), 3, &[9, 5, 5]);
    withdraw(&mut story, 0).unwrap();
    let result = finished(&mut story);
    assert_eq!((result.elected.len(), result.unfilled, result.reserve.len()), (0, 1, 2));
}

#[test]
fn protocols_and_certifications_that_are_refused() {
    let mut story = counted(one_seat(), 3, &[9, 5, 1]);
    let bytes = story.desk.protocol().unwrap();
    let protocol = Digest::of(&bytes);
    let slot = Slot::PresidentsOffice;
    let signature = story.cast.member(slot).sign(&pae(PROTOCOL_TYPE, &bytes));
    let wrong = ProtocolSigned {
        slot,
        protocol: Digest::ZERO,
        signature,
    };
    refused(by_member(&mut story, slot, wrong), Code::WrongProtocol);
    let foreign = story.cast.member(Slot::Cec).sign(&pae(PROTOCOL_TYPE, &bytes));
    refused(
        by_member(
            &mut story,
            slot,
            ProtocolSigned {
                slot,
                protocol,
                signature: foreign,
            },
        ),
        Code::BadSignature,
    );
    let long = ProtocolDissented {
        slot,
        protocol,
        signature,
        text: "а".repeat(4001),
    };
    refused(by_member(&mut story, slot, long), Code::TextLength);
    let nothing = certification(&mut story, &[]);
    refused(story.members_state(nothing), Code::SlotsOpen);
    // What enters before the first signature makes another protocol.
    by_member(
        &mut story,
        Slot::Cec,
        Objection {
            slot: Slot::Cec,
            text: "cold".into(),
            ballot: None,
        },
    )
    .unwrap();
    refused(
        by_member(
            &mut story,
            slot,
            ProtocolSigned {
                slot,
                protocol,
                signature,
            },
        ),
        Code::WrongProtocol,
    );
    let mut endings = vec![
        (slot, Ending::Signed),
        (Slot::GovernmentOffice, Ending::Signed),
        (Slot::Ombudsman, Ending::Dissenting),
    ];
    end_slots(&mut story, &endings[..2]);
    let (bytes, protocol) = story
        .desk
        .protocol()
        .map(|bytes| (bytes.clone(), Digest::of(&bytes)))
        .unwrap();
    let signature = story.cast.member(slot).sign(&pae(PROTOCOL_TYPE, &bytes));
    refused(
        by_member(
            &mut story,
            slot,
            ProtocolRefused {
                slot,
                protocol,
                reason: "no".into(),
            },
        ),
        Code::SlotResolved,
    );
    refused(
        by_member(
            &mut story,
            slot,
            ProtocolSigned {
                slot,
                protocol,
                signature,
            },
        ),
        Code::SlotResolved,
    );
    refused(story.attest_absence(&[Slot::Cec], Duty::Closing), Code::WrongPhase);
    refused(story.attest_absence(&[Slot::Cec], Duty::Protocol), Code::NotAbsent);
    refused(story.attest_absence(&[], Duty::Protocol), Code::BadPayload);
    end_slots(&mut story, &endings[2..]);
    let early = certification(&mut story, &endings);
    refused(story.members_state(early), Code::SlotsOpen);
    let silent = story.desk.now().plus_hours(25);
    story.desk.set_now(silent);
    let attest = AbsenceAttested {
        slots: vec![Slot::Cec],
        duty: Duty::Protocol,
    };
    refused(by_slots(&mut story, &Slot::ALL[..2], attest), Code::TooFewSigners);
    endings.push((Slot::Cec, Ending::Absent));
    end_slots(&mut story, &endings[3..]);
    let good = certification(&mut story, &endings);
    let mut other = good.clone();
    other.slots[3].outcome = Ending::Signed;
    refused(story.members_state(other), Code::SlotOutcomes);
    let mut other = good.clone();
    other.protocol = Digest::ZERO;
    refused(story.members_state(other), Code::WrongProtocol);
    let mut other = good.clone();
    other.term_end = other.term_end.plus_days(1);
    refused(story.members_state(other), Code::BadTerm);
    story.members_state(good).unwrap();
    assert_eq!(assert_proved(&story), "certified");
}

#[test]
fn two_refusals_leave_it_uncertified() {
    let mut story = counted(one_seat(), 3, &[9, 5, 1]);
    let endings = Slot::ALL.map(|slot| {
        (
            slot,
            if slot < Slot::Ombudsman {
                Ending::Refusing
            } else {
                Ending::Signed
            },
        )
    });
    end_slots(&mut story, &endings);
    let act = certification(&mut story, &endings);
    refused(story.members_state(act), Code::ProtocolUnsigned);
    assert_eq!(assert_proved(&story), "counted");
}

#[test]
fn a_term_from_29_february_ends_on_28_february() {
    let story = announced();
    let state = story.desk.competition.as_ref().unwrap();
    let day = |text: &str| text.parse::<esep::calendar::Date>().unwrap();
    assert_eq!(state.term_end(day("2028-02-29")), day("2033-02-28"));
}

fn announced() -> Played {
    let mut story = story(one_seat(), 3, false);
    story.announce().unwrap();
    story
}

#[test]
fn annulment_in_every_phase() {
    let act = || Annulment {
        reason: "the court's decision".into(),
        outside_act: None,
    };
    // Before polling opens the organiser annuls alone.
    for mut story in [announced(), listed(one_seat(), 3)] {
        by_organiser(&mut story, act()).unwrap();
        refused(by_organiser(&mut story, act()), Code::WrongPhase);
        assert_eq!(assert_proved(&story), "annulled");
    }
    // Afterwards so many members do.
    let by_members = |story: &mut Played| {
        refused(by_organiser(story, act()), Code::TooFewSigners);
        refused(by_slots(story, &Slot::ALL[..2], act()), Code::TooFewSigners);
        by_slots(story, &Slot::ALL[..3], act()).unwrap();
    };
    let mut story = polling(one_seat(), 3);
    by_members(&mut story);
    assert_eq!(assert_proved(&story), "annulled");
    let mut story = polling(named(one_seat()), 3);
    story.vote().unwrap();
    by_members(&mut story);
    assert_eq!(assert_proved(&story), "annulled");
    // After closing the box is opened and published all the same.
    let mut story = polling(one_seat(), 3);
    story.vote().unwrap();
    story.close_polling().unwrap();
    by_members(&mut story);
    refused(by_slots(&mut story, &Slot::ALL[..3], act()), Code::Duplicate);
    story.open_box().unwrap();
    assert!(!story.desk.bundle().unwrap().file("ballots.jsonl").unwrap().is_empty());
    assert_eq!(assert_proved(&story), "annulled");
    let mut story = counted(one_seat(), 3, &[9, 5, 1]);
    end_slots(&mut story, &[(Slot::Cec, Ending::Signed)]);
    by_members(&mut story);
    assert_eq!(assert_proved(&story), "annulled");
    // A re-run is a new competition that names the old one.
    let mut again = self::story(one_seat(), 3, false);
    announce_with(&mut again, |act, _| {
        act.reruns = Some("esep.example/commission-2025".into());
    })
    .unwrap();
    assert_eq!(assert_proved(&again), "intake");
}

#[test]
fn members_absent_at_the_closing_and_the_ballots() {
    let mut story = polling(one_seat(), 3);
    story.vote().unwrap();
    for slot in &Slot::ALL[..3] {
        by_member(
            &mut story,
            *slot,
            Attendance {
                slot: *slot,
                at: Moment::Closing,
            },
        )
        .unwrap();
    }
    story.attest_absence(&[Slot::Cec], Duty::Closing).unwrap();
    refused(story.attest_absence(&[Slot::Cec], Duty::Closing), Code::SlotResolved);
    refused(
        story.attest_absence(&[Slot::Ombudsman, Slot::Cec], Duty::Closing),
        Code::SlotResolved,
    );
    story.desk.set_now(story.poll.closes_at);
    let act = story.closing().unwrap();
    by_slots(&mut story, &Slot::ALL[..3], act).unwrap();
    story.open_box().unwrap();
    for slot in &Slot::ALL[..3] {
        story.sign_all(*slot).unwrap();
    }
    story.attest_absence(&[Slot::Cec], Duty::Ballots).unwrap();
    refused(story.sign_all(Slot::Cec), Code::WrongPhase);
    story.count().unwrap();
    assert_proved(&story);
}

#[test]
fn named_ballots_of_an_open_repeat_vote_are_in_no_file_for_readers() {
    let mut story = tie_again(named(one_seat()));
    story.round().unwrap();
    let lines = |story: &Played| {
        let bundle = story.desk.bundle().unwrap();
        bundle
            .file("ballots.jsonl")
            .unwrap()
            .split(|byte| *byte == b'\n')
            .count()
            - 1
    };
    let of_round_one = lines(&story);
    assert_eq!(of_round_one, 3);
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story.vote().unwrap();
    assert_eq!(lines(&story), of_round_one);
    assert_proved(&story);
    story.close_polling().unwrap();
    assert!(lines(&story) > of_round_one);
}
