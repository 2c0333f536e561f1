//! The replay of one ledger: every entry read, hashed, checked and decided anew, in order.

use super::Office;
use super::beside::{Beside, Reach};
use super::snapshot::SharedTree;
use super::start_error::StartError;
use super::volume::{Volume, head_of};
use crate::calendar::Time;
use crate::competition::act::Kind;
use crate::competition::{Checked, Competition, Context, Keys, Pinned, Placed, Statement};
use crate::crypto::{Digest, KeyId};
use crate::ledger::Entry;
use crate::ledger::tree::{Frontier, leaf_hash};
use crate::store::{LedgerRow, Tip};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Entries read at once: many, so that each core gets a long batch of signatures.
const PAGE: u32 = 8_192;

/// The replay of one ledger; the competition exists from the first entry on.
struct Replay<'a> {
    reach: &'a Reach,
    id: &'a str,
    pinned: Pinned,
    competition: Option<Competition>,
    frontier: Frontier,
    /// Leaf hashes of what was replayed.
    leaves: Vec<Digest>,
    tip: Tip,
    last: Time,
    index: HashMap<(Digest, KeyId), u64>,
}

/// An entry that was read and hashed.
struct Read {
    entry: Entry,
    leaf: Digest,
    said: Said,
}

/// What an entry states; of most, the signatures are found good before their turn.
enum Said {
    Checked(Checked),
    Unchecked(Statement),
}

impl Said {
    fn statement(&self) -> &Statement {
        match self {
            Self::Checked(checked) => checked.statement(),
            Self::Unchecked(statement) => statement,
        }
    }
}

/// The whole ledger, from its first entry.
pub(super) fn replay(reach: &Reach, office: &Office, row: &LedgerRow) -> Result<Volume, StartError> {
    let key = office
        .note_key(&row.id)
        .ok_or_else(|| StartError::Host(office.host.clone()))?;
    let mut replay = Replay {
        reach,
        id: &row.id,
        pinned: office.pinned(&row.id),
        competition: None,
        frontier: Frontier::new(),
        leaves: Vec::new(),
        tip: Tip::EMPTY,
        last: Time::from_unix(0),
        index: HashMap::new(),
    };
    let competition = replay.up_to(row)?;
    let tree = SharedTree::default();
    tree.extend(replay.leaves.into_iter());
    Ok(Volume {
        id: row.id.clone(),
        competition: Arc::new(competition),
        head: head_of(&replay.frontier),
        frontier: replay.frontier,
        tip: replay.tip,
        last: replay.last,
        index: replay.index,
        boxes: BTreeMap::new(),
        tree,
        checkpoint: String::new(),
        key: Arc::new(key),
    })
}

/// What another instance appended behind this volume, through the same rules. On an error the volume is as it was.
pub(super) fn go_on(reach: &Reach, office: &Office, volume: &mut Volume, row: &LedgerRow) -> Result<(), StartError> {
    let mut replay = Replay {
        reach,
        id: &row.id,
        pinned: office.pinned(&row.id),
        competition: Some((*volume.competition).clone()),
        frontier: volume.frontier.clone(),
        leaves: Vec::new(),
        tip: volume.tip,
        last: volume.last,
        index: HashMap::new(),
    };
    volume.competition = Arc::new(replay.up_to(row)?);
    volume.tree.extend(replay.leaves.into_iter());
    volume.index.extend(replay.index);
    (volume.frontier, volume.tip, volume.last) = (replay.frontier, replay.tip, replay.last);
    Ok(())
}

