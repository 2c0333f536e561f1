//! Start-up is verification: nothing is served before every entry was hashed anew, replayed through the rules, and
//! compared with every checkpoint that was ever handed out.
//!
//! Nothing is repaired here but what a fall may leave behind by right: a database that knows more than the journal.

use super::beside::{Beside, BoxIndex, Reach, box_root};
use super::journal::{JournalError, Known, Line};
use super::snapshot::{SharedTree, Snapshot};
use super::{Office, clock::Clock};
use crate::calendar::Time;
use crate::competition::act::Kind;
use crate::competition::{Checked, Competition, Context, Head, Keys, Pinned, Placed, Refusal, Statement};
use crate::crypto::{Digest, Envelope, KeyId};
use crate::ledger::tree::{Frontier, Tree, leaf_hash};
use crate::ledger::{Checkpoint, Entry, NoteKey};
use crate::store::{LedgerRow, StoreError, Tip};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Entries read at once.
const PAGE: u32 = 1_000;

/// Why the office does not open. The words say what to do next.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program has the data folder.
    #[error(
        "the data folder is in use by another program. Stop that one first; two offices must never write one ledger."
    )]
    InUse,
    /// The database failed.
    #[error("the database cannot be read: {0}. Check the disk and the rights on the data folder, then start again.")]
    Store(StoreError),
    /// The database is damaged.
    #[error(
        "the database is damaged: {0}. Do not repair it in place: keep the data folder as it is, read OPERATIONS (\"after a loss\"), and compare the last backup with the newest checkpoint that anyone holds."
    )]
    Damaged(String),
    /// A ledger is shorter than what was handed out.
    #[error(
        "the ledger {id} has {has} entries, but a checkpoint over {known} was handed out: {cause}. Entries that people hold receipts for are missing, so the office must not go on from here. Put the missing file back, or read OPERATIONS (\"after a loss\")."
    )]
    Shorter {
        /// Id of the competition.
        id: String,
        /// Entries in the database.
        has: u64,
        /// Entries that were signed for.
        known: u64,
        /// What may have happened.
        cause: &'static str,
    },
    /// A ledger differs from what was handed out.
    #[error(
        "the ledger {id} differs from its checkpoint over {size} entries. Somebody changed it, or it belongs to another office. Keep the data folder as evidence and read OPERATIONS (\"after a loss\")."
    )]
    Differs {
        /// Id of the competition.
        id: String,
        /// Size of the checkpoint.
        size: u64,
    },
    /// A stored checkpoint is not signed by this office's log key.
    #[error(
        "a stored checkpoint of {id} is not signed by this office's log key ({why}). Put the right log.key back; never make a new one for an old ledger."
    )]
    Checkpoint {
        /// Id of the competition.
        id: String,
        /// What was found.
        why: String,
    },
    /// An entry is not what the ledger's form demands.
    #[error(
        "entry {seq} of {id} is wrong: {why}. Somebody changed it. Keep the data folder as evidence and read OPERATIONS (\"after a loss\")."
    )]
    Entry {
        /// Id of the competition.
        id: String,
        /// Its place.
        seq: u64,
        /// What was found.
        why: String,
    },
    /// The rules refuse an entry.
    #[error(
        "the rules refuse entry {seq} of {id}: {refusal}. Either this program is of another version than the one that accepted it, or the entry was never accepted: run `esep verify` on an export by the old version."
    )]
    Rules {
        /// Id of the competition.
        id: String,
        /// Its place.
        seq: u64,
        /// What the rules say.
        refusal: Refusal,
    },
    /// The machine's clock is behind the record.
    #[error(
        "the clock shows {now}, but the last entry of {id} is of {last}. Set the machine's clock (time never runs backwards in a ledger), then start again."
    )]
    Clock {
        /// Id of the competition.
        id: String,
        /// The clock.
        now: Time,
        /// The last entry.
        last: Time,
    },
    /// Ballots are missing from a box.
    #[error(
        "the box of {id}, round {round}, lost {missing} ballots that were answered with a receipt. {cause}. Polling must not go on: put the missing file back, or read OPERATIONS (\"after a loss\")."
    )]
    BoxShrank {
        /// Id of the competition.
        id: String,
        /// The round.
        round: u32,
        /// How many.
        missing: usize,
        /// What may have happened.
        cause: &'static str,
    },
    /// A ballot in a box is not the one that was put there.
    #[error(
        "a ballot in the box of {id}, round {round}, was changed. Keep the data folder as evidence and read OPERATIONS (\"after a loss\")."
    )]
    BoxChanged {
        /// Id of the competition.
        id: String,
        /// The round.
        round: u32,
    },
    /// There is a ledger, but no journal.
    #[error(
        "the journal is missing from the data folder, so nobody can tell whether the database is the newest. Put the journal back; if it is lost, read OPERATIONS (\"after a loss\")."
    )]
    NoJournal,
    /// The journal cannot be used.
    #[error("{0}. Keep the data folder as it is and read OPERATIONS (\"after a loss\").")]
    Journal(JournalError),
    /// The configuration names a host that no ledger can have.
    #[error(
        "the host {0:?} cannot name a ledger: set `host` in esep.toml to the public host name, without spaces or '+'."
    )]
    Host(String),
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(what) => Self::Damaged(what),
            other => Self::Store(other),
        }
    }
}

