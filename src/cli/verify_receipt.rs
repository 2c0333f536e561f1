//! `esep verify-receipt`: checks a receipt offline, with the log's public key alone.

use super::statement::vkey;
use super::{Failure, cannot_tell, print, print_json, read, read_text, usage};
use crate::calendar::Time;
use crate::crypto::{Digest, Envelope};
use crate::ledger::again::Again;
use crate::ledger::bundle;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::Entry;
use crate::ledger::note::Vkey;
use crate::ledger::receipt::{BoxReceipt, Receipt, ReceiptError, Refused};
use crate::ledger::source::Source;
use crate::ledger::tile::{Window, windows};
use crate::ledger::tree::Tree;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check a receipt, offline: that an entry is in the log, that a ballot is in the box, or that a statement was refused.
///
/// A receipt for an entry (.tlog-proof) is about the entry's bytes: take them from --entry, or from a --bundle that
/// holds them. With --statement the entry, box or refusal must be about that very statement. With --bundle the record
/// is held to the receipt: it continues the receipt's checkpoint, or holds the ballot among those opened.
#[derive(Debug, clap::Args)]
#[command(
    alias = "check-receipt",
    after_help = "Examples:\n  esep verify-receipt mine.tlog-proof --bundle bundle.tar --statement mine.dsse.json --log-key log.vkey\n  esep verify-receipt ballot.receipt --statement ballot.dsse.json --log-key log.vkey"
)]
pub struct VerifyReceipt {
    /// The receipt.
    file: PathBuf,
    /// Public key of the log, from a source that you trust: a PEM file, or its verifier key.
    #[arg(long, value_name = "PUB.pem|VKEY")]
    log_key: String,
    /// The entry's bytes.
    #[arg(long, value_name = "FILE", conflicts_with = "bundle")]
    entry: Option<PathBuf>,
    /// A bundle (folder or tar) that holds the entry.
    #[arg(long, value_name = "BUNDLE")]
    bundle: Option<PathBuf>,
    /// The envelope that was sent.
    #[arg(long, value_name = "FILE")]
    statement: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl VerifyReceipt {
    /// Checks, and says what the receipt proves.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let text = read_text(&self.file)?;
        let log = vkey(&self.log_key, named(&text))?;
        let statement = self.statement()?;
        let own = statement.as_ref();
        let (words, result) = match text.lines().next() {
            Some("esep/box") => self.boxed(&text, &log, own)?,
            Some("esep/refused") => self.refused(&text, &log, own)?,
            _ => self.entered(&text, &log, own)?,
        };
        if self.json {
            print_json("esep.verify-receipt.v1", &result)?;
        } else {
            print(format!("{words}\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn statement(&self) -> Result<Option<Envelope>, Failure> {
        let read_one = |path: &PathBuf| {
            Envelope::from_json(&read(path)?).map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())))
        };
        self.statement.as_ref().map(read_one).transpose()
    }

    fn entered(&self, text: &str, log: &Vkey, statement: Option<&Envelope>) -> Result<(String, Value), Failure> {
        let receipt = Receipt::parse(text).map_err(|fault| verdict(&fault))?;
        let record = self.record(log)?;
        let bytes = match (&self.entry, &record) {
            (Some(path), _) => read(path)?,
            (None, Some(record)) => record.entry(receipt.index)?,
            (None, None) => {
                return Err(usage(
                    "a receipt for an entry is checked against the entry's bytes: --entry FILE, or --bundle BUNDLE",
                ));
            }
        };
        let checkpoint = receipt.check(&bytes, log).map_err(|fault| verdict(&fault))?;
        let entry = Entry::from_bytes(&bytes).map_err(|fault| Failure::Wrong(format!("the entry: {fault}")))?;
        if entry.log != checkpoint.origin || entry.seq != receipt.index {
            return Err(Failure::Wrong(
                "entry, checkpoint and key name different logs or places".into(),
            ));
        }
        if let Some(record) = &record {
            record.continues(&checkpoint)?;
        }
        about(statement, &entry.body.pae_hash())?;
        let words = format!(
            "in the log: {} is entry {} of {}, accepted {} ({} in Bishkek)",
            entry.kind,
            receipt.index,
            checkpoint.origin,
            entry.time,
            entry.time.bishkek()
        );
        let result = json!({
            "kind": "entry", "origin": checkpoint.origin, "seq": receipt.index, "size": checkpoint.size,
            "root": checkpoint.root, "statement": entry.body.pae_hash(), "time": entry.time,
        });
        Ok((words, result))
    }

    fn boxed(&self, text: &str, log: &Vkey, statement: Option<&Envelope>) -> Result<(String, Value), Failure> {
        let receipt = BoxReceipt::open(text, log).map_err(|fault| verdict(&fault))?;
        about(statement, &receipt.ballot)?;
        let BoxReceipt { origin, round, ballot } = &receipt;
        let mut words = format!("in the box: ballot {ballot} of round {round} of {origin}");
        let mut result = json!({ "kind": "box", "origin": origin, "round": round, "statement": ballot });
        if let Some(record) = self.record(log)? {
            let seq = record.opened(&receipt)?;
            words = format!("{words}, opened as entry {seq}");
            result["seq"] = json!(seq);
        }
        Ok((words, result))
    }

