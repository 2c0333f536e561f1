//! `esep export`: writes the bundle of a competition from the data folder, without the service.

use super::office::Folder;
use super::{Failure, cannot_tell, talk, usage};
use crate::clerk::{BundleError, export};
use crate::ledger::bundle::write_tar;
use crate::ledger::source::{OnDisk, Source};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write the bundle of a competition: everything a stranger needs to verify it offline.
///
/// The whole record is verified first. Works beside a running service. A name ending in .tar makes one file, any other
/// a folder; neither may exist.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  esep export --data /var/lib/esep commission-2026 --out commission-2026.tar && esep verify commission-2026.tar"
)]
pub struct Export {
    #[command(flatten)]
    folder: Folder,
    /// Id of the competition.
    competition: String,
    /// New folder, or new file ending in .tar.
    #[arg(long, value_name = "DIR|FILE.tar")]
    out: PathBuf,
}

impl Export {
    /// Writes the bundle.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let fault = |error: &dyn std::fmt::Display| cannot_tell(format!("{}: {error}", self.out.display()));
        if self.out.exists() {
            let words = format!("{}: exists already, and is never overwritten", self.out.display());
            return Err(usage(words).into());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let written = if self.out.extension().is_some_and(|extension| extension == "tar") {
            // The sums stand near the beginning of a tar: everything is made before anything is put into it.
            let beside = self.out.parent().filter(|parent| !parent.as_os_str().is_empty());
            let made = tempfile::tempdir_in(beside.unwrap_or(Path::new("."))).map_err(|error| fault(&error))?;
            runtime.block_on(self.export(made.path()))?;
            let files = OnDisk::open(made.path()).map_err(|error| fault(&error))?;
            let mut file = super::create_new(&self.out, super::Mode::Public)?;
            write_tar(&files, &mut file).map_err(|error| fault(&error))?;
            file.sync_all()?;
            files.paths().count()
        } else {
            std::fs::create_dir_all(&self.out).map_err(|error| fault(&error))?;
            let made = runtime.block_on(self.export(&self.out));
            if made.is_err() {
                // Half a bundle is none.
                std::fs::remove_dir_all(&self.out).map_err(|error| fault(&error))?;
            }
            made?;
            let files = OnDisk::open(&self.out).map_err(|error| fault(&error))?;
            files.paths().count()
        };
        talk(format_args!("wrote {written} files to {}", self.out.display()));
        Ok(ExitCode::SUCCESS)
    }

    async fn export(&self, out: &Path) -> anyhow::Result<()> {
        let place = self.folder.open()?;
        let (store, snapshots) = place.look().await?;
        let found = snapshots.into_iter().find(|snapshot| snapshot.id == self.competition);
        let snapshot = found.ok_or_else(|| usage(format!("there is no competition {}", self.competition)))?;
        Ok(export(snapshot, store, &place.folder, out)
            .await
            .map_err(|error| match error {
                BundleError::Sealed => Failure::Refused(error.to_string()),
                BundleError::Fault(_) => Failure::Wrong(error.to_string()),
                BundleError::Store(_) | BundleError::File(_) | BundleError::Again(_) => cannot_tell(error.to_string()),
            })?)
    }
}
