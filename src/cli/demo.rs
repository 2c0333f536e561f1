//! `esep demo`: a whole competition over HTTP against the real service on SQLite, all actors with their own keys; then
//! the database is deleted and the bundle is verified offline; or, with `--keep`, the office stays as it stands.

mod keep;

use super::init::make_office;
use super::office::store_failure;
use super::{Failure, cannot_tell, print, print_json, talk, usage};
use crate::clerk::{Clerk, ManualClock, Office};
use crate::competition::Slot;
use crate::config::Config;
use crate::crypto::hash::Digest;
use crate::crypto::key::{PublicKey, SecretKey};
use crate::demo::cast::Cast;
use crate::demo::story::{Row, first_day, first_time};
use crate::demo::{Plan, RemoteOffice, Scene, Story};
use crate::documents::Documents;
use crate::http::{self, Settings};
use crate::ledger::bundle::{BundleError, write_folder};
use crate::ledger::note::Vkey;
use crate::ledger::source::OnDisk;
use crate::ruleset::{BallotSecrecy, Electorate, ListedRoll, RuleSet};
use crate::store::Database;
use crate::verify::{Report, Trust, Verdict, check};
use anyhow::Context as _;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

const HOST: &str = "esep.example";
const ID: &str = "commission-demo";
const CLIENTS: usize = 64;

/// Run a whole competition, from announcement to certification, and prove the result.
///
/// Starts the real service on a database of its own, lets every actor sign with a fresh key over HTTP, writes the
/// bundle, deletes the database and verifies the bundle offline. The competition is a rehearsal and marked as one.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  esep demo\n  esep demo --preset commission-2014-marks --candidates 24\n  esep demo --electors 100000"
)]
pub struct Demo {
    /// Rule set: commission-2014 or commission-2014-marks.
    #[arg(long, default_value = "commission-2014")]
    preset: String,
    /// Admitted candidates.
    #[arg(long, default_value_t = 18, value_parser = clap::value_parser!(u32).range(2..=90))]
    candidates: u32,
    /// A listed roll of so many electors instead of the preset's electorate: a load run.
    #[arg(long, value_parser = clap::value_parser!(u32).range(5..=1_000_000))]
    electors: Option<u32>,
    /// Named ballots by the counting members' own keys instead of the preset's electorate and cards.
    #[arg(long, conflicts_with = "electors")]
    named: bool,
    /// Same seed, same story; keys and nonces are always fresh.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the bundle goes; must not exist.
    #[arg(long, value_name = "DIR", default_value = "demo-bundle")]
    out: PathBuf,
    /// Print one JSON object instead of the story.
    #[arg(long)]
    json: bool,
    /// No tie at the last seat.
    #[arg(long)]
    no_tie: bool,
    /// Stop at this scene and keep the office with the actors' keys in a new folder, see --keep.
    #[arg(long, value_name = "SCENE", requires = "keep")]
    until: Option<Scene>,
    /// Keep the office here instead of deleting it: open it with
    /// `esep serve --data DIR/office --rehearsal-clock DIR/clock`; the actors' keys and papers lie in DIR/actors.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Play on this PostgreSQL database, empty and made ready by `esep migrate`; it is not deleted afterwards.
    #[arg(long, value_name = "URL")]
    database: Option<Database>,
}

/// How the load went.
#[derive(Debug, Serialize)]
struct Load {
    ballots: usize,
    ballots_per_second: u128,
    p50_us: u128,
    p90_us: u128,
    p99_us: u128,
    max_us: u128,
}

/// What the run gave.
struct Ended {
    lines: Vec<String>,
    rows: Vec<Row>,
    keys: BTreeMap<String, PublicKey>,
    load: Load,
}

