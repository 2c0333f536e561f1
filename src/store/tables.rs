//! The tables, as both databases have them: ledgers and boxes where they are read, and the records beside a ledger.
//!
//! Compiled twice, as a module of `sqlite` and of `postgres`: `super` names the database, its faults, and how its
//! transactions begin. What each does in its own way, moving a ledger on and filling a box, is in their `ledger.rs`. Both
//! read `$1` as the first value, and hold a sum in 64 bits once it is cast.

use super::{Base, BaseRow, Own, SHARED, fault, taken};
use crate::crypto::{Digest, KeyId};
use crate::store::{
    Answer, Boxed, Change, DraftRow, FileRow, LedgerRow, Noted, SessionRow, Shelf, Store, StoreError, Tip,
};
use futures_util::future::BoxFuture;
use sqlx::{Row, Transaction};

impl Store for Own {
    fn ledgers(&self) -> Answer<'_, Vec<LedgerRow>> {
        Box::pin(self.read_ledgers())
    }

    fn entries<'a>(&'a self, id: &'a str, from: u64, count: u32) -> Answer<'a, Vec<Vec<u8>>> {
        Box::pin(self.read_entries(id, from, count))
    }

    fn commit<'a>(&'a self, changes: &'a [Change]) -> Answer<'a, ()> {
        Box::pin(self.write_changes(changes))
    }

    fn note<'a>(&'a self, checkpoints: &'a [Noted]) -> Answer<'a, ()> {
        Box::pin(self.write_checkpoints(checkpoints))
    }

    fn boxed<'a>(&'a self, id: &'a str, round: u32) -> Answer<'a, Vec<Boxed>> {
        Box::pin(self.read_box(id, round))
    }

    fn cards<'a>(&'a self, id: &'a str, round: u32) -> Answer<'a, Vec<(KeyId, Digest)>> {
        Box::pin(self.read_cards(id, round))
    }

    fn boxes<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<u32>> {
        Box::pin(self.read_boxes(id))
    }

    fn list_file<'a>(&'a self, id: &'a str, file: &'a FileRow, quota: u64) -> Answer<'a, bool> {
        Box::pin(self.write_file(id, file, quota))
    }

    fn file<'a>(&'a self, id: &'a str, shelf: Shelf, sha256: &'a Digest) -> Answer<'a, Option<FileRow>> {
        Box::pin(async move {
            let row = sqlx::query(
                "select shelf, sha256, bytes, media from file where ledger = $1 and shelf = $2 and sha256 = $3",
            )
            .bind(id)
            .bind(shelf.as_str())
            .bind(&sha256.as_bytes()[..])
            .fetch_optional(self.reader())
            .await
            .map_err(fault)?;
            row.as_ref().map(file_of).transpose()
        })
    }

    fn files(&self) -> Answer<'_, Vec<(String, FileRow)>> {
        Box::pin(async move {
            let rows =
                sqlx::query("select ledger, shelf, sha256, bytes, media from file order by ledger, shelf desc, sha256")
                    .fetch_all(self.reader())
                    .await
                    .map_err(fault)?;
            // "document" comes first on the shelf's own order, last in the alphabet.
            rows.iter()
                .map(|row| Ok((row.try_get("ledger").map_err(fault)?, file_of(row)?)))
                .collect()
        })
    }

    fn unlist_file<'a>(&'a self, id: &'a str, shelf: Shelf, sha256: &'a Digest) -> Answer<'a, bool> {
        Box::pin(self.erase_file(id, shelf, sha256))
    }

    fn keep_opening<'a>(
        &'a self,
        id: &'a str,
        commitment: &'a Digest,
        opening: &'a [u8],
        quota: u64,
    ) -> Answer<'a, bool> {
        Box::pin(self.write_opening(id, commitment, opening, quota))
    }

    fn opening<'a>(&'a self, id: &'a str, commitment: &'a Digest) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            sqlx::query_scalar("select body from opening where ledger = $1 and commitment = $2")
                .bind(id)
                .bind(&commitment.as_bytes()[..])
                .fetch_optional(self.reader())
                .await
                .map_err(fault)
        })
    }

    fn openings(&self) -> Answer<'_, Vec<(String, Digest)>> {
        Box::pin(async move {
            let rows = sqlx::query("select ledger, commitment from opening order by ledger, commitment")
                .fetch_all(self.reader())
                .await
                .map_err(fault)?;
            rows.iter()
                .map(|row| Ok((row.try_get("ledger").map_err(fault)?, digest(row, "commitment")?)))
                .collect()
        })
    }

    fn erase_opening<'a>(&'a self, id: &'a str, commitment: &'a Digest) -> Answer<'a, bool> {
        Box::pin(async move {
            let erased = sqlx::query("delete from opening where ledger = $1 and commitment = $2")
                .bind(id)
                .bind(&commitment.as_bytes()[..])
                .execute(self.writer())
                .await
                .map_err(fault)?;
            Ok(erased.rows_affected() == 1)
        })
    }

    fn keep_draft<'a>(&'a self, id: &'a str, draft: &'a DraftRow) -> Answer<'a, ()> {
        Box::pin(self.write_draft(id, draft))
    }

    fn draft<'a>(&'a self, id: &'a str, hash: &'a Digest) -> Answer<'a, Option<DraftRow>> {
        Box::pin(async move {
            let row = sqlx::query("select hash, revision, body from draft where ledger = $1 and hash = $2")
                .bind(id)
                .bind(&hash.as_bytes()[..])
                .fetch_optional(self.reader())
                .await
                .map_err(fault)?;
            row.as_ref().map(draft_of).transpose()
        })
    }

    fn drafts<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<DraftRow>> {
        Box::pin(async move {
            let rows = sqlx::query("select hash, revision, body from draft where ledger = $1 order by hash")
                .bind(id)
                .fetch_all(self.reader())
                .await
                .map_err(fault)?;
            rows.iter().map(draft_of).collect()
        })
    }

    fn keep_session<'a>(&'a self, session: &'a SessionRow) -> Answer<'a, ()> {
        Box::pin(self.write_session(session))
    }

    fn session<'a>(&'a self, token: &'a Digest) -> Answer<'a, Option<SessionRow>> {
        Box::pin(async move {
            let row = sqlx::query("select token, ledger, signer, opened_at, seen_at from session where token = $1")
                .bind(&token.as_bytes()[..])
                .fetch_optional(self.reader())
                .await
                .map_err(fault)?;
            row.as_ref().map(session_of).transpose()
        })
    }

    fn end_session<'a>(&'a self, token: &'a Digest) -> Answer<'a, bool> {
        Box::pin(async move {
            let ended = sqlx::query("delete from session where token = $1")
                .bind(&token.as_bytes()[..])
                .execute(self.writer())
                .await
                .map_err(fault)?;
            Ok(ended.rows_affected() == 1)
        })
    }

    fn sweep_sessions(&self, opened_before: i64, seen_before: i64) -> Answer<'_, u64> {
        Box::pin(async move {
            let swept = sqlx::query("delete from session where opened_at < $1 or seen_at < $2")
                .bind(opened_before)
                .bind(seen_before)
                .execute(self.writer())
                .await
                .map_err(fault)?;
            Ok(swept.rows_affected())
        })
    }

    fn check(&self) -> Answer<'_, Vec<String>> {
        Box::pin(self.problems())
    }

    fn wal_missing(&self) -> bool {
        self.lost_its_log()
    }

    fn shared(&self) -> bool {
        SHARED
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.disconnect())
    }
}

