//! Receipts: a nomination's, a ballot's, a refusal's, each against bundle, entry and statement; good ones and bad ones.

use super::disk::ExpectedReceipt;
use super::{Content, Kit};
use crate::story::seeded;
use crate::tamper::insider::Insider;
use esep::competition::act::Withdrawal;
use esep::crypto::dsse::Envelope;
use esep::crypto::{Digest, SecretKey, base64};
use esep::demo::cast::Trait;
use esep::demo::{Desk, MemoryOffice, Story};
use esep::ledger::NoteKey;
use esep::ledger::entry::Entry;
use esep::ledger::receipt::{BoxReceipt, Receipt, Refused};
use esep::ruleset::RuleSet;
use serde_json::{Value, json};

const BUNDLE: &str = "receipts/bundle.tar.gz";
const CLOSED: &str = "receipts/closed.tar.gz";
const FORK: &str = "receipts/fork.tar.gz";

struct Shelf<'a> {
    kit: &'a mut Kit,
    log: NoteKey,
}

/// What lies beside the receipt.
#[derive(Clone, Copy, Default)]
struct Beside {
    bundle: Option<&'static str>,
    entry: Option<&'static str>,
    statement: Option<&'static str>,
}

const WITH_BUNDLE: Beside = Beside {
    bundle: Some(BUNDLE),
    entry: None,
    statement: None,
};

impl Shelf<'_> {
    fn add(&mut self, name: &str, shows: &str, text: &str, beside: Beside, verdict: &str, says: Option<Value>) {
        let file = format!("receipts/{name}");
        self.kit.plain(file.clone(), text.as_bytes());
        let path = |path: Option<&str>| path.map(str::to_owned);
        self.kit.receipts.push(ExpectedReceipt {
            name: name.to_owned(),
            shows: shows.to_owned(),
            file,
            log_key: self.log.vkey().to_string(),
            bundle: path(beside.bundle),
            entry: path(beside.entry),
            statement: path(beside.statement),
            verdict: verdict.to_owned(),
            says,
        });
    }

    fn good(&mut self, name: &str, shows: &str, text: &str, beside: Beside, says: Value) {
        self.add(name, shows, text, beside, "holds", Some(says));
    }

    fn wrong(&mut self, name: &str, shows: &str, text: &str, beside: Beside) {
        self.add(name, shows, text, beside, "wrong", None);
    }

    fn unclear(&mut self, name: &str, shows: &str, text: &str, beside: Beside) {
        self.add(name, shows, text, beside, "cannot_tell", None);
    }
}

/// One seat, three candidates; gives the bundle of the closed box too.
fn played() -> (Story<MemoryOffice>, esep::ledger::Files) {
    let rules = RuleSet {
        seats: 1,
        ..RuleSet::commission_2014()
    };
    let mut story = seeded(rules, 3, false, 74);
    story.applicants.truncate(3);
    story.applicants.iter_mut().for_each(|one| one.oddity = Trait::InOrder);
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story.vote().unwrap();
    story.close_polling().unwrap();
    let closed = story.desk.bundle().unwrap();
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    story.count().unwrap();
    story.certify().unwrap();
    (story, closed)
}

pub fn make(kit: &mut Kit) {
    let (story, closed) = played();
    kit.pack(BUNDLE, &story.desk.bundle().unwrap());
    kit.pack(CLOSED, &closed);
    let mut insider = Insider::of(&story);
    let at = insider.nth("attendance", 1);
    let other = insider.nonce();
    insider.edit(at, |value| value["nonce"] = other.into());
    kit.pack(FORK, &insider.bundle());
    let mut shelf = Shelf {
        kit,
        log: story.desk.log().clone(),
    };
    entries(&mut shelf, &story);
    ballots(&mut shelf, &story);
    refusals(&mut shelf, &story);
    malformed(&mut shelf, &story);
}

fn keep_statement(shelf: &mut Shelf<'_>, path: &str, envelope: &Envelope) {
    shelf
        .kit
        .content
        .insert(path.to_owned(), Content::Plain(envelope.to_json()));
}

