//! The record as anyone reads it: checkpoint, tiles (C2SP `tlog-tiles`), proofs, attachments, bundle.
//!
//! **Nothing sealed is served.** A secret ballot is in no ledger before opening; with named ballots everything here
//! stops before the first ballot until polling is closed. An attachment is served only once an accepted, unsealed
//! entry names it.

use super::App;
use super::answer::{ASK, Asked, At, FOREVER, public_size, sealed, snapshot, tagged};
use super::bundles::{self, Piece};
use super::problem::{Door, Problem};
use super::reads::Good;
use crate::clerk::Snapshot;
use crate::competition::{Statement, attachments_of};
use crate::crypto::Digest;
use crate::ledger::entry::Entry;
use crate::ledger::tile::{TilePath, encode_entries};
use crate::ledger::{Checkpoint, NoteKey};
use crate::store::Shelf;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use tokio_util::io::ReaderStream;

/// A proof, from the leaf's or the old tree's side up.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(
    clippy::struct_field_names,
    reason = "the name that clients of transparency logs expect"
)]
pub struct Proof {
    proof: Vec<Digest>,
    /// Size of the (newer) tree.
    size: u64,
    /// Its root.
    root: Digest,
    /// Inclusion: hash of the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf: Option<Digest>,
    /// Consistency: root of the older tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_root: Option<Digest>,
}

/// Which entry, in which tree.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    seq: u64,
    size: Option<u64>,
}

/// Which trees.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    from: u64,
    to: Option<u64>,
}

/// `GET .../checkpoint`.
pub async fn checkpoint(State(app): State<App>, At(id): At<String>) -> Result<Response, Problem> {
    let note = public_checkpoint(&app, &*snapshot(&app, &id)?)?;
    Ok((
        [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::CACHE_CONTROL, ASK),
        ],
        note,
    )
        .into_response())
}

/// The newest checkpoint, or that of the tree before the first sealed entry: signed anew over a tree that every
/// later one continues, since Ed25519 gives the same note each time.
pub fn public_checkpoint(app: &App, snapshot: &Snapshot) -> Result<String, Problem> {
    let size = public_size(snapshot);
    if size == snapshot.head.size {
        return Ok(snapshot.checkpoint.clone());
    }
    let origin = snapshot.competition.origin().to_owned();
    let key = NoteKey::new(&origin, app.clerk.office().log_key.clone()).map_err(Problem::fault)?;
    Ok(Checkpoint {
        origin,
        size,
        root: snapshot.tree.read().root_at(size),
    }
    .sign(&key))
}

/// `GET .../tile/{path}`.
pub async fn tile(State(app): State<App>, At((id, path)): At<(String, String)>) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    let tile = TilePath::parse(&format!("tile/{path}")).ok_or_else(|| Door::NotFound.because("not a tile's path"))?;
    let (first, end) = tile.range();
    let leaves = 1_u64
        .checked_shl(8 * u32::from(tile.level.unwrap_or(0)))
        .and_then(|width| end.checked_mul(width));
    if leaves.is_none_or(|leaves| leaves > public_size(&snapshot)) {
        return Err(Door::NotFound.because("the public tree has no such tile"));
    }
    let bytes = if let Some(level) = tile.level {
        let nodes = snapshot.tree.read().try_hash_tile(level, tile.index, tile.width);
        nodes.ok_or(Door::NotFound)?
    } else {
        let entries = app.clerk.store().entries(&id, first, u32::from(tile.width)).await;
        let entries = entries.map_err(Problem::fault)?;
        if entries.len() != usize::from(tile.width) {
            return Err(Problem::fault("the store has fewer entries than the tree"));
        }
        encode_entries(&entries).map_err(Problem::fault)?
    };
    Ok(tagged(&Digest::of(&bytes), "application/octet-stream", FOREVER, bytes))
}

/// `GET .../proofs/inclusion?seq=&size=`.
pub async fn inclusion(
    State(app): State<App>,
    At(id): At<String>,
    Asked(asked): Asked<Inclusion>,
) -> Result<Json<Proof>, Problem> {
    let snapshot = snapshot(&app, &id)?;
    let public = public_size(&snapshot);
    let size = asked.size.unwrap_or(public);
    if asked.seq >= size || size > public {
        return Err(Door::NotFound.because(format!("the public tree has {public} entries")));
    }
    let tree = snapshot.tree.read();
    let leaf = tree.leaf(asked.seq);
    Ok(Json(Proof {
        proof: tree.inclusion(asked.seq, size),
        size,
        root: tree.root_at(size),
        leaf,
        from_root: None,
    }))
}

