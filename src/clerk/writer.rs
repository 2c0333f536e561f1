//! The single writer: takes what waits, decides it, makes it durable once, signs once, and answers only then.
//!
//! Order of effects: durable commit, sign checkpoint, store note, journal, publish, answer. Nothing is signed that is
//! not durable. After a failure the state in memory is worthless: it is dropped and read from the disk again.

use super::Core;
use super::beside::{Beside, Reach};
use super::journal::{Journal, JournalError, Known, Line};
use super::snapshot::Snapshot;
use super::start_error::StartError;
use super::startup;
use super::volume::{Before, Volume, append, enter, entry, head_of};
use crate::calendar::Time;
use crate::competition::act::Kind;
use crate::competition::{Checked, Code, Competition, Context, Placed, Refusal, Statement};
use crate::crypto::{Digest, Envelope};
use crate::ledger::NoteKey;
use crate::ledger::receipt::BoxReceipt;
use crate::ledger::tree::Frontier;
use crate::store::{Boxed, Change, StoreError, Tip};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Statements that are made durable together, at most.
pub const GROUP: usize = 512;

/// Ballots whose signatures are checked together when a box is opened.
const OPENED_AT_ONCE: usize = 8_192;

/// How often a group is decided anew because another instance was first.
const TRIES: usize = 50;

/// A statement that waits.
pub(super) struct Job {
    pub id: String,
    pub checked: Checked,
    pub reply: oneshot::Sender<Settled>,
}

/// What became of a statement, once it is durable; the receipt is made from it.
pub(super) enum Settled {
    Placed {
        seq: u64,
        created: bool,
        snapshot: Arc<Snapshot>,
    },
    Boxed {
        receipt: BoxReceipt,
        created: bool,
        key: Arc<NoteKey>,
    },
    Refused(Refusal, Time),
    /// The outcome is unknown, or nothing happened.
    Fault(String),
}

/// What is sent to the writer.
pub(super) enum Message {
    Job(Box<Job>),
    /// Another instance may have moved on; the answer comes when what it wrote is known here.
    Follow(Option<oneshot::Sender<()>>),
    Stop(oneshot::Sender<()>),
}

/// What was decided about a job, before it is durable.
enum Verdict {
    Placed { seq: u64, created: bool },
    Boxed { round: u32, created: bool },
    Refused(Refusal, Time),
}

/// Why a group could not be finished.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the box of {0} does not open: {1}")]
    Box(String, String),
}

/// Changes of one group, and the journal lines that follow from them.
#[derive(Default)]
struct Group {
    changes: BTreeMap<String, Change>,
    /// What the changed volumes were before; nothing for one that the group began. Empty once the group is durable.
    before: BTreeMap<String, Option<Before>>,
}

pub(super) struct Writer {
    pub(super) core: Arc<Core>,
    pub(super) reach: Reach,
    pub(super) journal: Journal,
    /// `None`: the disk must be read before anything else.
    pub(super) volumes: Option<BTreeMap<String, Volume>>,
}

impl Writer {
    /// Verifies what is stored, writes down what a fall left undone, and publishes.
    pub fn open(core: Arc<Core>, reach: Reach, journal: Journal) -> Result<Self, StartError> {
        let mut writer = Self {
            core,
            reach,
            journal,
            volumes: None,
        };
        writer.reread()?;
        Ok(writer)
    }

