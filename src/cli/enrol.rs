//! `esep enrol`: a public key with the proof that its holder has the private half, for one role in one competition.

use super::{KeyFile, print_json, talk, write_or_print};
use crate::competition::Slot;
use crate::crypto::key::Enrolment;
use std::path::PathBuf;
use std::process::ExitCode;

/// Prove possession of a key for one role in one competition.
///
/// The result, {"key": .., "possession": ..}, goes into an announcement, a nomination, or a replacement of a key. It
/// holds nothing secret.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  esep enrol --key cec.key.pem --competition esep.example/commission-2026 --role counting/cec --out cec.enrolment.json\n  esep enrol --key a.key.pem --competition esep.example/commission-2026 --role association"
)]
pub struct Enrol {
    #[command(flatten)]
    key: KeyFile,
    /// Origin of the competition: HOST/ID.
    #[arg(long, value_name = "ORIGIN", value_parser = super::origin)]
    competition: String,
    /// association, observer, candidate, or counting/SLOT; slots: presidents-office, government-office, ombudsman, cec.
    #[arg(long, value_parser = role)]
    role: String,
    /// New file to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long, conflicts_with = "out")]
    json: bool,
}

fn role(text: &str) -> Result<String, String> {
    let slot = text
        .strip_prefix("counting/")
        .is_some_and(|slot| slot.parse::<Slot>().is_ok());
    if slot || ["association", "observer", "candidate"].contains(&text) {
        return Ok(text.to_owned());
    }
    let slots = Slot::ALL.map(Slot::role).join(", ");
    Err(format!("roles: association, observer, candidate, {slots}"))
}

impl Enrol {
    /// Makes the proof and writes it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let key = self.key.load()?;
        let enrolment = Enrolment::make(&key, &self.competition, &self.role);
        talk(format_args!(
            "key {} as {} in {}",
            key.public().id(),
            self.role,
            self.competition
        ));
        if self.json {
            print_json("esep.enrolment.v1", &enrolment)?;
        } else {
            let text = serde_json::to_string_pretty(&enrolment)? + "\n";
            write_or_print(self.out.as_deref(), text.as_bytes())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
