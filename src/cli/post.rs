//! `esep post`: sends a signed statement and what it commits to; brings home the receipt, or the refusal.
//!
//! Everything sent is named by its content, so sending the same bytes again is harmless. A failed connection is a fault,
//! exit 3; only the office's own no is a refusal, exit 4.

use super::{Failure, Mode, cannot_tell, print, print_json, printable, read, talk, usage, write_new};
use crate::crypto::dsse::EnvelopeSignature;
use crate::crypto::{Digest, Envelope};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const ANSWER_BYTES: u64 = 16 << 20;
const TRIES: u32 = 4;
const LONGEST_WAIT_SECONDS: u64 = 10;

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
    /// The office: https://<host>.
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

fn base(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(host) if !host.is_empty() && !host.contains(['?', '#']) => Ok(text.to_owned()),
        _ => Err("write it like https://esep.example".into()),
    }
}

/// An answer: status and body.
struct Answer {
    status: u16,
    body: Vec<u8>,
}

/// The office's no: RFC 9457.
#[derive(Debug, Deserialize)]
struct Problem {
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    rule: Option<String>,
    #[serde(default)]
    next_step: String,
    #[serde(default)]
    note: Option<String>,
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
        let office = Office {
            agent: agent(),
            base: format!("{}/api/v1/competitions/{id}", self.server),
        };
        let answer = self.send(&office, &envelope)?;
        if answer.status >= 300 {
            return self.refused(&answer);
        }
        self.accepted(&answer, &envelope.pae_hash())
    }

    fn send(&self, office: &Office, envelope: &Envelope) -> Result<Answer, Failure> {
        for (path, kind) in self
            .documents
            .iter()
            .map(|path| (path, "documents"))
            .chain(self.attachments.iter().map(|path| (path, "attachments")))
        {
            let answer = office.upload(kind, path)?;
            if answer.status >= 300 {
                return Ok(answer);
            }
        }
        if let Some(path) = &self.openings {
            let answer = office.post("openings", "application/json", &read(path)?)?;
            if answer.status >= 300 {
                return Ok(answer);
            }
        }
        if self.draft {
            office.draft(envelope)
        } else {
            office.post("statements", "application/json", &envelope.to_json())
        }
    }

    fn accepted(&self, answer: &Answer, hash: &Digest) -> anyhow::Result<ExitCode> {
        let value: Value =
            serde_json::from_slice(&answer.body).map_err(|fault| cannot_tell(format!("the answer: {fault}")))?;
        let receipt = value.get("receipt").and_then(Value::as_str);
        if let (Some(path), Some(receipt)) = (&self.receipt, receipt) {
            write_new(path, receipt.as_bytes(), Mode::Public)?;
            talk(format_args!("wrote {}", path.display()));
        }
        talk(match (receipt, value.get("seq").and_then(Value::as_u64)) {
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
        let problem: Result<Problem, _> = serde_json::from_slice(&answer.body);
        let Ok(problem) = problem else {
            return Err(cannot_tell(format!(
                "the server answered {} without saying why; is it an office?",
                answer.status
            ))
            .into());
        };
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
        let rule = problem.rule.map(|rule| format!(" ({rule})")).unwrap_or_default();
        let detail = if problem.detail.is_empty() {
            String::new()
        } else {
            format!(": {}", problem.detail)
        };
        let words = format!(
            "{}{rule}: {}{detail}\n  next: {}",
            problem.code, problem.title, problem.next_step
        );
        let words: Vec<_> = words.lines().map(printable).collect();
        let failure = if answer.status >= 500 {
            Failure::CannotTell
        } else {
            Failure::Refused
        };
        Err(failure(words.join("\n")).into())
    }
}

/// The competition that the statement names.
fn competition(envelope: &Envelope) -> Result<String, Failure> {
    let payload: Value =
        serde_json::from_slice(&envelope.payload).map_err(|fault| cannot_tell(format!("the payload: {fault}")))?;
    let named = payload.get("competition").and_then(Value::as_str).unwrap_or_default();
    super::origin(named)
        .map_err(|words| cannot_tell(format!("the statement's competition {}: {words}", printable(named))))
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_recv_response(Some(Duration::from_mins(1)))
        .max_redirects(0)
        .user_agent(concat!("esep/", env!("CARGO_PKG_VERSION")))
        .build();
    config.into()
}

/// Fetches a public description.
pub fn fetch(url: &str) -> Result<Vec<u8>, Failure> {
    let answer = agent().get(url).call();
    let answer = read_answer(answer.map_err(|fault| cannot_tell(format!("{url}: {fault}")))?)?;
    if answer.status == 200 {
        Ok(answer.body)
    } else {
        Err(cannot_tell(format!("{url}: the server answered {}", answer.status)))
    }
}

fn read_answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, Failure> {
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec();
    Ok(Answer {
        status,
        body: body.map_err(|fault| cannot_tell(format!("the answer: {fault}")))?,
    })
}

/// One competition at one office.
struct Office {
    agent: ureq::Agent,
    base: String,
}

impl Office {
    /// Sends bytes; waits and sends again where the office asks for that.
    fn post(&self, path: &str, media: &str, bytes: &[u8]) -> Result<Answer, Failure> {
        self.again(|| {
            self.agent
                .post(format!("{}/{path}", self.base))
                .header("content-type", media)
                .send(bytes)
        })
    }

    fn upload(&self, kind: &str, path: &Path) -> Result<Answer, Failure> {
        let open = || File::open(path).map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())));
        let bytes = open()?
            .metadata()
            .map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())))?;
        if !bytes.is_file() {
            return Err(cannot_tell(format!("{}: not a file", path.display())));
        }
        talk(format_args!("sending {} ({} bytes)", path.display(), bytes.len()));
        self.again(|| {
            let file = File::open(path)?;
            let to = format!("{}/{kind}", self.base);
            self.agent
                .post(to)
                .header("content-type", "application/octet-stream")
                .send(file)
        })
    }

    fn again(
        &self,
        send: impl Fn() -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer, Failure> {
        let mut tries = 1;
        loop {
            let response = send().map_err(|fault| cannot_tell(format!("{}: {fault}", self.base)))?;
            let after = response
                .headers()
                .get("retry-after")
                .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
            match after {
                Some(seconds) if matches!(response.status().as_u16(), 429 | 503) && tries < TRIES => {
                    talk(format_args!("the office asks to wait {seconds} s"));
                    std::thread::sleep(Duration::from_secs(seconds.min(LONGEST_WAIT_SECONDS)));
                    tries += 1;
                }
                _ => return read_answer(response),
            }
        }
    }

    /// Begins a draft, or adds the signatures that the draft there lacks.
    fn draft(&self, envelope: &Envelope) -> Result<Answer, Failure> {
        let place = format!("drafts/{}", envelope.pae_hash());
        let there = self.again(|| self.agent.get(format!("{}/{place}", self.base)).call())?;
        let value: Value = serde_json::from_slice(&there.body).unwrap_or_default();
        let signed: Option<Envelope> = value.get("envelope").and_then(|inner| Envelope::from_value(inner).ok());
        let (200, Some(signed)) = (there.status, signed) else {
            return self.post("drafts", "application/json", &envelope.to_json());
        };
        let lacking = |signature: &&EnvelopeSignature| signed.signature_of(&signature.keyid).is_none();
        let mut last = there;
        for signature in envelope.signatures.iter().filter(lacking) {
            let body = json!({ "keyid": signature.keyid, "sig": signature.sig }).to_string();
            last = self.post(&format!("{place}/signatures"), "application/json", body.as_bytes())?;
            if last.status >= 300 {
                break;
            }
        }
        Ok(last)
    }
}