fn entries(shelf: &mut Shelf<'_>, story: &Story<MemoryOffice>) {
    let bytes = story.desk.entries();
    let tree = bytes
        .iter()
        .map(|bytes| Entry::leaf(bytes))
        .collect::<esep::ledger::tree::Tree>();
    let (nominated, next) = (
        Entry::from_bytes(&bytes[1]).unwrap(),
        Entry::from_bytes(&bytes[2]).unwrap(),
    );
    keep_statement(shelf, "receipts/nomination.dsse.json", &nominated.body);
    keep_statement(shelf, "receipts/other.dsse.json", &next.body);
    shelf.kit.plain("receipts/nomination.entry", bytes[1].clone());
    shelf.kit.plain("receipts/other.entry", bytes[2].clone());
    let of = |hash: Digest| {
        story
            .receipts
            .iter()
            .find(|answer| answer.hash == hash)
            .unwrap()
            .receipt
            .clone()
    };
    let text = of(nominated.body.pae_hash());
    let receipt = Receipt::parse(&text).unwrap();
    let says = |receipt: &Receipt, at: usize| {
        let checkpoint = receipt.check(&bytes[at], &story.desk.log().vkey()).unwrap();
        let entry = Entry::from_bytes(&bytes[at]).unwrap();
        json!({
            "kind": "entry", "origin": checkpoint.origin, "seq": at, "size": checkpoint.size, "root": checkpoint.root,
            "statement": entry.body.pae_hash(), "time": entry.time,
        })
    };
    let own = Beside {
        statement: Some("receipts/nomination.dsse.json"),
        ..WITH_BUNDLE
    };
    let alone = Beside {
        entry: Some("receipts/nomination.entry"),
        ..Beside::default()
    };
    let told = says(&receipt, 1);
    shelf.good(
        "nomination",
        "a nomination's receipt against the finished record and its own statement",
        &text,
        own,
        told.clone(),
    );
    shelf.good(
        "nomination-by-entry",
        "the same against the entry's bytes alone",
        &text,
        alone,
        told.clone(),
    );
    let fork = Beside {
        bundle: Some(FORK),
        ..own
    };
    shelf.good(
        "nomination-before-a-fork",
        "the same against a record that was exchanged further on",
        &text,
        fork,
        told,
    );
    let first = of(Entry::from_bytes(&bytes[0]).unwrap().body.pae_hash());
    let told = says(&Receipt::parse(&first).unwrap(), 0);
    shelf.good(
        "announcement-alone",
        "the receipt of the first entry, when the log held no other: no hash in its proof",
        &first,
        WITH_BUNDLE,
        told,
    );
    let last = Receipt::make(&tree, 1, tree.size(), story.desk.checkpoint());
    let told = says(&last, 1);
    let late = last.to_string();
    shelf.good(
        "nomination-late-checkpoint",
        "a receipt for the same entry under the last checkpoint",
        &late,
        own,
        told.clone(),
    );
    let older = Beside {
        bundle: Some(CLOSED),
        ..own
    };
    shelf.good(
        "nomination-newer-than-bundle",
        "a receipt under a checkpoint that is newer than the bundle",
        &late,
        older,
        told,
    );

    let forked = Beside {
        bundle: Some(FORK),
        ..own
    };
    shelf.wrong(
        "entry-record-exchanged",
        "the record was exchanged after the entry and before the receipt's checkpoint",
        &late,
        forked,
    );
    let other = Beside {
        statement: Some("receipts/other.dsse.json"),
        ..WITH_BUNDLE
    };
    shelf.wrong(
        "entry-another-statement",
        "the receipt is for another statement than the one that was sent",
        &text,
        other,
    );
    let other = Beside {
        entry: Some("receipts/other.entry"),
        ..Beside::default()
    };
    shelf.wrong(
        "entry-another-entry",
        "the bytes are those of another entry",
        &text,
        other,
    );
    let mut moved = receipt.clone();
    moved.index = 0;
    shelf.wrong(
        "entry-another-place",
        "the receipt names another place",
        &moved.to_string(),
        WITH_BUNDLE,
    );
    let mut short = last.clone();
    short.proof.pop();
    shelf.wrong(
        "entry-proof-short",
        "a hash is missing at the end of the proof",
        &short.to_string(),
        own,
    );
    let mut long = last.clone();
    long.proof.push(Digest::of(b"one more"));
    shelf.wrong(
        "entry-proof-long",
        "the proof has a hash too many",
        &long.to_string(),
        own,
    );
    let mut bent = last.clone();
    bent.proof[0] = Digest::of(b"another");
    shelf.wrong("entry-proof-bent", "the proof has a wrong hash", &bent.to_string(), own);
    let mut beyond = last.clone();
    beyond.index = tree.size();
    shelf.unclear(
        "entry-beyond-bundle",
        "the receipt is for an entry that the bundle does not reach",
        &beyond.to_string(),
        WITH_BUNDLE,
    );
    let stranger = NoteKey::new(shelf.log.name(), SecretKey::from_seed([9; 32])).unwrap();
    let checkpoint = esep::ledger::Checkpoint {
        origin: shelf.log.name().to_owned(),
        size: tree.size(),
        root: tree.root(),
    };
    let foreign = Receipt {
        checkpoint: checkpoint.sign(&stranger),
        ..last.clone()
    };
    shelf.wrong(
        "entry-foreign-checkpoint",
        "its checkpoint is signed by another key under the same name",
        &foreign.to_string(),
        own,
    );
    let mut lied = last.clone();
    lied.checkpoint = lied
        .checkpoint
        .replacen(&format!("\n{}\n", tree.size()), &format!("\n{}\n", tree.size() - 1), 1);
    shelf.wrong(
        "entry-checkpoint-edited",
        "the size in its checkpoint was edited",
        &lied.to_string(),
        own,
    );
}

