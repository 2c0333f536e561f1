//! `esep copy`: moves an office's record to another database, verified before and after.

use super::office::{Folder, Place, store_failure};
use super::{Failure, cannot_tell, print_json, talk};
use crate::clerk::{Snapshot, lock};
use crate::store::copy::{Copied, copy};
use crate::store::{Database, Store};
use std::process::ExitCode;
use std::sync::Arc;

/// Copy the whole record into an empty database, from a file to a server or back.
///
/// Stop the office first. The record is verified before it is copied, the copy is verified after, and both must end in
/// the same heads and hold the same boxes. Files stay where they are in the data folder; sessions end. Afterwards name
/// the new database in esep.toml.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  esep copy --data /var/lib/esep --from sqlite:/var/lib/esep/esep.sqlite3 --to postgres://esep_office@db/esep"
)]
pub struct Copy {
    #[command(flatten)]
    folder: Folder,
    /// Where the record is; without it the database of esep.toml.
    #[arg(long, value_name = "URL")]
    from: Option<Database>,
    /// Where it goes: a new file, or an empty database made ready by `esep migrate`.
    #[arg(long, value_name = "URL")]
    to: Database,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Copy {
    /// Verifies, copies, verifies.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let place = self.folder.open()?;
        let from = self.from.clone().unwrap_or_else(|| place.database.clone());
        // An office at work in this folder holds this lock.
        let _lock = lock(&place.folder).map_err(super::office::start_failure)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let copied = runtime.block_on(self.copy(&place, &from))?;
        if self.json {
            print_json("esep.copy.v1", &copied)?;
        } else {
            talk(format_args!(
                "copied and verified {} ledgers with {} entries, {} ballots in boxes",
                copied.ledgers, copied.entries, copied.boxed
            ));
            talk(format_args!(
                "next: write `database = \"...\"` for {} into {}/esep.toml, keep the old one away from any office",
                self.to,
                place.folder.display()
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn copy(&self, place: &Place, from: &Database) -> anyhow::Result<Copied> {
        let source = from.look().await.map_err(store_failure)?;
        let before = place.verify(&source).await?;
        super::init::make_database(&self.to).await?;
        let target = self.to.open().await.map_err(store_failure)?;
        let copied = copy(&*source, &*target).await.map_err(store_failure)?;
        let after = place.verify(&target).await?;
        same(&before, &after)?;
        for snapshot in &after {
            for round in source.boxes(&snapshot.id).await? {
                let boxes = (
                    source.boxed(&snapshot.id, round).await?,
                    target.boxed(&snapshot.id, round).await?,
                );
                if boxes.0 != boxes.1 {
                    return Err(moved().into());
                }
            }
        }
        // An office on another machine may have gone on meanwhile.
        same(&place.verify(&source).await?, &after)?;
        let stores: [Arc<dyn Store>; 2] = [source, target];
        for store in stores {
            store.close().await;
        }
        Ok(copied)
    }
}

fn same(one: &[Arc<Snapshot>], other: &[Arc<Snapshot>]) -> Result<(), Failure> {
    let heads = |of: &[Arc<Snapshot>]| -> Vec<_> {
        of.iter()
            .map(|snapshot| (snapshot.id.clone(), snapshot.head.size, snapshot.head.root))
            .collect()
    };
    if heads(one) == heads(other) {
        Ok(())
    } else {
        Err(moved())
    }
}

fn moved() -> Failure {
    cannot_tell("the copy is not the record: an office went on meanwhile. Stop it, then copy into a new database")
}
