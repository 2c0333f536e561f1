//! `esep statement`: templates of payloads to fill in, with every field that the competition fixes already in them.
//!
//! A template is `{"kind": .., "payload": ..}`; `esep sign` makes canonical bytes of the payload. Random values (nonce,
//! salts, lot nonces) are drawn here, at the door, and never inside the rules.

mod announcement;
pub mod context;
mod new;
mod openings;
pub mod template;

use super::{Failure, cannot_tell, print, print_json, read_text, usage};
use crate::competition::act::Kind;
use crate::competition::{Phase, authors, taken_in};
use crate::crypto::card::CardCode;
use crate::crypto::{Envelope, jcs};
pub use announcement::vkey;
use clap::Subcommand;
use new::New;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// Templates of statements, and what kinds there are.
#[derive(Debug, clap::Args)]
pub struct Statement {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    New(Box<New>),
    Kinds(Kinds),
}

impl Statement {
    /// Writes a template, or lists the kinds.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::New(new) => new.run(),
            What::Kinds(kinds) => kinds.run(),
        }
    }
}

/// List the kinds of statements, with who makes them and in which phases they are taken.
#[derive(Debug, clap::Args)]
struct Kinds {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Kinds {
    fn run(self) -> anyhow::Result<ExitCode> {
        let phases = |kind: Kind| {
            let taken = Phase::ALL.into_iter().filter(|phase| taken_in(kind, *phase));
            taken.map(Phase::as_str).collect::<Vec<_>>()
        };
        if self.json {
            let line =
                |kind: &Kind| json!({ "kind": kind.as_str(), "authors": authors(*kind), "phases": phases(*kind) });
            print_json(
                "esep.statement-kinds.v1",
                &Kind::ALL.iter().map(line).collect::<Vec<_>>(),
            )?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = String::new();
        for kind in Kind::ALL {
            let phases = match kind {
                Kind::Announcement => "before the first entry".to_owned(),
                kind => phases(*kind).join(", "),
            };
            let authors = authors(*kind).join(", ");
            writeln!(text, "{:<24} {authors:<27} {phases}", kind.as_str())?;
        }
        print(text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A kind of statement by its name.
pub fn kind(text: &str) -> Result<Kind, String> {
    Kind::of_name(text).ok_or_else(|| "not a kind of statement; `esep statement kinds` lists them".to_owned())
}

/// A voting card's code from a file.
pub fn card(path: &Path) -> Result<CardCode, Failure> {
    let text = zeroize::Zeroizing::new(read_text(path)?);
    text.trim()
        .parse()
        .map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())))
}

/// The envelope that a filled template makes, unsigned.
pub fn envelope_of(kind: Kind, payload: &Value) -> Result<Envelope, Failure> {
    let left = template::placeholders(payload);
    if !left.is_empty() {
        return Err(usage(format!("not filled in yet: {}", left.join(", "))));
    }
    let bytes = jcs::to_canonical(payload).map_err(|fault| usage(format!("the payload: {fault}")))?;
    Ok(Envelope::new(kind.payload_type(), bytes))
}
