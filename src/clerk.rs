//! The clerk: the one function by which a competition changes, and the published states that everyone reads.
//!
//! A statement is checked at the door, waits in a bounded queue, is decided by the single writer, and answered only
//! from what is durable. The clerk knows no rule and no format; it never answers before the disk, never signs what is
//! not on the disk, and never says when a ballot came. Specification: `docs/FORMATS.md` (storage), `docs/STATES.md`.

mod beside;
mod bundle;
pub mod clock;
mod follow;
pub mod journal;
mod replay;
mod snapshot;
mod start_error;
mod startup;
mod volume;
mod writer;

use crate::calendar::Time;
use crate::competition::act::Kind;
use crate::competition::{Checked, Code, Context, Keys, Phase, Pinned, Refusal, Statement, check_seen};
use crate::crypto::{Digest, Envelope, PublicKey, SecretKey};
use crate::ledger::{NoteKey, receipt::Refused};
use crate::store::{Store, StoreError};
use beside::{Beside, Reach};
use journal::{Journal, JournalError, Known};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{mpsc, oneshot, watch};
use writer::{Job, Message, Settled, Writer};

pub use bundle::{BundleError, Packed, export};
pub use clock::{Clock, FileClock, ManualClock, SystemClock};
pub use snapshot::{SharedTree, Snapshot};
pub use start_error::StartError;
pub use writer::GROUP;

/// Statements that may wait; one more is turned away at once.
pub const QUEUE: usize = 1_024;

/// Who this office is.
#[derive(Debug, Clone)]
pub struct Office {
    /// Host part of every origin: configuration, never a request's header.
    pub host: String,
    /// Keys that may announce a competition.
    pub organisers: Vec<PublicKey>,
    /// Signs checkpoints, receipts and refusals.
    pub log_key: SecretKey,
    /// Whether this office is for rehearsals only.
    pub rehearsal: bool,
}

impl Office {
    /// Origin of the ledger of that competition.
    pub fn origin(&self, id: &str) -> String {
        format!("{}/{id}", self.host)
    }

    fn pinned(&self, id: &str) -> Pinned {
        Pinned {
            origin: self.origin(id),
            organisers: self.organisers.clone(),
            log_key: self.log_key.public().id(),
            rehearsal: self.rehearsal,
        }
    }

    /// The log key under the name of that ledger; none if host and id name no ledger.
    pub fn note_key(&self, id: &str) -> Option<NoteKey> {
        NoteKey::new(self.origin(id), self.log_key.clone()).ok()
    }
}

/// Whether this can be the id of a competition: 1 to 64 of `a-z`, `0-9`, `-`.
pub fn is_competition_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// A statement that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// `false`: it was there already.
    pub created: bool,
    /// PAE hash of the statement.
    pub hash: Digest,
    /// Place in the ledger; none for a ballot in the box.
    pub seq: Option<u64>,
    /// A `.tlog-proof`, or the box receipt.
    pub receipt: String,
}

/// A statement that changed nothing, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The rules say no.
    #[error("{refusal}")]
    Refused {
        /// Why.
        refusal: Refusal,
        /// Note by the log key that says so.
        note: String,
    },
    /// Too much waits; try again in a moment.
    #[error("too many statements wait")]
    Busy,
    /// The machine failed; a retry of the same statement tells whether it was accepted. Not for senders' eyes.
    #[error("fault: {0}")]
    Fault(String),
}

/// What is shared by the clerk's handles and the writer.
struct Core {
    office: Office,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    published: RwLock<BTreeMap<String, Arc<Snapshot>>>,
    /// Says that something was published; what goes into the box is not.
    changes: watch::Sender<()>,
    /// How often something was published that the public may see.
    told: AtomicU64,
    /// Whether the writer has a verified state in memory.
    at_work: AtomicBool,
    /// Locked as long as the office is open.
    _lock: File,
}

impl Core {
    fn publish(&self, snapshot: &Arc<Snapshot>) {
        let before = self
            .published
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(snapshot.id.clone(), snapshot.clone());
        // After the state is in place: whoever counts first and reads then never takes the old for the new.
        if before.is_none_or(|before| snapshot.tells_more_than(&before)) {
            self.told.fetch_add(1, Ordering::Release);
        }
        self.changes.send_replace(());
    }