    pub fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let mut stop = None;
        while let Some(first) = queue.blocking_recv() {
            let (mut jobs, mut followers) = (Vec::new(), Vec::new());
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Job(job) => jobs.push(*job),
                    Message::Follow(reply) => followers.push(reply),
                    Message::Stop(done) => {
                        // What is in the queue already is still answered; nothing more gets in.
                        queue.close();
                        stop = Some(done);
                    }
                }
                next = if jobs.len() < GROUP {
                    queue.try_recv().ok()
                } else {
                    None
                };
            }
            if !followers.is_empty() {
                self.catch_up();
            }
            for reply in followers.into_iter().flatten() {
                reply.send(()).ok();
            }
            for part in split(jobs) {
                self.take(part, TRIES);
            }
        }
        self.reach.all_answered();
        drop(self);
        if let Some(done) = stop {
            // Whoever asked may have gone.
            done.send(()).ok();
        }
    }

    pub(super) fn reread(&mut self) -> Result<(), StartError> {
        self.volumes = None;
        self.core.at_work.store(false, Ordering::Relaxed);
        let known: &Known = self.journal.known();
        let opened = startup::load(&self.reach, &self.core.office, &*self.core.clock, known)?;
        if !opened.notes.is_empty() {
            self.reach.wait(self.reach.store.note(&opened.notes))?;
        }
        self.journal.append(&opened.lines)?;
        for volume in opened.volumes.values() {
            self.core.publish(&volume.snapshot());
        }
        self.volumes = Some(opened.volumes);
        self.core.at_work.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// One group, from decision to answer.
    fn take(&mut self, jobs: Vec<Job>, tries: usize) {
        if jobs.is_empty() {
            return;
        }
        if self.volumes.is_none()
            && let Err(error) = self.reread()
        {
            tracing::error!(%error, "the office cannot go on");
            return answer_all(jobs, &error.to_string());
        }
        let mut group = Group::default();
        let verdicts: Result<Vec<Verdict>, Broken> = jobs
            .iter()
            .map(|job| self.decide(&mut group, &job.id, &job.checked))
            .collect();
        let settled = verdicts.and_then(|verdicts| {
            self.refuse_by_the_head(&group, &verdicts)?;
            self.settle(&mut group)?;
            Ok(verdicts)
        });
        match settled {
            Ok(verdicts) => {
                let settled = jobs.into_iter().zip(verdicts);
                let answers: Vec<_> = settled
                    .map(|(job, verdict)| {
                        let answer = self.settled(&job, verdict);
                        (job.reply, answer)
                    })
                    .collect();
                // On a thread that answers: to wake each sender from here would take the writer longer.
                let answering = async move {
                    for (reply, answer) in answers {
                        // Whoever asked may have gone; a retry gets the same receipt.
                        reply.send(answer).ok();
                    }
                };
                self.reach.answer(answering);
            }
            Err(broken) => self.recover(jobs, group, &broken, tries),
        }
    }

    /// The outcome is unknown: what is on the disk is the truth.
    fn recover(&mut self, jobs: Vec<Job>, group: Group, broken: &Broken, tries: usize) {
        let shared = self.reach.store.shared();
        let again = match broken {
            Broken::Store(StoreError::HeadMoved(_)) => shared || tries == TRIES,
            // Somebody has voted with this card, or sent this statement, at another instance; or the server is a new one.
            Broken::Store(StoreError::Taken(_) | StoreError::Reconnected) => shared,
            // A server that was started anew; what is stored is read below.
            Broken::Store(StoreError::Fault(_)) => shared && tries == TRIES,
            _ => false,
        };
        let read = if shared && matches!(broken, Broken::Store(_)) {
            tracing::debug!(error = %broken, "a group was not finished; following the other instances");
            self.undo(group);
            self.follow()
        } else {
            tracing::error!(error = %broken, "a group was not finished; reading the disk again");
            self.reread()
        };
        if let Err(error) = read {
            tracing::error!(%error, "the office cannot go on");
            self.volumes = None;
            self.core.at_work.store(false, Ordering::Relaxed);
            return answer_all(jobs, &error.to_string());
        }
        let anew = again && tries > 0;
        let unknown = matches!(broken, Broken::Store(StoreError::Fault(_)));
        if anew && !unknown {
            // Whoever loses again and again waits a little, so that all get their turn.
            let pause = (TRIES - tries) as u64;
            std::thread::sleep(Duration::from_millis(rand::random_range(0..=pause)));
            return self.take(jobs, tries - 1);
        }
        let mut left = Vec::new();
        for job in jobs {
            let answer = match self.find(&job.id, &job.checked) {
                Some(Verdict::Placed { seq, .. }) => self.settled(&job, Verdict::Placed { seq, created: true }),
                Some(Verdict::Boxed { round, .. }) => self.settled(&job, Verdict::Boxed { round, created: true }),
                _ if anew => {
                    left.push(job);
                    continue;
                }
                _ => Settled::Fault(broken.to_string()),
            };
            job.reply.send(answer).ok();
        }
        if anew {
            self.take(left, tries - 1);
        }
    }

    /// The state that was settled last, as nothing of this group is durable.
    fn undo(&mut self, group: Group) {
        let volumes = self.volumes.get_or_insert_default();
        for (id, before) in group.before {
            match (before, volumes.get_mut(&id), group.changes.get(&id)) {
                (Some(before), Some(volume), change) => volume.undo(before, change),
                _ => drop(volumes.remove(&id)),
            }
        }
    }

    /// What is accepted is held to the head by its commit. A refusal changes nothing, so the head is asked here: none
    /// may rest on a state that another instance has left behind.
    fn refuse_by_the_head(&self, group: &Group, verdicts: &[Verdict]) -> Result<(), Broken> {
        let refused = verdicts.iter().any(|verdict| matches!(verdict, Verdict::Refused(..)));
        if !refused || !self.reach.store.shared() {
            return Ok(());
        }
        match self.moved_head(&group.changes)? {
            Some(id) => Err(StoreError::HeadMoved(id).into()),
            None => Ok(()),
        }
    }

    fn volumes(&mut self) -> &mut BTreeMap<String, Volume> {
        self.volumes.get_or_insert_default()
    }

    /// A retry is the same statement by the same first signer.
    fn find(&mut self, id: &str, checked: &Checked) -> Option<Verdict> {
        let volume = self.volumes().get(id)?;
        let (hash, signer) = (checked.statement().hash, checked.signers().next()?);
        if let Some(seq) = volume.index.get(&(hash, signer)) {
            return Some(Verdict::Placed {
                seq: *seq,
                created: false,
            });
        }
        let boxed = volume
            .boxes
            .iter()
            .find(|(_, boxed)| boxed.cards.get(&signer) == Some(&hash));
        boxed.map(|(round, _)| Verdict::Boxed {
            round: *round,
            created: false,
        })
    }

    fn decide(&mut self, group: &mut Group, id: &str, checked: &Checked) -> Result<Verdict, Broken> {
        if let Some(known) = self.find(id, checked) {
            return Ok(known);
        }
        let now = self.core.clock.now();
        let reach = self.reach.clone();
        if !self.volumes().contains_key(id) {
            return self.announce(&reach, group, id, checked, now);
        }
        let volume = self.volumes().get_mut(id).expect("asked above");
        let now = now.max(volume.last);
        let beside = Beside::new(&reach, id, Some(&volume.boxes), true);
        let step = volume.competition.decide(
            checked,
            &Context {
                now,
                head: volume.head,
                stored: &beside,
            },
        );
        if let Some(fault) = beside.fault() {
            return Err(fault.into());
        }
        let step = match step {
            Ok(step) => step,
            Err(refusal) => return Ok(Verdict::Refused(refusal, now)),
        };
        let change = group.changes.entry(id.to_owned()).or_insert_with(|| {
            group.before.insert(id.to_owned(), Some(volume.before()));
            Change {
                ballots: reach.store.shared().then(|| volume.ballots()),
                ..Change::at(id, volume.tip)
            }
        });
        let statement = checked.statement();
        if volume.competition.seals(statement.kind()) {
            return Ok(put_into_box(volume, change, checked));
        }
        let seq = match append(volume, change, checked, step, now) {
            Ok(seq) => seq,
            Err(refusal) => return Ok(Verdict::Refused(refusal, now)),
        };
        if statement.kind() == Kind::BallotsOpened && volume.competition.to_open() > 0 {
            open_box(&reach, volume, change, now)?;
        }
        Ok(Verdict::Placed { seq, created: true })
    }

    /// The first statement of a competition brings it into being.
    fn announce(
        &mut self,
        reach: &Reach,
        group: &mut Group,
        id: &str,
        checked: &Checked,
        now: Time,
    ) -> Result<Verdict, Broken> {
        let key = self
            .core
            .office
            .note_key(id)
            .expect("the door takes only ids that name a ledger");
        if checked.statement().kind() != Kind::Announcement {
            return Ok(Verdict::Refused(Code::NoCompetition.into(), now));
        }
        let beside = Beside::new(reach, id, None, true);
        let frontier = Frontier::new();
        let head = head_of(&frontier);
        let pinned = self.core.office.pinned(id);
        let step = Competition::announce(
            checked,
            &pinned,
            &Context {
                now,
                head,
                stored: &beside,
            },
        );
        if let Some(fault) = beside.fault() {
            return Err(fault.into());
        }
        let (step, bytes) = match step.and_then(|step| Ok((step, entry(&pinned.origin, Tip::EMPTY, checked, now)?))) {
            Ok(step) => step,
            Err(refusal) => return Ok(Verdict::Refused(refusal, now)),
        };
        let mut volume = Volume {
            id: id.to_owned(),
            competition: Arc::new(Competition::begin(step, Placed { seq: 0, time: now })),
            frontier,
            head,
            tip: Tip::EMPTY,
            last: now,
            index: HashMap::new(),
            boxes: BTreeMap::new(),
            tree: super::SharedTree::default(),
            checkpoint: String::new(),
            key: Arc::new(key),
        };
        let mut change = Change::at(id, Tip::EMPTY);
        enter(&mut volume, &mut change, checked, bytes, now);
        self.volumes().insert(id.to_owned(), volume);
        group.before.insert(id.to_owned(), None);
        group.changes.insert(id.to_owned(), change);
        Ok(Verdict::Placed { seq: 0, created: true })
    }

    /// Durable commit, sign checkpoint, store note, journal, publish.
    fn settle(&mut self, group: &mut Group) -> Result<(), Broken> {
        let changes = std::mem::take(&mut group.changes).into_values();
        let changes: Vec<Change> = changes.filter(|change| !change.is_empty()).collect();
        if changes.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.reach.wait(self.reach.store.commit(&changes)) {
            group.changes = changes.into_iter().map(|change| (change.id.clone(), change)).collect();
            return Err(error.into());
        }
        group.before.clear();
        let mut lines: Vec<Line> = changes.iter().flat_map(boxed_lines).collect();
        let grown: Vec<&Change> = changes.iter().filter(|change| !change.entries.is_empty()).collect();
        let mut notes = Vec::new();
        for change in &grown {
            let volumes = self.volumes.get_or_insert_default();
            let volume = volumes
                .get_mut(&change.id)
                .expect("a change is made to a volume at hand");
            volume.tree.extend(change.entries.iter().map(|entry| entry.leaf));
            volume.sign_checkpoint();
            notes.push(volume.noted());
        }
        if !notes.is_empty() {
            self.reach.wait(self.reach.store.note(&notes))?;
        }
        lines.extend(notes.into_iter().map(|noted| Line::Checkpoint {
            id: noted.id,
            note: noted.checkpoint,
        }));
        self.journal.append(&lines)?;
        for change in grown {
            let snapshot = self.volumes().get(&change.id).map(Volume::snapshot);
            if let Some(snapshot) = snapshot {
                self.core.publish(&snapshot);
            }
        }
        Ok(())
    }

    fn settled(&mut self, job: &Job, verdict: Verdict) -> Settled {
        match verdict {
            Verdict::Refused(refusal, time) => Settled::Refused(refusal, time),
            Verdict::Placed { seq, created } => match self.core.snapshot(&job.id) {
                Some(snapshot) => Settled::Placed { seq, created, snapshot },
                None => Settled::Fault("the entry is not published".into()),
            },
            Verdict::Boxed { round, created } => match self.volumes().get(&job.id) {
                Some(volume) => Settled::Boxed {
                    receipt: BoxReceipt {
                        origin: volume.competition.origin().to_owned(),
                        round,
                        ballot: job.checked.statement().hash,
                    },
                    created,
                    key: volume.key.clone(),
                },
                None => Settled::Fault("the competition is not at hand".into()),
            },
        }
    }
}