impl Own {
    async fn read_ledgers(&self) -> Result<Vec<LedgerRow>, StoreError> {
        let rows = sqlx::query("select id, size, tip, checkpoint from ledger order by id")
            .fetch_all(self.reader())
            .await
            .map_err(fault)?;
        rows.iter()
            .map(|row| {
                Ok(LedgerRow {
                    id: row.try_get("id").map_err(fault)?,
                    tip: Tip {
                        size: unsigned(row, "size")?,
                        leaf: digest(row, "tip")?,
                    },
                    checkpoint: row.try_get("checkpoint").map_err(fault)?,
                })
            })
            .collect()
    }

    async fn read_entries(&self, id: &str, from: u64, count: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = sqlx::query("select seq, bytes from entry where ledger = $1 and seq >= $2 order by seq limit $3")
            .bind(id)
            .bind(signed(from)?)
            .bind(i64::from(count))
            .fetch_all(self.reader())
            .await
            .map_err(fault)?;
        let mut entries = Vec::with_capacity(rows.len());
        for (place, row) in (from..).zip(&rows) {
            if unsigned(row, "seq")? != place {
                return Err(StoreError::Damaged(format!("entry {place} of {id} is missing")));
            }
            entries.push(row.try_get("bytes").map_err(fault)?);
        }
        Ok(entries)
    }

