//! Nothing sealed is readable early by any route: the story over HTTP, stopped while polling is open.

use esep::clerk::{Clerk, ManualClock, Office};
use esep::crypto::SecretKey;
use esep::demo::cast::Cast;
use esep::demo::story::{first_day, first_time};
use esep::demo::{Plan, RemoteOffice, Story};
use esep::documents::{Documents, Limits};
use esep::http::{Settings, router, serve};
use esep::ledger::note::Vkey;
use esep::ruleset::{BallotSecrecy, RuleSet};
use esep::store::MemoryStore;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const HOST: &str = "esep.test";
const ID: &str = "sealed";

/// What anyone sees, by path: status and body.
fn look(server: &str, paths: &[String]) -> Vec<(String, u16, String)> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let read = |path: &String| {
        let mut answer = agent.get(format!("{server}{path}")).call().unwrap();
        let bytes = answer.body_mut().read_to_vec().unwrap();
        (
            path.clone(),
            answer.status().as_u16(),
            String::from_utf8_lossy(&bytes).into_owned(),
        )
    };
    paths.iter().map(read).collect()
}

/// Every public address whose answer could tell of ballots; sizes around and beyond the present one.
fn public_paths(size: u64) -> Vec<String> {
    let base = format!("/api/v1/competitions/{ID}");
    let mut paths: Vec<String> = [
        "/phase",
        "/rules",
        "/candidates",
        "/nominations",
        "/result",
        "/protocol",
        "/checkpoint",
        "/bundle",
        "/box",
        "/drafts",
        "/commission",
    ]
    .iter()
    .map(|last| format!("{base}{last}"))
    .collect();
    for size in 1..=size + 20 {
        paths.push(format!("{base}/proofs/consistency?from=1&to={size}"));
        paths.push(format!("{base}/proofs/inclusion?seq={}", size - 1));
        paths.push(format!("{base}/tile/0/000.p/{size}"));
        paths.push(format!("{base}/tile/entries/000.p/{size}"));
    }
    paths.push(base);
    for page in ["", "/observe", "/commission", "/commission/protocol"] {
        paths.push(format!("/en/competitions/{ID}{page}"));
    }
    paths.push("/api/v1/competitions".to_owned());
    paths
}

/// Follows the public events from the first entry on: lines as they come.
fn follow(server: &str) -> Arc<Mutex<Vec<String>>> {
    let address = format!("{server}/api/v1/competitions/{ID}/events?from=0");
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = lines.clone();
    std::thread::spawn(move || {
        let body = ureq::get(&address).call().unwrap().into_body().into_reader();
        for line in BufReader::new(body).lines().map_while(Result::ok) {
            heard.lock().unwrap().push(line);
        }
    });
    lines
}

/// Ids of the events heard so far, once there are so many; then those that a while more brings.
fn heard(lines: &Mutex<Vec<String>>, size: u64) -> Vec<String> {
    let ids = || -> Vec<String> {
        let lines = lines.lock().unwrap();
        lines
            .iter()
            .filter(|line| !line.is_empty() && *line != ":" && !line.starts_with("retry"))
            .cloned()
            .collect()
    };
    for _ in 0..200 {
        if ids().len() as u64 >= 3 * size {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(300));
    ids()
}

/// The office's time, which moves without anyone voting, taken out.
fn timeless(mut seen: Vec<(String, u16, String)>) -> Vec<(String, u16, String)> {
    for (_, _, body) in &mut seen {
        if let Ok(Value::Object(mut fields)) = serde_json::from_str::<Value>(body)
            && fields.remove("now").is_some()
        {
            *body = Value::Object(fields).to_string();
        }
    }
    seen
}

/// Plays until every ballot is cast; what the public saw before the first and after the last.
async fn play(ballots: BallotSecrecy) -> (Clerk, u64, Vec<(String, u16, String)>, Vec<(String, u16, String)>) {
    let folder = tempfile::tempdir().unwrap();
    let (clock, cast) = (Arc::new(ManualClock::at(first_time())), Cast::assemble());
    let log_key = SecretKey::generate(&mut rand::rng());
    let origin = format!("{HOST}/{ID}");
    let log = Vkey::new(origin.clone(), log_key.public().clone()).unwrap();
    let organisers = vec![cast.organiser.public().clone()];
    let office = Office {
        host: HOST.to_owned(),
        organisers,
        log_key,
        rehearsal: true,
    };
    let store = Arc::new(MemoryStore::default());
    let clerk = Clerk::open(office, store.clone(), folder.path(), clock.clone())
        .await
        .unwrap();
    let documents = Documents::open(folder.path(), store, Limits::default()).await.unwrap();
    let settings = Settings {
        rates: None,
        ..Settings::default()
    };
    let router = router(clerk.clone(), documents, settings.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { serve(listener, router, &settings, std::future::pending()).await });
    let rules = RuleSet {
        ballots,
        ..RuleSet::commission_2014()
    };
    let plan = Plan {
        rules,
        candidates: 12,
        seed: 3,
        day: first_day(),
        rehearsal: true,
        tie: false,
        log,
    };
    let office = clerk.clone();
    tokio::task::spawn_blocking(move || {
        let mut story = Story::new(RemoteOffice::new(&server, &origin, clock, 4), plan, cast);
        story.announce().unwrap();
        story.intake().unwrap();
        story.screening().unwrap();
        story.list().unwrap();
        story.prepare().unwrap();
        story.open_polling().unwrap();
        let size = office.snapshot(ID).unwrap().head.size;
        let paths = public_paths(size);
        let before = timeless(look(&server, &paths));
        let lines = follow(&server);
        let events = heard(&lines, size);
        assert_eq!(
            events.len() as u64,
            3 * size,
            "id, event and data of every public entry"
        );
        story.vote().unwrap();
        assert_eq!(heard(&lines, size), events, "events tell that people voted");
        let after = timeless(look(&server, &paths));
        (office, size, before, after)
    })
    .await
    .unwrap()
}

fn assert_same(before: &[(String, u16, String)], after: &[(String, u16, String)]) {
    for (before, after) in before.iter().zip(after) {
        assert_eq!(before, after, "{} tells that people voted", before.0);
    }
    let served = before.iter().filter(|(_, status, _)| *status == 200).count();
    assert!(served > 100, "the record up to the poll is served: {served}");
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_ballots_change_nothing_that_anyone_can_read() {
    let (clerk, size, before, after) = play(BallotSecrecy::Secret).await;
    assert_same(&before, &after);
    assert_eq!(clerk.snapshot(ID).unwrap().head.size, size);
}

#[tokio::test(flavor = "multi_thread")]
async fn named_ballots_are_in_the_ledger_and_sealed_until_the_close() {
    let (clerk, size, before, after) = play(BallotSecrecy::Named).await;
    assert!(
        clerk.snapshot(ID).unwrap().head.size > size,
        "named ballots enter the ledger at once"
    );
    // The bundle's address answers that it is sealed, and is the only one to change.
    let (sealed, after): (Vec<_>, Vec<_>) = after.into_iter().partition(|(path, _, _)| path.ends_with("/bundle"));
    let before: Vec<_> = before
        .into_iter()
        .filter(|(path, _, _)| !path.ends_with("/bundle"))
        .collect();
    assert_eq!(sealed[0].1, 403);
    assert_same(&before, &after);
}
