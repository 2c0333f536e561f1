//! Secret ballots through the clerk, durable in the box and answered with a receipt, against the bare cost of checking
//! their signatures, in the same run and on all cores.
//!
//! Aim: at most 1.25 times the bare checks; docs/PERFORMANCE.md says how far that is missed. What the office adds is
//! reading the statement, asking the rules, one durable commit for a group, and signing a receipt for each ballot.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

#[path = "../tests/it/cluster.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod cluster;
#[path = "../tests/it/office.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod office;
#[path = "kit/polling.rs"]
mod polling;

use divan::{Bencher, black_box, counter::ItemsCount};
use esep::crypto::{Envelope, PublicKey, Signature};
use office::{House, ID, Where};
use rayon::prelude::*;

/// Ballots in one sample: several groups of the writer.
const BALLOTS: u32 = 1_000;
const SAMPLES: u32 = 10;

fn main() {
    divan::main();
}

/// An office in polling, and batches of ballots that nobody has cast yet.
fn office(place: Where) -> (House, Vec<Vec<Envelope>>) {
    let (house, ballots) = polling::office(place, BALLOTS * (SAMPLES + 1));
    (house, ballots.chunks(BALLOTS as usize).map(<[_]>::to_vec).collect())
}

fn through(bencher: Bencher, place: Where) {
    let (house, batches) = office(place);
    let (clerk, mut batches) = (house.clerk(), batches.into_iter());
    bencher
        .counter(ItemsCount::new(BALLOTS))
        .with_inputs(move || batches.next().expect("a batch for each sample"))
        .bench_local_values(|batch| {
            let answers = house.run(clerk.submit_all(ID, batch));
            assert!(
                answers
                    .iter()
                    .all(|answer| answer.as_ref().is_ok_and(|accepted| accepted.created))
            );
        });
}

#[divan::bench(sample_count = SAMPLES, sample_size = 1)]
fn ballots_on_sqlite(bencher: Bencher) {
    through(bencher, Where::Sqlite);
}

#[divan::bench(sample_count = SAMPLES, sample_size = 1)]
fn ballots_in_memory(bencher: Bencher) {
    through(bencher, Where::Memory);
}

/// The floor.
#[divan::bench(sample_count = SAMPLES, sample_size = 1)]
fn bare_signature_checks(bencher: Bencher) {
    let (house, batches) = office(Where::Memory);
    let competition = house.clerk().snapshot(ID).unwrap().competition.clone();
    let signed = |envelope: &Envelope| {
        let one = envelope.signatures[0];
        let key = esep::competition::Keys::key(&*competition, &one.keyid).unwrap();
        (key, envelope.pae().to_vec(), one.sig)
    };
    let signed: Vec<(PublicKey, Vec<u8>, Signature)> = batches[0].iter().map(signed).collect();
    bencher.counter(ItemsCount::new(BALLOTS)).bench(|| {
        let good = |(key, message, sig): &(PublicKey, Vec<u8>, Signature)| key.verify(message, sig).is_ok();
        assert!(black_box(&signed).par_iter().all(good));
    });
}
