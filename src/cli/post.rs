//! `esep post`: sends a signed statement and what it commits to; brings home the receipt, or the refusal.

use super::remote::{Answer, Remote, base};
use super::{Failure, Mode, cannot_tell, print, print_json, printable, read, talk, usage, write_new};
use crate::crypto::{Digest, Envelope};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Send a signed statement to the office, with the files and openings that it commits to, and keep the receipt.
///
/// Documents, attachments and openings are sent first, then the statement. Sending the same bytes again is harmless: a
/// repeat gets the same receipt. A refusal is printed with its code, rule and next step, and ends with exit code 4; the
/// office's signed note of it goes to RECEIPT.refused.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  esep post nomination.dsse.json --server https://esep.example --documents letter.pdf application.pdf resume.pdf --openings nomination.openings.json --receipt nomination.tlog-proof\n  esep post closed.dsse.json --server https://esep.example --draft\n  esep post cards.dsse.json --server https://esep.example --attachments cards.keys"
)]
pub struct Post {
    /// The envelope, as `esep sign` wrote it.
    file: PathBuf,
    /// The office: https://HOST.
    #[arg(long, value_name = "URL", env = "ESEP_SERVER", value_parser = base)]
    server: String,
    /// Confidential documents (PDF, JPEG, PNG).
    #[arg(long, value_name = "FILE", num_args = 1..)]
    documents: Vec<PathBuf>,
    /// Public attachments.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    attachments: Vec<PathBuf>,
    /// What opens the statement's commitments, as `esep statement new` wrote it; confidential.
    #[arg(long, value_name = "FILE")]
    openings: Option<PathBuf>,
    /// New file for the receipt.
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// More members have to sign: keep it as a draft, or add the signatures to the draft that is there.
    #[arg(long)]
    draft: bool,
    /// Print the office's answer as one JSON object.
    #[arg(long)]
    json: bool,
}

impl Post {
    /// Sends everything, in order.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let bytes = read(&self.file)?;
        let envelope =
            Envelope::from_json(&bytes).map_err(|fault| cannot_tell(format!("{}: {fault}", self.file.display())))?;
        if envelope.signatures.is_empty() {
            return Err(usage(format!(
                "{}: nobody has signed it; `esep sign` it first",
                self.file.display()
            ))
            .into());
        }
        if let Some(path) = self.receipt.iter().find(|path| path.exists()) {
            return Err(usage(format!("{}: exists already, and is never overwritten", path.display())).into());
        }
        let origin = competition(&envelope)?;
        let id = origin.rsplit('/').next().unwrap_or_default();
        let office = Remote::new(format!("{}/api/v1/competitions/{id}", self.server));
        let answer = self.send(&office, &envelope)?;
        if !answer.is_good() {
            return self.refused(&answer);
        }
        self.accepted(&answer, &envelope.pae_hash())
    }

    fn send(&self, office: &Remote, envelope: &Envelope) -> Result<Answer, Failure> {
        let documents = self.documents.iter().map(|path| ("documents", path));
        let attachments = self.attachments.iter().map(|path| ("attachments", path));
        for (shelf, path) in documents.chain(attachments) {
            let answer = office.upload(shelf, path)?;
            if !answer.is_good() {
                return Ok(answer);
            }
        }
        if let Some(path) = &self.openings {
            let answer = office.post("openings", "application/json", &read(path)?)?;
            if !answer.is_good() {
                return Ok(answer);
            }
        }
        // A draft that is there already takes the signatures that it lacks from the same request.
        let door = if self.draft { "drafts" } else { "statements" };
        office.post(door, "application/json", &envelope.to_json())
    }

    fn accepted(&self, answer: &Answer, hash: &Digest) -> anyhow::Result<ExitCode> {
        let value: Value =
            serde_json::from_slice(&answer.body).map_err(|fault| cannot_tell(format!("the answer: {fault}")))?;
        // A draft's last signature enters it: the receipt stands one level deeper.
        let entered = value.get("entered").unwrap_or(&value);
        let receipt = entered.get("receipt").and_then(Value::as_str);
        if let (Some(path), Some(receipt)) = (&self.receipt, receipt) {
            write_new(path, receipt.as_bytes(), Mode::Public)?;
            talk(format_args!("wrote {}", path.display()));
        }
        talk(match (receipt, entered.get("seq").and_then(Value::as_u64)) {
            (Some(_), Some(seq)) => format!("accepted as entry {seq}"),
            (Some(_), None) => "accepted into the box".to_owned(),
            (None, _) => "kept as a draft: more members have to sign".to_owned(),
        });
        if self.json {
            print_json("esep.post.v1", &value)?;
        } else {
            print(format!("{hash}\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn refused(&self, answer: &Answer) -> anyhow::Result<ExitCode> {
        let problem = answer.problem()?;
        if let (Some(path), Some(note)) = (&self.receipt, &problem.note) {
            let mut name = path.clone().into_os_string();
            name.push(".refused");
            match write_new(Path::new(&name), note.as_bytes(), Mode::Public) {
                Ok(()) => talk(format_args!("wrote {}", Path::new(&name).display())),
                Err(fault) => talk(fault),
            }
        }
        if self.json {
            let value: Value = serde_json::from_slice(&answer.body)?;
            print_json("esep.post.v1", &value)?;
        }
        Err(problem.failure(answer.status).into())
    }
}

/// The competition that the statement names.
fn competition(envelope: &Envelope) -> Result<String, Failure> {
    let payload: Value =
        serde_json::from_slice(envelope.payload()).map_err(|fault| cannot_tell(format!("the payload: {fault}")))?;
    let named = payload.get("competition").and_then(Value::as_str).unwrap_or_default();
    super::origin(named)
        .map_err(|words| cannot_tell(format!("the statement's competition {}: {words}", printable(named))))
}