impl Demo {
    /// Plays, writes, deletes, verifies.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut rules = RuleSet::preset(&self.preset).ok_or_else(|| usage(format!("no preset {}", self.preset)))?;
        if let Some(count) = self.electors {
            let commitment = Digest::of(format!("demo roll of {count}").as_bytes());
            rules.electorate = Electorate::Listed(ListedRoll {
                count,
                commitment,
                keys: None,
            });
        }
        if self.named {
            rules.ballots = BallotSecrecy::Named;
            rules.electorate = Electorate::CountingCommission {};
        }
        if let Some(folder) = &self.keep {
            return self.keep_office(folder, rules);
        }
        if self.out.exists() {
            return Err(usage(format!(
                "{}: exists already; name another folder with --out",
                self.out.display()
            ))
            .into());
        }
        let folder = tempfile::tempdir().context("a folder for the database")?;
        let started = Instant::now();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let office = self.new_office(folder.path())?;
        let tar = NamedTempFile::new().context("a file for the bundle")?;
        let mut into = tar.reopen().context("a file for the bundle")?;
        let ended = runtime.block_on(self.play(rules, folder.path(), office, move |story, quiet| {
            act(story, quiet, &mut into)
        }))?;
        let played = started.elapsed();
        folder.close().context("the database cannot be deleted")?;
        let fault = |error: BundleError| cannot_tell(error.to_string());
        write_folder(&OnDisk::open(tar.path()).map_err(fault)?, &self.out).map_err(fault)?;
        tar.close().context("the bundle's tar cannot be deleted")?;
        let started = Instant::now();
        let files = OnDisk::open(&self.out).map_err(fault)?;
        let report = check(
            &files,
            &Trust {
                keys: ended.keys.clone(),
                ..Trust::default()
            },
        );
        let verified = started.elapsed();
        self.show(&ended, &report, played, verified)?;
        Ok(ExitCode::from(report.verdict.exit_code()))
    }

    /// Plays until the scene stands and leaves everything where it is.
    fn keep_office(&self, folder: &Path, rules: RuleSet) -> anyhow::Result<ExitCode> {
        let scene = self.until.unwrap_or(Scene::Certified);
        let data = folder.join(keep::OFFICE);
        let office = self.new_office(&data)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (kept, rules) = (folder.to_owned(), scene.rules(rules));
        runtime.block_on(self.play(rules, &data, office, move |mut story, _| {
            story.play_until(scene).context("the story stopped")?;
            Ok(keep::write(&kept, &story, scene)?)
        }))?;
        print(format!("{}\n", folder.display()))?;
        talk(format_args!(
            "the story stands at `{0}`; go on with: esep serve --data {1}/office --rehearsal-clock {1}/clock",
            scene.as_str(),
            folder.display()
        ));
        Ok(ExitCode::SUCCESS)
    }

    async fn play<T: Send + 'static>(
        &self,
        rules: RuleSet,
        folder: &Path,
        (cast, office): (Cast, Office),
        act: impl FnOnce(Story<RemoteOffice>, bool) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let clock = Arc::new(ManualClock::at(first_time()));
        let log = Vkey::new(format!("{HOST}/{ID}"), office.log_key.public().clone())?;
        let database = self.database.clone().unwrap_or_else(|| Database::in_folder(folder));
        let store = database.open().await.map_err(store_failure)?;
        let clerk = Clerk::open(office, store.clone(), folder, clock.clone()).await?;
        let documents = Documents::open(folder, store.clone(), crate::documents::Limits::default()).await?;
        let settings = Settings {
            rates: None,
            ..Settings::default()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let server = format!("http://{}", listener.local_addr()?);
        let router = http::router(clerk.clone(), documents, settings.clone());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            http::serve(listener, router, &settings, async { drop(stopped.await) }).await;
        });
        let plan = Plan {
            rules,
            candidates: self.candidates as usize,
            seed: self.seed,
            day: first_day(),
            rehearsal: true,
            tie: !self.no_tie,
            log,
        };
        let desk = RemoteOffice::new(&server, &format!("{HOST}/{ID}"), clock, CLIENTS);
        let quiet = self.json;
        let ended = tokio::task::spawn_blocking(move || act(Story::new(desk, plan, cast), quiet)).await??;
        stop.send(()).ok();
        serving.await?;
        clerk.stop().await;
        store.close().await;
        Ok(ended)
    }

    /// A rehearsal's data folder, with new keys for everybody.
    fn new_office(&self, folder: &Path) -> anyhow::Result<(Cast, Office)> {
        let cast = Cast::assemble();
        let log_key = SecretKey::generate(&mut rand::rng());
        let organisers = vec![cast.organiser.public().clone()];
        let config = Config {
            host: HOST.to_owned(),
            rehearsal: true,
            organisers: organisers.clone(),
            database: self.database.clone(),
            listen: None,
            proxies: Vec::new(),
            limits: None,
        };
        make_office(folder, &config, &log_key)?;
        let office = Office {
            host: HOST.to_owned(),
            organisers,
            log_key,
            rehearsal: true,
        };
        Ok((cast, office))
    }

    fn show(&self, ended: &Ended, report: &Report, played: Duration, verified: Duration) -> anyhow::Result<()> {
        if self.json {
            let rows: Vec<_> = ended
                .rows
                .iter()
                .map(|row| serde_json::json!({"rank": row.rank, "name": row.name, "total": row.total, "elected": row.elected, "by": row.by}))
                .collect();
            return print_json(
                "esep.demo.v1",
                &serde_json::json!({
                    "bundle": self.out, "table": rows, "load": ended.load, "report": report,
                    "played_ms": played.as_millis(), "verified_ms": verified.as_millis(),
                }),
            );
        }
        let mut text = String::new();
        for line in &ended.lines {
            writeln!(text, "  {line}")?;
        }
        text.push_str("\n  rank  total  outcome            name\n");
        for row in &ended.rows {
            let outcome = if row.elected {
                format!("elected ({})", row.by.replace('_', " "))
            } else {
                "reserve".to_owned()
            };
            writeln!(text, "  {:>4}  {:>5}  {outcome:<17}  {}", row.rank, row.total, row.name)?;
        }
        let load = &ended.load;
        write!(
            text,
            "\n  {} ballots over HTTP: {} a second; latency p50 {} us, p90 {} us, p99 {} us, most {} us\n",
            load.ballots, load.ballots_per_second, load.p50_us, load.p90_us, load.p99_us, load.max_us
        )?;
        writeln!(
            text,
            "  the story took {} ms; the database is {}",
            played.as_millis(),
            if self.database.is_some() {
                "left where it is"
            } else {
                "deleted"
            }
        )?;
        write!(text, "  the bundle lies in {}\n\n", self.out.display())?;
        text.push_str(&super::verify::words(report));
        writeln!(
            text,
            "  verified in {} ms; do it yourself: esep verify {}",
            verified.as_millis(),
            self.out.display()
        )?;
        print(text)?;
        if report.verdict != Verdict::Proved {
            return Err(Failure::Wrong("the demonstration's own bundle is not proved".to_owned()).into());
        }
        Ok(())
    }
}

