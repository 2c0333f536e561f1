//! Drafts: signatures gather over the same bytes, the last one needed enters, the rules have the last word.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

use crate::office::{ClerkDesk, House, ID, Where, second_signature};
use esep::competition::act::Annulment;
use esep::crypto::{Digest, Envelope, SecretKey, jcs};
use esep::demo::story::nonce;
use esep::demo::{Desk, Story};
use esep::drafts::{Draft, DraftError, Drafts, MAX_OPEN, State, WITHDRAWAL_TYPE, Withdrawal};

/// Polling is over, and four members are to close it.
fn house() -> (House, Story<ClerkDesk>, Drafts) {
    let house = House::new(Where::Sqlite);
    let mut story = house.story(12);
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story.prepare().unwrap();
    story.open_polling().unwrap();
    let drafts = Drafts::new(house.clerk());
    (house, story, drafts)
}

fn annulment(story: &mut Story<ClerkDesk>) -> Envelope {
    story
        .write_shared(Annulment {
            reason: "the hall burns".into(),
            outside_act: None,
        })
        .unwrap()
}

fn signed(envelope: &Envelope, keys: &[&SecretKey]) -> Envelope {
    let mut envelope = envelope.clone();
    for key in keys {
        envelope.sign(key);
    }
    envelope
}

#[test]
fn the_last_signature_needed_enters_the_statement_in_slot_order() {
    let (house, mut story, drafts) = house();
    let members = story.cast.members.clone();
    let unsigned = annulment(&mut story);
    let hash = unsigned.pae_hash();
    let before = house.clerk().snapshot(ID).unwrap().head.size;
    // Begun by the last slot; signed twice by the same member with different bytes: still one signature.
    let begun = house.run(drafts.begin(ID, signed(&unsigned, &[&members[3]]))).unwrap();
    assert!(begun.draft.is_open() && begun.accepted.is_none());
    let again = second_signature(&members[3], unsigned.pae());
    let standing = house
        .run(drafts.sign(ID, &hash, members[3].public().id(), again))
        .unwrap();
    assert_eq!(standing.draft.envelope.signatures.len(), 1);
    let by = |key: &SecretKey| (key.public().id(), key.sign(unsigned.pae()));
    let (key, sig) = by(&members[1]);
    assert!(house.run(drafts.sign(ID, &hash, key, sig)).unwrap().draft.is_open());
    assert_eq!(
        house.clerk().snapshot(ID).unwrap().head.size,
        before,
        "nothing is entered yet"
    );
    let (key, sig) = by(&members[0]);
    let standing = house.run(drafts.sign(ID, &hash, key, sig)).unwrap();
    assert_eq!(standing.draft.state, State::Entered { seq: before });
    let accepted = standing.accepted.unwrap();
    assert_eq!(
        (accepted.hash, accepted.seq, accepted.created),
        (hash, Some(before), true)
    );
    let order: Vec<_> = standing
        .draft
        .envelope
        .signatures
        .iter()
        .map(|signature| signature.keyid)
        .collect();
    assert_eq!(order, [0, 1, 3].map(|slot: usize| members[slot].public().id()));
    // Closed: the fourth comes too late, and the draft tells what became of it.
    let (key, sig) = by(&members[2]);
    assert!(matches!(
        house.run(drafts.sign(ID, &hash, key, sig)),
        Err(DraftError::Closed(_))
    ));
    assert!(house.run(drafts.list(ID)).unwrap().contains(&standing.draft));
}

#[test]
fn a_draft_that_the_record_left_behind_closes_with_the_refusal() {
    let (house, mut story, drafts) = house();
    let members = story.cast.members.clone();
    let unsigned = annulment(&mut story);
    house
        .run(drafts.begin(ID, signed(&unsigned, &[&members[0], &members[1]])))
        .unwrap();
    // Something else enters: the head that the draft names is gone.
    let other = story
        .write_shared(Annulment {
            reason: "and the stairs".into(),
            outside_act: None,
        })
        .unwrap();
    story
        .desk
        .submit_shared(other, &[&members[0], &members[1], &members[2]])
        .unwrap();
    let sig = members[2].sign(unsigned.pae());
    let standing = house
        .run(drafts.sign(ID, &unsigned.pae_hash(), members[2].public().id(), sig))
        .unwrap();
    let State::Refused { code, .. } = standing.draft.state else {
        panic!("{:?}", standing.draft.state)
    };
    assert!(["wrong_phase", "stale_head"].contains(&code.as_str()), "{code}");
}

