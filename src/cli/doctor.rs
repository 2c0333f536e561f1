//! `esep doctor`: checks everything that start-up checks, and the files beside, without writing anything.

use super::office::{Folder, Place, clock, start_failure, store_failure};
use super::{Failure, print, print_json};
use crate::clerk::journal::{JournalError, Known};
use crate::clerk::{Clerk, Clock, Office, SystemClock};
use crate::config::LOG_KEY;
use crate::documents::{Documents, Limits};
use crate::store::{Shelf, Store};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Check a data folder: configuration, keys, database, journal, every entry, every stored file. Writes nothing.
///
/// Works beside a running service. Exit code: 0 everything is in order, 1 something is wrong, 3 something could not be
/// read.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    #[command(flatten)]
    folder: Folder,
    /// Rehearsals only: the file that `esep serve` takes the time from.
    #[arg(long, value_name = "FILE")]
    rehearsal_clock: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    what: &'static str,
    ok: bool,
    /// What was found; where it is not in order, also what to do.
    words: String,
    #[serde(skip)]
    exit: u8,
}

impl Check {
    fn of(what: &'static str, found: Result<String, Failure>) -> Self {
        match found {
            Ok(words) => Self {
                what,
                ok: true,
                words,
                exit: 0,
            },
            Err(failure) => Self {
                what,
                ok: false,
                words: failure.to_string(),
                exit: failure.exit(),
            },
        }
    }
}

impl Doctor {
    /// Looks at everything and tells.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let checks = runtime.block_on(self.checks());
        if self.json {
            print_json("esep.doctor.v1", &checks)?;
        } else {
            for check in &checks {
                let mark = if check.ok { "ok   " } else { "WRONG" };
                print(format!("{mark}  {}: {}\n", check.what, check.words))?;
            }
        }
        // What is wrong weighs more than what could not be read.
        let wrong = checks.iter().any(|check| check.exit == 1);
        let worst = checks.iter().map(|check| check.exit).max().unwrap_or_default();
        Ok(ExitCode::from(if wrong { 1 } else { worst }))
    }

    async fn checks(&self) -> Vec<Check> {
        let place = match self.folder.open() {
            Ok(place) => place,
            Err(failure) => return vec![Check::of("configuration and log key", Err(failure))],
        };
        let Place {
            folder,
            office,
            database,
            ..
        } = place;
        let mut checks = vec![
            Check::of(
                "configuration and log key",
                Ok(format!("{}, log key {}", office.host, office.log_key.public().id())),
            ),
            Check::of("rights on the log key", rights(&folder.join(LOG_KEY))),
            Check::of("journal", journal(&folder)),
        ];
        let clock = clock(&office, self.rehearsal_clock.as_deref());
        let time = clock.as_ref().map(|clock| format!("{}", clock.now()));
        checks.push(Check::of(
            "clock and keys",
            time.map_err(|failure| Failure::Refused(failure.to_string())),
        ));
        let clock = clock.unwrap_or_else(|_| Arc::new(SystemClock));
        match database.look().await {
            Err(error) => checks.push(Check::of("database", Err(store_failure(error)))),
            Ok(store) => {
                checks.push(Check::of("database", structure(&*store).await));
                checks.push(Check::of("record", record(&office, &store, &folder, clock).await));
                checks.push(Check::of("stored files", files(&store, &folder).await));
            }
        }
        checks
    }
}

fn rights(path: &Path) -> Result<String, Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let found =
            std::fs::metadata(path).map_err(|error| super::cannot_tell(format!("{}: {error}", path.display())))?;
        if found.permissions().mode() & 0o077 != 0 {
            return Err(Failure::Wrong(format!(
                "others can read it: chmod 600 {}",
                path.display()
            )));
        }
    }
    Ok(format!("{} is its owner's alone", path.display()))
}

fn journal(folder: &Path) -> Result<String, Failure> {
    match Known::read(folder) {
        Ok(known) => Ok(format!("knows {} checkpoints", known.checkpoints.len())),
        Err(JournalError::Missing) => Err(start_failure(crate::clerk::StartError::NoJournal)),
        Err(error) => Err(start_failure(error.into())),
    }
}

async fn structure(store: &dyn Store) -> Result<String, Failure> {
    match store.check().await.map_err(store_failure)?.first() {
        Some(problem) => Err(store_failure(crate::store::StoreError::Damaged(problem.clone()))),
        None => Ok("its structure is sound".into()),
    }
}

async fn record(
    office: &Office,
    store: &Arc<dyn Store>,
    folder: &Path,
    clock: Arc<dyn Clock>,
) -> Result<String, Failure> {
    let now = clock.now();
    let verified = Clerk::inspect(office.clone(), store.clone(), folder, clock)
        .await
        .map_err(start_failure)?;
    let line = |snapshot: &Arc<crate::clerk::Snapshot>| {
        format!(
            "{}: {} entries, {}",
            snapshot.id,
            snapshot.head.size,
            snapshot.competition.phase(now)
        )
    };
    let lines: Vec<String> = verified.iter().map(line).collect();
    Ok(if lines.is_empty() {
        "no competition yet".into()
    } else {
        format!("verified {}", lines.join("; "))
    })
}

async fn files(store: &Arc<dyn Store>, folder: &Path) -> Result<String, Failure> {
    for shelf in Shelf::ALL {
        let path = folder.join(shelf.folder());
        if !path.is_dir() {
            return Err(Failure::Wrong(format!(
                "{} is missing: put it back from the backup",
                path.display()
            )));
        }
    }
    let documents = Documents::look(folder, store.clone(), Limits::default());
    let found = documents
        .check()
        .await
        .map_err(|error| super::cannot_tell(error.to_string()))?;
    match found.split_first() {
        None => Ok("all are whole".into()),
        Some((first, rest)) => {
            let more = if rest.is_empty() {
                String::new()
            } else {
                format!(" (and {} more)", rest.len())
            };
            Err(Failure::Wrong(format!("{first}{more}: put it back from the backup")))
        }
    }
}
