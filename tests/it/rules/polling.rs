//! Headers, drafts, preparations, ballots, closing and opening of the box.

use super::*;
use crate::envelopes::{say, say_as};

#[test]
fn what_every_statement_must_name() {
    let mut story = listed(one_seat(), 3);
    let (cec, slot) = (story.cast.member(Slot::Cec).clone(), Slot::Cec);
    let act: Act = LotCommitted {
        slot,
        commitment: Digest::of(b"mine"),
    }
    .into();
    let good = story.header().unwrap();
    let mut send = |change: &dyn Fn(&mut Header)| {
        let mut header = good.clone();
        change(&mut header);
        let mut envelope = Statement::write(&header, &act).unwrap();
        envelope.sign(&cec);
        story.desk.submit(envelope)
    };
    refused(
        send(&|header| header.competition = "esep.example/other".into()),
        Code::WrongCompetition,
    );
    refused(send(&|header| header.rules = Some(Digest::ZERO)), Code::WrongRules);
    refused(send(&|header| header.rules = None), Code::WrongRules);
    refused(send(&|header| header.candidates = None), Code::WrongList);
    refused(send(&|header| header.round = Some(2)), Code::WrongRound);
    refused(send(&|header| header.round = None), Code::WrongRound);
    refused(send(&|header| header.phase = Some(Phase::Listed)), Code::DraftHead);
    send(&|_| ()).unwrap();
    refused(send(&|_| ()), Code::Duplicate);
    refused(send(&|header| header.nonce = nonce(&mut rand::rng())), Code::Duplicate);
    // What cannot be read.
    let mut envelope = story.write(act.clone()).unwrap();
    say_as(&mut envelope, "application/vnd.esep.nothing.v1+json");
    envelope.sign(&cec);
    refused(story.desk.submit(envelope), Code::UnknownKind);
    let mut envelope = story.write(act.clone()).unwrap();
    let spaced = [envelope.payload(), b" "].concat();
    say(&mut envelope, spaced);
    envelope.sign(&cec);
    refused(story.desk.submit(envelope), Code::NotCanonical);
    let mut envelope = story.write(act.clone()).unwrap();
    say_as(&mut envelope, &Kind::LotRevealed.payload_type());
    envelope.sign(&cec);
    refused(story.desk.submit(envelope), Code::BadPayload);
    // A struct written as an array of its fields in order is read by serde, and by nobody else.
    let shared = PollingOpened {
        closes_at: story.poll.closes_at,
    };
    for field in ["head", "poll"] {
        let mut envelope = if field == "head" {
            story.write_shared(shared.clone()).unwrap()
        } else {
            let poll = story.poll.clone();
            story
                .write(PollDayMoved {
                    poll,
                    reason: "a storm".into(),
                })
                .unwrap()
        };
        let mut value: serde_json::Value = serde_json::from_slice(envelope.payload()).unwrap();
        let fields: Vec<_> = value[field].as_object().unwrap().values().cloned().collect();
        value[field] = fields.into();
        say(&mut envelope, esep::crypto::jcs::to_canonical(&value).unwrap());
        envelope.sign(&cec);
        refused(story.desk.submit(envelope), Code::BadPayload);
    }
    let long = Objection {
        slot,
        text: "а".repeat(30_000),
        ballot: None,
    };
    let mut envelope = story.write(long).unwrap();
    envelope.sign(&cec);
    refused(story.desk.submit(envelope), Code::TooLarge);
    let mut envelope = story.write(act.clone()).unwrap();
    refused(story.desk.submit(envelope.clone()), Code::BadSignature);
    envelope.sign(&cec);
    envelope.signatures[0].keyid = story.cast.organiser.public().id();
    refused(story.desk.submit(envelope), Code::BadSignature);
    refused(by_organiser(&mut story, act.clone()), Code::WrongRole);
    refused(by_member(&mut story, Slot::Ombudsman, act), Code::WrongSlot);
    refused(
        by_member(
            &mut story,
            Slot::Ombudsman,
            LotCommitted {
                slot: Slot::Ombudsman,
                commitment: Digest::of(b"mine"),
            },
        ),
        Code::EqualCommitments,
    );
}

