//! Everything that one store keeps, put into an empty other one.

use super::{Boxed, Change, NewEntry, Noted, Store, StoreError, Tip};
use crate::ledger::Entry;
use crate::ledger::tree::leaf_hash;
use serde::Serialize;

/// Entries read and written at once.
const PAGE: u32 = 1_000;
/// A copy is refused by nothing but the disk.
const NO_QUOTA: u64 = i64::MAX.cast_unsigned();

/// What was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Ledgers.
    pub ledgers: u64,
    /// Their entries.
    pub entries: u64,
    /// Ballots in boxes.
    pub boxed: u64,
    /// Stored files on the lists.
    pub files: u64,
    /// Openings of commitments.
    pub openings: u64,
    /// Drafts.
    pub drafts: u64,
}

/// Copies all but sessions, whose owners open new ones. Nothing is verified: see [`crate::clerk`].
pub async fn copy(from: &dyn Store, to: &dyn Store) -> Result<Copied, StoreError> {
    let mut copied = Copied::default();
    for row in from.ledgers().await? {
        let mut tip = Tip::EMPTY;
        while tip.size < row.tip.size {
            let page = from.entries(&row.id, tip.size, PAGE).await?;
            if page.is_empty() {
                return Err(StoreError::Damaged(format!(
                    "entry {} of {} is missing",
                    tip.size, row.id
                )));
            }
            let mut change = Change::at(&row.id, tip);
            for bytes in page {
                change.entries.push(entry_of(bytes)?);
            }
            copied.entries += change.entries.len() as u64;
            tip = change.tip();
            to.commit(&[change]).await?;
        }
        for round in from.boxes(&row.id).await? {
            let boxed = from.boxed(&row.id, round).await?;
            copied.boxed += boxed.len() as u64;
            put(to, &row.id, tip, boxed).await?;
        }
        for mut draft in from.drafts(&row.id).await? {
            let revision = std::mem::replace(&mut draft.revision, 1);
            to.keep_draft(&row.id, &draft).await?;
            while draft.revision < revision {
                draft.revision += 1;
                to.keep_draft(&row.id, &draft).await?;
            }
            copied.drafts += 1;
        }
        if let Some(checkpoint) = row.checkpoint {
            let noted = Noted {
                id: row.id,
                tip,
                checkpoint,
            };
            to.note(&[noted]).await?;
        }
        copied.ledgers += 1;
    }
    for (id, file) in from.files().await? {
        to.list_file(&id, &file, NO_QUOTA).await?;
        copied.files += 1;
    }
    for (id, commitment) in from.openings().await? {
        if let Some(opening) = from.opening(&id, &commitment).await? {
            to.keep_opening(&id, &commitment, &opening, NO_QUOTA).await?;
            copied.openings += 1;
        }
    }
    Ok(copied)
}

async fn put(to: &dyn Store, id: &str, tip: Tip, boxed: Vec<Boxed>) -> Result<(), StoreError> {
    let change = Change {
        boxed,
        ..Change::at(id, tip)
    };
    to.commit(&[change]).await
}

/// What is stored beside an entry's bytes follows from them.
fn entry_of(bytes: Vec<u8>) -> Result<NewEntry, StoreError> {
    let entry = Entry::from_bytes(&bytes).map_err(|error| StoreError::Damaged(error.to_string()))?;
    let signer = entry.body.signatures.first();
    let signer = signer.ok_or_else(|| StoreError::Damaged(format!("entry {} is not signed", entry.seq)))?;
    Ok(NewEntry {
        leaf: leaf_hash(&bytes),
        hash: entry.body.pae_hash(),
        key: signer.keyid,
        bytes,
    })
}
