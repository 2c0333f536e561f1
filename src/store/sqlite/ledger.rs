//! Ledgers and boxes.

use super::{ROWS_AT_ONCE, ROWS_PER_INSERT, SqliteStore, digest, fault, key, signed, taken, unsigned};
use crate::crypto::{Digest, KeyId};
use crate::store::{Boxed, Change, LedgerRow, NewEntry, Noted, StoreError, Tip};
use sqlx::{QueryBuilder, Row, Sqlite, Transaction};

impl SqliteStore {
    pub(super) async fn read_ledgers(&self) -> Result<Vec<LedgerRow>, StoreError> {
        let rows = sqlx::query("select id, size, tip, checkpoint from ledger order by id")
            .fetch_all(&self.readers)
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

    pub(super) async fn read_entries(&self, id: &str, from: u64, count: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = sqlx::query("select seq, bytes from entry where ledger = ? and seq >= ? order by seq limit ?")
            .bind(id)
            .bind(signed(from)?)
            .bind(i64::from(count))
            .fetch_all(&self.readers)
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

    pub(super) async fn write_changes(&self, changes: &[Change]) -> Result<(), StoreError> {
        if let [change] = changes
            && change.only_fills_the_box()
            && parts(&change.boxed).count() == 1
        {
            return self.fill_box(change).await;
        }
        let mut transaction = self.begin().await?;
        for change in changes {
            move_head(&mut transaction, change).await?;
            count_box(&mut transaction, change).await?;
            put_into_box(&mut transaction, change).await?;
            append(&mut transaction, change).await?;
            destroy_box(&mut transaction, change).await?;
        }
        transaction.commit().await.map_err(fault)?;
        if changes.iter().any(|change| change.opened.is_some()) {
            // The log still tells in which order the ballots came: fold it in and empty it. The commit stands anyway.
            let folded = sqlx::query("pragma wal_checkpoint(truncate)")
                .execute(&self.writer)
                .await;
            if let Err(error) = folded {
                tracing::warn!(%error, "the write-ahead log was not emptied after an opening");
            }
        }
        Ok(())
    }

    /// Ballots and nothing else, in one statement, which is a transaction: each statement more would be handed to the
    /// thread that owns the connection, and waited for.
    async fn fill_box(&self, change: &Change) -> Result<(), StoreError> {
        let ballots = ascending(&change.boxed);
        let mut query = QueryBuilder::<Sqlite>::new("insert into box (ledger, round, hash, card, envelope) select ");
        query.push_bind(change.id.as_str()).push(", * from (");
        query.push_values(&ballots, |mut row, ballot| {
            row.push_bind(ballot.round)
                .push_bind(&ballot.hash.as_bytes()[..])
                .push_bind(&ballot.key.as_bytes()[..])
                .push_bind(ballot.envelope.as_slice());
        });
        query
            .push(") where exists (select 1 from ledger where id = ")
            .push_bind(change.id.as_str())
            .push(" and size = ")
            .push_bind(signed(change.expected.size)?)
            .push(" and tip = ")
            .push_bind(&change.expected.leaf.as_bytes()[..])
            .push(")");
        let written = query.build().execute(&self.writer).await.map_err(taken("a ballot"))?;
        if written.rows_affected() == ballots.len() as u64 {
            Ok(())
        } else {
            Err(StoreError::HeadMoved(change.id.clone()))
        }
    }

    pub(super) async fn write_checkpoints(&self, checkpoints: &[Noted]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for noted in checkpoints {
            sqlx::query("update ledger set checkpoint = ? where id = ? and size = ? and tip = ?")
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

    pub(super) async fn read_box(&self, id: &str, round: u32) -> Result<Vec<Boxed>, StoreError> {
        let rows = sqlx::query("select hash, card, envelope from box where ledger = ? and round = ?")
            .bind(id)
            .bind(round)
            .fetch_all(&self.readers)
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

    pub(super) async fn read_cards(&self, id: &str, round: u32) -> Result<Vec<(KeyId, Digest)>, StoreError> {
        let rows = sqlx::query("select card, hash from box where ledger = ? and round = ?")
            .bind(id)
            .bind(round)
            .fetch_all(&self.readers)
            .await
            .map_err(fault)?;
        rows.iter()
            .map(|row| Ok((key(row, "card")?, digest(row, "hash")?)))
            .collect()
    }

    pub(super) async fn read_boxes(&self, id: &str) -> Result<Vec<u32>, StoreError> {
        sqlx::query_scalar("select distinct round from box where ledger = ? order by round")
            .bind(id)
            .fetch_all(&self.readers)
            .await
            .map_err(fault)
    }
}

/// The compare-and-swap: exactly one row must be where the caller took it to be.
async fn move_head(transaction: &mut Transaction<'static, Sqlite>, change: &Change) -> Result<(), StoreError> {
    if change.expected == Tip::EMPTY {
        sqlx::query("insert into ledger (id, size, tip) values (?, 0, zeroblob(32))")
            .bind(&change.id)
            .execute(&mut **transaction)
            .await
            .map_err(taken("a ledger"))
            .map_err(|error| match error {
                StoreError::Taken(_) => StoreError::HeadMoved(change.id.clone()),
                other => other,
            })?;
    }
    let tip = change.tip();
    if tip == change.expected {
        // A box alone: the head stays, and the transaction holds the writer's lock while it is looked at.
        let held: Option<i64> = sqlx::query_scalar("select 1 from ledger where id = ? and size = ? and tip = ?")
            .bind(&change.id)
            .bind(signed(tip.size)?)
            .bind(&tip.leaf.as_bytes()[..])
            .fetch_optional(&mut **transaction)
            .await
            .map_err(fault)?;
        return match held {
            Some(_) => Ok(()),
            None => Err(StoreError::HeadMoved(change.id.clone())),
        };
    }
    let moved = sqlx::query("update ledger set size = ?, tip = ? where id = ? and size = ? and tip = ?")
        .bind(signed(tip.size)?)
        .bind(&tip.leaf.as_bytes()[..])
        .bind(&change.id)
        .bind(signed(change.expected.size)?)
        .bind(&change.expected.leaf.as_bytes()[..])
        .execute(&mut **transaction)
        .await
        .map_err(fault)?;
    if moved.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::HeadMoved(change.id.clone()))
    }
}

/// Rows of one insert after the other. Few are one statement; of many, the numbers are powers of two: so there are few
/// different statements, and each is prepared once.
fn parts<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let count = match rest.len().checked_ilog2()? {
            _ if rest.len() <= ROWS_AT_ONCE => rest.len(),
            power => (1 << power).min(ROWS_PER_INSERT),
        };
        let (part, left) = rest.split_at(count);
        rest = left;
        Some(part)
    })
}

