//! `kill -9` of the office under load, twenty times: what was answered with a receipt is there, once, for ever.

use crate::process::{Door, ID, Room, Served, address, origin, stage, verified};
use esep::competition::act::{Act, BallotCast, Objection};
use esep::competition::{Header, Slot, Statement};
use esep::crypto::card::CardCode;
use esep::crypto::{Digest, Envelope, SecretKey};
use esep::demo::story::nonce;
use esep::demo::{Desk as _, Scene, Story};
use esep::ledger::bundle::Files;
use esep::ledger::checkpoint::Checkpoint;
use esep::ledger::entry::Entry;
use esep::ledger::note::Vkey;
use esep::ledger::receipt::{BoxReceipt, Receipt};
use esep::ledger::tile::entries_from_tiles;
use esep::ruleset::{Electorate, ListedRoll, RuleSet};
use esep::verify::Verdict;
use rand::RngExt;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const KILLS: usize = 20;
pub const ELECTORS: u32 = 2_000;
/// Objections, which enter the ledger while ballots enter the box: a write of each sort is under way at any moment.
const OBJECTIONS: usize = 100;
pub const LOADERS: usize = 8;

/// What the loaders share.
pub struct Load {
    waiting: Mutex<Vec<Envelope>>,
    /// Addresses of the instances that live now; each statement goes to any of them.
    pub urls: Mutex<Vec<String>>,
    /// How long an answer is waited for.
    patience: Duration,
    /// Statements that may be taken from `waiting` before the next kill.
    pub allowed: AtomicUsize,
    pub over: AtomicBool,
    pub receipts: Mutex<BTreeMap<Digest, (Envelope, String)>>,
    /// How often a statement was sent again, since the answer told of a fault or did not come.
    pub again: AtomicUsize,
    /// Answers that should never come.
    pub wrong: Mutex<Vec<String>>,
}

impl Load {
    pub fn new(waiting: Vec<Envelope>, urls: &[&str], patience: Duration) -> Self {
        Self {
            waiting: Mutex::new(waiting),
            urls: Mutex::new(urls.iter().map(ToString::to_string).collect()),
            patience,
            allowed: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            receipts: Mutex::default(),
            again: AtomicUsize::new(0),
            wrong: Mutex::default(),
        }
    }

    pub fn answered(&self) -> usize {
        self.receipts.lock().unwrap().len()
    }

    /// Lets everything through and waits until all are answered, or something is wrong.
    pub fn let_all_through(&self, total: usize) {
        self.allowed.store(usize::MAX / 2, Ordering::SeqCst);
        let patience = Instant::now();
        let wrong = || !self.wrong.lock().unwrap().is_empty();
        while self.answered() < total && patience.elapsed() < Duration::from_mins(1) && !wrong() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn next(&self) -> Option<Envelope> {
        let mut waiting = self.waiting.lock().unwrap();
        if self.allowed.load(Ordering::SeqCst) == 0 {
            return None;
        }
        let envelope = waiting.pop()?;
        self.allowed.fetch_sub(1, Ordering::SeqCst);
        Some(envelope)
    }

    /// One loader: an unanswered statement is sent again, to whatever office lives then, until it is answered.
    pub fn run(&self) {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(self.patience))
            .build();
        let agent = ureq::Agent::from(config);
        while !self.over.load(Ordering::SeqCst) {
            let Some(envelope) = self.next() else {
                std::thread::sleep(Duration::from_millis(2));
                continue;
            };
            while let Err(fault) = self.send(&agent, &envelope) {
                if self.over.load(Ordering::SeqCst) {
                    self.wrong.lock().unwrap().push(format!("never answered: {fault}"));
                    return;
                }
                self.again.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    fn send(&self, agent: &ureq::Agent, envelope: &Envelope) -> Result<(), String> {
        let url = {
            let urls = self.urls.lock().unwrap();
            format!("{}/statements", address(&urls[rand::rng().random_range(0..urls.len())]))
        };
        let sent = agent
            .post(url)
            .header("content-type", "application/json")
            .send(envelope.to_json());
        let mut answer = sent.map_err(|error| error.to_string())?;
        let body = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
        match answer.status().as_u16() {
            200 | 201 => {
                let value: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
                let receipt = value["receipt"].as_str().unwrap().to_owned();
                self.receipts
                    .lock()
                    .unwrap()
                    .insert(envelope.pae_hash(), (envelope.clone(), receipt));
                Ok(())
            }
            500.. => Err(body),
            other => {
                self.wrong.lock().unwrap().push(format!("{other}: {body}"));
                Ok(())
            }
        }
    }
}

/// Sends the loaders home, also when the test fails.
pub struct Ended<'a>(pub &'a Load);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::SeqCst);
    }
}

