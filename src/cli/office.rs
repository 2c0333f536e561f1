//! What the commands that work on a data folder share.

use super::{Failure, cannot_tell, usage};
use crate::clerk::{Clerk, Clock, FileClock, Office, Snapshot, StartError, SystemClock};
use crate::config::{Config, ConfigError, data_folder};
use crate::crypto::test_keys::is_test_key;
use crate::store::{SqliteStore, Store, StoreError, sqlite};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the data folder is.
#[derive(Debug, Clone, clap::Args)]
pub struct Folder {
    /// The data folder, as `esep init` made it [env: ESEP_DATA].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Folder {
    /// Path, configuration, and who the office is.
    pub fn open(&self) -> Result<(PathBuf, Config, Office), Failure> {
        let folder = data_folder(self.data.clone()).map_err(config_failure)?;
        let config = Config::read(&folder).map_err(config_failure)?;
        let office = config.office(&folder).map_err(config_failure)?;
        Ok((folder, config, office))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
fn config_failure(error: ConfigError) -> Failure {
    match error {
        ConfigError::NoFolder | ConfigError::Environment { .. } => usage(error.to_string()),
        ConfigError::Unreadable { .. } => {
            cannot_tell(format!("{error} (is this a data folder? `esep init` makes one)"))
        }
        ConfigError::Bad { .. } => cannot_tell(error.to_string()),
    }
}

/// A failed machine is no verdict; a record that does not hold is.
#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
pub fn start_failure(error: StartError) -> Failure {
    match error {
        StartError::InUse => Failure::Refused(error.to_string()),
        StartError::Store(_) | StartError::NoJournal | StartError::Journal(_) | StartError::Host(_) => {
            cannot_tell(error.to_string())
        }
        _ => Failure::Wrong(error.to_string()),
    }
}

/// The same for the store alone.
pub fn store_failure(error: StoreError) -> Failure {
    start_failure(error.into())
}

/// The office's clock. A set clock, and published test keys, serve in rehearsals only.
pub fn clock(office: &Office, rehearsal_clock: Option<&Path>) -> Result<Arc<dyn Clock>, Failure> {
    let refused = |words: &str| Failure::Refused(words.into());
    if !office.rehearsal {
        let organisers = office.organisers.iter().map(crate::crypto::PublicKey::id);
        if organisers
            .chain([office.log_key.public().id()])
            .any(|id| is_test_key(&id))
        {
            return Err(refused(
                "a published test key serves in an office made with `esep init --rehearsal` only",
            ));
        }
        if rehearsal_clock.is_some() {
            return Err(refused(
                "--rehearsal-clock serves in an office made with `esep init --rehearsal` only",
            ));
        }
    }
    match rehearsal_clock {
        Some(path) => Ok(Arc::new(FileClock::open(path).map_err(cannot_tell)?)),
        None => Ok(Arc::new(SystemClock)),
    }
}

/// Opens the database to be looked at, and verifies everything as start-up does.
pub async fn look(folder: &Path, office: &Office) -> Result<(Arc<dyn Store>, Vec<Arc<Snapshot>>), Failure> {
    let store = SqliteStore::look(&folder.join(sqlite::FILE_NAME))
        .await
        .map_err(store_failure)?;
    let store: Arc<dyn Store> = Arc::new(store);
    let snapshots = Clerk::inspect(office.clone(), store.clone(), folder, no_clock())
        .await
        .map_err(start_failure)?;
    Ok((store, snapshots))
}

/// For looking only: a record from the future is the business of `serve`, which writes.
fn no_clock() -> Arc<dyn Clock> {
    Arc::new(crate::clerk::ManualClock::at(crate::calendar::Time::from_unix(
        i64::MAX,
    )))
}