/// Entries were decided by what the boxes held; behind the head's lock nobody adds to them.
async fn count_box(transaction: &mut Transaction<'static, Sqlite>, change: &Change) -> Result<(), StoreError> {
    let Some(expected) = change.ballots.filter(|_| !change.entries.is_empty()) else {
        return Ok(());
    };
    let found: i64 = sqlx::query_scalar("select count(*) from box where ledger = ?")
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

async fn append(transaction: &mut Transaction<'static, Sqlite>, change: &Change) -> Result<(), StoreError> {
    let mut place = change.expected.size;
    for rows in parts(&change.entries) {
        let mut numbered: Vec<(i64, &NewEntry)> = Vec::with_capacity(rows.len());
        for entry in rows {
            numbered.push((signed(place)?, entry));
            place += 1;
        }
        let mut query = QueryBuilder::<Sqlite>::new("insert into entry (ledger, seq, leaf, hash, signer, bytes) ");
        query.push_values(numbered, |mut row, (seq, entry)| {
            row.push_bind(change.id.as_str())
                .push_bind(seq)
                .push_bind(&entry.leaf.as_bytes()[..])
                .push_bind(&entry.hash.as_bytes()[..])
                .push_bind(&entry.key.as_bytes()[..])
                .push_bind(entry.bytes.as_slice());
        });
        query
            .build()
            .execute(&mut **transaction)
            .await
            .map_err(taken("a statement"))?;
    }
    Ok(())
}

/// In the order of the cards, as the table is: so not even the pages tell the order of arrival within a group.
fn ascending(boxed: &[Boxed]) -> Vec<&Boxed> {
    let mut ballots: Vec<&Boxed> = boxed.iter().collect();
    ballots.sort_unstable_by_key(|ballot| (ballot.round, ballot.key));
    ballots
}

async fn put_into_box(transaction: &mut Transaction<'static, Sqlite>, change: &Change) -> Result<(), StoreError> {
    for rows in parts(&ascending(&change.boxed)) {
        let mut query = QueryBuilder::<Sqlite>::new("insert into box (ledger, round, hash, card, envelope) ");
        query.push_values(rows, |mut row, ballot| {
            row.push_bind(change.id.as_str())
                .push_bind(ballot.round)
                .push_bind(&ballot.hash.as_bytes()[..])
                .push_bind(&ballot.key.as_bytes()[..])
                .push_bind(ballot.envelope.as_slice());
        });
        query
            .build()
            .execute(&mut **transaction)
            .await
            .map_err(taken("a ballot"))?;
    }
    Ok(())
}

async fn destroy_box(transaction: &mut Transaction<'static, Sqlite>, change: &Change) -> Result<(), StoreError> {
    let Some(round) = change.opened else { return Ok(()) };
    sqlx::query("delete from box where ledger = ? and round = ?")
        .bind(&change.id)
        .bind(round)
        .execute(&mut **transaction)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Rereads what the rows say of themselves; [`crate::clerk`] hashes the entries.
pub(super) async fn problems(store: &SqliteStore) -> Result<Vec<String>, StoreError> {
    let said: Vec<String> = sqlx::query_scalar("pragma quick_check")
        .fetch_all(&store.readers)
        .await
        .map_err(fault)?;
    let mut found: Vec<String> = said.into_iter().filter(|line| line != "ok").collect();
    let rows =
        sqlx::query("select id, size, tip, (select count(*) from entry where ledger = id) as entries from ledger")
            .fetch_all(&store.readers)
            .await
            .map_err(fault)?;
    for row in &rows {
        let (id, size): (String, u64) = (row.try_get("id").map_err(fault)?, unsigned(row, "size")?);
        let (tip, entries): (Digest, u64) = (digest(row, "tip")?, unsigned(row, "entries")?);
        if entries != size || (size == 0 && tip != Digest::ZERO) {
            found.push(format!("the head row of {id} says {size} entries, there are {entries}"));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn parts_are_all_rows_in_order() {
        for count in [0, 1, 2, 3, 63, 511, 512, 513, 1_500] {
            let rows: Vec<usize> = (0..count).collect();
            assert_eq!(parts(&rows).collect::<Vec<_>>().concat(), rows);
            assert!(parts(&rows).all(|part| part.len() <= 64 || part.len().is_power_of_two() && part.len() <= 512));
        }
    }
}