impl From<JournalError> for StartError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Missing => Self::NoJournal,
            other => Self::Journal(other),
        }
    }
}

/// A competition as the writer holds it.
pub(super) struct Volume {
    pub id: String,
    pub competition: Arc<Competition>,
    pub frontier: Frontier,
    pub tip: Tip,
    pub last: Time,
    pub index: HashMap<(Digest, KeyId), u64>,
    pub boxes: BTreeMap<u32, BoxIndex>,
    pub tree: SharedTree,
    pub checkpoint: String,
    pub key: Arc<NoteKey>,
}

impl Volume {
    pub fn head(&self) -> Head {
        Head {
            root: self.frontier.root(),
            size: self.frontier.size(),
        }
    }

    pub fn sign_checkpoint(&mut self) {
        let origin = self.competition.origin().to_owned();
        let checkpoint = Checkpoint {
            origin,
            size: self.frontier.size(),
            root: self.frontier.root(),
        };
        self.checkpoint = checkpoint.sign(&self.key);
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(Snapshot {
            id: self.id.clone(),
            competition: self.competition.clone(),
            head: self.head(),
            checkpoint: self.checkpoint.clone(),
            tree: self.tree.clone(),
            log_vkey: self.key.vkey().to_string(),
        })
    }
}

/// All that was found, and what must still be written down.
pub(super) struct Opened {
    pub volumes: BTreeMap<String, Volume>,
    /// Checkpoints that the database does not hold yet.
    pub notes: Vec<(String, String)>,
    /// What the journal does not hold yet.
    pub lines: Vec<Line>,
}

/// Verifies everything. Writes nothing.
pub(super) fn load(reach: &Reach, office: &Office, clock: &dyn Clock, known: &Known) -> Result<Opened, StartError> {
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
        let mut volume = replay(reach, office, known, row)?;
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
            opened.notes.push((row.id.clone(), volume.checkpoint.clone()));
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
fn gone(reach: &Reach, known: &Known, rows: &[LedgerRow]) -> Result<(), StartError> {
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

fn cause(reach: &Reach) -> &'static str {
    if reach.store.wal_missing() {
        "the file esep.sqlite3-wal was not beside the database (it holds the newest entries), or the database is an older copy"
    } else {
        "the database was cut short or is an older copy"
    }
}

fn size_of(note: &str) -> Option<u64> {
    note.split('\n').nth(1)?.parse().ok()
}

/// The replay of one ledger; the competition exists from the first entry on.
struct Replay<'a> {
    reach: &'a Reach,
    id: &'a str,
    pinned: Pinned,
    competition: Option<Competition>,
    frontier: Frontier,
    tree: Tree,
    tip: Tip,
    last: Time,
    index: HashMap<(Digest, KeyId), u64>,
}

/// An entry that was read and hashed; its signatures may have been checked ahead.
struct Read {
    entry: Entry,
    leaf: Digest,
    statement: Statement,
    ahead: Option<Checked>,
}

