//! `esep migrate`: makes or updates the tables of a database, as their owner.

use super::office::store_failure;
use super::{talk, usage};
use crate::store::{Database, PostgresStore, SqliteStore, Store};
use std::process::ExitCode;

/// Make the tables of a PostgreSQL database, or bring them up to date, as the role that owns them.
///
/// The office itself then works as another role (--role), which can append to a ledger but neither change nor delete
/// what is in it. A database in a file needs this never: `esep serve` keeps it up to date.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  esep migrate --database postgres://esep_owner@db/esep --role esep_office")]
pub struct Migrate {
    /// The database, as its owner reaches it: postgres://OWNER@HOST/NAME [env: ESEP_DATABASE].
    #[arg(long, value_name = "URL")]
    database: Option<Database>,
    /// Role of the office, which is given its rights; without it the office must work as the owner.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
}

impl Migrate {
    /// Makes the tables.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let named = match self.database {
            None => crate::config::database_variable().map_err(super::office::config_failure)?,
            named => named,
        };
        let database = named.ok_or_else(|| usage("which database? Say --database URL or set ESEP_DATABASE"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            match &database {
                Database::Postgres(url) => PostgresStore::migrate(url, self.role.as_deref()).await,
                Database::Sqlite(path) => match SqliteStore::open(path).await {
                    Ok(store) => {
                        store.close().await;
                        Ok(())
                    }
                    Err(error) => Err(error),
                },
            }
            .map_err(store_failure)
        })?;
        talk(format_args!("the tables of {database} are up to date"));
        Ok(ExitCode::SUCCESS)
    }
}