    fn snapshot(&self, id: &str) -> Option<Arc<Snapshot>> {
        self.published
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned()
    }

    /// The answer to a statement that was settled. Its signature is made here, by whoever asked, since the writer is
    /// one and they are many; what it says is durable, or the writer would not have spoken.
    fn answer(&self, id: &str, hash: &Digest, settled: Settled) -> Result<Accepted, Rejected> {
        let (created, seq, receipt) = match settled {
            Settled::Refused(refusal, time) => return Err(self.refused(id, hash, refusal, time)),
            Settled::Fault(why) => return Err(Rejected::Fault(why)),
            Settled::Placed { seq, created, snapshot } => (created, Some(seq), snapshot.receipt(seq)),
            Settled::Boxed { receipt, created, key } => (created, None, Some(receipt.sign(&key))),
        };
        let receipt = receipt.ok_or_else(|| Rejected::Fault("the entry is not published".into()))?;
        Ok(Accepted {
            created,
            hash: *hash,
            seq,
            receipt,
        })
    }

    /// A sender who is turned away can prove it.
    fn refused(&self, id: &str, statement: &Digest, refusal: Refusal, time: Time) -> Rejected {
        let code = refusal.code.as_str().to_owned();
        let note = self.office.note_key(id).filter(|_| is_competition_id(id)).map(|key| {
            Refused {
                origin: self.office.origin(id),
                statement: *statement,
                time,
                code,
            }
            .sign(&key)
        });
        Rejected::Refused {
            refusal,
            note: note.unwrap_or_default(),
        }
    }
}

/// A statement in the queue: its hash, and where the writer's word on it will come.
type Waiting = (Digest, oneshot::Receiver<Settled>);

/// A well-formed statement that may be meant for this competition.
fn admitted(id: &str, envelope: Envelope, announced: bool) -> Result<Statement, Refusal> {
    if !is_competition_id(id) {
        return Err(Code::NoCompetition.because("an id is 1 to 64 of a-z, 0-9 and -"));
    }
    let statement = Statement::read(envelope)?;
    if !announced && statement.kind() != Kind::Announcement {
        return Err(Code::NoCompetition.into());
    }
    // A ballot has no text.
    if statement.kind() != Kind::BallotCast {
        let payload = serde_json::from_slice(statement.envelope.payload());
        check_seen(&payload.map_err(|error| Code::NotCanonical.because(error.to_string()))?)?;
    }
    Ok(statement)
}

/// A handle on the office; cheap to clone.
#[derive(Clone)]
pub struct Clerk {
    core: Arc<Core>,
    reach: Reach,
    queue: mpsc::Sender<Message>,
}

impl std::fmt::Debug for Clerk {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Clerk({})", self.core.office.host)
    }
}

