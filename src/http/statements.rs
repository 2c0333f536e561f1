//! Statements come in: one envelope, or a batch with one answer a line.
//!
//! This room reads bytes and hands envelopes to the clerk; it decides nothing. It writes no line and no count about
//! any of them (see `metrics.rs`). A batch is read no faster than the clerk takes it.

use super::problem::{Door, Problem};
use super::{App, limits};
use crate::clerk::{Accepted, GROUP, Rejected};
use crate::competition::Code;
use crate::crypto::{Digest, Envelope};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use schemars::JsonSchema;
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often, and how long, a batch waits for a full queue.
const BUSY_TRIES: u32 = 100;
const BUSY_WAIT: Duration = Duration::from_millis(50);

/// The answer to an accepted statement.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "a receipt's answer holds the receipt")]
pub struct Receipt {
    /// The statement's name: SHA-256 of its DSSE pre-authentication encoding.
    pub hash: Digest,
    /// Place in the ledger; absent for a ballot in the box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// C2SP tlog-proof, or the box receipt: a signed note.
    pub receipt: String,
}

/// One line of a batch's answer; a refused line is a problem document instead, also with `status`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BatchLine {
    /// 201, or 200 for a repeat.
    pub status: u16,
    /// As for a single statement.
    #[serde(flatten)]
    pub receipt: Receipt,
}

impl From<Accepted> for Receipt {
    fn from(accepted: Accepted) -> Self {
        let Accepted { hash, seq, receipt, .. } = accepted;
        Self { hash, seq, receipt }
    }
}

fn receipt(accepted: Accepted) -> (StatusCode, Receipt) {
    let status = if accepted.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    (status, accepted.into())
}

/// What the body holds.
enum Sent {
    One,
    Batch,
}

fn sent(headers: &HeaderMap) -> Result<Sent, Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    match kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
        .as_str()
    {
        "application/json" | "application/vnd.dsse+json" | "application/vnd.dsse.envelope.v1+json" => Ok(Sent::One),
        "application/x-ndjson" | "application/jsonl" => Ok(Sent::Batch),
        _ => Err(Door::MediaType.because("send application/json or application/x-ndjson")),
    }
}

/// `POST /api/v1/competitions/{id}/statements`.
pub async fn post(State(app): State<App>, Path(id): Path<String>, request: Request) -> Result<Response, Problem> {
    match sent(request.headers())? {
        Sent::One => {
            let body = limits::body(request, limits::STATEMENT_BYTES, &app.settings).await?;
            let (status, receipt) = receipt(app.clerk.submit(&id, read(&body)?).await?);
            Ok((status, [(header::CACHE_CONTROL, "no-store")], Json(receipt)).into_response())
        }
        Sent::Batch => batch(app, id, request),
    }
}

/// An envelope of these bytes.
pub fn read(bytes: &[u8]) -> Result<Envelope, Problem> {
    Envelope::from_json(bytes).map_err(|error| Code::Malformed.because(error.to_string()).into())
}

/// Answers wait in memory when the sender reads none before it has sent all, as many clients do; the size of a batch
/// bounds them. Reading waits for the clerk, so a batch takes no more of its queue than one group.
fn batch(app: App, id: String, request: Request) -> Result<Response, Problem> {
    let mut lines = Lines {
        pieces: limits::Pieces::new(request, limits::BATCH_BYTES, &app.settings)?,
        rest: BytesMut::new(),
        ended: false,
    };
    let (answers, out) = mpsc::unbounded_channel::<Bytes>();
    tokio::spawn(async move {
        // One group after the other, so that statements of one sender are taken in the order of their lines.
        while let Some(group) = lines.group().await {
            // An error: nobody reads the answers any more. What was sent is still taken in.
            let _ = answers.send(answer_group(&app, &id, group).await);
        }
    });
    let out = stream::unfold(out, async |mut out| Some((Ok::<_, Infallible>(out.recv().await?), out)));
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(out)).into_response())
}

