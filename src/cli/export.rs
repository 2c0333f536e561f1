//! `esep export`: writes the bundle of a competition from the data folder, without the service.

use super::office::Folder;
use super::{Failure, cannot_tell, talk, usage};
use crate::clerk::{BundleError, bundle};
use crate::ledger::Files;
use std::io::Write;
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
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let files = runtime.block_on(self.files())?;
        write(&files, &self.out)?;
        talk(format_args!(
            "wrote {} files to {}",
            files.iter().count(),
            self.out.display()
        ));
        Ok(ExitCode::SUCCESS)
    }

    async fn files(&self) -> anyhow::Result<Files> {
        let place = self.folder.open()?;
        let (store, snapshots) = place.look().await?;
        let found = snapshots.into_iter().find(|snapshot| snapshot.id == self.competition);
        let snapshot = found.ok_or_else(|| usage(format!("there is no competition {}", self.competition)))?;
        Ok(bundle(snapshot, store, &place.folder)
            .await
            .map_err(|error| match error {
                BundleError::Sealed => Failure::Refused(error.to_string()),
                BundleError::Fault(_) => Failure::Wrong(error.to_string()),
                BundleError::Store(_) => cannot_tell(error.to_string()),
            })?)
    }
}

fn write(files: &Files, out: &Path) -> anyhow::Result<()> {
    let fault = |error: &dyn std::fmt::Display| cannot_tell(format!("{}: {error}", out.display()));
    if out.exists() {
        return Err(usage(format!("{}: exists already, and is never overwritten", out.display())).into());
    }
    if out.extension().is_some_and(|extension| extension == "tar") {
        let mut file = super::create_new(out, super::Mode::Public)?;
        files.write_tar(&mut file).map_err(|error| fault(&error))?;
        file.flush()?;
        return Ok(file.sync_all()?);
    }
    std::fs::create_dir_all(out).map_err(|error| fault(&error))?;
    Ok(files.write_folder(out).map_err(|error| fault(&error))?)
}