/// `GET .../proofs/consistency?from=&to=`.
pub async fn consistency(
    State(app): State<App>,
    At(id): At<String>,
    Asked(asked): Asked<Consistency>,
) -> Result<Json<Proof>, Problem> {
    let snapshot = snapshot(&app, &id)?;
    let public = public_size(&snapshot);
    let size = asked.to.unwrap_or(public);
    // Every tree continues the empty one: there is nothing to prove.
    if asked.from == 0 || asked.from > size || size > public {
        return Err(Door::NotFound.because(format!("the public tree has {public} entries")));
    }
    let tree = snapshot.tree.read();
    let from_root = Some(tree.root_at(asked.from));
    Ok(Json(Proof {
        proof: tree.consistency(asked.from, size),
        size,
        root: tree.root_at(size),
        leaf: None,
        from_root,
    }))
}

/// Attachments that accepted entries name, by competition, as far as the ledger was read for them.
#[derive(Debug, Default)]
pub struct Named(Mutex<HashMap<String, Seen>>);

#[derive(Debug, Default, Clone)]
struct Seen {
    size: u64,
    named: BTreeSet<Digest>,
}

impl Named {
    /// Whether an entry before `size` names the attachment; reads what was not read yet.
    async fn names(&self, app: &App, id: &str, size: u64, sha256: &Digest) -> Result<bool, Problem> {
        let lock = || self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut seen = lock().get(id).cloned().unwrap_or_default();
        while seen.size < size && !seen.named.contains(sha256) {
            let count = u32::try_from((size - seen.size).min(256)).expect("at most 256");
            let entries = app
                .clerk
                .store()
                .entries(id, seen.size, count)
                .await
                .map_err(Problem::fault)?;
            if entries.is_empty() {
                return Err(Problem::fault("the store has fewer entries than the tree"));
            }
            seen.size += entries.len() as u64;
            seen.named.extend(entries.iter().flat_map(|entry| named_by(entry)));
        }
        let known = seen.named.contains(sha256);
        let mut all = lock();
        let kept = all.entry(id.to_owned()).or_default();
        if kept.size < seen.size {
            *kept = seen;
        }
        Ok(known)
    }
}

/// Attachments that an entry names. Ballots name none, and there may be many: passed over without reading.
fn named_by(entry: &[u8]) -> Vec<Digest> {
    if memchr::memmem::find(entry, br#""kind":"ballot_cast""#).is_some() {
        return Vec::new();
    }
    let statement = Entry::from_bytes(entry)
        .ok()
        .and_then(|entry| Statement::read(entry.body).ok());
    statement
        .map(|statement| attachments_of(&statement.act))
        .unwrap_or_default()
}

/// `GET .../attachments/{sha256}`.
pub async fn attachment(State(app): State<App>, At((id, sha256)): At<(String, Digest)>) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    if !app.named.names(&app, &id, public_size(&snapshot), &sha256).await? {
        return Err(Door::NotFound.because("no accepted entry names this attachment"));
    }
    let file = app.documents.file(&id, Shelf::Attachment, &sha256).await?;
    let (row, file) = file.ok_or(Door::NotFound)?;
    let length = [(header::CONTENT_LENGTH, row.bytes.to_string())];
    let bytes = (length, Body::from_stream(ReaderStream::new(file)));
    Ok(tagged(&sha256, "application/octet-stream", FOREVER, bytes))
}

/// `GET .../bundle`: everything public in one tar.
pub async fn bundle(State(app): State<App>, At(id): At<String>) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    if sealed(&snapshot) {
        return Err(Door::Sealed.into());
    }
    let packed = bundles::of(&app, &snapshot).await?;
    let name = [(
        header::CONTENT_DISPOSITION,
        format!("attachment; filename=\"{id}.tar\""),
    )];
    let (sha256, good) = (packed.sha256, Extension(Good::At(packed.size)));
    let range = 0..packed.bytes;
    let tar = Extension(Piece { packed, range });
    Ok((good, tar, name, tagged(&sha256, "application/x-tar", ASK, ())).into_response())
}