#[test]
fn drafts_do_not_outlive_what_they_were_written_against() {
    let mut story = listed(one_seat(), 3);
    story.desk.set_now(story.poll.opens_at.plus_minutes(-30));
    let keys: Vec<_> = (0..4).map(|_| fresh().public().clone()).collect();
    let cards = story.key_list(&keys).unwrap();
    let act = || CardsPrepared { cards: cards.clone() };
    refused(by_slots(&mut story, &Slot::ALL[..2], act()), Code::TooFewSigners);
    refused(by_slots(&mut story, &[Slot::Cec], act()), Code::DraftHead);
    let [a, b, c, d] = Slot::ALL;
    refused(by_slots(&mut story, &[a, c, b], act()), Code::SignersOrder);
    refused(by_slots(&mut story, &[a, a, b], act()), Code::SignersOrder);
    let unsigned = story.write(act()).unwrap();
    let all = story.cast.members.clone();
    let signers: Vec<_> = all.iter().collect();
    refused(story.desk.submit_shared(unsigned, &signers), Code::DraftHead);
    let stale = story.write_shared(act()).unwrap();
    by_member(
        &mut story,
        d,
        Attendance {
            slot: d,
            at: Moment::Opening,
        },
    )
    .unwrap();
    refused(story.desk.submit_shared(stale, &signers), Code::StaleHead);
    let late = story.write_shared(act()).unwrap();
    let now = story.desk.now();
    story.desk.set_now(now.plus_hours(2).plus_seconds(1));
    refused(story.desk.submit_shared(late.clone(), &signers), Code::DraftExpired);
    story.desk.set_now(now.plus_hours(2));
    story.desk.submit_shared(late, &signers).unwrap();
    refused(story.members_state(act()), Code::Duplicate);
}

#[test]
fn preparations_that_are_refused() {
    let mut story = listed(one_seat(), 3);
    let opens = story.poll.opens_at;
    story.desk.set_now(opens);
    let closes_at = story.poll.closes_at;
    refused(story.members_state(PollingOpened { closes_at }), Code::Attendance);
    for slot in Slot::ALL {
        by_member(
            &mut story,
            slot,
            Attendance {
                slot,
                at: Moment::Opening,
            },
        )
        .unwrap();
    }
    refused(
        by_member(
            &mut story,
            Slot::Cec,
            Attendance {
                slot: Slot::Cec,
                at: Moment::Opening,
            },
        ),
        Code::Duplicate,
    );
    refused(
        by_member(
            &mut story,
            Slot::Cec,
            Attendance {
                slot: Slot::Cec,
                at: Moment::Closing,
            },
        ),
        Code::WrongPhase,
    );
    refused(story.members_state(PollingOpened { closes_at }), Code::NoCards);
    let two = story
        .key_list(&[fresh().public().clone(), fresh().public().clone()])
        .unwrap();
    refused(
        story.members_state(CardsPrepared { cards: two.clone() }),
        Code::TooFewCards,
    );
    refused(
        story.members_state(CardsPrepared {
            cards: KeyList { count: 3, ..two },
        }),
        Code::BadAttachment,
    );
    let unsent = KeyList {
        sha256: Digest::of(b"unsent"),
        count: 3,
    };
    refused(
        story.members_state(CardsPrepared { cards: unsent }),
        Code::AttachmentMissing,
    );
    let member = story.cast.members[0].public().clone();
    let mixed = story
        .key_list(&[fresh().public().clone(), fresh().public().clone(), member])
        .unwrap();
    refused(story.members_state(CardsPrepared { cards: mixed }), Code::KeyInUse);
    let cards: Vec<_> = (0..4).map(|_| fresh().public().clone()).collect();
    let cards = story.key_list(&cards).unwrap();
    story.members_state(CardsPrepared { cards }).unwrap();
    refused(story.members_state(PollingOpened { closes_at }), Code::LotNotCommitted);
    for slot in Slot::ALL {
        let commitment = Digest::of(slot.as_str().as_bytes());
        by_member(&mut story, slot, LotCommitted { slot, commitment }).unwrap();
    }
    refused(
        story.members_state(PollingOpened {
            closes_at: closes_at.plus_minutes(1),
        }),
        Code::NotPollTime,
    );
    story.desk.set_now(opens.plus_seconds(-1));
    refused(story.members_state(PollingOpened { closes_at }), Code::NotPollTime);
    story.desk.set_now(closes_at);
    refused(story.members_state(PollingOpened { closes_at }), Code::NotPollTime);
    story.desk.set_now(closes_at.plus_seconds(-1));
    story.members_state(PollingOpened { closes_at }).unwrap();
}