/// One line of answer for each line.
async fn answer_group(app: &App, id: &str, group: Vec<Result<Bytes, Problem>>) -> Bytes {
    let read = |line: Result<Bytes, Problem>| line.and_then(|line| read(&line));
    let (mut envelopes, mut problems) = (Vec::new(), Vec::new());
    for line in group {
        problems.push(read(line).map(|envelope| envelopes.push(envelope)).err());
    }
    let mut decided = submit_all(app, id, envelopes).await.into_iter();
    let mut out = Vec::new();
    for problem in problems {
        let answer = match problem {
            Some(problem) => Err(problem),
            None => decided
                .next()
                .map_or_else(|| Err(Problem::fault("an answer is missing")), |one| Ok(one?)),
        };
        out.extend(line(answer));
    }
    out.into()
}

/// As the clerk's own, but waiting where its queue is full: a batch has nobody to tell `Retry-After`.
async fn submit_all(app: &App, id: &str, envelopes: Vec<Envelope>) -> Vec<Result<Accepted, Rejected>> {
    let mut answers = app.clerk.submit_all(id, envelopes.clone()).await;
    for _ in 0..BUSY_TRIES {
        if !answers.iter().any(|answer| matches!(answer, Err(Rejected::Busy))) {
            break;
        }
        tokio::time::sleep(BUSY_WAIT).await;
        for (answer, envelope) in answers.iter_mut().zip(&envelopes) {
            if matches!(answer, Err(Rejected::Busy)) {
                *answer = app.clerk.submit(id, envelope.clone()).await;
            }
        }
    }
    answers
}

fn line(answer: Result<Accepted, Problem>) -> Vec<u8> {
    let mut line = match answer {
        Ok(accepted) => {
            let (status, receipt) = receipt(accepted);
            let line = BatchLine {
                status: status.as_u16(),
                receipt,
            };
            serde_json::to_vec(&line).expect("a receipt of strings and integers is always JSON")
        }
        Err(problem) => problem.logged().document().to_string().into_bytes(),
    };
    line.push(b'\n');
    line
}

/// The lines of a body; empty ones are passed over, and an over-long one ends the batch.
struct Lines {
    pieces: limits::Pieces,
    rest: BytesMut,
    ended: bool,
}

impl Lines {
    /// The next line and all that have arrived with it, at most a group.
    async fn group(&mut self) -> Option<Vec<Result<Bytes, Problem>>> {
        let mut group = vec![self.next().await?];
        while group.len() < GROUP && memchr::memchr(b'\n', &self.rest).is_some() {
            let Some(line) = self.next().await else { break };
            group.push(line);
        }
        Some(group)
    }

    async fn next(&mut self) -> Option<Result<Bytes, Problem>> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.rest) {
                let line = self.rest.split_to(end + 1).freeze();
                let line = line.slice(..end);
                if line.trim_ascii().is_empty() {
                    continue;
                }
                return Some(self.within(line));
            }
            if self.ended || self.rest.len() > limits::STATEMENT_BYTES {
                let line = self.rest.split().freeze();
                return (!line.trim_ascii().is_empty()).then(|| self.within(line));
            }
            match self.pieces.next().await {
                Ok(Some(piece)) => self.rest.extend_from_slice(&piece),
                Ok(None) => self.ended = true,
                Err(problem) => return Some(self.stop(problem)),
            }
        }
    }

    fn within(&mut self, line: Bytes) -> Result<Bytes, Problem> {
        if line.len() <= limits::STATEMENT_BYTES {
            return Ok(line);
        }
        self.stop(Door::TooLarge.because("a line holds at most one statement of 98,304 bytes; the batch ends here"))
    }

    /// Ends the batch: after a line that is too long, or a broken body, nobody knows where the next one starts.
    fn stop(&mut self, problem: Problem) -> Result<Bytes, Problem> {
        self.ended = true;
        self.rest.clear();
        self.pieces.close();
        Err(problem)
    }
}