/// An opening is a group of its own, so that the box it opens is on the disk.
fn split(jobs: Vec<Job>) -> Vec<Vec<Job>> {
    let opens = |job: &Job| job.checked.statement().kind() == Kind::BallotsOpened;
    let mut parts: Vec<Vec<Job>> = vec![Vec::new()];
    for job in jobs {
        let alone = opens(&job);
        let last = parts.last_mut().expect("starts with one part");
        if !last.is_empty() && (alone || opens(&last[0])) {
            parts.push(vec![job]);
        } else {
            last.push(job);
        }
    }
    parts
}

fn answer_all(jobs: Vec<Job>, why: &str) {
    for job in jobs {
        job.reply.send(Settled::Fault(why.to_owned())).ok();
    }
}

fn boxed_lines(change: &Change) -> Vec<Line> {
    let mut rounds: BTreeMap<u32, Vec<Digest>> = BTreeMap::new();
    for ballot in &change.boxed {
        rounds.entry(ballot.round).or_default().push(ballot.hash);
    }
    let mut lines = Vec::new();
    for (round, mut ballots) in rounds {
        ballots.sort();
        lines.push(Line::Boxed {
            id: change.id.clone(),
            round,
            ballots,
        });
    }
    lines.extend(change.opened.map(|round| Line::Opened {
        id: change.id.clone(),
        round,
    }));
    lines
}