#[test]
fn who_may_not_sign_a_draft_cannot_begin_sign_or_withdraw_one() {
    let (house, mut story, drafts) = house();
    let members = story.cast.members.clone();
    let (organiser, stranger) = (story.cast.organiser.clone(), SecretKey::generate(&mut rand::rng()));
    let unsigned = annulment(&mut story);
    let hash = unsigned.pae_hash();
    for key in [&organiser, &stranger] {
        assert!(matches!(
            house.run(drafts.begin(ID, signed(&unsigned, &[key]))),
            Err(DraftError::Refused(_))
        ));
    }
    assert!(house.run(drafts.begin(ID, unsigned.clone())).is_err(), "unsigned");
    house.run(drafts.begin(ID, signed(&unsigned, &[&members[0]]))).unwrap();
    for key in [&organiser, &stranger] {
        let sig = key.sign(unsigned.pae());
        assert!(house.run(drafts.sign(ID, &hash, key.public().id(), sig)).is_err());
    }
    let wrong = members[1].sign(b"something else");
    assert!(
        house
            .run(drafts.sign(ID, &hash, members[1].public().id(), wrong))
            .is_err()
    );
    let withdrawal = |key: &SecretKey, draft| {
        let words = Withdrawal {
            competition: story.plan.log.name().to_owned(),
            draft,
            nonce: nonce(&mut rand::rng()),
        };
        signed(
            &Envelope::new(WITHDRAWAL_TYPE, jcs::to_canonical(&words).unwrap()),
            &[key],
        )
    };
    for bad in [
        withdrawal(&stranger, hash),
        withdrawal(&organiser, hash),
        withdrawal(&members[1], Digest::of(b"another draft")),
    ] {
        assert!(house.run(drafts.withdraw(ID, &hash, &bad)).is_err());
    }
    let draft = house
        .run(drafts.withdraw(ID, &hash, &withdrawal(&members[1], hash)))
        .unwrap();
    assert!(matches!(draft.state, State::Withdrawn { by, .. } if by == members[1].public().id()));
    let sig = members[2].sign(unsigned.pae());
    assert!(matches!(
        house.run(drafts.sign(ID, &hash, members[2].public().id(), sig)),
        Err(DraftError::Closed(_))
    ));
}

#[test]
fn a_draft_that_can_never_enter_is_not_begun_and_there_is_room_for_so_many() {
    let (house, mut story, drafts) = house();
    let members = story.cast.members.clone();
    // Of one author only: no head, no phase, no limit.
    let alone = story
        .write(Annulment {
            reason: "alone".into(),
            outside_act: None,
        })
        .unwrap();
    assert!(house.run(drafts.begin(ID, signed(&alone, &[&members[0]]))).is_err());
    // Past its own limit.
    let late = annulment(&mut story);
    let now = story.desk.now();
    story.desk.set_now(now.plus_hours(3));
    let refused = house.run(drafts.begin(ID, signed(&late, &[&members[0]])));
    assert!(matches!(refused, Err(DraftError::Refused(_))), "{refused:?}");
    story.desk.set_now(now);
    assert!(!house.run(drafts.list(ID)).unwrap().iter().any(Draft::is_open));
    for _ in 0..MAX_OPEN {
        let envelope = signed(&annulment(&mut story), &[&members[0]]);
        house.run(drafts.begin(ID, envelope)).unwrap();
    }
    let envelope = signed(&annulment(&mut story), &[&members[0]]);
    assert!(matches!(
        house.run(drafts.begin(ID, envelope)),
        Err(DraftError::TooMany)
    ));
}