    fn refused(&self, text: &str, log: &Vkey, statement: Option<&Envelope>) -> Result<(String, Value), Failure> {
        let note = Refused::open(text, log).map_err(|fault| verdict(&fault))?;
        about(statement, &note.statement)?;
        let time: Time = note.time;
        let mut words = format!(
            "refused: {} by {} at {time}, code {}",
            note.statement, note.origin, note.code
        );
        let mut result = json!({ "kind": "refused", "origin": note.origin, "statement": note.statement, "time": time, "code": note.code });
        // Refused once, it may have been accepted later: sent again in its time, or when a draft was complete.
        if let Some(record) = self.record(log)?
            && let Some(seq) = record.place_of(&note.statement)?
        {
            words = format!("{words}; it stands in the record as entry {seq}");
            result["seq"] = json!(seq);
        }
        Ok((words, result))
    }

    /// The record of the bundle, under a checkpoint of this log.
    fn record(&self, log: &Vkey) -> Result<Option<Record>, Failure> {
        let Some(path) = &self.bundle else { return Ok(None) };
        let unfit = |words: String| cannot_tell(format!("{}: {words}", path.display()));
        let files = bundle::open(path).map_err(|fault| unfit(fault.to_string()))?;
        let note = files.whole("checkpoint").map(Cow::into_owned);
        let note = note.and_then(|bytes| String::from_utf8(bytes).ok());
        let note = note.ok_or_else(|| unfit("the bundle holds no checkpoint".into()))?;
        let checkpoint = Checkpoint::open(&note, log)
            .map_err(|fault| Failure::Wrong(format!("the bundle's checkpoint: {fault}")))?;
        let mut tree = Tree::new();
        for tiles in windows(checkpoint.size) {
            let window = Window::read(&*files, tiles).map_err(|fault| unfit(fault.to_string()))?;
            let leaves = window.entries().into_par_iter().map(Entry::leaf);
            leaves.collect::<Vec<_>>().into_iter().for_each(|leaf| tree.push(leaf));
        }
        if tree.root() != checkpoint.root {
            return Err(Failure::Wrong(
                "the bundle's entries are not those of its checkpoint".into(),
            ));
        }
        Ok(Some(Record { files, tree }))
    }
}

/// What a bundle records: read where it lies, a window of entries at a time.
struct Record {
    files: Box<dyn Source>,
    tree: Tree,
}

impl Record {
    fn again(&self) -> Again<'_> {
        Again::new(&*self.files, &self.tree)
    }

    fn entry(&self, index: u64) -> Result<Vec<u8>, Failure> {
        if index >= self.tree.size() {
            return Err(cannot_tell(format!("the bundle ends before entry {index}")));
        }
        let picked = self.again().pick(vec![index]).map_err(cannot_tell)?;
        Ok(picked.entries().concat())
    }

    /// The receipt's checkpoint is a beginning of this record; one of later entries says nothing about it.
    fn continues(&self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        if checkpoint.size > self.tree.size() || self.tree.root_at(checkpoint.size) == checkpoint.root {
            return Ok(());
        }
        Err(Failure::Wrong(format!(
            "the first {} entries of the bundle are not those of the receipt's checkpoint",
            checkpoint.size
        )))
    }

    /// What is found in the first entry in which there is something.
    fn find<T: Send>(&self, look: impl Fn(&Entry) -> Option<T> + Sync) -> Result<Option<T>, Failure> {
        for tiles in windows(self.tree.size()) {
            let window = self.again().window(tiles).map_err(cannot_tell)?;
            let entries = window.entries().into_par_iter();
            let found = entries.find_map_first(|bytes| look(&Entry::from_bytes(bytes).ok()?));
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn place_of(&self, statement: &Digest) -> Result<Option<u64>, Failure> {
        self.find(|entry| (entry.body.pae_hash() == *statement).then_some(entry.seq))
    }

    /// Where the ballot stands among those opened.
    fn opened(&self, receipt: &BoxReceipt) -> Result<u64, Failure> {
        let of_round = |entry: &Entry| {
            let payload: Option<Value> = serde_json::from_slice(entry.body.payload()).ok();
            payload.is_some_and(|payload| payload["round"] == receipt.round)
        };
        let opened = self.find(|entry| (entry.kind == "ballots_opened" && of_round(entry)).then_some(()))?;
        if opened.is_none() {
            let round = receipt.round;
            return Err(cannot_tell(format!("round {round} is not opened in this bundle")));
        }
        let place = self.place_of(&receipt.ballot)?;
        place.ok_or_else(|| Failure::Wrong(format!("the ballot {} is not among those opened", receipt.ballot)))
    }
}

/// The ledger that the receipt says it is of; its signature says whether that is so.
fn named(text: &str) -> &str {
    let checkpoint = text.split_once("\n\n").map_or("", |(_, checkpoint)| checkpoint);
    let line = match text.lines().next() {
        Some("esep/box" | "esep/refused") => text.lines().nth(1),
        _ => checkpoint.lines().next(),
    };
    line.unwrap_or_default()
}

fn verdict(fault: &ReceiptError) -> Failure {
    match fault {
        ReceiptError::Malformed => cannot_tell("not a receipt of a known kind"),
        other => Failure::Wrong(other.to_string()),
    }
}

fn about(statement: Option<&Envelope>, hash: &Digest) -> Result<(), Failure> {
    match statement {
        Some(own) if own.pae_hash() != *hash => {
            Err(Failure::Wrong(format!("the receipt is for another statement: {hash}")))
        }
        _ => Ok(()),
    }
}
