//! Bundles for readers: of each competition the newest one that somebody asked for, as a tar in the data folder.
//!
//! One is made at most once for a state of its ledger, whoever asks for it, for a file of it, or for a page that tells
//! the sums of its files.

use super::App;
use super::problem::Problem;
use crate::clerk::{Packed, Snapshot};
use axum::body::Body;
use futures_util::TryFutureExt;
use std::collections::HashMap;
use std::io::SeekFrom;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeekExt};
use tokio::sync::Semaphore;
use tokio_util::io::ReaderStream;

/// Bundles that are made at the same time.
const TURNS: usize = 2;

/// Bytes that are read at once.
const READ: usize = 256 * 1024;

type Held = Arc<tokio::sync::Mutex<Option<Arc<Packed>>>>;

/// The bundles at hand, by competition.
#[derive(Debug)]
pub struct Bundles {
    held: Mutex<HashMap<String, Held>>,
    turns: Arc<Semaphore>,
}

impl Default for Bundles {
    fn default() -> Self {
        Self {
            held: Mutex::default(),
            turns: Arc::new(Semaphore::new(TURNS)),
        }
    }
}

/// A piece of a bundle's tar, to be answered from where it lies.
#[derive(Debug, Clone)]
pub struct Piece {
    pub packed: Arc<Packed>,
    pub range: Range<u64>,
}

impl Piece {
    /// Its bytes.
    pub fn length(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// A piece of this piece; `range` lies within.
    pub fn slice(&self, range: &Range<u64>) -> Self {
        let start = self.range.start;
        Self {
            packed: self.packed.clone(),
            range: start + range.start..start + range.end,
        }
    }

    /// Reads it; the file stays as long.
    pub async fn open(self) -> std::io::Result<impl AsyncRead> {
        let mut file = File::open(self.packed.path()).await?;
        file.seek(SeekFrom::Start(self.range.start)).await?;
        Ok(file.take(self.length()))
    }

    /// Its bytes as they are read.
    pub fn body(self) -> Body {
        let opening = self.open().map_ok(|bytes| ReaderStream::with_capacity(bytes, READ));
        Body::from_stream(opening.try_flatten_stream())
    }
}

/// [`of`] this state if it is made within a reader's patience; what was begun goes on.
pub async fn soon(app: &App, snapshot: &Arc<Snapshot>) -> Result<Option<Arc<Packed>>, Problem> {
    let made = tokio::time::timeout(app.settings.bundle_patience, of(app, snapshot)).await;
    made.ok().transpose()
}

/// The bundle of this state, or of a newer one.
pub async fn of(app: &App, snapshot: &Arc<Snapshot>) -> Result<Arc<Packed>, Problem> {
    let held = {
        let mut all = app.bundles.held.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(snapshot.id.clone()).or_default().clone()
    };
    let mut held = held.lock_owned().await;
    if let Some(packed) = held.as_ref().filter(|packed| packed.size >= snapshot.head.size) {
        return Ok(packed.clone());
    }
    let (clerk, snapshot, turns) = (app.clerk.clone(), snapshot.clone(), app.bundles.turns.clone());
    // A task of its own: a reader who goes away leaves nothing half made, and what was begun serves the next one.
    let making = tokio::spawn(async move {
        let _turn = turns.acquire_owned().await.map_err(Problem::fault)?;
        let packed = Arc::new(clerk.pack(&snapshot).await.map_err(Problem::fault)?);
        *held = Some(packed.clone());
        Ok(packed)
    });
    making.await.map_err(Problem::fault)?
}
