//! Talking to an office over HTTP: what `post` and `fetch` share.
//!
//! Everything sent is named by its content, so sending the same bytes again is harmless. A failed connection is a
//! fault, exit 3; only the office's own no is a refusal, exit 4.

use super::{Failure, Mode, cannot_tell, create_new, printable, talk};
use serde::Deserialize;
use std::fs::File;
use std::path::Path;
use std::time::Duration;
use ureq::typestate::WithoutBody;

/// Most bytes of an answer that is held in memory.
const ANSWER_BYTES: u64 = 256 << 20;
/// How long an office may take before a download begins: it may have to make a large bundle first.
const DOWNLOAD_WAIT: Duration = Duration::from_mins(10);
const TRIES: u32 = 4;
const LONGEST_WAIT_SECONDS: u64 = 10;

/// The address of an office, without a slash at its end.
pub fn base(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(host) if !host.is_empty() && !host.contains(['?', '#']) => Ok(text.to_owned()),
        _ => Err("write it like https://esep.example".into()),
    }
}

/// An answer: status and body.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

/// The office's no: RFC 9457.
#[derive(Debug, Deserialize)]
pub struct Problem {
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
    /// The refusal, signed by the log key.
    pub note: Option<String>,
}

impl Answer {
    /// Whether the office says yes.
    pub fn is_good(&self) -> bool {
        self.status < 300
    }

    /// Why the office says no.
    pub fn problem(&self) -> Result<Problem, Failure> {
        serde_json::from_slice(&self.body).map_err(|_| {
            cannot_tell(format!(
                "the server answered {} without saying why; is it an office?",
                self.status
            ))
        })
    }
}

impl Problem {
    /// In words, with the exit code that fits the status.
    pub fn failure(&self, status: u16) -> Failure {
        let rule = self.rule.as_ref().map(|rule| format!(" ({rule})")).unwrap_or_default();
        let detail = if self.detail.is_empty() {
            String::new()
        } else {
            format!(": {}", self.detail)
        };
        let words = format!("{}{rule}: {}{detail}", self.code, self.title);
        let words = format!("{}\n  next: {}", printable(&words), printable(&self.next_step));
        if status >= 500 {
            Failure::CannotTell(words)
        } else {
            Failure::Refused(words)
        }
    }
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

fn read_answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, Failure> {
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec();
    Ok(Answer {
        status,
        body: body.map_err(|fault| cannot_tell(format!("the answer: {fault}")))?,
    })
}

fn bearing(request: ureq::RequestBuilder<WithoutBody>, token: Option<&str>) -> ureq::RequestBuilder<WithoutBody> {
    match token {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    }
}

/// One address of a server.
pub struct Remote {
    agent: ureq::Agent,
    base: String,
}

impl Remote {
    /// The office at this address, or a part of it.
    pub fn new(base: String) -> Self {
        Self { agent: agent(), base }
    }

    fn url(&self, path: &str) -> String {
        if path.is_empty() {
            self.base.clone()
        } else {
            format!("{}/{path}", self.base)
        }
    }

    /// Reads; with the token of a session where one is needed.
    pub fn get(&self, path: &str, token: Option<&str>) -> Result<Answer, Failure> {
        read_answer(self.again(|| bearing(self.agent.get(self.url(path)), token).call())?)
    }

    /// Reads into a new file as it comes, however long it is; what the office refuses, or what breaks off, leaves none.
    pub fn download(&self, path: &str, token: Option<&str>, out: &Path) -> Result<Answer, Failure> {
        let mut response = self.again(|| {
            let request = self.agent.get(self.url(path));
            let request = request.config().timeout_recv_response(Some(DOWNLOAD_WAIT)).build();
            bearing(request, token).call()
        })?;
        let status = response.status().as_u16();
        if status >= 300 {
            return read_answer(response);
        }
        let mut file = create_new(out, Mode::Public)?;
        let mut body = response.body_mut().with_config().limit(u64::MAX).reader();
        if let Err(fault) = std::io::copy(&mut body, &mut file).and_then(|_| file.sync_all()) {
            std::fs::remove_file(out).ok();
            return Err(cannot_tell(format!("{}: {fault}; fetch it again", out.display())));
        }
        Ok(Answer {
            status,
            body: Vec::new(),
        })
    }

    /// Sends bytes; waits and sends again where the office asks for that.
    pub fn post(&self, path: &str, media: &str, bytes: &[u8]) -> Result<Answer, Failure> {
        read_answer(self.again(|| {
            self.agent
                .post(self.url(path))
                .header("content-type", media)
                .send(bytes)
        })?)
    }

    /// Sends a file as it is.
    pub fn upload(&self, kind: &str, path: &Path) -> Result<Answer, Failure> {
        let open = || File::open(path).map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())));
        let bytes = open()?
            .metadata()
            .map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())))?;
        if !bytes.is_file() {
            return Err(cannot_tell(format!("{}: not a file", path.display())));
        }
        talk(format_args!("sending {} ({} bytes)", path.display(), bytes.len()));
        read_answer(self.again(|| {
            let file = File::open(path)?;
            self.agent
                .post(self.url(kind))
                .header("content-type", "application/octet-stream")
                .send(file)
        })?)
    }

    fn again(
        &self,
        send: impl Fn() -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<ureq::http::Response<ureq::Body>, Failure> {
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
                _ => return Ok(response),
            }
        }
    }
}
