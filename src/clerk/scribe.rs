//! The journal on a thread of its own: while the ballots of one group are written there, those of the next go into the
//! database. Answers are handed over with the lines they wait for.

use super::Core;
use super::journal::{Journal, JournalError, Line};
use super::writer::{Message, Settled, send};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tokio::sync::{mpsc, oneshot};

/// Answers, each to whoever waits for it.
pub(super) type Answers = Vec<(oneshot::Sender<Settled>, Settled)>;

struct Task {
    journal: Journal,
    lines: Vec<Line>,
    answers: Answers,
}

/// The journal comes back with what became of the lines.
type Done = (Journal, Result<(), JournalError>);

pub(super) struct Scribe {
    /// `None` while it is being written.
    journal: Option<Journal>,
    tasks: SyncSender<Task>,
    done: Receiver<Done>,
}

impl Scribe {
    /// Starts the thread, which ends with the scribe. The writer is woken through its `queue` when something fails.
    pub fn start(journal: Journal, core: Arc<Core>, queue: mpsc::WeakSender<Message>) -> std::io::Result<Self> {
        let (tasks, waiting) = sync_channel::<Task>(1);
        let (back, done) = sync_channel::<Done>(1);
        let write = move || {
            for task in waiting {
                let Task {
                    mut journal,
                    lines,
                    answers,
                } = task;
                let written = journal.append(&lines);
                if let Err(error) = &written {
                    tracing::error!(%error, "the journal was not written");
                    core.at_work.store(false, Ordering::Relaxed);
                }
                let told = answers.into_iter().map(|(reply, answer)| match &written {
                    Ok(()) => (reply, answer),
                    Err(error) => (reply, Settled::Fault(error.to_string())),
                });
                send(told);
                let failed = written.is_err();
                if back.send((journal, written)).is_err() {
                    return;
                }
                if failed && let Some(queue) = queue.upgrade() {
                    // A full queue wakes the writer as well.
                    queue.try_send(Message::Follow(None)).ok();
                }
            }
        };
        std::thread::Builder::new().name("journal".into()).spawn(write)?;
        let journal = Some(journal);
        Ok(Self { journal, tasks, done })
    }

    /// Hands lines over, and answers that are sent when they are durable; if they cannot be written, each is a fault.
    pub fn write(&mut self, lines: Vec<Line>, answers: Answers) {
        self.wait().ok();
        let journal = self.journal.take().expect("it has come back");
        let task = Task {
            journal,
            lines,
            answers,
        };
        self.tasks.send(task).expect("the thread lives as long as the scribe");
    }

    /// Waits until what was handed over is durable, and says once if it is not.
    pub fn wait(&mut self) -> Result<(), JournalError> {
        if self.journal.is_some() {
            return Ok(());
        }
        let (journal, written) = self.done.recv().expect("the thread lives as long as the scribe");
        self.journal = Some(journal);
        written
    }

    /// The journal itself, for whoever compares it with the database and writes what it lacks.
    pub fn journal(&mut self) -> &mut Journal {
        self.wait().ok();
        self.journal.as_mut().expect("it has come back")
    }
}