fn put_into_box(volume: &mut Volume, change: &mut Change, checked: &Checked) -> Verdict {
    let statement = checked.statement();
    let round = volume.competition.round().expect("ballots are decided in a round only");
    let key = checked.signers().next().expect("a checked statement has a signature");
    let (hash, envelope) = (statement.hash, statement.envelope.to_json());
    change.boxed.push(Boxed {
        round,
        hash,
        key,
        envelope,
    });
    volume.boxes.entry(round).or_default().cards.insert(key, hash);
    Verdict::Boxed { round, created: true }
}

/// All ballots of the box enter behind the opening, ascending by hash, with one time, through the same rules.
fn open_box(reach: &Reach, volume: &mut Volume, change: &mut Change, now: Time) -> Result<(), Broken> {
    let id = volume.id.clone();
    let stuck = |why: String| Broken::Box(id.clone(), why);
    let Some(round) = volume.competition.round() else {
        return Err(stuck("there is no round".into()));
    };
    let mut ballots = reach.wait(reach.store.boxed(&volume.id, round))?.into_iter();
    let read = |ballot: &Boxed| {
        let envelope =
            Envelope::from_json(&ballot.envelope).map_err(|error| Code::Malformed.because(error.to_string()))?;
        Statement::read(envelope)
    };
    loop {
        // A part at a time: what has been read of a ballot takes several times its bytes.
        let part: Vec<Boxed> = ballots.by_ref().take(OPENED_AT_ONCE).collect();
        if part.is_empty() {
            break;
        }
        let checked = Checked::check_many(part.par_iter().map(read).collect(), &*volume.competition);
        for checked in checked {
            let checked = checked.map_err(|refusal| stuck(refusal.to_string()))?;
            let beside = Beside::new(reach, &volume.id, None, true);
            let context = Context {
                now,
                head: volume.head,
                stored: &beside,
            };
            let step = volume.competition.decide(&checked, &context);
            if let Some(fault) = beside.fault() {
                return Err(fault.into());
            }
            let placed = step.and_then(|step| append(volume, change, &checked, step, now));
            placed.map_err(|refusal| stuck(refusal.to_string()))?;
        }
    }
    if volume.competition.to_open() > 0 {
        return Err(stuck(format!("{} ballots are missing", volume.competition.to_open())));
    }
    volume.boxes.remove(&round);
    change.opened = Some(round);
    Ok(())
}
