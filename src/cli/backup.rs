//! `esep backup`: a whole copy of a data folder while the office works, verified before it is called one.

use super::office::{Folder, Place, store_failure};
use super::{Failure, cannot_tell, print_json, talk, usage};
use crate::clerk::journal::{self, sync_folder};
use crate::config;
use crate::documents::{Documents, Limits};
use crate::store::{Database, Shelf, SqliteStore, Store, sqlite};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

const NOT_A_FILE: &str = "this office's database is on a server: back it up with pg_dump, and the data folder after it (docs/OPERATIONS.md, PostgreSQL)";

/// Copy a data folder while the office works: database, journal, documents, attachments; then verify the copy.
///
/// The log key is not copied: keep it elsewhere. A backup is for reading, for evidence, and for going on after a loss
/// only if nobody holds a newer checkpoint; OPERATIONS says how to find that out. It holds what lies in the ballot box
/// and confidential documents: guard it like the office itself.
#[derive(Debug, clap::Args)]
pub struct Backup {
    #[command(flatten)]
    folder: Folder,
    /// New folder for the copy.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Backup {
    /// Copies and verifies.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let place = self.folder.open()?;
        let Database::Sqlite(database) = &place.database else {
            return Err(Failure::Refused(NOT_A_FILE.into()).into());
        };
        let fault = |error: io::Error| cannot_tell(format!("{}: {error}", self.out.display()));
        if self.out.exists() {
            return Err(usage(format!(
                "{}: exists already, and is never overwritten",
                self.out.display()
            ))
            .into());
        }
        fs::create_dir_all(&self.out).map_err(fault)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&self.out, fs::Permissions::from_mode(0o700)).map_err(fault)?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let competitions = runtime.block_on(copy(&place, database, &self.out))?;
        if self.json {
            let out = self.out.display().to_string();
            print_json(
                "esep.backup.v1",
                &serde_json::json!({ "out": out, "competitions": competitions }),
            )?;
        } else {
            talk(format_args!(
                "copied and verified {competitions} competitions in {}",
                self.out.display()
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn copy(place: &Place, database: &Path, out: &Path) -> anyhow::Result<usize> {
    let folder = &place.folder;
    // The journal first: the database copied after it then knows at least as much.
    copy_file(&folder.join(journal::FILE_NAME), &out.join(journal::FILE_NAME))?;
    copy_file(&folder.join(config::FILE_NAME), &out.join(config::FILE_NAME))?;
    let store = SqliteStore::look(database).await.map_err(store_failure)?;
    let copied = out.join(sqlite::FILE_NAME);
    store.copy_to(&copied).await.map_err(store_failure)?;
    File::open(&copied)?.sync_all()?;
    store.close().await;
    let copy = Place {
        folder: out.to_owned(),
        config: place.config.clone(),
        office: place.office.clone(),
        database: Database::Sqlite(copied),
    };
    let (copied, snapshots) = copy.look().await?;
    copy_shelves(folder, out, &copied).await?;
    let documents = Documents::open(out, copied, Limits::default()).await?;
    match documents.check().await?.first() {
        Some(problem) => Err(Failure::Wrong(problem.clone()).into()),
        None => Ok(snapshots.len()),
    }
}

async fn copy_shelves(folder: &Path, out: &Path, store: &Arc<dyn Store>) -> anyhow::Result<()> {
    let listed: BTreeSet<_> = store
        .files()
        .await?
        .into_iter()
        .map(|(_, row)| (row.shelf, row.sha256))
        .collect();
    for shelf in Shelf::ALL {
        let (from, to) = (folder.join(shelf.folder()), out.join(shelf.folder()));
        fs::create_dir_all(&to)?;
        for (_, sha256) in listed.iter().filter(|(other, _)| *other == shelf) {
            copy_file(&from.join(sha256.to_string()), &to.join(sha256.to_string()))?;
        }
        sync_folder(&to)?;
    }
    Ok(sync_folder(out)?)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    let copied = fs::copy(from, to).and_then(|_| File::open(to)?.sync_all());
    copied.map_err(|error| cannot_tell(format!("{}: {error}", from.display())))
}