fn ballots(shelf: &mut Shelf<'_>, story: &Story<MemoryOffice>) {
    let ballot = &story.cast_ballots[0];
    keep_statement(shelf, "receipts/ballot.dsse.json", ballot);
    keep_statement(shelf, "receipts/ballot-2.dsse.json", &story.cast_ballots[1]);
    let hash = ballot.pae_hash();
    let text = story
        .receipts
        .iter()
        .find(|answer| answer.hash == hash)
        .unwrap()
        .receipt
        .clone();
    let entries = story
        .desk
        .entries()
        .iter()
        .map(|bytes| Entry::from_bytes(bytes).unwrap());
    let seq = entries
        .filter(|entry| entry.body.pae_hash() == hash)
        .map(|entry| entry.seq)
        .next()
        .unwrap();
    let mut says = json!({ "kind": "box", "origin": shelf.log.name(), "round": 1, "statement": hash });
    let alone = Beside {
        statement: Some("receipts/ballot.dsse.json"),
        ..Beside::default()
    };
    shelf.good("box", "a box receipt and its ballot", &text, alone, says.clone());
    says["seq"] = json!(seq);
    let own = Beside {
        bundle: Some(BUNDLE),
        ..alone
    };
    shelf.good(
        "box-opened",
        "a box receipt against the record: the ballot is among those opened",
        &text,
        own,
        says,
    );
    let closed = Beside {
        bundle: Some(CLOSED),
        ..alone
    };
    shelf.unclear(
        "box-not-opened",
        "against a record whose box is not opened yet",
        &text,
        closed,
    );
    let other = Beside {
        statement: Some("receipts/ballot-2.dsse.json"),
        ..Beside::default()
    };
    shelf.wrong(
        "box-another-ballot",
        "the receipt is for another ballot than the one that was sent",
        &text,
        other,
    );
    let made = |origin: &str, round: u32, ballot: Digest| BoxReceipt {
        origin: origin.to_owned(),
        round,
        ballot,
    };
    let log = shelf.log.clone();
    let lost = made(log.name(), 1, Digest::of(b"a ballot that was dropped")).sign(&log);
    shelf.good(
        "box-lost-by-itself",
        "the office signed a receipt for a ballot: by itself it holds",
        &lost,
        Beside::default(),
        json!({
            "kind": "box", "origin": log.name(), "round": 1, "statement": Digest::of(b"a ballot that was dropped"),
        }),
    );
    shelf.wrong(
        "box-lost",
        "and against the record it shows that the ballot was dropped",
        &lost,
        WITH_BUNDLE,
    );
    let second = made(log.name(), 2, hash).sign(&log);
    shelf.unclear(
        "box-of-another-round",
        "a receipt of a round that the record does not have",
        &second,
        own,
    );
    let elsewhere = made("esep.example/another", 1, hash).sign(&log);
    shelf.wrong(
        "box-of-another-log",
        "signed by this log's key, and names another log",
        &elsewhere,
        alone,
    );
    let edited = text.replacen(&hash.to_string(), &Digest::of(b"edited").to_string(), 1);
    shelf.wrong("box-edited", "the ballot's hash was edited", &edited, Beside::default());
    let stranger = NoteKey::new(log.name(), SecretKey::from_seed([9; 32])).unwrap();
    shelf.wrong(
        "box-foreign",
        "signed by another key",
        &made(log.name(), 1, hash).sign(&stranger),
        alone,
    );
}

