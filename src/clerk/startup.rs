//! Start-up is verification: nothing is served before every entry was hashed anew, replayed through the rules, and
//! compared with every checkpoint that was ever handed out.
//!
//! Nothing is repaired here but what a fall may leave behind by right: a database that knows more than the journal.

use super::beside::{BoxIndex, Reach};
use super::journal::{Known, Line};
use super::replay::replay;
use super::start_error::StartError;
use super::volume::Volume;
use super::{Office, clock::Clock};
use crate::competition::Round;
use crate::crypto::{Digest, Envelope};
use crate::ledger::{Checkpoint, NoteKey};
use crate::store::{LedgerRow, Noted, StoreError, Tip};
use std::collections::{BTreeMap, BTreeSet};

/// How often a record that others write to is read again before it is called wrong.
const TRIES: usize = 8;

/// All that was found, and what must still be written down.
pub(super) struct Opened {
    pub volumes: BTreeMap<String, Volume>,
    /// Checkpoints that the database does not hold yet.
    pub notes: Vec<Noted>,
    /// What the journal does not hold yet.
    pub lines: Vec<Line>,
}

/// Verifies everything. Writes nothing. What other instances write meanwhile may look like damage; then once more.
pub(super) fn load(reach: &Reach, office: &Office, clock: &dyn Clock, known: &Known) -> Result<Opened, StartError> {
    for _ in 0..TRIES {
        let before = heads(reach)?;
        match load_once(reach, office, clock, known) {
            Err(error) if reach.store.shared() && heads(reach)? != before => {
                tracing::info!(%error, "others write to the database; reading again");
            }
            other => return other,
        }
    }
    load_once(reach, office, clock, known)
}

fn heads(reach: &Reach) -> Result<Vec<(String, Tip)>, StoreError> {
    let rows = reach.wait(reach.store.ledgers())?;
    Ok(rows.into_iter().map(|row| (row.id, row.tip)).collect())
}

fn load_once(reach: &Reach, office: &Office, clock: &dyn Clock, known: &Known) -> Result<Opened, StartError> {
    if let Some(problem) = reach.wait(reach.store.check())?.into_iter().next() {
        return Err(StartError::Damaged(problem));
    }
    let rows = reach.wait(reach.store.ledgers())?;
    gone(reach, known, &rows)?;
    let mut opened = Opened {
        volumes: BTreeMap::new(),
        notes: Vec::new(),
        lines: Vec::new(),
    };
    for row in &rows {
        let notes = [row.checkpoint.as_ref(), known.checkpoints.get(&row.id)];
        let notes = || notes.into_iter().flatten();
        // First of all, because a wrong key also makes the rules refuse the announcement, in words that mislead.
        if let Some(key) = office.note_key(&row.id) {
            for note in notes() {
                same_host(office, &row.id, note)?;
                open(&key, &row.id, note)?;
            }
        }
        let mut volume = replay(reach, office, row)?;
        for note in notes() {
            compare(reach, &volume, note)?;
        }
        volume.sign_checkpoint();
        let now = clock.now();
        if now < volume.last {
            return Err(StartError::Clock {
                id: row.id.clone(),
                now,
                last: volume.last,
            });
        }
        load_boxes(reach, &mut volume)?;
        compare_boxes(reach, known, &volume, &mut opened.lines)?;
        let wanted = Some(&volume.checkpoint);
        if row.checkpoint.as_ref() != wanted {
            opened.notes.push(volume.noted());
        }
        if known.checkpoints.get(&row.id) != wanted {
            opened.lines.push(Line::Checkpoint {
                id: row.id.clone(),
                note: volume.checkpoint.clone(),
            });
        }
        opened.volumes.insert(row.id.clone(), volume);
    }
    Ok(opened)
}

/// A whole competition that the journal knows is not in the database.
pub(super) fn gone(reach: &Reach, known: &Known, rows: &[LedgerRow]) -> Result<(), StartError> {
    let stored: BTreeSet<&String> = rows.iter().map(|row| &row.id).collect();
    match known.checkpoints.iter().find(|(id, _)| !stored.contains(id)) {
        None => Ok(()),
        Some((id, note)) => {
            let known = size_of(note).unwrap_or_default();
            Err(StartError::Shorter {
                id: id.clone(),
                has: 0,
                known,
                cause: cause(reach),
            })
        }
    }
}

pub(super) fn cause(reach: &Reach) -> &'static str {
    if reach.store.wal_missing() {
        "the file esep.sqlite3-wal was not beside the database (it holds the newest entries), or the database is an older copy"
    } else {
        "the database was cut short or is an older copy"
    }
}

fn size_of(note: &str) -> Option<u64> {
    note.split('\n').nth(1)?.parse().ok()
}