#[test]
fn ballots_at_the_door_and_in_the_count() {
    let mut rules = RuleSet::commission_2014_marks(1, 2);
    rules.seats = 1;
    let mut story = listed(rules, 8);
    story.prepare().unwrap();
    let early = card(&story, 0);
    let ballot = story.ballot(&early, marks(&[0])).unwrap();
    refused(story.desk.submit(ballot), Code::WrongPhase);
    story.open_polling().unwrap();
    // Blank, over-voted, out of range, for someone not on the paper: accepted, and invalid in the count.
    let odd = [
        marks(&[]),
        marks(&[0, 1, 2]),
        Ratings::from_iter([(id(0), 2)]),
        marks(&[70]),
        Ratings::from_iter([(id(0), -1)]),
    ];
    let mut rows = odd.to_vec();
    rows.push(marks(&[0, 1]));
    rows.push(marks(&[1]));
    story.choice = Some(Box::new(move |_, elector, _| rows.get(elector).cloned()));
    story.vote().unwrap();
    let key = card(&story, 7);
    let other = story.ballot(&key, marks(&[0])).unwrap();
    let mut wrong = other.clone();
    wrong.signatures.clear();
    wrong.sign(&card(&story, 8));
    refused(story.desk.submit(wrong), Code::BallotKeys);
    let stranger = story.ballot(&fresh(), marks(&[0])).unwrap();
    refused(story.desk.submit(stranger), Code::UnknownKey);
    let association = story.applicants[0].key.clone();
    let not_elector = story.ballot(&association, marks(&[0])).unwrap();
    refused(story.desk.submit(not_elector), Code::NotElector);
    let mut header = story.header().unwrap();
    header.round = Some(2);
    let act = BallotCast {
        keys: vec![key.public().id()],
        ratings: marks(&[0]),
    }
    .into();
    let mut next = Statement::write(&header, &act).unwrap();
    next.sign(&key);
    refused(story.desk.submit(next), Code::WrongRound);
    // Sent twice: the same ballot is the same ballot.
    let again = story.cast_ballots[0].clone();
    story.desk.submit(again).unwrap();
    let closes = story.poll.closes_at;
    story.desk.set_now(closes.plus_seconds(-1));
    refused(early_close(&mut story), Code::ClosingEarly);
    story.desk.set_now(closes);
    refused(story.desk.submit(other), Code::PollingOver);
    early_close(&mut story).unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    let counted = story.desk.competition.as_ref().unwrap().rounds()[0]
        .counted()
        .unwrap()
        .clone();
    assert_eq!((counted.count.valid, counted.invalid.len()), (2, 5));
    assert_eq!(elected(&story), [(id(1), By::Vote)]);
    story.certify().unwrap();
    assert_proved(&story);
}

fn marks(places: &[usize]) -> Ratings {
    places.iter().map(|place| (id(*place), 1)).collect()
}

/// Everybody is present at the closing, and polling is closed now.
fn early_close(story: &mut Played) -> Result<Answer, Turned> {
    for slot in Slot::ALL {
        let present = story.desk.competition.as_ref().unwrap().rounds()[0].present(Moment::Closing, slot);
        if !present {
            by_member(
                story,
                slot,
                Attendance {
                    slot,
                    at: Moment::Closing,
                },
            )?;
        }
    }
    let act = story.closing()?;
    story.members_state(act)
}