    async fn write_checkpoints(&self, checkpoints: &[Noted]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for noted in checkpoints {
            sqlx::query("update ledger set checkpoint = $1 where id = $2 and size = $3 and tip = $4")
                .bind(&noted.checkpoint)
                .bind(&noted.id)
                .bind(signed(noted.tip.size)?)
                .bind(&noted.tip.leaf.as_bytes()[..])
                .execute(&mut *transaction)
                .await
                .map_err(fault)?;
        }
        transaction.commit().await.map_err(fault)
    }

    async fn read_box(&self, id: &str, round: u32) -> Result<Vec<Boxed>, StoreError> {
        let rows = sqlx::query("select hash, card, envelope from box where ledger = $1 and round = $2")
            .bind(id)
            .bind(signed_round(round)?)
            .fetch_all(self.reader())
            .await
            .map_err(fault)?;
        let mut ballots = Vec::with_capacity(rows.len());
        for row in &rows {
            ballots.push(Boxed {
                round,
                hash: digest(row, "hash")?,
                key: key(row, "card")?,
                envelope: row.try_get("envelope").map_err(fault)?,
            });
        }
        ballots.sort_unstable_by_key(|ballot| ballot.hash);
        Ok(ballots)
    }

    async fn read_cards(&self, id: &str, round: u32) -> Result<Vec<(KeyId, Digest)>, StoreError> {
        let rows = sqlx::query("select card, hash from box where ledger = $1 and round = $2")
            .bind(id)
            .bind(signed_round(round)?)
            .fetch_all(self.reader())
            .await
            .map_err(fault)?;
        rows.iter()
            .map(|row| Ok((key(row, "card")?, digest(row, "hash")?)))
            .collect()
    }

    async fn read_boxes(&self, id: &str) -> Result<Vec<u32>, StoreError> {
        let rounds: Vec<i32> = sqlx::query_scalar("select distinct round from box where ledger = $1 order by round")
            .bind(id)
            .fetch_all(self.reader())
            .await
            .map_err(fault)?;
        rounds.into_iter().map(round_of).collect()
    }

    /// Rereads what the head rows say of their ledgers; [`crate::clerk`] hashes the entries.
    pub(super) async fn unlike_their_heads(&self) -> Result<Vec<String>, StoreError> {
        let rows =
            sqlx::query("select id, size, tip, (select count(*) from entry where ledger = id) as entries from ledger")
                .fetch_all(self.reader())
                .await
                .map_err(fault)?;
        let mut found = Vec::new();
        for row in &rows {
            let (id, size): (String, u64) = (row.try_get("id").map_err(fault)?, unsigned(row, "size")?);
            let (tip, entries): (Digest, u64) = (digest(row, "tip")?, unsigned(row, "entries")?);
            if entries != size || (size == 0 && tip != Digest::ZERO) {
                found.push(format!("the head row of {id} says {size} entries, there are {entries}"));
            }
        }
        Ok(found)
    }