/// The actors' side, on a thread of its own; the bundle goes into `tar`.
fn act(mut story: Story<RemoteOffice>, quiet: bool, tar: &mut File) -> anyhow::Result<Ended> {
    if !quiet {
        talk("a whole competition, played over HTTP (a rehearsal) ...");
    }
    story.play().context("the story stopped")?;
    let mut keys = BTreeMap::from([
        ("organiser".to_owned(), story.cast.organiser.public().clone()),
        ("log".to_owned(), story.plan.log.key().clone()),
    ]);
    for slot in Slot::ALL {
        keys.insert(slot.to_string(), story.cast.member(slot).public().clone());
    }
    let rows = story.table()?;
    story.desk.bundle(tar)?;
    let load = load(&story.desk);
    Ok(Ended {
        lines: story.lines,
        rows,
        keys,
        load,
    })
}

fn load(desk: &RemoteOffice) -> Load {
    let mut sorted: Vec<_> = desk.latencies.iter().map(Duration::as_micros).collect();
    sorted.sort_unstable();
    let at = |percent: usize| {
        sorted
            .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
            .copied()
            .unwrap_or(0)
    };
    let busy = desk.busy.as_micros().max(1);
    Load {
        ballots: sorted.len(),
        ballots_per_second: sorted.len() as u128 * 1_000_000 / busy,
        p50_us: at(50),
        p90_us: at(90),
        p99_us: at(99),
        max_us: at(100),
    }
}