#[test]
fn polling_closes_early_only_when_everyone_has_voted() {
    let mut story = polling(one_seat(), 3);
    vote_like(&mut story, &[&[1, 2, 3]]);
    story.vote().unwrap();
    early_close(&mut story).unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn closings_that_are_refused() {
    let mut story = polling(one_seat(), 4);
    story.choice = Some(Box::new(|_, elector, _| {
        (elector < 2).then(|| Ratings::from_iter([(id(0), 5)]))
    }));
    story.vote().unwrap();
    story.desk.set_now(story.poll.closes_at);
    let act = story.closing().unwrap();
    refused(story.members_state(act), Code::Attendance);
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
    let mut close = |change: &dyn Fn(&mut PollingClosed, &mut Played)| {
        let mut act = story.closing().unwrap();
        change(&mut act, &mut story);
        story.members_state(act)
    };
    let roll = |text: &str, taken: u32| {
        let bytes = text.as_bytes().to_vec();
        move |act: &mut PollingClosed, story: &mut Played| {
            act.roll = story.desk.attach(bytes.clone()).unwrap();
            act.taken = taken;
        }
    };
    refused(
        close(&|act, _| act.roll.sha256 = Digest::of(b"unsent")),
        Code::AttachmentMissing,
    );
    refused(close(&|act, _| act.roll.bytes += 1), Code::BadAttachment);
    refused(close(&roll("c01\nc02", 2)), Code::BadAttachment);
    refused(close(&roll("c01\r\nc02\r\n", 2)), Code::BadRoll);
    let unnamed = |act: &mut PollingClosed, _: &mut Played| {
        act.spoiled = KeyList {
            sha256: Digest::ZERO,
            count: 0,
        };
    };
    refused(close(&unnamed), Code::BadAttachment);
    refused(close(&roll("c02\nc01\n", 2)), Code::BadRoll);
    refused(close(&roll("c01\nc01\n", 2)), Code::BadRoll);
    refused(close(&roll("c01\nc09\n", 2)), Code::BadRoll);
    refused(close(&roll("c01\nc02\n", 3)), Code::BadRoll);
    refused(close(&|act, _| act.box_count += 1), Code::BoxMismatch);
    refused(close(&|act, _| act.box_root = Digest::ZERO), Code::BoxMismatch);
    refused(close(&|act, _| act.spoiled = act.unused.clone()), Code::UnknownCards);
    refused(
        close(&|act, story| act.spoiled = story.key_list(&[fresh().public().clone()]).unwrap()),
        Code::UnknownCards,
    );
    close(&|_, _| ()).unwrap();
    // The box.
    let (first, last) = (Slot::ALL[0], Slot::ALL[3]);
    let reveal = Digest::from_bytes(story.nonces[&first]);
    refused(
        by_member(
            &mut story,
            first,
            LotRevealed {
                slot: first,
                reveal: Digest::ZERO,
            },
        ),
        Code::BadReveal,
    );
    by_member(&mut story, first, LotRevealed { slot: first, reveal }).unwrap();
    refused(
        by_member(&mut story, first, LotRevealed { slot: first, reveal }),
        Code::Duplicate,
    );
    let box_root = story.closing().unwrap().box_root;
    refused(
        story.members_state(BallotsOpened { box_root: Digest::ZERO }),
        Code::BoxMismatch,
    );
    refused(story.members_state(BallotsOpened { box_root }), Code::RevealsPending);
    let end = story.desk.now().plus_minutes(30);
    story.desk.set_now(end);
    refused(story.members_state(BallotsOpened { box_root }), Code::RevealsPending);
    story.desk.set_now(end.plus_seconds(1));
    let late = LotRevealed {
        slot: last,
        reveal: Digest::from_bytes(story.nonces[&last]),
    };
    refused(by_member(&mut story, last, late), Code::LateReveal);
    story.members_state(BallotsOpened { box_root }).unwrap();
    // Signatures over the ballots: all of them or none.
    let attached = |story: &mut Played, bytes: Vec<u8>| BallotsSigned {
        slot: first,
        box_root,
        signatures: story.desk.attach(bytes).unwrap(),
    };
    let ballots = story.desk.opened_ballots().unwrap();
    let mut good = esep::demo::story::sign_each(story.cast.member(first), &ballots);
    let short = attached(&mut story, good[..64].to_vec());
    refused(by_member(&mut story, first, short), Code::BallotSignatures);
    let mut other_box = attached(&mut story, good.clone());
    other_box.box_root = Digest::ZERO;
    refused(by_member(&mut story, first, other_box), Code::BoxMismatch);
    good.rotate_left(64);
    let swapped = attached(&mut story, good);
    refused(by_member(&mut story, first, swapped), Code::BallotSignatures);
    let mut unsent = attached(&mut story, Vec::new());
    unsent.signatures.sha256 = Digest::of(b"unsent");
    refused(by_member(&mut story, first, unsent), Code::AttachmentMissing);
    story.sign_all(first).unwrap();
    refused(story.sign_all(first), Code::SlotResolved);
    let dispute = |card: KeyId| CardDisputed {
        slot: first,
        card,
        text: "found it used".into(),
    };
    refused(
        by_member(&mut story, first, dispute(fresh().public().id())),
        Code::UnknownCards,
    );
    let used = card(&story, 0).public().id();
    by_member(&mut story, first, dispute(used)).unwrap();
    refused(
        by_member(
            &mut story,
            first,
            Objection {
                slot: first,
                text: String::new(),
                ballot: None,
            },
        ),
        Code::TextLength,
    );
    for slot in &Slot::ALL[1..] {
        story.sign_all(*slot).unwrap();
    }
    story.certify().unwrap();
    assert_proved(&story);
}

#[test]
fn a_ballot_with_a_returned_card_is_void_and_a_finding() {
    let mut story = polling(one_seat(), 4);
    story.choice = Some(Box::new(|_, elector, _| {
        (elector < 2).then(|| Ratings::from_iter([(id(0), 5)]))
    }));
    story.vote().unwrap();
    let stolen = card(&story, 5);
    let ballot = story.ballot(&stolen, Ratings::from_iter([(id(1), 10)])).unwrap();
    story.desk.submit(ballot).unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    assert_eq!(elected(&story), [(id(0), By::Vote)]);
    story.certify().unwrap();
    let report = crate::story::verified(&story);
    assert_eq!(report.verdict, Verdict::Disproved);
    assert!(
        report
            .findings
            .iter()
            .any(|found| found.finding == Finding::ReturnedCardVoted)
    );
}

#[test]
fn opened_ballots_come_in_order_and_are_those_of_the_box() {
    let mut story = polling(one_seat(), 4);
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.reveal(&Slot::ALL).unwrap();
    let box_root = story.closing().unwrap().box_root;
    let mut envelope = story.write_shared(BallotsOpened { box_root }).unwrap();
    story.cast.members.iter().for_each(|member| envelope.sign(member));
    let mut state = story.desk.competition.clone().unwrap();
    let (now, stored) = (story.desk.now(), story.desk.shelf());
    let head = story
        .desk
        .bundle()
        .map(|_| Statement::read(envelope.clone()).unwrap().header.head.unwrap())
        .unwrap();
    let context = Context { now, head, stored };
    let placed = Placed {
        seq: head.size,
        time: now,
    };
    let take = |state: &mut esep::competition::Competition, envelope| {
        let checked = Checked::check(Statement::read(envelope).unwrap(), state).unwrap();
        let step = state.decide(&checked, &context).map_err(|refusal| refusal.code)?;
        state.evolve(step, placed);
        Ok(())
    };
    take(&mut state, envelope).unwrap();
    let mut ballots = story.cast_ballots.clone();
    ballots.sort_by_key(esep::crypto::dsse::Envelope::pae_hash);
    take(&mut state, ballots[1].clone()).unwrap();
    assert_eq!(take(&mut state, ballots[0].clone()), Err(Code::BallotOrder));
    assert_eq!(state.phase(now), Phase::Opening);
    assert_eq!(state.to_open(), u32::try_from(ballots.len()).unwrap() - 1);
}

/// Ballots are read by a shorter way than other statements; it must take nothing that the common way refuses.
#[test]
fn a_changed_ballot_is_read_only_if_it_is_canonical() {
    use rand::{RngExt, SeedableRng, rngs::StdRng};
    let mut story = polling(one_seat(), 3);
    let header = story.header().unwrap();
    let ratings = Ratings::from_iter([(id(0), 10), (id(1), -1), (id(2), 9_007_199_254_740_991)]);
    let keys = vec![card(&story, 0).public().id()];
    let ballot: Act = BallotCast { keys, ratings }.into();
    let honest = Statement::write(&header, &ballot).unwrap();
    let whole = Statement::read(honest.clone()).unwrap();
    assert_eq!((&whole.header, &whole.act), (&header, &ballot));
    let pieces: [&[u8]; 14] = [
        b" ",
        b"\"",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b"0",
        b"-",
        b"e1",
        b".0",
        b"\\u0061",
        b"null",
        b"9007199254740992",
    ];
    let mut rng = StdRng::seed_from_u64(11);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..4_000 {
        let mut payload = honest.payload().to_vec();
        let at = rng.random_range(0..payload.len());
        let end = (at + rng.random_range(0..3)).min(payload.len());
        let piece = pieces[rng.random_range(0..pieces.len())];
        match rng.random_range(0..3) {
            0 => payload[at] = rng.random_range(0x20..0x7f),
            _ => drop(payload.splice(at..end, piece.iter().copied())),
        }
        let mut changed = honest.clone();
        say(&mut changed, payload);
        let Ok(statement) = Statement::read(changed.clone()) else {
            refused += 1;
            continue;
        };
        read += 1;
        esep::crypto::jcs::parse_canonical(changed.payload()).unwrap();
        let again = Statement::write(&statement.header, &statement.act).unwrap();
        assert_eq!(again.payload(), changed.payload());
    }
    assert!(read > 100 && refused > 1_000, "{read} {refused}");
}
