//! Where the office's time comes from. Only the clerk asks; everyone else is told.

use crate::calendar::Time;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of time in whole seconds.
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> Time;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still until it is set: tests and the demonstration.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows this time.
    pub fn at(time: Time) -> Self {
        Self(AtomicI64::new(time.unix()))
    }

    /// Sets the clock.
    pub fn set(&self, time: Time) {
        self.0.store(time.unix(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time::from_unix(self.0.load(Ordering::SeqCst))
    }
}

/// Rehearsals only: the time stands in a file, `2026-11-23T04:00:00Z`, and moves when the file is written.
#[derive(Debug)]
pub struct FileClock {
    path: PathBuf,
    last: AtomicI64,
}

impl FileClock {
    /// Reads the file once, so that a bad one is noticed before anything is served.
    pub fn open(path: &Path) -> Result<Self, String> {
        let time = read(path)?;
        Ok(Self {
            path: path.to_owned(),
            last: AtomicI64::new(time.unix()),
        })
    }
}

impl Clock for FileClock {
    fn now(&self) -> Time {
        match read(&self.path) {
            Ok(time) => self.last.store(time.unix(), Ordering::SeqCst),
            // Somebody may be writing it at this moment: the last time read stands.
            Err(error) => tracing::warn!(%error, "the rehearsal clock cannot be read"),
        }
        Time::from_unix(self.last.load(Ordering::SeqCst))
    }
}

fn read(path: &Path) -> Result<Time, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    text.trim()
        .parse()
        .map_err(|error| format!("{}: {error}", path.display()))
}
