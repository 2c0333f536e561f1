//! Ballots over HTTP from 64 clients, signature checked, durable, answered with a receipt, against a bare handler that
//! reads the same body, checks the same signature (with the library's `verify_strict`) and makes the same bytes durable in
//! groups; in the same run.
//!
//! Aim: at least 70 % of the bare rate. The floor signs no receipt, asks no rule and keeps no journal; one signature is
//! half the work of its check. Clients share the cores with what they measure. Rounds alternate, so that a neighbour on
//! the machine costs both.
//!
//! On SQLite; on PostgreSQL with `ESEP_FSYNC=on ESEP_TEST_DATABASE=postgres tests/postgres cargo bench --bench http`.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

#[path = "kit/bare.rs"]
mod bare;
#[path = "kit/clients.rs"]
mod clients;
#[path = "../tests/it/cluster.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod cluster;
#[path = "../tests/it/office.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod office;
#[path = "kit/polling.rs"]
mod polling;
#[path = "kit/serving.rs"]
mod serving;

use clients::{Load, Pace};
use ed25519_dalek::VerifyingKey;
use esep::competition::Keys;
use esep::crypto::Envelope;
use office::{House, ID, Where};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

const ROUNDS: usize = 12;
const BALLOTS: usize = 2_500;
const CLIENTS: usize = 64;

fn main() {
    let electors = u32::try_from(BALLOTS * (ROUNDS + 1)).unwrap();
    let database = cluster::Database::if_wanted();
    // Where a database is wanted, the office that else runs in memory keeps all in one of its own.
    let place = if database.is_some() {
        Where::Memory
    } else {
        Where::Sqlite
    };
    let (house, ballots) = polling::office(place, electors);
    let requests: Vec<Vec<u8>> = ballots.iter().map(request).collect();
    let rounds: Vec<Arc<[Vec<u8>]>> = requests.chunks(BALLOTS).map(Into::into).collect();
    let (whole, floor) = (serving::office(&house), floor(&house, &ballots, database.as_ref()));
    let (mut ours, mut theirs) = (Load::default(), Load::default());
    for round in &rounds[..ROUNDS] {
        theirs.add(clients::run(floor, round, CLIENTS, Pace::Full));
        ours.add(clients::run(whole, round, CLIENTS, Pace::Full));
    }
    let (bare, office) = (theirs.per_second(), ours.per_second());
    println!(
        "bare handler  {bare:>7} ballots/s  p50 {:?}  p99 {:?}",
        theirs.at(50),
        theirs.at(99)
    );
    println!(
        "office        {office:>7} ballots/s  p50 {:?}  p99 {:?}",
        ours.at(50),
        ours.at(99)
    );
    println!("office / bare {:>7} %", office * 100 / bare);
    let last = &rounds[ROUNDS];
    let mut calm = clients::run(floor, last, CLIENTS, Pace::PerSecond(bare / 2));
    println!("bare at half its rate    p50 {:?}  p99 {:?}", calm.at(50), calm.at(99));
    let mut calm = clients::run(whole, last, CLIENTS, Pace::PerSecond(office / 2));
    println!("office at half its rate  p50 {:?}  p99 {:?}", calm.at(50), calm.at(99));
}

/// The bare handler, on the same runtime and the same disk or server.
fn floor(house: &House, ballots: &[Envelope], database: Option<&cluster::Database>) -> SocketAddr {
    let competition = house.clerk().snapshot(ID).unwrap().competition.clone();
    let ids = ballots.iter().map(|ballot| ballot.signatures[0].keyid);
    let key = |id| VerifyingKey::from_bytes(&competition.key(&id).unwrap().to_bytes()).unwrap();
    let keys: HashMap<_, _> = ids.map(|id| (id, key(id))).collect();
    let path = house.folder().join("bare.sqlite3");
    let router = house.run(async {
        let base = match database {
            Some(database) => bare::Base::postgres(&database.owner).await,
            None => bare::Base::sqlite(&path).await,
        };
        bare::router(base, keys)
    });
    serving::bare(house, router)
}

fn request(ballot: &Envelope) -> Vec<u8> {
    let body = ballot.to_json();
    let head = format!(
        "POST /api/v1/competitions/{ID}/statements HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}