/// A checkpoint names its ledger in the first line; one by this very key over another name is of another host.
fn same_host(office: &Office, id: &str, note: &str) -> Result<(), StartError> {
    let (recorded, configured) = (note.lines().next().unwrap_or_default(), office.origin(id));
    let own = NoteKey::new(recorded, office.log_key.clone());
    let signed = own.is_ok_and(|key| Checkpoint::open(note, &key.vkey()).is_ok());
    if recorded == configured || !signed {
        return Ok(());
    }
    let (id, recorded) = (id.to_owned(), recorded.to_owned());
    Err(StartError::OtherHost {
        id,
        recorded,
        configured,
    })
}

/// A checkpoint signed by this office's log key.
fn open(key: &NoteKey, id: &str, note: &str) -> Result<Checkpoint, StartError> {
    Checkpoint::open(note, &key.vkey()).map_err(|error| StartError::Checkpoint {
        id: id.to_owned(),
        why: error.to_string(),
    })
}

/// A checkpoint that was signed stands for ever.
pub(super) fn compare(reach: &Reach, volume: &Volume, note: &str) -> Result<(), StartError> {
    let id = || volume.id.clone();
    let checkpoint = open(&volume.key, &volume.id, note)?;
    if checkpoint.size > volume.tip.size {
        let (has, known) = (volume.tip.size, checkpoint.size);
        return Err(StartError::Shorter {
            id: id(),
            has,
            known,
            cause: cause(reach),
        });
    }
    if volume.tree.read().root_at(checkpoint.size) != checkpoint.root {
        return Err(StartError::Differs {
            id: id(),
            size: checkpoint.size,
        });
    }
    Ok(())
}

fn load_boxes(reach: &Reach, volume: &mut Volume) -> Result<(), StartError> {
    for round in reach.wait(reach.store.boxes(&volume.id))? {
        let mut index = BoxIndex::default();
        for ballot in reach.wait(reach.store.boxed(&volume.id, round))? {
            let envelope = Envelope::from_json(&ballot.envelope).ok();
            // One card casts it and signs alone, so it lies under no other.
            let same = envelope.is_some_and(|envelope| {
                envelope.pae_hash() == ballot.hash
                    && matches!(&envelope.signatures[..], [own] if own.keyid == ballot.key)
            });
            if !same {
                return Err(StartError::BoxChanged {
                    id: volume.id.clone(),
                    round,
                });
            }
            index.cards.insert(ballot.key, ballot.hash);
        }
        compare_closed(reach, volume, round, &index)?;
        volume.boxes.insert(round, index);
    }
    Ok(())
}

/// What `polling_closed` fixed holds for a box that is not open yet.
fn compare_closed(reach: &Reach, volume: &Volume, round: u32, index: &BoxIndex) -> Result<(), StartError> {
    let rounds = volume.competition.rounds();
    let closed = rounds
        .iter()
        .find(|other| other.number() == round)
        .and_then(Round::closed_box);
    let Some((root, count)) = closed else { return Ok(()) };
    let (has_root, has) = index.root();
    if has < count {
        let missing = usize::try_from(count - has).unwrap_or(usize::MAX);
        return Err(StartError::BoxShrank {
            id: volume.id.clone(),
            round,
            missing,
            cause: cause(reach),
        });
    }
    if (has_root, has) == (root, count) {
        Ok(())
    } else {
        Err(StartError::BoxChanged {
            id: volume.id.clone(),
            round,
        })
    }
}

/// Every ballot that was answered lies in its box, or was opened into the ledger.
pub(super) fn compare_boxes(
    reach: &Reach,
    known: &Known,
    volume: &Volume,
    lines: &mut Vec<Line>,
) -> Result<(), StartError> {
    let opened: BTreeSet<Digest> = volume.index.keys().map(|(hash, _)| *hash).collect();
    let of_this = known.boxes.iter().filter(|((id, _), _)| *id == volume.id);
    for ((id, round), ballots) in of_this.clone() {
        let boxed = volume.boxes.get(round).map(BoxIndex::hashes).unwrap_or_default();
        let missing = ballots
            .iter()
            .filter(|hash| boxed.binary_search(hash).is_err() && !opened.contains(hash))
            .count();
        if missing > 0 {
            return Err(StartError::BoxShrank {
                id: id.clone(),
                round: *round,
                missing,
                cause: cause(reach),
            });
        }
        if boxed.is_empty() {
            // The machine fell between the opening's commit and the journal.
            lines.push(Line::Opened {
                id: id.clone(),
                round: *round,
            });
        }
    }
    for (round, boxed) in &volume.boxes {
        let journalled = known.boxes.get(&(volume.id.clone(), *round));
        let mut ballots = boxed.hashes();
        ballots.retain(|hash| !journalled.is_some_and(|ballots| ballots.contains(hash)));
        if !ballots.is_empty() {
            lines.push(Line::Boxed {
                id: volume.id.clone(),
                round: *round,
                ballots,
            });
        }
    }
    Ok(())
}
