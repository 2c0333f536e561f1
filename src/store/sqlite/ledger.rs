//! Moving ledgers on, and filling boxes.

use super::tables::{ascending, count_box, signed};
use super::{ROWS_AT_ONCE, ROWS_PER_INSERT, SqliteStore, fault, taken};
use crate::store::{Change, NewEntry, StoreError, Tip};
use sqlx::{QueryBuilder, Sqlite, Transaction};

impl SqliteStore {
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