    async fn write_file(&self, id: &str, file: &FileRow, quota: u64) -> Result<bool, StoreError> {
        if self.file(id, file.shelf, &file.sha256).await?.is_some() {
            return Ok(false);
        }
        let mut transaction = self.begin_adding(id).await?;
        let held = held(
            &mut transaction,
            "select cast(coalesce(sum(bytes), 0) as bigint) as held from file where ledger = $1 and shelf = $2",
            id,
            Some(file.shelf),
        )
        .await?;
        within(quota, held, file.bytes)?;
        let listed = sqlx::query(
            "insert into file (ledger, shelf, sha256, bytes, media) values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(id)
        .bind(file.shelf.as_str())
        .bind(&file.sha256.as_bytes()[..])
        .bind(signed(file.bytes)?)
        .bind(&file.media)
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(listed.rows_affected() == 1)
    }

    async fn erase_file(&self, id: &str, shelf: Shelf, sha256: &Digest) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("delete from file where ledger = $1 and shelf = $2 and sha256 = $3")
            .bind(id)
            .bind(shelf.as_str())
            .bind(&sha256.as_bytes()[..])
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        let left: bool = sqlx::query_scalar("select exists (select 1 from file where shelf = $1 and sha256 = $2)")
            .bind(shelf.as_str())
            .bind(&sha256.as_bytes()[..])
            .fetch_one(&mut *transaction)
            .await
            .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(left)
    }

    async fn write_opening(
        &self,
        id: &str,
        commitment: &Digest,
        opening: &[u8],
        quota: u64,
    ) -> Result<bool, StoreError> {
        if self.opening(id, commitment).await?.is_some() {
            return Ok(false);
        }
        let mut transaction = self.begin_adding(id).await?;
        let held = held(
            &mut transaction,
            "select cast(coalesce(sum(length(body)), 0) as bigint) as held from opening where ledger = $1",
            id,
            None,
        )
        .await?;
        within(quota, held, opening.len() as u64)?;
        let kept =
            sqlx::query("insert into opening (ledger, commitment, body) values ($1, $2, $3) on conflict do nothing")
                .bind(id)
                .bind(&commitment.as_bytes()[..])
                .bind(opening)
                .execute(&mut *transaction)
                .await
                .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(kept.rows_affected() == 1)
    }

    async fn write_draft(&self, id: &str, draft: &DraftRow) -> Result<(), StoreError> {
        let revision = signed(draft.revision)?;
        let written = if revision == 1 {
            sqlx::query("insert into draft (body, revision, ledger, hash) values ($1, $2, $3, $4)")
                .bind(draft.body.as_slice())
                .bind(revision)
                .bind(id)
                .bind(&draft.hash.as_bytes()[..])
                .execute(self.writer())
                .await
                .map_err(taken("a draft"))?
        } else {
            sqlx::query("update draft set body = $1, revision = $2 where ledger = $3 and hash = $4 and revision = $5")
                .bind(draft.body.as_slice())
                .bind(revision)
                .bind(id)
                .bind(&draft.hash.as_bytes()[..])
                .bind(revision - 1)
                .execute(self.writer())
                .await
                .map_err(fault)?
        };
        if written.rows_affected() == 1 {
            Ok(())
        } else {
            Err(StoreError::Taken("a draft"))
        }
    }

    async fn write_session(&self, session: &SessionRow) -> Result<(), StoreError> {
        sqlx::query(
            "insert into session (token, ledger, signer, opened_at, seen_at) values ($1, $2, $3, $4, $5)
             on conflict (token) do update set ledger = excluded.ledger, signer = excluded.signer,
             opened_at = excluded.opened_at, seen_at = excluded.seen_at",
        )
        .bind(&session.token.as_bytes()[..])
        .bind(&session.competition)
        .bind(&session.key.as_bytes()[..])
        .bind(session.opened_at)
        .bind(session.seen_at)
        .execute(self.writer())
        .await
        .map_err(fault)?;
        Ok(())
    }
}