/// Every receipt so far: each statement is sent again, and must be known with the same receipt and place.
pub fn all_known(url: &str, receipts: &BTreeMap<Digest, (Envelope, String)>) {
    let agent = ureq::Agent::new_with_defaults();
    let all: Vec<_> = receipts.values().collect();
    for part in all.chunks(500) {
        let lines: Vec<u8> = part
            .iter()
            .flat_map(|(envelope, _)| [envelope.to_json(), b"\n".to_vec()].concat())
            .collect();
        let mut answer = agent
            .post(format!("{}/statements", address(url)))
            .header("content-type", "application/x-ndjson")
            .send(&lines[..])
            .unwrap();
        let body = answer.body_mut().with_config().limit(1 << 30).read_to_string().unwrap();
        let answers: Vec<Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(answers.len(), part.len());
        for (answer, (_, receipt)) in answers.iter().zip(part) {
            assert_eq!(
                answer["status"], 200,
                "a statement with a receipt is not known any more: {answer}"
            );
            let again = answer["receipt"].as_str().unwrap();
            match Receipt::parse(receipt) {
                // A box receipt has neither time nor place: it is the same note for ever.
                Err(_) => assert_eq!(again, receipt),
                Ok(receipt) => assert_eq!(Receipt::parse(again).unwrap().index, receipt.index, "another place"),
            }
        }
    }
}

pub fn checkpoint(url: &str, log: &Vkey) -> Checkpoint {
    let mut answer = ureq::get(format!("{}/checkpoint", address(url))).call().unwrap();
    Checkpoint::open(&answer.body_mut().read_to_string().unwrap(), log).unwrap()
}

/// The office still knows the older tree inside its own.
pub fn consistent(url: &str, older: &Checkpoint, newer: &Checkpoint) {
    assert!(newer.size >= older.size, "the ledger shrank");
    if newer.size == older.size {
        assert_eq!(newer.root, older.root);
        return;
    }
    let proof = format!(
        "{}/proofs/consistency?from={}&to={}",
        address(url),
        older.size,
        newer.size
    );
    let mut answer = ureq::get(proof).call().unwrap();
    let value: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    let path: Vec<Digest> = value["proof"]
        .as_array()
        .unwrap_or_else(|| panic!("{value}"))
        .iter()
        .map(|hash| hash.as_str().unwrap().parse().unwrap())
        .collect();
    esep::ledger::proof::check_consistency(older.size, &older.root, newer.size, &newer.root, &path).unwrap();
}

pub fn rules() -> RuleSet {
    let mut rules = RuleSet::commission_2014();
    rules.seats = 2;
    rules.electorate = Electorate::Listed(ListedRoll {
        count: ELECTORS,
        commitment: Digest::of(b"roll"),
        keys: None,
    });
    rules
}

pub type Play = Story<Door>;

/// One ballot of every elector, each with a key of its own and a result without a tie.
pub fn ballots(story: &mut Play) -> Vec<Envelope> {
    let header = story.header().unwrap();
    let paper = story.desk.view().unwrap().paper;
    let cards = &story.cards[..ELECTORS as usize];
    let ballot = |(number, card): (usize, &CardCode)| {
        let key = card.key(&origin(), 1);
        let rating = |place: usize| i64::try_from((number + place) % 3 + 2 * place).unwrap();
        let ratings = paper.iter().enumerate().map(|(place, id)| (id.clone(), rating(place)));
        let act = BallotCast {
            keys: vec![key.public().id()],
            ratings: ratings.collect(),
        };
        signed(&header, act, &key)
    };
    cards.par_iter().enumerate().map(ballot).collect()
}

pub fn objections(story: &mut Play) -> Vec<Envelope> {
    let header = story.header().unwrap();
    let objection = |number: usize| {
        let slot = Slot::ALL[number % 4];
        let act = Objection {
            slot,
            text: format!("objection {number}"),
            ballot: None,
        };
        signed(&header, act, story.cast.member(slot))
    };
    (0..OBJECTIONS).map(objection).collect()
}

fn signed(header: &Header, act: impl Into<Act>, key: &SecretKey) -> Envelope {
    let header = Header {
        nonce: nonce(&mut rand::rng()),
        ..header.clone()
    };
    let mut envelope = Statement::write(&header, &act.into()).unwrap();
    envelope.sign(key);
    envelope
}

/// From these ballots in the box to the certified result.
pub fn to_the_end(story: &mut Play, ballots: &[Envelope]) {
    story.cast_ballots = ballots.to_vec();
    story.voted = (0..ballots.len()).collect();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    story.count().unwrap();
    story.certify().unwrap();
}

/// Objections spread evenly among the ballots, so that both sorts are under way in every life of the office.
pub fn mixed(ballots: &[Envelope], objections: Vec<Envelope>) -> Vec<Envelope> {
    let mut all = ballots.to_vec();
    let step = all.len() / OBJECTIONS;
    for (number, objection) in objections.into_iter().enumerate() {
        all.insert(number * (step + 1), objection);
    }
    all
}

