//! Moving ledgers on, and filling boxes.

use super::tables::{ascending, count_box, signed, signed_round};
use super::{ALIVE, PostgresStore, ROWS_PER_INSERT, fault, taken};
use crate::crypto::Digest;
use crate::store::{Boxed, Change, StoreError, Tip};
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use std::time::Instant;

impl PostgresStore {
    pub(super) async fn write_changes(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut place = self.committing.lock().await;
        let mut connection = self.committer(&mut place).await?;
        let written = match changes {
            [change] if change.only_fills_the_box() => fill_box(&mut connection, change).await,
            _ => write_all(&mut connection, changes).await,
        };
        // After a fault the connection may be dead; what the server refuses leaves it alive.
        let alive = match written {
            Err(StoreError::Fault(_)) => matches!(tokio::time::timeout(ALIVE, connection.ping()).await, Ok(Ok(()))),
            _ => true,
        };
        if alive {
            *place = Some((connection, Instant::now()));
        }
        drop(place);
        written?;
        if changes.iter().any(|change| change.opened.is_some()) {
            // The commit stands anyway.
            if let Err(error) = sqlx::query("select tidy_box()").execute(&self.pool).await {
                tracing::warn!(%error, "the box was not written anew after an opening");
            }
        }
        Ok(())
    }
}

/// All changes in one transaction.
async fn write_all(connection: &mut PgConnection, changes: &[Change]) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await.map_err(fault)?;
    for change in changes {
        if let Err(error) = write(&mut transaction, change).await {
            // At once, so that nobody waits for its locks.
            transaction.rollback().await.map_err(fault)?;
            return Err(error);
        }
    }
    transaction.commit().await.map_err(fault)
}

async fn write(transaction: &mut Transaction<'_, Postgres>, change: &Change) -> Result<(), StoreError> {
    move_head(transaction, change).await?;
    count_box(transaction, change).await?;
    put_into_box(transaction, change).await?;
    append(transaction, change).await?;
    destroy_box(transaction, change).await
}

/// What nearly every group is, in one statement and so in one step to the server: the head's lock, if the head is where the
/// caller took it to be, and the ballots.
async fn fill_box(connection: &mut PgConnection, change: &Change) -> Result<(), StoreError> {
    let rows = ascending(&change.boxed);
    let Columns {
        rounds,
        hashes,
        cards,
        envelopes,
    } = Columns::of(&rows)?;
    let filled = sqlx::query(
        "with head as (select id from ledger where id = $1 and size = $6 and tip = $7 for no key update)
         insert into box (ledger, round, hash, card, envelope)
         select head.id, ballot.* from head, unnest($2::integer[], $3::bytea[], $4::bytea[], $5::bytea[]) as ballot",
    )
    .bind(&change.id)
    .bind(rounds)
    .bind(hashes)
    .bind(cards)
    .bind(envelopes)
    .bind(signed(change.expected.size)?)
    .bind(&change.expected.leaf.as_bytes()[..])
    .execute(connection)
    .await
    .map_err(taken("a ballot"))?;
    if filled.rows_affected() == rows.len() as u64 {
        Ok(())
    } else {
        Err(StoreError::HeadMoved(change.id.clone()))
    }
}

/// The compare-and-swap: exactly one row must be where the caller took it to be. Whoever waits for the row's lock is
/// asked again when it is free, so of two that come at once one finds that the head has moved.
async fn move_head(transaction: &mut Transaction<'_, Postgres>, change: &Change) -> Result<(), StoreError> {
    if change.expected == Tip::EMPTY {
        sqlx::query("insert into ledger (id, size, tip) values ($1, 0, $2) on conflict do nothing")
            .bind(&change.id)
            .bind(&Digest::ZERO.as_bytes()[..])
            .execute(&mut **transaction)
            .await
            .map_err(fault)?;
    }
    let tip = change.tip();
    let moved = sqlx::query("update ledger set size = $1, tip = $2 where id = $3 and size = $4 and tip = $5")
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

async fn append(transaction: &mut Transaction<'_, Postgres>, change: &Change) -> Result<(), StoreError> {
    let mut place = change.expected.size;
    for rows in change.entries.chunks(ROWS_PER_INSERT) {
        let mut places = Vec::with_capacity(rows.len());
        for _ in rows {
            places.push(signed(place)?);
            place += 1;
        }
        let leaves: Vec<&[u8]> = rows.iter().map(|entry| &entry.leaf.as_bytes()[..]).collect();
        let hashes: Vec<&[u8]> = rows.iter().map(|entry| &entry.hash.as_bytes()[..]).collect();
        let signers: Vec<&[u8]> = rows.iter().map(|entry| &entry.key.as_bytes()[..]).collect();
        let bytes: Vec<&[u8]> = rows.iter().map(|entry| &entry.bytes[..]).collect();
        sqlx::query(
            "insert into entry (ledger, seq, leaf, hash, signer, bytes)
             select $1, * from unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])",
        )
        .bind(&change.id)
        .bind(places)
        .bind(leaves)
        .bind(hashes)
        .bind(signers)
        .bind(bytes)
        .execute(&mut **transaction)
        .await
        .map_err(taken("a statement"))?;
    }
    Ok(())
}

async fn put_into_box(transaction: &mut Transaction<'_, Postgres>, change: &Change) -> Result<(), StoreError> {
    for rows in ascending(&change.boxed).chunks(ROWS_PER_INSERT) {
        let Columns {
            rounds,
            hashes,
            cards,
            envelopes,
        } = Columns::of(rows)?;
        sqlx::query(
            "insert into box (ledger, round, hash, card, envelope)
             select $1, * from unnest($2::integer[], $3::bytea[], $4::bytea[], $5::bytea[])",
        )
        .bind(&change.id)
        .bind(rounds)
        .bind(hashes)
        .bind(cards)
        .bind(envelopes)
        .execute(&mut **transaction)
        .await
        .map_err(taken("a ballot"))?;
    }
    Ok(())
}

/// Ballots, column by column.
struct Columns<'a> {
    rounds: Vec<i32>,
    hashes: Vec<&'a [u8]>,
    cards: Vec<&'a [u8]>,
    envelopes: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn of(ballots: &[&'a Boxed]) -> Result<Self, StoreError> {
        let rounds = ballots.iter().map(|ballot| signed_round(ballot.round));
        Ok(Self {
            rounds: rounds.collect::<Result<_, _>>()?,
            hashes: ballots.iter().map(|ballot| &ballot.hash.as_bytes()[..]).collect(),
            cards: ballots.iter().map(|ballot| &ballot.key.as_bytes()[..]).collect(),
            envelopes: ballots.iter().map(|ballot| &ballot.envelope[..]).collect(),
        })
    }
}

async fn destroy_box(transaction: &mut Transaction<'_, Postgres>, change: &Change) -> Result<(), StoreError> {
    let Some(round) = change.opened else { return Ok(()) };
    sqlx::query("select open_box($1, $2)")
        .bind(&change.id)
        .bind(signed_round(round)?)
        .execute(&mut **transaction)
        .await
        .map_err(fault)?;
    Ok(())
}
