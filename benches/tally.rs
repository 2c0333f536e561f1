//! The tally against a scalar loop, and the CSV reader against the `csv` crate merely reading the file.
//!
//! Aims: counting within 3x, reading within 2x. The machine's cores help us, not the comparisons: `RAYON_NUM_THREADS=1`
//! shows the work itself.

use divan::{Bencher, black_box, counter::ItemsCount};
use esep::ballot::BallotPaper;
use esep::ruleset::RuleSet;
use esep::tally::{Counter, Format, count, tally_file};

const BALLOTS: usize = 1_000_000;
const CANDIDATES: usize = 20;

fn main() {
    divan::main();
}

/// Ratings 0..10 from a fixed linear congruence: the same on every run.
fn marks() -> Vec<[u8; CANDIDATES]> {
    let mut state = 1u64;
    let mut mark = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u8::try_from((state >> 33) % 11).expect("below 11")
    };
    (0..BALLOTS).map(|_| std::array::from_fn(|_| mark())).collect()
}

fn csv() -> Vec<u8> {
    let mut text: Vec<u8> = (1..=CANDIDATES)
        .map(|n| format!("candidate {n}"))
        .collect::<Vec<_>>()
        .join(",")
        .into();
    for row in marks() {
        text.push(b'\n');
        text.extend(
            row.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(",")
                .as_bytes(),
        );
    }
    text.push(b'\n');
    text
}

#[divan::bench]
fn count_scalar_loop(bencher: Bencher) {
    let rows = marks();
    bencher.counter(ItemsCount::new(BALLOTS)).bench_local(|| {
        let mut totals = [0u64; CANDIDATES];
        for row in black_box(&rows) {
            for (total, mark) in totals.iter_mut().zip(row) {
                *total += u64::from(*mark);
            }
        }
        totals
    });
}

#[divan::bench]
fn count_esep(bencher: Bencher) {
    let (rules, paper) = (RuleSet::commission_2014(), BallotPaper::numbered(CANDIDATES));
    let rows: Vec<_> = marks().into_iter().map(|row| row.map(i16::from)).collect();
    bencher
        .counter(ItemsCount::new(BALLOTS))
        .bench_local(|| count(&rules.vote, &paper, black_box(&rows)));
}

#[divan::bench]
fn count_esep_one_core(bencher: Bencher) {
    let (rules, paper) = (RuleSet::commission_2014(), BallotPaper::numbered(CANDIDATES));
    let rows: Vec<_> = marks().into_iter().map(|row| row.map(i16::from)).collect();
    bencher.counter(ItemsCount::new(BALLOTS)).bench_local(|| {
        let mut counter = Counter::new(&rules.vote, &paper);
        for row in black_box(&rows) {
            let _ = counter.add(row, None);
        }
        counter.finish()
    });
}

#[divan::bench]
fn csv_crate_merely_reading(bencher: Bencher) {
    let text = csv();
    bencher.counter(ItemsCount::new(BALLOTS)).bench_local(|| {
        let mut reader = csv::Reader::from_reader(black_box(&text[..]));
        let (mut record, mut cells) = (csv::ByteRecord::new(), 0);
        while reader.read_byte_record(&mut record).expect("it is CSV") {
            cells += record.len();
        }
        cells
    });
}

#[divan::bench]
fn csv_esep_tally(bencher: Bencher) {
    let (text, rules) = (csv(), RuleSet::commission_2014());
    bencher
        .counter(ItemsCount::new(BALLOTS))
        .bench_local(|| tally_file(black_box(&text[..]), Format::Csv, &rules, &[]).expect("it is CSV"));
}
