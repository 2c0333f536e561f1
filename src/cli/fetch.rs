//! `esep fetch`: reads from the office: the competition's description, a draft to sign, what only some may read.
//!
//! A confidential read needs a session, opened by signing the office's challenge. Nothing but a challenge for this very
//! key and competition is signed here.

use super::remote::{Answer, Remote, base};
use super::{Failure, Passphrase, cannot_tell, load_key, print, talk, usage};
use crate::crypto::{Envelope, SecretKey};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const CHALLENGE_TYPE: &str = "application/vnd.esep.session.v1+json";

/// Read from the office: the competition's description (for --context), or a part of it.
///
/// With --key a session is opened first, for what is confidential: drafts, nominations, documents.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  esep fetch --server https://esep.example --competition esep.example/commission-2026 --out competition.json\n  esep fetch drafts/HASH --server https://esep.example --competition esep.example/commission-2026 --key cec.key.pem --out draft.json\n  esep fetch protocol --server https://esep.example --competition esep.example/commission-2026 --out protocol.json"
)]
pub struct Fetch {
    /// What to read beneath the competition: drafts, drafts/HASH, nominations/HASH, rules, candidates, result, protocol,
    /// checkpoint, .. [default: its description].
    #[arg(value_parser = path)]
    what: Option<String>,
    /// The office: https://HOST.
    #[arg(long, value_name = "URL", env = "ESEP_SERVER", value_parser = base)]
    server: String,
    /// Origin of the competition: HOST/ID.
    #[arg(long, value_name = "ORIGIN", value_parser = super::origin)]
    competition: String,
    /// Private key of one who may read it.
    #[arg(long, value_name = "KEY.pem")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: Passphrase,
    /// New file [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn path(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "/-_.=?&".contains(c);
    if text.chars().all(fits) && !text.starts_with('/') && !text.contains("..") {
        Ok(text.to_owned())
    } else {
        Err("write it like drafts/HASH".into())
    }
}

impl Fetch {
    /// Opens a session where a key is given, reads, writes.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(path) = self.out.iter().find(|path| path.exists()) {
            return Err(usage(format!("{}: exists already, and is never overwritten", path.display())).into());
        }
        let id = self.competition.rsplit('/').next().unwrap_or_default();
        let key = self
            .key
            .as_deref()
            .map(|path| load_key(path, &self.passphrase))
            .transpose()?;
        let token = key.map(|key| self.session(&key)).transpose()?;
        let office = Remote::new(format!("{}/api/v1/competitions/{id}", self.server));
        let (what, token) = (self.what.as_deref().unwrap_or_default(), token.as_deref());
        match self.out.as_deref().filter(|path| *path != Path::new("-")) {
            Some(path) => {
                good(office.download(what, token, path)?)?;
                talk(format_args!("wrote {}", path.display()));
            }
            None => print(&good(office.get(what, token)?)?.body)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The token of a session.
    fn session(&self, key: &SecretKey) -> Result<String, Failure> {
        let office = Remote::new(format!("{}/api/v1/sessions", self.server));
        let wish = json!({ "key": key.public(), "competition": self.competition }).to_string();
        let challenge = good(office.post("challenge", "application/json", wish.as_bytes())?)?;
        let mut challenge =
            Envelope::from_json(&challenge.body).map_err(|fault| cannot_tell(format!("the challenge: {fault}")))?;
        let payload: Value = serde_json::from_slice(challenge.payload()).unwrap_or_default();
        // A challenge must never be a statement in disguise.
        let own = challenge.payload_type() == CHALLENGE_TYPE
            && challenge.signatures.is_empty()
            && payload["competition"] == json!(self.competition)
            && payload["key"] == json!(key.public().id());
        if !own {
            return Err(cannot_tell(
                "what the server asks to sign is no challenge for this key and competition",
            ));
        }
        challenge.sign(key);
        let opened = good(office.post("", "application/json", &challenge.to_json())?)?;
        let opened: Value = serde_json::from_slice(&opened.body).unwrap_or_default();
        let token = opened["token"]
            .as_str()
            .filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()));
        token
            .map(str::to_owned)
            .ok_or_else(|| cannot_tell("the server opened no session"))
    }
}

fn good(answer: Answer) -> Result<Answer, Failure> {
    if answer.is_good() {
        Ok(answer)
    } else {
        Err(answer.problem()?.failure(answer.status))
    }
}
