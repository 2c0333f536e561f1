//! `esep init`: makes the data folder of an office and pins who may announce.

use super::office::{config_failure, store_failure};
use super::{Failure, Mode, cannot_tell, print, print_json, read_text, talk, usage, write_new};
use crate::clerk::journal::{Journal, sync_folder};
use crate::config::{Config, FILE_NAME, LOG_KEY, data_folder, database_variable};
use crate::crypto::test_keys::is_test_key;
use crate::crypto::{PublicKey, SecretKey};
use crate::store::{Database, Shelf, SqliteStore, Store};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Make the data folder of a new office: its log key, its database, and the keys that may announce competitions.
///
/// The host name becomes part of every ledger's name and can never be changed. An existing office is refused, never
/// overwritten. Keep a copy of log.key off this machine: without it the ledgers cannot go on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  esep init --data /var/lib/esep --origin votes.example.org --organiser organiser.pub.pem"
)]
pub struct Init {
    /// The data folder; made where it is missing [env: ESEP_DATA].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Public host name of the office.
    #[arg(long, value_name = "HOST", value_parser = host)]
    origin: String,
    /// Public key that may announce competitions; several may be given.
    #[arg(long, value_name = "PUB.pem", required = true, num_args = 1..)]
    organiser: Vec<PathBuf>,
    /// Keep the record in this PostgreSQL database instead of a file: postgres://USER@HOST/NAME, made ready by
    /// `esep migrate` [env: ESEP_DATABASE].
    #[arg(long, value_name = "URL")]
    database: Option<Database>,
    /// An office for rehearsals: test keys and a set clock are allowed, and everything is marked.
    #[arg(long)]
    rehearsal: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

fn host(text: &str) -> Result<String, String> {
    let good = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b':');
    if !text.is_empty() && text.len() <= 253 && text.bytes().all(good) {
        Ok(text.to_owned())
    } else {
        Err("a host name in lower case, like votes.example.org".into())
    }
}

impl Init {
    /// Makes the office.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let folder = data_folder(self.data.clone()).map_err(|error| usage(error.to_string()))?;
        let organisers = self.organisers()?;
        let log_key = SecretKey::generate(&mut rand::rng());
        let config = Config {
            host: self.origin.clone(),
            rehearsal: self.rehearsal,
            organisers,
            database: match self.database.clone() {
                None => database_variable().map_err(config_failure)?,
                named => named,
            },
            listen: None,
            // A proxy on this machine; nobody else comes from these addresses.
            proxies: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            limits: None,
        };
        make_office(&folder, &config, &log_key)?;
        self.report(&folder, log_key.public())
    }

    fn organisers(&self) -> Result<Vec<PublicKey>, Failure> {
        let mut keys: Vec<PublicKey> = Vec::new();
        for path in &self.organiser {
            let bad = |why: &dyn std::fmt::Display| usage(format!("{}: {why}", path.display()));
            let key = PublicKey::from_pem(&read_text(path)?).map_err(|error| bad(&error))?;
            if is_test_key(&key.id()) && !self.rehearsal {
                let words =
                    "a published test key: anyone could announce; it serves in an office made with --rehearsal only";
                return Err(Failure::Refused(format!("{}: {words}", path.display())));
            }
            if keys.contains(&key) {
                return Err(bad(&"the same key twice"));
            }
            keys.push(key);
        }
        Ok(keys)
    }

    fn report(&self, folder: &Path, log_key: &PublicKey) -> anyhow::Result<ExitCode> {
        if self.json {
            let result = serde_json::json!({
                "data": folder.display().to_string(), "host": self.origin, "log_key": log_key.id(),
                "log_key_pem": log_key.to_pem(), "rehearsal": self.rehearsal,
            });
            print_json("esep.init.v1", &result)?;
        } else {
            print(log_key.to_pem())?;
            talk(format_args!(
                "made {} for {}; the log's public key is above, id {}",
                folder.display(),
                self.origin,
                log_key.id()
            ));
            talk(format_args!(
                "next: copy {} to a safe place off this machine, then `esep serve`",
                folder.join(LOG_KEY).display()
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Makes the data folder: log key, database, journal, configuration.
pub(super) fn make_office(folder: &Path, config: &Config, log_key: &SecretKey) -> anyhow::Result<()> {
    prepare(folder)?;
    write_new(&folder.join(LOG_KEY), log_key.to_pem().as_bytes(), Mode::Secret)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let database = config.database.clone().unwrap_or_else(|| Database::in_folder(folder));
    runtime.block_on(make_database(&database))?;
    Journal::create(folder)?;
    // Last, so that a folder with a configuration is a whole one. An address may hold a password.
    let mode = if config.database.is_some() {
        Mode::Secret
    } else {
        Mode::Public
    };
    write_new(&folder.join(FILE_NAME), config.to_text().as_bytes(), mode)?;
    sync_folder(folder)?;
    Ok(())
}

/// A new file; or a database on a server in which nobody keeps an office.
pub(super) async fn make_database(database: &Database) -> anyhow::Result<()> {
    let store: Arc<dyn Store> = match database {
        Database::Sqlite(path) => Arc::new(SqliteStore::create(path).await.map_err(store_failure)?),
        Database::Postgres(_) => database.open().await.map_err(store_failure)?,
    };
    let empty = store.ledgers().await?.is_empty() && store.files().await?.is_empty();
    store.close().await;
    if empty {
        Ok(())
    } else {
        let words = "an office keeps its record there already, and is never overwritten. Name an empty database";
        Err(Failure::Refused(format!("{database}: {words}")).into())
    }
}

/// The folder, empty, for its owner alone.
fn prepare(folder: &Path) -> Result<(), Failure> {
    let fault = |error: std::io::Error| cannot_tell(format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(fault)?;
    if std::fs::read_dir(folder).map_err(fault)?.next().is_some() {
        let words = "the folder is not empty; an office is never overwritten. Name a new folder";
        return Err(Failure::Refused(format!("{}: {words}", folder.display())));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(fault)?;
    }
    for shelf in Shelf::ALL {
        std::fs::create_dir(folder.join(shelf.folder())).map_err(fault)?;
    }
    Ok(())
}
