//! The public record as it grows: `GET .../events`, server-sent events, one for each entry that anyone may read.
//!
//! An event's id is the entry's index, so a reader who was cut off goes on with `Last-Event-ID`. Nothing is sent of the
//! box, nor of named ballots before polling is closed; comments that keep a line open come by the clock alone.

use super::App;
use super::answer::{Asked, At, NEVER, public_size, snapshot};
use super::problem::{Door, Problem};
use crate::calendar::Time;
use crate::clerk::Snapshot;
use crate::crypto::{Digest, KeyId};
use crate::ledger::entry::Entry;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

/// Streams open at once; one more is told to come back.
pub const STREAMS: usize = 256;
/// Entries read at once.
const CHUNK: u32 = 256;
/// A comment after so much silence, so that no proxy cuts the line.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A stream ends after this; its reader comes again by itself, and others get a place.
const LIFETIME: Duration = Duration::from_hours(1);
/// Milliseconds after which a browser comes again.
const RETRY: &str = "retry: 3000\n\n";

/// An entry, in short: what stands in it is read from the record itself.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Told {
    /// Index of the entry; also the event's id.
    pub seq: u64,
    /// When it was accepted.
    pub time: Time,
    /// Kind of statement.
    pub kind: String,
    /// PAE hash of the statement.
    pub hash: Digest,
    /// Key ids of its signers.
    pub signers: Vec<KeyId>,
}

/// From where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// Index of the first entry wanted; `Last-Event-ID` goes before it.
    from: Option<u64>,
}

/// Public entries `from..until`, in short.
pub async fn told(app: &App, snapshot: &Snapshot, from: u64, until: u64) -> Result<Vec<Told>, Problem> {
    let until = until.min(public_size(snapshot));
    let count = u32::try_from(until.saturating_sub(from).min(CHUNK.into())).unwrap_or(CHUNK);
    if count == 0 {
        return Ok(Vec::new());
    }
    let entries = app.clerk.store().entries(&snapshot.id, from, count).await;
    let entries = entries.map_err(Problem::fault)?;
    let read = entries.iter().map(|bytes| {
        let entry = Entry::from_bytes(bytes).map_err(Problem::fault)?;
        Ok(Told {
            seq: entry.seq,
            time: entry.time,
            kind: entry.kind,
            hash: entry.body.pae_hash(),
            signers: entry.body.signatures.iter().map(|signature| signature.keyid).collect(),
        })
    });
    read.collect()
}

/// `GET .../events?from=`.
pub async fn events(
    State(app): State<App>,
    At(id): At<String>,
    Asked(asked): Asked<From>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let size = public_size(&*snapshot(&app, &id)?);
    let next = match headers.get("last-event-id") {
        Some(last) => {
            let last = last.to_str().ok().and_then(|text| text.parse::<u64>().ok());
            let last = last.ok_or_else(|| Door::BadQuery.because("Last-Event-ID is the index of an entry"))?;
            last.saturating_add(1)
        }
        None => asked.from.unwrap_or(size),
    };
    let place = app.streams.clone().try_acquire_owned().map_err(|_| Door::Busy)?;
    let reading = Reading {
        changes: app.clerk.changes(),
        ends: Instant::now() + LIFETIME,
        begun: false,
        app,
        id,
        next,
        _place: place,
    };
    let body = stream::unfold(reading, |mut reading| async {
        let piece = reading.piece().await?;
        Some((Ok::<_, Infallible>(Bytes::from(piece)), reading))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static(NEVER)),
        // Proxies that gather answers before they pass them on must not gather this one.
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    Ok((headers, axum::body::Body::from_stream(body)).into_response())
}

/// Where one reader is.
struct Reading {
    app: App,
    id: String,
    /// Index of the first entry that was not sent yet.
    next: u64,
    changes: watch::Receiver<()>,
    ends: Instant,
    begun: bool,
    _place: OwnedSemaphorePermit,
}

impl Reading {
    /// What is sent next, as soon as there is something; `None` ends the stream.
    async fn piece(&mut self) -> Option<String> {
        if !std::mem::replace(&mut self.begun, true) {
            return Some(RETRY.to_owned());
        }
        let keep_alive = Instant::now() + KEEP_ALIVE;
        loop {
            // Seen before it is read: what is published in between wakes us again.
            self.changes.borrow_and_update();
            let snapshot = self.app.clerk.snapshot(&self.id)?;
            let entries = told(&self.app, &snapshot, self.next, u64::MAX).await.ok()?;
            if let Some(last) = entries.last() {
                self.next = last.seq + 1;
                return entries.iter().map(event).collect();
            }
            tokio::select! {
                () = self.app.settings.ending.cancelled() => return None,
                () = tokio::time::sleep_until(self.ends) => return None,
                changed = self.changes.changed() => changed.ok()?,
                () = tokio::time::sleep_until(keep_alive) => return Some(":\n\n".to_owned()),
            }
        }
    }
}

fn event(told: &Told) -> Option<String> {
    let data = serde_json::to_string(told).ok()?;
    Some(format!("id: {}\nevent: entry\ndata: {data}\n\n", told.seq))
}