fn refusals(shelf: &mut Shelf<'_>, story: &Story<MemoryOffice>) {
    let log = shelf.log.clone();
    let entries = story.desk.entries();
    let refused = |statement: Digest| Refused {
        origin: log.name().to_owned(),
        statement,
        time: story.desk.now(),
        code: "polling_over".to_owned(),
    };
    let says = |note: &Refused| {
        json!({
            "kind": "refused", "origin": note.origin, "statement": note.statement, "time": note.time, "code": note.code,
        })
    };
    // The second try of the first elector was turned away.
    let act = Withdrawal {
        nomination: story.applicants[0].nomination.unwrap(),
    };
    let mut envelope = Envelope::new(
        "application/vnd.esep.withdrawal.v1+json",
        serde_json::to_vec(&act).unwrap(),
    );
    envelope.sign(&story.applicants[0].key);
    keep_statement(shelf, "receipts/refused.dsse.json", &envelope);
    let note = refused(envelope.pae_hash());
    let own = Beside {
        statement: Some("receipts/refused.dsse.json"),
        ..Beside::default()
    };
    shelf.good(
        "refused",
        "a note that a statement was turned away",
        &note.sign(&log),
        own,
        says(&note),
    );
    let with = Beside {
        bundle: Some(BUNDLE),
        ..own
    };
    shelf.good(
        "refused-not-recorded",
        "and it is not in the record",
        &note.sign(&log),
        with,
        says(&note),
    );
    let later = refused(Entry::from_bytes(&entries[1]).unwrap().body.pae_hash());
    let mut told = says(&later);
    told["seq"] = json!(1);
    shelf.good(
        "refused-recorded-later",
        "a statement that was turned away once and accepted later",
        &later.sign(&log),
        WITH_BUNDLE,
        told,
    );
    let other = Beside {
        statement: Some("receipts/other.dsse.json"),
        ..Beside::default()
    };
    shelf.wrong(
        "refused-another-statement",
        "the note is about another statement",
        &note.sign(&log),
        other,
    );
    let edited = note.sign(&log).replacen("polling_over", "card_used", 1);
    shelf.wrong("refused-edited", "the code was edited", &edited, own);
}

fn malformed(shelf: &mut Shelf<'_>, story: &Story<MemoryOffice>) {
    let tree = story
        .desk
        .entries()
        .iter()
        .map(|bytes| Entry::leaf(bytes))
        .collect::<esep::ledger::tree::Tree>();
    let text = Receipt::make(&tree, 1, tree.size(), story.desk.checkpoint()).to_string();
    let hash = base64::encode(tree.leaf(0).unwrap());
    let cases = [
        ("malformed-empty", "nothing at all", String::new()),
        (
            "malformed-number",
            "the place is written with a zero in front",
            text.replacen("index 1", "index 01", 1),
        ),
        (
            "malformed-head",
            "another version of the format",
            text.replacen("@v1", "@v2", 1),
        ),
        (
            "malformed-extra",
            "with extra data, which nothing protects",
            text.replacen("index 1\n", "extra AA==\nindex 1\n", 1),
        ),
        (
            "malformed-base64",
            "a hash without its padding",
            text.replacen(&hash, hash.trim_end_matches('='), 1),
        ),
        (
            "malformed-prose",
            "a letter",
            "The ballot is in the box, we promise.\n".to_owned(),
        ),
    ];
    for (name, shows, bent) in cases {
        assert_ne!(bent, text);
        shelf.unclear(name, shows, &bent, WITH_BUNDLE);
    }
}

/// Every receipt through the real command.
#[test]
fn vectors_of_receipts_are_judged_as_written() {
    let scratch = tempfile::tempdir().unwrap();
    for version in super::disk::versions() {
        for receipt in super::disk::expect(&version).receipts {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_esep"));
            command
                .args(["verify-receipt", "--json", "--log-key", &receipt.log_key])
                .arg(version.join(&receipt.file));
            if let Some(path) = &receipt.bundle {
                let tar = scratch.path().join("bundle.tar");
                std::fs::write(&tar, super::disk::gunzip(&std::fs::read(version.join(path)).unwrap())).unwrap();
                command.arg("--bundle").arg(tar);
            }
            for (option, path) in [("--entry", &receipt.entry), ("--statement", &receipt.statement)] {
                if let Some(path) = path {
                    command.arg(option).arg(version.join(path));
                }
            }
            let output = command.output().unwrap();
            let verdict = match output.status.code() {
                Some(0) => "holds",
                Some(1) => "wrong",
                Some(3) => "cannot_tell",
                other => panic!(
                    "{}: exit {other:?} {}",
                    receipt.name,
                    String::from_utf8_lossy(&output.stderr)
                ),
            };
            let words = String::from_utf8_lossy(&output.stderr);
            assert_eq!(verdict, receipt.verdict, "{}: {words}", receipt.name);
            let told: Option<Value> = serde_json::from_slice(&output.stdout).ok();
            let told = told.map(|told| told["result"].clone()).filter(|_| verdict == "holds");
            assert_eq!(told, receipt.says, "{}", receipt.name);
        }
    }
}