fn replay(reach: &Reach, office: &Office, known: &Known, row: &LedgerRow) -> Result<Volume, StartError> {
    let key = office
        .note_key(&row.id)
        .ok_or_else(|| StartError::Host(office.host.clone()))?;
    // First of all, because a wrong key also makes the rules refuse the announcement, in words that mislead.
    for note in notes(known, row) {
        opened_by(&key, &row.id, note)?;
    }
    let mut replay = Replay {
        reach,
        id: &row.id,
        pinned: office.pinned(&row.id),
        competition: None,
        frontier: Frontier::new(),
        tree: Tree::new(),
        tip: Tip::EMPTY,
        last: Time::from_unix(0),
        index: HashMap::new(),
    };
    while replay.tip.size < row.tip.size {
        let page = reach.wait(reach.store.entries(&row.id, replay.tip.size, PAGE))?;
        if page.is_empty() {
            break;
        }
        replay.page(&page)?;
    }
    let Some(competition) = replay.competition.take().filter(|_| replay.tip == row.tip) else {
        return Err(StartError::Damaged(format!(
            "the head row of {} does not fit its entries",
            row.id
        )));
    };
    let mut volume = Volume {
        id: row.id.clone(),
        competition: Arc::new(competition),
        frontier: replay.frontier,
        tip: replay.tip,
        last: replay.last,
        index: replay.index,
        boxes: BTreeMap::new(),
        tree: SharedTree::of(replay.tree),
        checkpoint: String::new(),
        key: Arc::new(key),
    };
    for note in notes(known, row) {
        compare(reach, &volume, note)?;
    }
    volume.sign_checkpoint();
    Ok(volume)
}

/// The checkpoints of a ledger that are remembered.
fn notes<'a>(known: &'a Known, row: &'a LedgerRow) -> impl Iterator<Item = &'a String> {
    let stored = [row.checkpoint.as_ref(), known.checkpoints.get(&row.id)];
    stored.into_iter().flatten()
}

fn opened_by(key: &NoteKey, id: &str, note: &str) -> Result<Checkpoint, StartError> {
    Checkpoint::open(note, &key.vkey()).map_err(|error| StartError::Checkpoint {
        id: id.to_owned(),
        why: error.to_string(),
    })
}

/// A checkpoint that was signed stands for ever.
fn compare(reach: &Reach, volume: &Volume, note: &str) -> Result<(), StartError> {
    let id = || volume.id.clone();
    let checkpoint = opened_by(&volume.key, &volume.id, note)?;
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

impl Replay<'_> {
    fn page(&mut self, page: &[Vec<u8>]) -> Result<(), StartError> {
        // Reading, hashing and most signatures need no order; keys enrolled within the page are asked again in turn.
        let first = self.tip.size;
        let keys = self.competition.as_ref();
        let read: Vec<Result<Read, String>> = page.par_iter().map(|bytes| read(bytes, keys)).collect();
        for (seq, read) in (first..).zip(read) {
            let read = read.map_err(|why| self.wrong(seq, why))?;
            self.step(read)?;
        }
        Ok(())
    }

    fn wrong(&self, seq: u64, why: impl ToString) -> StartError {
        StartError::Entry {
            id: self.id.to_owned(),
            seq,
            why: why.to_string(),
        }
    }

    fn step(&mut self, read: Read) -> Result<(), StartError> {
        let seq = self.tip.size;
        let Read {
            entry,
            leaf,
            statement,
            ahead,
        } = read;
        let broken = [
            (entry.seq != seq, "its number is not its place"),
            (entry.prev != self.tip.leaf, "it does not follow the entry before"),
            (
                entry.log != self.pinned.origin,
                "it belongs to another ledger, or `host` in esep.toml was changed",
            ),
            (entry.time < self.last, "its time is before that of the entry before"),
            (
                entry.kind != statement.kind().as_str(),
                "its kind is not its statement's",
            ),
        ];
        if let Some((_, why)) = broken.iter().find(|(broken, _)| *broken) {
            return Err(self.wrong(seq, why));
        }
        let hash = statement.hash;
        let refused = |refusal| StartError::Rules {
            id: self.id.to_owned(),
            seq,
            refusal,
        };
        let keys: &dyn Keys = self
            .competition
            .as_ref()
            .map_or(&self.pinned, |competition| competition);
        let checked = ahead
            .map_or_else(|| Checked::check(statement, keys), Ok)
            .map_err(refused)?;
        let signer = checked.signers().next().expect("a checked statement has a signature");
        let beside = Beside::new(self.reach, self.id, None, false);
        let head = Head {
            root: self.frontier.root(),
            size: seq,
        };
        let context = Context {
            now: entry.time,
            head,
            stored: &beside,
        };
        let placed = Placed { seq, time: entry.time };
        let step = match &self.competition {
            None => Competition::announce(&checked, &self.pinned, &context),
            Some(competition) => competition.decide(&checked, &context),
        };
        if let Some(fault) = beside.fault() {
            return Err(fault.into());
        }
        let step = step.map_err(refused)?;
        match &mut self.competition {
            None => self.competition = Some(Competition::begin(step, placed)),
            Some(competition) => competition.evolve(step, placed),
        }
        self.frontier.push(leaf);
        self.tree.push(leaf);
        self.tip = Tip { size: seq + 1, leaf };
        self.last = entry.time;
        self.index.insert((hash, signer), seq);
        Ok(())
    }
}

