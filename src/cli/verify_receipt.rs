//! `esep verify-receipt`: checks a receipt offline, with the log's public key alone.

use super::statement::vkey;
use super::{Failure, cannot_tell, print, print_json, read, read_text, usage};
use crate::calendar::Time;
use crate::crypto::Envelope;
use crate::ledger::bundle::Files;
use crate::ledger::entry::Entry;
use crate::ledger::note::Vkey;
use crate::ledger::receipt::{BoxReceipt, Receipt, ReceiptError, Refused};
use crate::ledger::tile::entries_from_tiles;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Check a receipt, offline: that an entry is in the log, that a ballot is in the box, or that a statement was refused.
///
/// A receipt for an entry (.tlog-proof) is about the entry's bytes: take them from --entry, or from a --bundle that
/// holds them. With --statement the entry, box or refusal must be about that very statement.
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
        let (words, result) = match text.lines().next() {
            Some("esep/box") => boxed(&text, &log, statement.as_ref())?,
            Some("esep/refused") => refused(&text, &log, statement.as_ref())?,
            _ => self.entered(&text, &log, statement.as_ref())?,
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
        let bytes = self.entry_bytes(receipt.index)?;
        let checkpoint = receipt.check(&bytes, log).map_err(|fault| verdict(&fault))?;
        let entry = Entry::from_bytes(&bytes).map_err(|fault| Failure::Wrong(format!("the entry: {fault}")))?;
        if checkpoint.origin != log.name() || entry.log != checkpoint.origin || entry.seq != receipt.index {
            return Err(Failure::Wrong(
                "entry, checkpoint and key name different logs or places".into(),
            ));
        }
        if statement.is_some_and(|own| own.pae_hash() != entry.body.pae_hash()) {
            return Err(Failure::Wrong(format!(
                "the entry holds another statement: {}",
                entry.body.pae_hash()
            )));
        }
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

    fn entry_bytes(&self, index: u64) -> Result<Vec<u8>, Failure> {
        if let Some(path) = &self.entry {
            return read(path);
        }
        let path = self.bundle.as_ref().ok_or_else(|| {
            usage("a receipt for an entry is checked against the entry's bytes: --entry FILE, or --bundle BUNDLE")
        })?;
        let unfit = |words: String| cannot_tell(format!("{}: {words}", path.display()));
        let files = Files::read(path).map_err(|fault| unfit(fault.to_string()))?;
        let note = files
            .file("checkpoint")
            .and_then(|bytes| std::str::from_utf8(bytes).ok());
        let text = note
            .and_then(|note| note.split_once("\n\n"))
            .map(|(text, _)| format!("{text}\n"));
        let text = text.ok_or_else(|| unfit("the bundle holds no checkpoint".into()))?;
        let checkpoint =
            crate::ledger::checkpoint::Checkpoint::parse(&text).map_err(|fault| unfit(fault.to_string()))?;
        let entries = entries_from_tiles(&files, checkpoint.size).map_err(|fault| unfit(fault.to_string()))?;
        let place = usize::try_from(index).ok();
        let entry = place.and_then(|place| entries.into_iter().nth(place));
        entry.ok_or_else(|| unfit(format!("the bundle ends before entry {index}")))
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

fn about(statement: Option<&Envelope>, hash: &crate::crypto::Digest) -> Result<(), Failure> {
    match statement {
        Some(own) if own.pae_hash() != *hash => {
            Err(Failure::Wrong(format!("the receipt is for another statement: {hash}")))
        }
        _ => Ok(()),
    }
}

fn boxed(text: &str, log: &Vkey, statement: Option<&Envelope>) -> Result<(String, Value), Failure> {
    let receipt = BoxReceipt::open(text, log).map_err(|fault| verdict(&fault))?;
    about(statement, &receipt.ballot)?;
    let words = format!(
        "in the box: ballot {} of round {} of {}",
        receipt.ballot, receipt.round, receipt.origin
    );
    Ok((
        words,
        json!({ "kind": "box", "origin": receipt.origin, "round": receipt.round, "statement": receipt.ballot }),
    ))
}

fn refused(text: &str, log: &Vkey, statement: Option<&Envelope>) -> Result<(String, Value), Failure> {
    let note = Refused::open(text, log).map_err(|fault| verdict(&fault))?;
    about(statement, &note.statement)?;
    let time: Time = note.time;
    let words = format!(
        "refused: {} by {} at {time}, code {}",
        note.statement, note.origin, note.code
    );
    let result = json!({ "kind": "refused", "origin": note.origin, "statement": note.statement, "time": time, "code": note.code });
    Ok((words, result))
}