/// Entries were decided by what the boxes held; behind the head's lock nobody adds to them.
pub(super) async fn count_box(transaction: &mut Transaction<'_, Base>, change: &Change) -> Result<(), StoreError> {
    let Some(expected) = change.ballots.filter(|_| !change.entries.is_empty()) else {
        return Ok(());
    };
    let found: i64 = sqlx::query_scalar("select count(*) from box where ledger = $1")
        .bind(&change.id)
        .fetch_one(&mut **transaction)
        .await
        .map_err(fault)?;
    if found == signed(expected)? {
        Ok(())
    } else {
        Err(StoreError::HeadMoved(change.id.clone()))
    }
}

/// In the order of the cards, as the table is: so not even the pages tell the order of arrival within a group.
pub(super) fn ascending(boxed: &[Boxed]) -> Vec<&Boxed> {
    let mut ballots: Vec<&Boxed> = boxed.iter().collect();
    ballots.sort_unstable_by_key(|ballot| (ballot.round, ballot.key));
    ballots
}

/// Bytes held already.
async fn held(
    transaction: &mut Transaction<'static, Base>,
    question: &'static str,
    id: &str,
    shelf: Option<Shelf>,
) -> Result<u64, StoreError> {
    let mut query = sqlx::query(question).bind(id);
    if let Some(shelf) = shelf {
        query = query.bind(shelf.as_str());
    }
    let row = query.fetch_one(&mut **transaction).await.map_err(fault)?;
    unsigned(&row, "held")
}

fn within(quota: u64, held: u64, more: u64) -> Result<(), StoreError> {
    let left = quota.saturating_sub(held);
    if more > left {
        Err(StoreError::Quota { left })
    } else {
        Ok(())
    }
}

fn file_of(row: &BaseRow) -> Result<FileRow, StoreError> {
    let shelf: &str = row.try_get("shelf").map_err(fault)?;
    let shelf = Shelf::ALL
        .into_iter()
        .find(|known| known.as_str() == shelf)
        .ok_or_else(|| StoreError::Damaged(format!("no such shelf: {shelf}")))?;
    let media = row.try_get("media").map_err(fault)?;
    Ok(FileRow {
        shelf,
        sha256: digest(row, "sha256")?,
        bytes: unsigned(row, "bytes")?,
        media,
    })
}

fn draft_of(row: &BaseRow) -> Result<DraftRow, StoreError> {
    let body = row.try_get("body").map_err(fault)?;
    Ok(DraftRow {
        hash: digest(row, "hash")?,
        revision: unsigned(row, "revision")?,
        body,
    })
}

fn session_of(row: &BaseRow) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        token: digest(row, "token")?,
        competition: row.try_get("ledger").map_err(fault)?,
        key: key(row, "signer")?,
        opened_at: row.try_get("opened_at").map_err(fault)?,
        seen_at: row.try_get("seen_at").map_err(fault)?,
    })
}

fn digest(row: &BaseRow, column: &str) -> Result<Digest, StoreError> {
    bytes_32(row, column).map(Digest::from_bytes)
}

fn key(row: &BaseRow, column: &str) -> Result<KeyId, StoreError> {
    bytes_32(row, column).map(KeyId::from_bytes)
}

fn bytes_32(row: &BaseRow, column: &str) -> Result<[u8; 32], StoreError> {
    let bytes: &[u8] = row.try_get(column).map_err(fault)?;
    bytes
        .try_into()
        .map_err(|_| StoreError::Damaged(format!("column {column} does not hold 32 bytes")))
}

fn unsigned(row: &BaseRow, column: &str) -> Result<u64, StoreError> {
    let number: i64 = row.try_get(column).map_err(fault)?;
    u64::try_from(number).map_err(|_| StoreError::Damaged(format!("column {column} is negative")))
}

fn round_of(number: i32) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Damaged("a round is negative".into()))
}

pub(super) fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Fault("a number is beyond what the database holds".into()))
}

pub(super) fn signed_round(round: u32) -> Result<i32, StoreError> {
    i32::try_from(round).map_err(|_| StoreError::Fault("a round is beyond what the database holds".into()))
}
