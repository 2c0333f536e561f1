//! A finished secret run, seen by everybody who should not know: nothing but the box's sorted order links ballots to
//! electors, times or each other; not in public answers, not in logs, not in metrics, not on the disk.

use crate::process::{HOST, ID, Room, Served, address, origin, stage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esep::competition::act::BallotCast;
use esep::crypto::{Digest, Envelope, KeyId};
use esep::demo::{Desk as _, Story};
use esep::ledger::bundle::Files;
use esep::ledger::checkpoint::Checkpoint;
use esep::ledger::entry::Entry;
use esep::ledger::note::Note;
use esep::ledger::tile::{entries_from_tiles, tiles_for};
use esep::ruleset::RuleSet;
use serde_json::Value;
use sqlx::Row as _;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Status, headers (less the server's date) and body of an answer.
type Seen = (u16, Vec<String>, Vec<u8>);

fn see(url: &str) -> Seen {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let mut answer = ureq::Agent::from(config).get(url).call().unwrap();
    let mut headers: Vec<_> = answer
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    let body = answer.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap();
    (answer.status().as_u16(), headers, body)
}

fn text(url: &str) -> String {
    String::from_utf8(see(url).2).unwrap()
}

/// Size of the tree under a checkpoint.
fn size_of(note: &str) -> u64 {
    Checkpoint::parse(&Note::parse(note).unwrap().text).unwrap().size
}

/// Every public route of a competition, by its address; from the API's own description, so that none is forgotten.
fn public(url: &str, ballot: &Digest, nomination: &Digest) -> BTreeMap<String, Seen> {
    let described: Value = serde_json::from_slice(&see(&format!("{url}/openapi.json")).2).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let reads = paths.iter().filter(|(_, methods)| methods.get("get").is_some());
    let size = size_of(&text(&format!("{}/checkpoint", address(url))));
    let mut seen = BTreeMap::new();
    for (path, _) in reads {
        // Events are a stream without an end; `sealed.rs` follows it while people vote.
        if path == "/metrics" || path.ends_with("/events") {
            continue;
        }
        let path = path.replace("{id}", ID).replace("{commitment}", &ballot.to_string());
        let path = path.replace("{sha256}", &ballot.to_string());
        let mut variants = Vec::new();
        if path.contains("{path}") {
            variants.extend(
                tiles_for(size)
                    .iter()
                    .map(|tile| path.replace("tile/{path}", &tile.to_string())),
            );
            variants.extend(["tile/0/000", "tile/entries/000"].map(|tile| path.replace("tile/{path}", tile)));
        } else if path.contains("{hash}") {
            variants.extend([ballot, nomination].map(|hash| path.replace("{hash}", &hash.to_string())));
        } else if path.ends_with("inclusion") {
            variants.extend([format!("{path}?seq=0"), format!("{path}?seq={size}")]);
        } else if path.ends_with("consistency") {
            variants.extend([format!("{path}?from=1"), format!("{path}?from=1&to={}", size + 1)]);
        } else {
            variants.push(path);
        }
        for variant in variants {
            assert!(!variant.contains('{'), "{variant}: say how to fill it in");
            seen.insert(variant.clone(), see(&format!("{url}{variant}")));
        }
    }
    assert!(seen.len() > 20, "{:?}", seen.keys());
    seen
}

/// Counters of a scrape, by name and labels. Left out are sums and buckets of `read_seconds`: how long reads took.
fn counters(scrape: &str) -> BTreeMap<String, u64> {
    let lines = scrape.lines().filter(|line| !line.starts_with('#'));
    let timed = |line: &&str| !line.contains("read_seconds_sum") && !line.contains("read_seconds_bucket");
    lines
        .filter(timed)
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

fn grown(before: &str, after: &str) -> BTreeMap<String, u64> {
    let before = counters(before);
    let after = counters(after);
    after
        .into_iter()
        .map(|(name, value)| (name.clone(), value - before.get(&name).copied().unwrap_or(0)))
        .filter(|(_, by)| *by > 0)
        .collect()
}

/// A ballot's traces: whatever of it could be found again in a text.
struct Traces(Vec<(&'static str, String)>);

impl Traces {
    fn of(envelope: &Envelope, receipt: &str) -> Self {
        let payload: Value = serde_json::from_slice(envelope.payload()).unwrap();
        let key: KeyId = envelope.signatures[0].keyid;
        let signature = envelope.signatures[0].sig.to_string();
        let note = receipt.lines().last().unwrap();
        Self(vec![
            ("hash", envelope.pae_hash().to_string()),
            ("hash in base64", STANDARD.encode(envelope.pae_hash().as_bytes())),
            ("card", key.to_string()),
            ("card in base64", STANDARD.encode(key.as_bytes())),
            ("nonce", payload["nonce"].as_str().unwrap().to_owned()),
            ("signature", signature),
            ("receipt", note.rsplit(' ').next().unwrap().to_owned()),
            ("payload", STANDARD.encode(envelope.payload())[..40].to_owned()),
        ])
    }

    /// The first trace in the text, if any. `but`: names of traces that may stand there.
    fn find(&self, text: &str, but: &[&str]) -> Option<&'static str> {
        let lower = text.to_lowercase();
        self.0
            .iter()
            .filter(|(name, _)| !but.contains(name))
            .find(|(_, trace)| text.contains(trace) || lower.contains(&trace.to_lowercase()))
            .map(|(name, _)| *name)
    }
}

fn rules() -> RuleSet {
    let mut rules = RuleSet::commission_2014();
    rules.seats = 2;
    rules
}

/// Casts one ballot; the request holds an address that must not be remembered either.
fn cast(url: &str, envelope: &Envelope) -> String {
    let mut answer = ureq::post(format!("{}/statements", address(url)))
        .header("content-type", "application/json")
        .header("x-forwarded-for", "203.0.113.77")
        .header("user-agent", "the-electors-own-telephone")
        .send(envelope.to_json())
        .unwrap();
    let value: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    assert!(value.get("seq").is_none(), "a ballot in the box has no place: {value}");
    value["receipt"].as_str().unwrap().to_owned()
}

fn ballots(story: &mut Story<crate::process::Door>, count: usize) -> Vec<Envelope> {
    let paper = story.desk.view().unwrap().paper;
    (0..count)
        .map(|number| {
            let key = story.cards[number].key(&origin(), 1);
            let rating = |place: usize| i64::try_from(2 * place + number % 2).unwrap();
            let ratings = paper.iter().enumerate().map(|(place, id)| (id.clone(), rating(place)));
            let act = BallotCast {
                keys: vec![key.public().id()],
                ratings: ratings.collect(),
            };
            let mut envelope = story.write(act).unwrap();
            envelope.sign(&key);
            envelope
        })
        .collect()
}

/// Casts every ballot; no public byte changes by it, no metric but those of the looking itself, and nothing is logged.
fn polling_tells_nothing(
    room: &Room,
    url: &str,
    story: &mut Story<crate::process::Door>,
    cast_order: &[Envelope],
) -> Vec<String> {
    let opened = story.desk.now();
    let (ballot, nomination) = (cast_order[0].pae_hash(), story.applicants[0].nomination.unwrap());
    let first = public(url, &ballot, &nomination);
    let metrics = text(&format!("{url}/metrics"));
    let scraping = grown(&metrics, &text(&format!("{url}/metrics")));
    let mut receipts = Vec::new();
    for envelope in cast_order {
        let log_before = room.text("log").len();
        let before = text(&format!("{url}/metrics"));
        receipts.push(cast(url, envelope));
        let after = text(&format!("{url}/metrics"));
        let said = room.text("log")[log_before..].to_owned();
        // What a ballot adds to the metrics is what a scrape alone adds.
        assert_eq!(grown(&before, &after), scraping);
        let told = said.lines().filter(|line| !line.contains("/metrics"));
        assert_eq!(told.collect::<Vec<_>>(), Vec::<&str>::new(), "a ballot writes no line");
        story.desk.set_now(story.desk.now().plus_minutes(7));
    }
    // The clock is put back to where the first look was, so that only the ballots lie between.
    let now = story.desk.now();
    room.tell_time(opened);
    let last = public(url, &ballot, &nomination);
    assert_eq!(first.keys().collect::<Vec<_>>(), last.keys().collect::<Vec<_>>());
    for (path, seen) in &first {
        assert_eq!(seen, &last[path], "{path} shows that ballots were cast");
    }
    room.tell_time(now);
    receipts
}

/// The whole log at its most verbose, and the metrics, hold nothing of any ballot and no address.
fn log_tells_nothing(room: &Room, url: &str, traces: &[Traces]) {
    let metrics = text(&format!("{url}/metrics"));
    let log = room.text("log");
    assert!(log.lines().count() > 100, "the log was at its most verbose");
    for traces in traces {
        assert_eq!(traces.find(&log, &[]), None, "in the log");
        assert_eq!(traces.find(&metrics, &[]), None, "in the metrics");
    }
    for address in ["127.0.0.1", "203.0.113.77", "the-electors-own-telephone"] {
        let line = log.lines().find(|line| line.contains(address));
        assert_eq!(line, None, "an address in the log");
        assert!(!metrics.contains(address));
    }
}

#[test]
fn a_secret_run_leaves_no_trace_of_who_voted_what_or_when() {
    let (room, served, mut story) = stage(rules(), 6, "trace");
    let url = served.url.clone();
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story.desk.set_now(story.desk.now().plus_minutes(5));
    let cast_order = ballots(&mut story, 6);
    confidential(&room, &served, &story);
    let receipts = polling_tells_nothing(&room, &url, &mut story, &cast_order);
    let traces: Vec<_> = cast_order
        .iter()
        .zip(&receipts)
        .map(|(envelope, receipt)| Traces::of(envelope, receipt))
        .collect();

    // Sought in vain below; found now, or the search itself would prove nothing.
    assert!(rows_of_the_box(&room, &cast_order) > 0);
    story.cast_ballots = cast_order.clone();
    story.voted = (0..cast_order.len()).collect();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    story.count().unwrap();
    story.certify().unwrap();

    log_tells_nothing(&room, &url, &traces);
    answers_tell_nothing(&url, &traces, &receipts);
    disk_tells_nothing(&room, &cast_order, "while the office works");
    let journal = room.text("data/journal");
    served.stop();
    room.esep(&format!("export --data data {ID} --out bundle"));
    bundle_tells_nothing(&Files::read(&room.path("bundle")).unwrap(), &cast_order, &receipts);
    assert!(
        !journal.contains("boxed"),
        "the journal still holds lines of the box: {journal}"
    );
    disk_tells_nothing(&room, &cast_order, "after the end");
    rows_tell_nothing(&room, &cast_order);
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Documents, openings, drafts, the box and what screening decided are not for strangers.
fn confidential(room: &Room, served: &Served, story: &Story<crate::process::Door>) {
    let base = address(&served.url);
    let applicant = &story.applicants[0];
    let nomination = applicant.nomination.unwrap();
    let letter = applicant.fields[&esep::competition::act::Field::Letter]
        .as_str()
        .unwrap();
    let commitment = esep::demo::cast::commit(
        &origin(),
        &applicant.openings[&esep::competition::act::Field::BirthDate],
    )
    .unwrap();
    for path in [
        format!("documents/{letter}"),
        format!("attachments/{letter}"),
        format!("openings/{commitment}"),
        format!("nominations/{nomination}"),
        format!("nominations/{nomination}/documents/{letter}"),
        "drafts".to_owned(),
        "box".to_owned(),
    ] {
        let (status, _, body) = see(&format!("{base}/{path}"));
        assert!([401, 403, 404, 405].contains(&status), "{path}: {status}");
        let body = String::from_utf8(body).unwrap();
        assert!(!body.contains("%PDF") && !body.contains("birth_date"), "{path}: {body}");
    }
    // The counting members themselves learn no turnout before the announced closing time.
    let key = room.path("member.key.pem");
    fs::write(&key, story.cast.members[0].to_pem().as_bytes()).unwrap();
    let told = room.run(&format!(
        "fetch box --server {} --competition {HOST}/{ID} --key member.key.pem",
        served.url
    ));
    assert_eq!(told.code, Some(4), "{told:?}");
}

/// All that the API answers after the end: ballots stand in the tiles and the bundle, without receipts.
fn answers_tell_nothing(url: &str, traces: &[Traces], receipts: &[String]) {
    let nobody = Digest::of(b"nobody");
    for (path, (_, headers, body)) in public(url, &nobody, &nobody) {
        let text = String::from_utf8_lossy(&body);
        let headers = headers.join("\n");
        for (traces, receipt) in traces.iter().zip(receipts) {
            assert_eq!(traces.find(&headers, &[]), None, "{path}: headers");
            assert!(!text.contains(receipt.lines().last().unwrap()), "{path}: a box receipt");
            // Ballots themselves are public now, in entries and in the bundle, and nowhere else.
            if !path.contains("/tile/entries/") && !path.ends_with("/bundle") {
                let leaves = path.contains("/tile/");
                assert!(
                    leaves || traces.find(&text, &["card"]).is_none(),
                    "{path}: {:?}",
                    traces.find(&text, &[])
                );
            }
        }
    }
}

/// In the bundle ballots stand one behind the other, ascending by hash, at one time.
fn bundle_tells_nothing(files: &Files, cast_order: &[Envelope], receipts: &[String]) {
    let note = String::from_utf8(files.file("checkpoint").unwrap().to_vec()).unwrap();
    let size = size_of(&note);
    let entries = entries_from_tiles(files, size).unwrap();
    let ballots: Vec<_> = entries
        .iter()
        .map(|bytes| Entry::from_bytes(bytes).unwrap())
        .filter(|entry| entry.kind == "ballot_cast")
        .collect();
    let hashes: Vec<_> = ballots.iter().map(|entry| entry.body.pae_hash()).collect();
    assert_eq!(hashes.len(), cast_order.len());
    assert!(hashes.is_sorted());
    assert_eq!(ballots.iter().map(|entry| entry.time).collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(
        ballots.last().unwrap().seq - ballots[0].seq + 1,
        ballots.len() as u64,
        "nothing lies between them"
    );
    for (path, bytes) in files.iter() {
        for receipt in receipts {
            assert!(
                !holds(bytes, receipt.lines().last().unwrap().as_bytes()),
                "{path}: a box receipt"
            );
        }
    }
}

/// Files of the office, free pages and all, hold ballots as entries of the ledger only: the rows of the box, which were
/// written one by one as the electors came, are overwritten.
fn disk_tells_nothing(room: &Room, cast_order: &[Envelope], when: &str) {
    for name in ["esep.sqlite3", "esep.sqlite3-wal", "journal"] {
        let Ok(bytes) = fs::read(room.path("data").join(name)) else {
            continue;
        };
        for envelope in cast_order {
            let hash = envelope.pae_hash().to_string();
            assert!(
                !holds(&bytes, hash.as_bytes()),
                "{when}, {name}: a ballot's hash in words"
            );
        }
    }
    assert_eq!(rows_of_the_box(room, cast_order), 0, "{when}: rows of the box");
    assert!(
        holds(&room.read("data/esep.sqlite3"), b"ballot_cast"),
        "the search finds what is there"
    );
}

/// How often a ballot stands in the database's files otherwise than as an entry.
fn rows_of_the_box(room: &Room, cast_order: &[Envelope]) -> usize {
    let files =
        ["data/esep.sqlite3", "data/esep.sqlite3-wal"].map(|name| fs::read(room.path(name)).unwrap_or_default());
    let ends = cast_order
        .iter()
        .map(|envelope| format!("{}\"}}]}}", envelope.signatures[0].sig));
    let count = |end: String| -> usize {
        let place = |bytes: &Vec<u8>| {
            let found = bytes
                .windows(end.len())
                .enumerate()
                .filter(|(_, window)| *window == end.as_bytes());
            found
                .filter(|(place, _)| !bytes[place + end.len()..].starts_with(b",\"kind\":\"ballot_cast\""))
                .count()
        };
        files.iter().map(place).sum()
    };
    ends.map(count).sum()
}

/// A scan of every table, also by rowid: ballots in the order of their hashes, an empty box.
fn rows_tell_nothing(room: &Room, cast_order: &[Envelope]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let url = format!("sqlite://{}?mode=ro", room.path("data/esep.sqlite3").display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        let boxed: i64 = sqlx::query_scalar("select count(*) from box")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(boxed, 0);
        let rows = sqlx::query("select rowid, seq, hash, bytes from entry order by rowid")
            .fetch_all(&pool)
            .await
            .unwrap();
        let own: BTreeSet<_> = cast_order.iter().map(Envelope::pae_hash).collect();
        let scanned: Vec<Digest> = rows
            .iter()
            .map(|row| Digest::from_bytes(row.get::<&[u8], _>("hash").try_into().unwrap()))
            .filter(|hash| own.contains(hash))
            .collect();
        assert_eq!(scanned.len(), own.len());
        assert!(scanned.is_sorted(), "rowids tell the order of casting");
        let sessions: Vec<String> = sqlx::query_scalar("select name from sqlite_master where type = 'table'")
            .fetch_all(&pool)
            .await
            .unwrap();
        assert!(
            !sessions.iter().any(|name| name == "sqlite_sequence"),
            "no counter counts ballots"
        );
        pool.close().await;
    });
}
