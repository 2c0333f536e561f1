//! What the commands that work on a data folder share.

use super::{Failure, cannot_tell, usage};
use crate::clerk::{Clerk, Clock, FileClock, Office, Snapshot, StartError, SystemClock};
use crate::config::{Config, ConfigError, data_folder};
use crate::crypto::test_keys::is_test_key;
use crate::store::{Database, Store, StoreError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the data folder is.
#[derive(Debug, Clone, clap::Args)]
pub struct Folder {
    /// The data folder, as `esep init` made it [env: ESEP_DATA].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The database, if it is not the one that esep.toml names: postgres://USER@HOST/NAME or sqlite:PATH [env: ESEP_DATABASE].
    #[arg(long, value_name = "URL")]
    database: Option<Database>,
}

/// A data folder that was found.
pub struct Place {
    /// The folder.
    pub folder: PathBuf,
    /// Its configuration.
    pub config: Config,
    /// Who the office is.
    pub office: Office,
    /// Its database.
    pub database: Database,
}

impl Folder {
    /// Reads configuration and log key.
    pub fn open(&self) -> Result<Place, Failure> {
        let folder = data_folder(self.data.clone()).map_err(config_failure)?;
        let config = Config::read(&folder).map_err(config_failure)?;
        let office = config.office(&folder).map_err(config_failure)?;
        let database = config
            .database(self.database.clone(), &folder)
            .map_err(config_failure)?;
        Ok(Place {
            folder,
            config,
            office,
            database,
        })
    }
}

impl Place {
    /// Opens the database to be looked at, and verifies everything as start-up does.
    pub async fn look(&self) -> Result<(Arc<dyn Store>, Vec<Arc<Snapshot>>), Failure> {
        let store = self.database.look().await.map_err(store_failure)?;
        let snapshots = self.verify(&store).await?;
        Ok((store, snapshots))
    }

    /// Verifies what is in this store as start-up does.
    pub async fn verify(&self, store: &Arc<dyn Store>) -> Result<Vec<Arc<Snapshot>>, Failure> {
        Clerk::inspect(self.office.clone(), store.clone(), &self.folder, no_clock())
            .await
            .map_err(start_failure)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
pub fn config_failure(error: ConfigError) -> Failure {
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

/// For looking only: a record from the future is the business of `serve`, which writes.
fn no_clock() -> Arc<dyn Clock> {
    Arc::new(crate::clerk::ManualClock::at(crate::calendar::Time::from_unix(
        i64::MAX,
    )))
}