fn read(bytes: &[u8], keys: Option<&Competition>) -> Result<Read, String> {
    let entry = Entry::from_bytes(bytes).map_err(|error| error.to_string())?;
    let statement = Statement::read(entry.body.clone()).map_err(|refusal| refusal.to_string())?;
    let known = keys.filter(|_| statement.kind() == Kind::BallotCast);
    let ahead = known.and_then(|keys| Checked::check(statement.clone(), keys).ok());
    Ok(Read {
        entry,
        leaf: leaf_hash(bytes),
        statement,
        ahead,
    })
}

fn load_boxes(reach: &Reach, volume: &mut Volume) -> Result<(), StartError> {
    for round in reach.wait(reach.store.boxes(&volume.id))? {
        let mut index = BoxIndex::default();
        for ballot in reach.wait(reach.store.boxed(&volume.id, round))? {
            let envelope = Envelope::from_json(&ballot.envelope).ok();
            let same = envelope.is_some_and(|envelope| {
                envelope.pae_hash() == ballot.hash && envelope.signature_of(&ballot.key).is_some()
            });
            if !same {
                return Err(StartError::BoxChanged {
                    id: volume.id.clone(),
                    round,
                });
            }
            index.insert(ballot.key, ballot.hash);
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
        .and_then(|round| round.closed_box());
    let Some((root, count)) = closed else { return Ok(()) };
    let (has_root, has) = box_root(index.hashes.iter());
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
fn compare_boxes(reach: &Reach, known: &Known, volume: &Volume, lines: &mut Vec<Line>) -> Result<(), StartError> {
    let opened: BTreeSet<Digest> = volume.index.keys().map(|(hash, _)| *hash).collect();
    let of_this = known.boxes.iter().filter(|((id, _), _)| *id == volume.id);
    for ((id, round), ballots) in of_this.clone() {
        let empty = BoxIndex::default();
        let boxed = volume.boxes.get(round).unwrap_or(&empty);
        let missing = ballots
            .iter()
            .filter(|hash| !boxed.hashes.contains(hash) && !opened.contains(hash))
            .count();
        if missing > 0 {
            return Err(StartError::BoxShrank {
                id: id.clone(),
                round: *round,
                missing,
                cause: cause(reach),
            });
        }
        if boxed.hashes.is_empty() {
            // The machine fell between the opening's commit and the journal.
            lines.push(Line::Opened {
                id: id.clone(),
                round: *round,
            });
        }
    }
    for (round, boxed) in &volume.boxes {
        let journalled = known.boxes.get(&(volume.id.clone(), *round));
        let new = |hash: &&Digest| !journalled.is_some_and(|ballots| ballots.contains(hash));
        let ballots: Vec<Digest> = boxed.hashes.iter().filter(new).copied().collect();
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