impl Clerk {
    /// Opens the office over a data folder: verifies everything stored, then starts the writer.
    pub async fn open(
        office: Office,
        store: Arc<dyn Store>,
        folder: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        if !office
            .note_key("x")
            .is_some_and(|_| !office.host.is_empty() && !office.host.contains('/'))
        {
            return Err(StartError::Host(office.host));
        }
        let lock = lock(folder)?;
        bundle::sweep(folder).map_err(StartError::Bundles)?;
        let journal = match Journal::open(folder) {
            // Only an office without a past may begin a journal.
            Err(JournalError::Missing) if store.ledgers().await?.is_empty() => Journal::create(folder)?,
            other => other?,
        };
        let core = Core {
            office,
            store: store.clone(),
            clock,
            published: RwLock::default(),
            changes: watch::Sender::new(()),
            told: AtomicU64::new(0),
            at_work: AtomicBool::new(false),
            _lock: lock,
        };
        let core = Arc::new(core);
        let reach = Reach::here(store, folder.to_owned());
        let (writers_core, writers_reach) = (core.clone(), reach.clone());
        let opening = tokio::task::spawn_blocking(move || Writer::open(writers_core, writers_reach, journal));
        let writer = opening
            .await
            .map_err(|error| StartError::Damaged(format!("start-up failed: {error}")))??;
        let (queue, waiting) = mpsc::channel(QUEUE);
        // A thread of its own: it waits for the disk, and must not hold up a thread that answers readers.
        let spawned = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || writer.run(waiting));
        spawned.map_err(|error| StartError::Store(StoreError::Fault(error.to_string())))?;
        if core.store.shared() {
            tokio::spawn(follow::watch(Arc::downgrade(&core), queue.downgrade()));
        }
        Ok(Self { core, reach, queue })
    }

    /// Verifies a data folder as [`Clerk::open`] does, without writing or locking; answers the published states.
    pub async fn inspect(
        office: Office,
        store: Arc<dyn Store>,
        folder: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Vec<Arc<Snapshot>>, StartError> {
        // The journal first: an office at work makes the database know more, never less.
        let known = match Known::read(folder) {
            Err(JournalError::Missing) if store.ledgers().await?.is_empty() => Known::default(),
            other => other?,
        };
        let reach = Reach::here(store, folder.to_owned());
        let inspected = tokio::task::spawn_blocking(move || {
            let opened = startup::load(&reach, &office, &*clock, &known)?;
            Ok(opened.volumes.values().map(volume::Volume::snapshot).collect())
        });
        inspected
            .await
            .map_err(|error| StartError::Damaged(format!("the inspection failed: {error}")))?
    }

    /// Gives a statement to the office and waits for its answer.
    pub async fn submit(&self, id: &str, envelope: Envelope) -> Result<Accepted, Rejected> {
        // At most four signatures of a short payload: less than a thread hop costs under load.
        let again = self.core.store.shared().then(|| vec![envelope.clone()]);
        let mut checked = self.check(id, envelope);
        self.check_again(id, again, std::slice::from_mut(&mut checked)).await;
        let checked = checked?;
        let hash = checked.statement().hash;
        let settled = self.enqueue(id, checked)?.await.map_err(|_| stopped())?;
        self.core.answer(id, &hash, settled)
    }

    /// What the published state refuses is checked once more behind what other instances wrote; where there are none,
    /// there is nothing to check `again`.
    async fn check_again(&self, id: &str, again: Option<Vec<Envelope>>, checked: &mut [Result<Checked, Rejected>]) {
        let refused = |checked: &Result<_, _>| matches!(checked, Err(Rejected::Refused { .. }));
        let Some(envelopes) = again.filter(|_| checked.iter().any(refused)) else {
            return;
        };
        let caught_up = self.caught_up().await;
        let refused = checked
            .iter_mut()
            .zip(envelopes)
            .filter(|(checked, _)| refused(checked));
        for (checked, envelope) in refused {
            *checked = caught_up.clone().and_then(|()| self.check(id, envelope));
        }
    }

    /// Waits until what other instances have made durable before now is published here.
    async fn caught_up(&self) -> Result<(), Rejected> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Follow(Some(reply)))?;
        answer.await.map_err(|_| stopped())
    }

    /// Many statements at once; answers in the same order. While the writer has one group, the signatures of the next
    /// are checked, on all cores.
    pub async fn submit_all(&self, id: &str, envelopes: Vec<Envelope>) -> Vec<Result<Accepted, Rejected>> {
        let mut answers = Vec::with_capacity(envelopes.len());
        let (settling, mut settled) = mpsc::unbounded_channel();
        let checking = async {
            let mut left = envelopes;
            while !left.is_empty() {
                let next = left.split_off(left.len().min(GROUP));
                let group = std::mem::replace(&mut left, next);
                let count = group.len();
                let again = self.core.store.shared().then(|| group.clone());
                let (clerk, name) = (self.clone(), id.to_owned());
                let checked = tokio::task::spawn_blocking(move || clerk.check_all(&name, group)).await;
                let mut checked: Vec<_> = checked.unwrap_or_else(|_| (0..count).map(|_| Err(stopped())).collect());
                self.check_again(id, again, &mut checked).await;
                let waiting: Vec<_> = checked.into_iter().map(|checked| self.wait_for(id, checked?)).collect();
                settling.send(waiting).ok();
            }
            drop(settling);
        };
        let answering = async {
            while let Some(waiting) = settled.recv().await {
                answers.extend(self.answer_all(id, waiting).await);
            }
        };
        tokio::join!(checking, answering);
        answers
    }

    fn wait_for(&self, id: &str, checked: Checked) -> Result<Waiting, Rejected> {
        let hash = checked.statement().hash;
        Ok((hash, self.enqueue(id, checked)?))
    }

    /// Receipts of a group are signed on all cores.
    async fn answer_all(&self, id: &str, waiting: Vec<Result<Waiting, Rejected>>) -> Vec<Result<Accepted, Rejected>> {
        let mut settled = Vec::with_capacity(waiting.len());
        for one in waiting {
            settled.push(match one {
                Ok((hash, answer)) => answer.await.map(|settled| (hash, settled)).map_err(|_| stopped()),
                Err(rejected) => Err(rejected),
            });
        }
        let (core, name, count) = (self.core.clone(), id.to_owned(), settled.len());
        let answered = tokio::task::spawn_blocking(move || {
            let each = settled.into_par_iter();
            each.map(|one| one.and_then(|(hash, settled)| core.answer(&name, &hash, settled)))
                .collect()
        });
        answered
            .await
            .unwrap_or_else(|_| (0..count).map(|_| Err(stopped())).collect())
    }

    /// What the rules would say of this statement now; nothing is changed.
    pub async fn ask(&self, id: &str, envelope: Envelope) -> Result<(), Rejected> {
        if self.core.store.shared() {
            self.caught_up().await?;
        }
        let checked = self.check(id, envelope)?;
        let (clerk, id) = (self.clone(), id.to_owned());
        let asked = tokio::task::spawn_blocking(move || clerk.ask_now(&id, &checked));
        asked
            .await
            .unwrap_or_else(|error| Err(Rejected::Fault(error.to_string())))
    }

    fn ask_now(&self, id: &str, checked: &Checked) -> Result<(), Rejected> {
        let now = self.now();
        let refused = |refusal| self.core.refused(id, &checked.statement().hash, refusal, now);
        let snapshot = self.snapshot(id).ok_or_else(|| refused(Code::NoCompetition.into()))?;
        let beside = Beside::new(&self.reach, id, None, true);
        let context = Context {
            now,
            head: snapshot.head,
            stored: &beside,
        };
        let decided = snapshot.competition.decide(checked, &context);
        match beside.fault() {
            Some(fault) => Err(Rejected::Fault(fault.to_string())),
            None => decided.map(|_| ()).map_err(refused),
        }
    }

    /// Everything that needs no order: form, known keys, signatures.
    fn check(&self, id: &str, envelope: Envelope) -> Result<Checked, Rejected> {
        let hash = envelope.pae_hash();
        let (snapshot, pinned) = (self.snapshot(id), self.core.office.pinned(id));
        let keys: &dyn Keys = snapshot.as_ref().map_or(&pinned, |snapshot| &*snapshot.competition);
        admitted(id, envelope, snapshot.is_some())
            .and_then(|statement| Checked::check(statement, keys))
            .map_err(|refusal| self.core.refused(id, &hash, refusal, self.now()))
    }

    /// The same of many, at the cost of batches and on all cores.
    fn check_all(&self, id: &str, envelopes: Vec<Envelope>) -> Vec<Result<Checked, Rejected>> {
        let (snapshot, pinned) = (self.snapshot(id), self.core.office.pinned(id));
        let keys: &(dyn Keys + Sync) = match &snapshot {
            Some(snapshot) => &*snapshot.competition,
            None => &pinned,
        };
        let hashes: Vec<Digest> = envelopes.par_iter().map(Envelope::pae_hash).collect();
        let each = envelopes.into_par_iter();
        let statements = each
            .map(|envelope| admitted(id, envelope, snapshot.is_some()))
            .collect();
        let checked = Checked::check_many(statements, keys).into_par_iter().zip(hashes);
        let judged =
            checked.map(|(checked, hash)| checked.map_err(|refusal| self.core.refused(id, &hash, refusal, self.now())));
        judged.collect()
    }

    fn enqueue(&self, id: &str, checked: Checked) -> Result<oneshot::Receiver<Settled>, Rejected> {
        let (reply, answer) = oneshot::channel();
        let job = Message::Job(Box::new(Job {
            id: id.to_owned(),
            checked,
            reply,
        }));
        self.send(job)?;
        Ok(answer)
    }

    fn send(&self, message: Message) -> Result<(), Rejected> {
        self.queue.try_send(message).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Rejected::Busy,
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })
    }

    /// The published state of a competition.
    pub fn snapshot(&self, id: &str) -> Option<Arc<Snapshot>> {
        self.core.snapshot(id)
    }

    /// Wakes whoever waits for a published state to change.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.core.changes.subscribe()
    }

    /// Counts what was published and may be seen by all; the same number means that the public sees the same.
    pub fn published(&self) -> u64 {
        self.core.told.load(Ordering::Acquire)
    }

    /// Every competition, by ascending id.
    pub fn list(&self) -> Vec<Arc<Snapshot>> {
        self.core
            .published
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Round, root and count of the box, for the members who close polling; none before the announced closing time,
    /// so that no turnout is known while people vote.
    pub async fn box_to_close(&self, id: &str) -> Result<Option<(u32, Digest, u32)>, StoreError> {
        let Some(snapshot) = self.snapshot(id) else {
            return Ok(None);
        };
        let now = self.now();
        let competition = &snapshot.competition;
        let Some(round) = competition
            .rounds()
            .last()
            .filter(|_| competition.phase(now) == Phase::Polling)
        else {
            return Ok(None);
        };
        let mut hashes: Vec<Digest> = if competition.seals(Kind::BallotCast) {
            let cards = self.store().cards(id, round.number()).await?;
            cards.into_iter().map(|(_, hash)| hash).collect()
        } else {
            round.ballots().hashes().to_vec()
        };
        hashes.sort_unstable();
        let (root, count) = beside::box_root(&hashes);
        // R15: closing earlier needs everyone on the roll to have voted.
        let over = round.closes_at().is_some_and(|closes| now >= closes) || count == competition.elector_count();
        Ok(over.then_some((round.number(), root, count)))
    }

    /// Everything public about this state, as a tar.
    pub async fn pack(&self, snapshot: &Arc<Snapshot>) -> Result<Packed, BundleError> {
        bundle::pack(snapshot.clone(), self.store().clone(), &self.reach.folder).await
    }

    /// The office's time.
    pub fn now(&self) -> Time {
        self.core.clock.now()
    }

    /// Who this office is.
    pub fn office(&self) -> &Office {
        &self.core.office
    }

    /// The store, for what lies beside the ledger and for entries.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.core.store
    }

    /// Statements that wait now.
    pub fn waiting(&self) -> usize {
        QUEUE - self.queue.capacity()
    }

    /// Whether the store answers and the writer takes statements.
    pub async fn ready(&self) -> bool {
        !self.queue.is_closed() && self.core.at_work.load(Ordering::Relaxed) && self.store().ledgers().await.is_ok()
    }

    /// Answers what waits, then closes; other handles are refused from then on.
    pub async fn stop(self) {
        let (done, stopped) = oneshot::channel();
        if self.queue.send(Message::Stop(done)).await.is_ok() {
            // An error means that the writer is gone, which is what was wanted.
            stopped.await.ok();
        }
    }
}

fn stopped() -> Rejected {
    Rejected::Fault("the office is closing".into())
}

/// Takes a data folder for this process; given back when the answer is dropped.
pub fn lock(folder: &Path) -> Result<File, StartError> {
    let failed = |error: std::io::Error| StartError::Journal(JournalError::Fault(error));
    let folder = File::open(folder).map_err(failed)?;
    match folder.try_lock() {
        Ok(()) => Ok(folder),
        Err(std::fs::TryLockError::WouldBlock) => Err(StartError::InUse),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}
