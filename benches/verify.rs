//! Verifying a bundle against the bare cost of its signature checks, in the same run.
//!
//! Aim: the whole verification takes a third of the bare strict checks' time, and at most 1.25 times the batch's, which is
//! given the cards' keys ready; the second is missed (docs/PERFORMANCE.md, decision 0013). All use all cores, in turns.

#[path = "kit/turns.rs"]
mod turns;

use ed25519_dalek::VerifyingKey;
use esep::competition::{Competition, Slot};
use esep::crypto::batch::{Signed, keys_of, verify_many};
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
use std::hint::black_box;
use std::time::Instant;

const ELECTORS: u32 = 100_000;
/// On each ballot: the elector's first, then the members'.
const SIGNATURES: usize = 5;

const ROUNDS: usize = 7;

fn main() {
    let played = Played::new();
    let (strict, all) = (played.strict(), played.items(|_, signature| signature));
    let forged = played.items(|place, signature| {
        let mut bytes = *signature.as_bytes();
        bytes[40] ^= u8::from(place.is_multiple_of(100));
        Signature::from_bytes(bytes)
    });
    let cards: Vec<_> = played
        .signed
        .iter()
        .step_by(SIGNATURES)
        .map(|(key, ..)| key.to_bytes())
        .collect();
    let sides = vec![
        side("bundle", || bundle(&played)),
        side("verify_strict", || strict_checks(&strict)),
        side("batch", || batch(&all, all.len())),
        side("cards' keys", || cards_keys(&cards)),
        side("batch, 1 % forged", || {
            batch(&forged, all.len() - all.len().div_ceil(100));
        }),
    ];
    turns::play(
        ROUNDS,
        sides,
        &[(0, &[1]), (2, &[1]), (0, &[2]), (0, &[2, 3]), (4, &[2])],
    );
}

fn side<'a>(name: &'a str, work: impl Fn() + 'a) -> turns::Side<'a> {
    let timed = move || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (name, Box::new(timed))
}

/// A finished competition of one round, with five signatures on each ballot.
struct Played {
    bundle: Files,
    signed: Vec<(PublicKey, Vec<u8>, Signature)>,
}

impl Played {
    fn new() -> Self {
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
        Self {
            bundle: story.desk.bundle().expect("nothing is missing"),
            signed,
        }
    }

    fn items(&self, sig: impl Fn(usize, Signature) -> Signature) -> Vec<Signed<'_>> {
        let signed = self.signed.iter().enumerate();
        signed
            .map(|(place, (key, message, own))| (key, &message[..], sig(place, *own)))
            .collect()
    }

    fn strict(&self) -> Vec<Strict<'_>> {
        let signed = self.signed.iter().map(|(key, message, signature)| {
            let key = VerifyingKey::from_bytes(&key.to_bytes()).expect("it is a key");
            (
                key,
                &message[..],
                ed25519_dalek::Signature::from_bytes(signature.as_bytes()),
            )
        });
        signed.collect()
    }
}

/// What the library checks.
type Strict<'a> = (VerifyingKey, &'a [u8], ed25519_dalek::Signature);

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

fn bundle(played: &Played) {
    let report = check(black_box(&played.bundle), &Trust::default());
    assert_eq!(report.verdict, Verdict::Proved);
}

/// The floor: nothing but `verify_strict` on all cores.
fn strict_checks(signed: &[Strict<'_>]) {
    let all = black_box(signed).par_iter();
    assert!(all.all(|(key, message, signature)| key.verify_strict(message, signature).is_ok()));
}

/// The same signatures as one batch, of which so many are good.
fn batch(items: &[Signed<'_>], wanted: usize) {
    let good = verify_many(black_box(items));
    assert_eq!(good.iter().filter(|good| **good).count(), wanted);
}

/// What else a verifier must do to check the same signatures: it gets the cards' keys as bytes, and checks each.
fn cards_keys(cards: &[[u8; 32]]) {
    let keys = keys_of(black_box(cards)).expect("they are keys");
    assert_eq!(keys.len(), cards.len());
}