impl Replay<'_> {
    /// Up to the head row and no further: others may be appending.
    fn up_to(&mut self, row: &LedgerRow) -> Result<Competition, StartError> {
        while self.tip.size < row.tip.size {
            let left = u32::try_from(row.tip.size - self.tip.size).unwrap_or(PAGE).min(PAGE);
            let page = self
                .reach
                .wait(self.reach.store.entries(&row.id, self.tip.size, left))?;
            if page.is_empty() {
                break;
            }
            self.page(&page)?;
        }
        let competition = self.competition.take().filter(|_| self.tip == row.tip);
        competition.ok_or_else(|| StartError::Damaged(format!("the head row of {} does not fit its entries", row.id)))
    }

    fn page(&mut self, page: &[Vec<u8>]) -> Result<(), StartError> {
        // Reading, hashing and most signatures need no order; keys enrolled within the page are asked again in turn.
        let first = self.tip.size;
        let read: Vec<Result<Read, String>> = page.par_iter().map(|bytes| read(bytes)).collect();
        for (seq, read) in (first..).zip(ballots_ahead(read, self.competition.as_ref())) {
            let read = read.map_err(|why| self.wrong(seq, &why))?;
            self.step(read)?;
        }
        Ok(())
    }

    fn wrong(&self, seq: u64, why: &str) -> StartError {
        StartError::Entry {
            id: self.id.to_owned(),
            seq,
            why: why.to_string(),
        }
    }

    /// The entry stands where it says, after the one it names.
    fn check_place(&self, Read { entry, said, .. }: &Read) -> Result<(), StartError> {
        let broken = [
            (entry.seq != self.tip.size, "its number is not its place"),
            (entry.prev != self.tip.leaf, "it does not follow the entry before"),
            (
                entry.log != self.pinned.origin,
                "it belongs to another ledger, or `host` in esep.toml was changed",
            ),
            (entry.time < self.last, "its time is before that of the entry before"),
            (
                entry.kind != said.statement().kind().as_str(),
                "its kind is not its statement's",
            ),
        ];
        match broken.iter().find(|(broken, _)| *broken) {
            Some((_, why)) => Err(self.wrong(self.tip.size, why)),
            None => Ok(()),
        }
    }

    /// The rules take the entry, as they did when it was accepted.
    fn step(&mut self, read: Read) -> Result<(), StartError> {
        self.check_place(&read)?;
        let Read { entry, leaf, said } = read;
        let (seq, hash) = (self.tip.size, said.statement().hash);
        let refused = |refusal| StartError::Rules {
            id: self.id.to_owned(),
            seq,
            refusal,
        };
        let keys: &dyn Keys = self
            .competition
            .as_ref()
            .map_or(&self.pinned, |competition| competition);
        let checked = match said {
            Said::Checked(checked) => checked,
            Said::Unchecked(statement) => Checked::check(statement, keys).map_err(refused)?,
        };
        let signer = checked.signers().next().expect("a checked statement has a signature");
        let beside = Beside::new(self.reach, self.id, None, false);
        let head = head_of(&self.frontier);
        let context = Context {
            now: entry.time,
            head,
            stored: &beside,
        };
        let step = match &self.competition {
            None => Competition::announce(&checked, &self.pinned, &context),
            Some(competition) => competition.decide(&checked, &context),
        };
        if let Some(fault) = beside.fault() {
            return Err(fault.into());
        }
        let (step, placed) = (step.map_err(refused)?, Placed { seq, time: entry.time });
        match &mut self.competition {
            None => self.competition = Some(Competition::begin(step, placed)),
            Some(competition) => competition.evolve(step, placed),
        }
        self.frontier.push(leaf);
        self.leaves.push(leaf);
        self.tip = Tip { size: seq + 1, leaf };
        self.last = entry.time;
        self.index.insert((hash, signer), seq);
        Ok(())
    }
}

fn read(bytes: &[u8]) -> Result<Read, String> {
    let entry = Entry::from_bytes(bytes).map_err(|error| error.to_string())?;
    let statement = stated(&entry)?;
    Ok(Read {
        entry,
        leaf: leaf_hash(bytes),
        said: Said::Unchecked(statement),
    })
}

/// With the signatures of ballots checked by keys that were enrolled before the page; the others are asked in turn.
fn ballots_ahead(page: Vec<Result<Read, String>>, competition: Option<&Competition>) -> Vec<Result<Read, String>> {
    let Some(competition) = competition else { return page };
    let (mut ballots, mut rest) = (Vec::new(), Vec::with_capacity(page.len()));
    for read in page {
        rest.push(read.map(|Read { entry, leaf, said }| match said {
            Said::Unchecked(statement) if statement.kind() == Kind::BallotCast => {
                ballots.push(Ok(statement));
                (entry, leaf, None)
            }
            other => (entry, leaf, Some(other)),
        }));
    }
    let mut checked = Checked::check_many(ballots, competition).into_iter();
    let put_back = |read: Result<(Entry, Digest, Option<Said>), String>| {
        let (entry, leaf, said) = read?;
        let said = match said.map_or_else(|| checked.next().and_then(Result::ok).map(Said::Checked), Some) {
            Some(said) => said,
            None => Said::Unchecked(stated(&entry)?),
        };
        Ok(Read { entry, leaf, said })
    };
    rest.into_iter().map(put_back).collect()
}

fn stated(entry: &Entry) -> Result<Statement, String> {
    Statement::read(entry.body.clone()).map_err(|refusal| refusal.to_string())
}
