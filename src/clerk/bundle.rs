//! The bundle of a published state: everything that a stranger needs, taken from the store and the attachments.

use super::beside::{Beside, Reach};
use super::snapshot::Snapshot;
use crate::competition::{BundleFault, bundle_files};
use crate::ledger::{Files, Vkey};
use crate::store::{Store, StoreError};
use std::path::Path;
use std::sync::Arc;

/// Entries read at once.
const PAGE: u32 = 4_096;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Named ballots while polling: entries from the first of them on are sealed.
    #[error("ballots are sealed until polling is closed")]
    Sealed,
    /// Something that the ledger names is gone.
    #[error(transparent)]
    Fault(#[from] BundleFault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts the bundle of this state together.
pub async fn bundle(snapshot: Arc<Snapshot>, store: Arc<dyn Store>, folder: &Path) -> Result<Files, BundleError> {
    if snapshot.competition.named_seal_from().is_some() {
        return Err(BundleError::Sealed);
    }
    let mut entries = Vec::new();
    while (entries.len() as u64) < snapshot.head.size {
        let from = entries.len() as u64;
        let left = u32::try_from(snapshot.head.size - from).unwrap_or(PAGE).min(PAGE);
        let page = store.entries(&snapshot.id, from, left).await?;
        if page.is_empty() {
            return Err(StoreError::Damaged(format!("entry {from} of {} is missing", snapshot.id)).into());
        }
        entries.extend(page);
    }
    let reach = Reach::here(store, folder.to_owned());
    let made = tokio::task::spawn_blocking(move || {
        let vkey: Vkey = snapshot.log_vkey.parse().expect("our own verifier key is well-formed");
        let beside = Beside::new(&reach, &snapshot.id, None, false);
        bundle_files(&snapshot.competition, &entries, &snapshot.checkpoint, &vkey, &beside)
    });
    Ok(made.await.map_err(|error| StoreError::Fault(error.to_string()))??)
}
