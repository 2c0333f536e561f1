//! Public reads under `wrk` (a package of the same name), against a bare handler that answers bytes of the same size.
//!
//! Aim: at least 70 % of the bare rate. The office's own answers carry a dozen headers, are counted, and pass the limiter;
//! its access log is off here. Rounds alternate. `wrk` shares the cores with what it measures.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

#[path = "../tests/it/cluster.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod cluster;
#[path = "../tests/it/office.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod office;
#[path = "kit/serving.rs"]
mod serving;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use esep::crypto::Digest;
use esep::ruleset::{Electorate, ListedRoll, RuleSet};
use office::{House, ID, Where};
use std::net::SocketAddr;
use std::process::Command;

const ROUNDS: usize = 3;
const SECONDS: &str = "3s";
const ELECTORS: u32 = 600;

fn main() {
    let house = House::new(Where::Sqlite);
    let mut rules = RuleSet::commission_2014();
    rules.electorate = Electorate::Listed(ListedRoll {
        count: ELECTORS,
        commitment: Digest::of(b"roll"),
        keys: None,
    });
    let mut story = house.story_under(rules, 12);
    story.play().unwrap();
    let office = serving::office(&house);
    let api = format!("/api/v1/competitions/{ID}");
    let reads = [
        format!("{api}/result"),
        format!("{api}/checkpoint"),
        format!("{api}/tile/entries/000"),
        format!("/ky/competitions/{ID}/result"),
        format!("{api}/bundle"),
    ];
    for path in &reads {
        for gzip in [false, true] {
            let bytes = length(office, path, gzip);
            let body = Bytes::from(vec![b'x'; bytes]);
            let bare = serving::bare(&house, Router::new().route("/", get(async move || body)));
            let (mut ours, mut floor) = (0, 0);
            for _ in 0..ROUNDS {
                floor += wrk(bare, "/", gzip);
                ours += wrk(office, path, gzip);
            }
            let rounds = ROUNDS as u64;
            let coding = if gzip { "gzip" } else { "plain" };
            let (ours, floor) = (ours / rounds, floor / rounds);
            println!(
                "{:>3} %  {ours:>7} of {floor:>7} a second  {bytes:>9} bytes  {coding:<5}  {path}",
                ours * 100 / floor
            );
        }
    }
}

const GZIP: &str = "accept-encoding: gzip";

/// Requests a second.
fn wrk(address: SocketAddr, path: &str, gzip: bool) -> u64 {
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", "-c32", "-d", SECONDS])
        .args(gzip.then_some(["-H", GZIP]).into_iter().flatten());
    let said = wrk
        .arg(format!("http://{address}{path}"))
        .output()
        .expect("wrk is installed");
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(!said.contains("Non-2xx"), "{said}");
    let line = said.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    line.unwrap().trim().split('.').next().unwrap().parse().unwrap()
}

/// Length of the answer.
fn length(address: SocketAddr, path: &str, gzip: bool) -> usize {
    let mut asked = ureq::get(format!("http://{address}{path}"));
    if gzip {
        asked = asked.header("accept-encoding", "gzip");
    }
    let answer = asked.call().unwrap();
    let length = answer.headers()["content-length"].to_str().unwrap();
    length.parse().unwrap()
}
