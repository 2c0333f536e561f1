//! Verifying a bundle against the bare cost of its signature checks, in the same run.
//!
//! Aim: the whole verification takes a third of the bare strict checks' time, and at most 1.25 times the batch's; what is
//! reached stands in docs/PERFORMANCE.md. All use all cores.

use divan::{Bencher, black_box, counter::ItemsCount};
use ed25519_dalek::VerifyingKey;
use esep::competition::{Competition, Slot};
use esep::crypto::batch::{keys_of, verify_many};
use esep::crypto::{Digest, PublicKey, SecretKey, Signature};
use esep::demo::cast::Cast;
use esep::demo::story::{first_day, first_time};
use esep::demo::{MemoryOffice, Plan, Story};
use esep::ledger::Vkey;
use esep::ledger::bundle::Files;
use esep::ruleset::{Electorate, ListedRoll, RuleSet};
use esep::verify::{Trust, Verdict, check};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::OnceLock;

const ELECTORS: u32 = 100_000;
/// On each ballot: the elector's first, then the members'.
const SIGNATURES: usize = 5;

fn main() {
    divan::main();
}

/// A finished competition of one round, with five signatures on each ballot.
struct Played {
    bundle: Files,
    signed: Vec<(PublicKey, Vec<u8>, Signature)>,
}

fn played() -> &'static Played {
    static PLAYED: OnceLock<Played> = OnceLock::new();
    PLAYED.get_or_init(|| {
        let mut rules = RuleSet::commission_2014();
        let commitment = Digest::of(b"roll");
        rules.electorate = Electorate::Listed(ListedRoll {
            count: ELECTORS,
            commitment,
            keys: None,
        });
        let origin = "esep.example/bench";
        let (cast, log) = (Cast::assemble(), SecretKey::generate(&mut rand::rng()));
        let vkey = Vkey::new(origin, log.public().clone()).expect("an origin is a name for a key");
        let office = MemoryOffice::new(origin, &cast.organiser, log, false, first_time());
        let plan = Plan {
            rules,
            candidates: 12,
            seed: 1,
            day: first_day(),
            rehearsal: false,
            tie: false,
            log: vkey,
        };
        let mut story = Story::new(office, plan, cast);
        story.play().expect("the story plays to its end");
        let competition = story.desk.competition.as_ref().expect("it was announced");
        let signed = signatures(competition, &story);
        Played {
            bundle: story.desk.bundle().expect("nothing is missing"),
            signed,
        }
    })
}

/// Every signature over a ballot: the elector's and the four members'.
fn signatures(competition: &Competition, story: &Story<MemoryOffice>) -> Vec<(PublicKey, Vec<u8>, Signature)> {
    let round = &competition.rounds()[0];
    let mut signed = Vec::new();
    let cast: HashMap<_, _> = story
        .cast_ballots
        .iter()
        .map(|envelope| (envelope.pae_hash(), envelope))
        .collect();
    for ballot in round.each_ballot() {
        let key = esep::competition::Keys::key(competition, &ballot.key()).expect("its card was prepared");
        let own = cast[&ballot.hash()].signature_of(&ballot.key()).expect("it is signed");
        let pae = ballot.pae().expect("the office keeps it");
        signed.push((key, pae.to_vec(), *own));
        for slot in Slot::ALL {
            let member = story.cast.member(slot);
            signed.push((member.public().clone(), pae.to_vec(), member.sign(pae)));
        }
    }
    signed
}

#[divan::bench(sample_count = 5)]
fn bundle(bencher: Bencher) {
    let played = played();
    bencher.counter(ItemsCount::new(ELECTORS)).bench(|| {
        let report = check(black_box(&played.bundle), &Trust::default());
        assert_eq!(report.verdict, Verdict::Proved);
    });
}

/// The floor: nothing but `verify_strict` on all cores.
#[divan::bench(sample_count = 5)]
fn bare_strict_checks(bencher: Bencher) {
    let signed = played().signed.iter().map(|(key, message, signature)| {
        let key = VerifyingKey::from_bytes(&key.to_bytes()).expect("it is a key");
        (key, message, ed25519_dalek::Signature::from_bytes(signature.as_bytes()))
    });
    let signed: Vec<_> = signed.collect();
    bencher.counter(ItemsCount::new(ELECTORS)).bench(|| {
        let all = black_box(&signed).par_iter();
        assert!(all.all(|(key, message, signature)| key.verify_strict(message, signature).is_ok()));
    });
}

/// The same signatures as one batch.
#[divan::bench(sample_count = 5)]
fn bare_batch_checks(bencher: Bencher) {
    let played = played();
    let items: Vec<_> = played
        .signed
        .iter()
        .map(|(key, message, sig)| (key, &message[..], *sig))
        .collect();
    bencher
        .counter(ItemsCount::new(ELECTORS))
        .bench(|| assert!(verify_many(black_box(&items)).iter().all(|good| *good)));
}

/// The batch of one who gets the cards' keys as bytes, as every verifier does, and must check them first.
#[divan::bench(sample_count = 5)]
fn batch_and_cards_keys(bencher: Bencher) {
    let played = played();
    let cards = played.signed.iter().step_by(SIGNATURES);
    let cards: Vec<_> = cards.map(|(key, _, _)| key.to_bytes()).collect();
    bencher.counter(ItemsCount::new(ELECTORS)).bench(|| {
        let keys = keys_of(black_box(&cards)).expect("they are keys");
        let signed = played.signed.iter().enumerate();
        let items: Vec<_> = signed
            .map(|(place, (key, message, sig))| {
                let own = place.is_multiple_of(SIGNATURES);
                (if own { &keys[place / SIGNATURES] } else { key }, &message[..], *sig)
            })
            .collect();
        assert!(verify_many(&items).iter().all(|good| *good));
    });
}

/// The batch with one forgery in a hundred.
#[divan::bench(sample_count = 5)]
fn batch_with_forgeries(bencher: Bencher) {
    let played = played();
    let forged = |place: usize, sig: Signature| {
        let mut bytes = *sig.as_bytes();
        bytes[40] ^= u8::from(place.is_multiple_of(100));
        Signature::from_bytes(bytes)
    };
    let signed = played.signed.iter().enumerate();
    let items: Vec<_> = signed
        .map(|(place, (key, message, sig))| (key, &message[..], forged(place, *sig)))
        .collect();
    let wanted = items.len() - items.len().div_ceil(100);
    bencher.counter(ItemsCount::new(ELECTORS)).bench(|| {
        let good = verify_many(black_box(&items));
        assert_eq!(good.iter().filter(|good| **good).count(), wanted);
    });
}