/// Kills the office again and again while the loaders send; gives the last one, to which everything is sent in the end.
fn under_fire(room: &Room, mut served: Served, load: &Load, total: usize, log: &Vkey) -> Served {
    let mut older = checkpoint(&served.url, log);
    let mut under_way = 0;
    for life in 0..KILLS {
        load.allowed.fetch_add(total / KILLS, Ordering::SeqCst);
        std::thread::sleep(Duration::from_micros(rand::rng().random_range(500..60_000)));
        served.kill();
        under_way += usize::from(load.answered() < (life + 1) * (total / KILLS));
        if life % 5 == 4 {
            killed_while_starting(room);
        }
        served = Served::start_with(room, "data", "warn").unwrap_or_else(|ran| panic!("life {life}: {ran:?}"));
        let handed_out = load.receipts.lock().unwrap().clone();
        all_known(&served.url, &handed_out);
        let newer = checkpoint(&served.url, log);
        consistent(&served.url, &older, &newer);
        older = newer;
        *load.urls.lock().unwrap() = vec![served.url.clone()];
    }
    assert!(
        under_way > KILLS / 2,
        "only {under_way} kills came while statements were under way"
    );
    load.let_all_through(total);
    served
}

#[test]
fn nothing_answered_is_lost_when_the_office_is_killed() {
    let (room, served, mut story) = stage(rules(), 4, "warn");
    story.play_until(Scene::Polling).unwrap();
    let ballots = ballots(&mut story);
    let all = mixed(&ballots, objections(&mut story));
    let total = all.len();
    let load = Load::new(all, &[&served.url], Duration::from_secs(10));
    let log = story.plan.log.clone();
    let served = std::thread::scope(|scope| {
        let _ended = Ended(&load);
        for _ in 0..LOADERS {
            scope.spawn(|| load.run());
        }
        under_fire(&room, served, &load, total, &log)
    });
    assert_eq!(*load.wrong.lock().unwrap(), Vec::<String>::new());
    let receipts = load.receipts.into_inner().unwrap();
    assert_eq!(receipts.len(), total, "every statement is answered in the end");

    story.desk.moved(&served.url);
    to_the_end(&mut story, &ballots);
    served.stop();
    proved_with_exactly(&room, &story, &ballots, &receipts, &log);
}

/// Killed again before it took a connection: start-up writes, too.
fn killed_while_starting(room: &Room) {
    let mut child = Served::spawn(room, "data", "warn");
    std::thread::sleep(Duration::from_millis(rand::rng().random_range(5..80)));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The bundle of the folder `data` is proved; its ballots are the accepted ones, each once; every receipt is about what
/// stands there.
pub fn proved_with_exactly(
    room: &Room,
    story: &Story<Door>,
    ballots: &[Envelope],
    receipts: &BTreeMap<Digest, (Envelope, String)>,
    log: &Vkey,
) {
    room.esep(&format!("export --data data {ID} --out bundle"));
    let files = &Files::read(&room.path("bundle")).unwrap();
    let report = verified(files, story);
    let told = (&report.findings, &report.missing);
    assert_eq!(report.verdict, Verdict::Proved, "{told:?}");
    let lines = files.file("ballots.jsonl").unwrap().split(|byte| *byte == b'\n');
    let published: Vec<_> = lines
        .filter(|line| !line.is_empty())
        .map(|line| Envelope::from_json(line).unwrap().pae_hash())
        .collect();
    let accepted: BTreeSet<_> = ballots.iter().map(Envelope::pae_hash).collect();
    assert_eq!(published.len(), accepted.len());
    assert_eq!(published.into_iter().collect::<BTreeSet<_>>(), accepted);

    let note = String::from_utf8(files.file("checkpoint").unwrap().to_vec()).unwrap();
    let size = Checkpoint::open(&note, log).unwrap().size;
    let entries = entries_from_tiles(files, size).unwrap();
    let mut seen = BTreeMap::new();
    for bytes in &entries {
        let entry = Entry::from_bytes(bytes).unwrap();
        assert!(
            seen.insert(entry.body.pae_hash(), entry.seq).is_none(),
            "entry {} is doubled",
            entry.seq
        );
    }
    for (hash, (_, receipt)) in receipts {
        let seq = *seen.get(hash).expect("what was answered is in the ledger");
        match Receipt::parse(receipt) {
            Ok(receipt) => {
                assert_eq!(receipt.index, seq);
                receipt.check(&entries[usize::try_from(seq).unwrap()], log).unwrap();
            }
            Err(_) => assert_eq!(BoxReceipt::open(receipt, log).unwrap().ballot, *hash),
        }
    }
}
