//! An office for tests: a clerk on a data folder whose store can be made to fail, and a desk for the story.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

use crate::cluster::Database;
use curve25519_dalek::{EdwardsPoint, Scalar, scalar::clamp_integer};
use esep::calendar::Time;
use esep::clerk::{Clerk, Clock, ManualClock, Office, Rejected};
use esep::competition::act::Attachment;
use esep::competition::{Competition, Opening};
use esep::crypto::dsse::Envelope;
use esep::crypto::{Digest, KeyId, SecretKey, Signature, base64};
use esep::demo::cast::{Cast, commit};
use esep::demo::story::{first_day, first_time};
use esep::demo::{Answer, Desk, Plan, Story, Turned, View};
use esep::documents::{Documents, Limits};
use esep::drafts::{DraftError, Drafts, State};
use esep::ledger::Vkey;
use esep::ruleset::RuleSet;
use esep::store::{
    Boxed, Change, DraftRow, FileRow, LedgerRow, MemoryStore, Noted, PostgresStore, SessionRow, Shelf, SqliteStore,
    Store, StoreError,
};
use esep::verify::{Trust, Verdict, check};
use sha2::{Digest as _, Sha512};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use tempfile::TempDir;
use tokio::runtime::{Handle, Runtime};

pub const HOST: &str = "esep.example";
pub const ID: &str = "commission-2026";
/// How often a visitor tries again when the office says that it failed.
const PATIENCE: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    Memory,
    Sqlite,
}

/// On which side of a write the store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was written.
    Before,
    /// It was written, but nobody is told.
    After,
}

/// A store that does as it is told by the test, and else what the store inside does.
pub struct Shaky {
    inner: Arc<dyn Store>,
    plan: Mutex<(usize, Fault)>,
    writes: AtomicUsize,
    broken: AtomicUsize,
    gate: Arc<Gate>,
    copying: Mutex<Option<(PathBuf, usize)>>,
    copies: Mutex<Vec<TempDir>>,
}

#[derive(Default)]
struct Gate {
    /// Whether writers are held, and whether one has come.
    state: Mutex<(bool, bool)>,
    turn: Condvar,
}

/// Opens the gate when dropped.
pub struct Held(Arc<Gate>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.state.lock().unwrap().0 = false;
        self.0.turn.notify_all();
    }
}

impl Shaky {
    fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            plan: Mutex::new((0, Fault::Before)),
            writes: AtomicUsize::new(0),
            broken: AtomicUsize::new(0),
            gate: Arc::default(),
            copying: Mutex::default(),
            copies: Mutex::default(),
        }
    }

    /// From now on every n-th commit or note fails; 0: none.
    pub fn break_every(&self, every: usize, fault: Fault) {
        *self.plan.lock().unwrap() = (every, fault);
    }

    /// Writes that failed.
    pub fn broken(&self) -> usize {
        self.broken.load(Ordering::SeqCst)
    }

    /// Holds writers until the answer is dropped.
    pub fn hold(&self) -> Held {
        *self.gate.state.lock().unwrap() = (true, false);
        Held(self.gate.clone())
    }

    /// Waits until a writer is held.
    pub fn reached(&self) {
        let state = self.gate.state.lock().unwrap();
        drop(self.gate.turn.wait_while(state, |(_, come)| !*come).unwrap());
    }

    /// From now on the folder is copied at every n-th moment before or after a write.
    pub fn copy_at_writes(&self, folder: &Path, every: usize) {
        *self.copying.lock().unwrap() = Some((folder.to_owned(), every));
    }

    /// The copies, in order.
    pub fn copies(&self) -> Vec<TempDir> {
        *self.copying.lock().unwrap() = None;
        std::mem::take(&mut self.copies.lock().unwrap())
    }

    fn moment(&self, number: usize) {
        if let Some((folder, every)) = &*self.copying.lock().unwrap()
            && number.is_multiple_of(*every)
        {
            self.copies.lock().unwrap().push(copy_of(folder));
        }
        let mut state = self.gate.state.lock().unwrap();
        if state.0 {
            state.1 = true;
            self.gate.turn.notify_all();
            drop(self.gate.turn.wait_while(state, |(held, _)| *held).unwrap());
        }
    }

    async fn write(&self, write: Ans<'_, ()>) -> Result<(), StoreError> {
        let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        let (every, fault) = *self.plan.lock().unwrap();
        let breaks = every > 0 && number.is_multiple_of(every);
        let lost = || {
            self.broken.fetch_add(1, Ordering::SeqCst);
            Err(StoreError::Fault(format!("made to fail: {fault:?}")))
        };
        self.moment(2 * number);
        if breaks && fault == Fault::Before {
            return lost();
        }
        let answer = write.await;
        self.moment(2 * number + 1);
        if breaks { lost() } else { answer }
    }
}

type Ans<'a, T> = esep::store::Answer<'a, T>;

impl Store for Shaky {
    fn commit<'a>(&'a self, changes: &'a [Change]) -> Ans<'a, ()> {
        Box::pin(self.write(self.inner.commit(changes)))
    }
    fn note<'a>(&'a self, checkpoints: &'a [Noted]) -> Ans<'a, ()> {
        Box::pin(self.write(self.inner.note(checkpoints)))
    }
    fn ledgers(&self) -> Ans<'_, Vec<LedgerRow>> {
        self.inner.ledgers()
    }
    fn entries<'a>(&'a self, id: &'a str, from: u64, count: u32) -> Ans<'a, Vec<Vec<u8>>> {
        self.inner.entries(id, from, count)
    }
    fn boxed<'a>(&'a self, id: &'a str, round: u32) -> Ans<'a, Vec<Boxed>> {
        self.inner.boxed(id, round)
    }
    fn cards<'a>(&'a self, id: &'a str, round: u32) -> Ans<'a, Vec<(KeyId, Digest)>> {
        self.inner.cards(id, round)
    }
    fn boxes<'a>(&'a self, id: &'a str) -> Ans<'a, Vec<u32>> {
        self.inner.boxes(id)
    }
    fn list_file<'a>(&'a self, id: &'a str, file: &'a FileRow, quota: u64) -> Ans<'a, bool> {
        self.inner.list_file(id, file, quota)
    }
    fn file<'a>(&'a self, id: &'a str, shelf: Shelf, sha256: &'a Digest) -> Ans<'a, Option<FileRow>> {
        self.inner.file(id, shelf, sha256)
    }
    fn files(&self) -> Ans<'_, Vec<(String, FileRow)>> {
        self.inner.files()
    }
    fn unlist_file<'a>(&'a self, id: &'a str, shelf: Shelf, sha256: &'a Digest) -> Ans<'a, bool> {
        self.inner.unlist_file(id, shelf, sha256)
    }
    fn keep_opening<'a>(&'a self, id: &'a str, name: &'a Digest, opening: &'a [u8], quota: u64) -> Ans<'a, bool> {
        self.inner.keep_opening(id, name, opening, quota)
    }
    fn opening<'a>(&'a self, id: &'a str, commitment: &'a Digest) -> Ans<'a, Option<Vec<u8>>> {
        self.inner.opening(id, commitment)
    }
    fn erase_opening<'a>(&'a self, id: &'a str, commitment: &'a Digest) -> Ans<'a, bool> {
        self.inner.erase_opening(id, commitment)
    }
    fn keep_draft<'a>(&'a self, id: &'a str, draft: &'a DraftRow) -> Ans<'a, ()> {
        self.inner.keep_draft(id, draft)
    }
    fn draft<'a>(&'a self, id: &'a str, hash: &'a Digest) -> Ans<'a, Option<DraftRow>> {
        self.inner.draft(id, hash)
    }
    fn drafts<'a>(&'a self, id: &'a str) -> Ans<'a, Vec<DraftRow>> {
        self.inner.drafts(id)
    }
    fn keep_session<'a>(&'a self, session: &'a SessionRow) -> Ans<'a, ()> {
        self.inner.keep_session(session)
    }
    fn session<'a>(&'a self, token: &'a Digest) -> Ans<'a, Option<SessionRow>> {
        self.inner.session(token)
    }
    fn end_session<'a>(&'a self, token: &'a Digest) -> Ans<'a, bool> {
        self.inner.end_session(token)
    }
    fn sweep_sessions(&self, opened_before: i64, seen_before: i64) -> Ans<'_, u64> {
        self.inner.sweep_sessions(opened_before, seen_before)
    }
    fn check(&self) -> Ans<'_, Vec<String>> {
        self.inner.check()
    }
    fn openings(&self) -> Ans<'_, Vec<(String, Digest)>> {
        self.inner.openings()
    }
    fn shared(&self) -> bool {
        self.inner.shared()
    }
    fn close(&self) -> futures_util::future::BoxFuture<'_, ()> {
        self.inner.close()
    }
    fn wal_missing(&self) -> bool {
        self.inner.wal_missing()
    }
}

/// What a kill would leave of a data folder now. The shared-memory file is no state: SQLite makes it anew.
pub fn copy_of(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_into(folder, copy.path());
    copy
}

fn copy_into(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_into(&entry.path(), &target);
        } else if !entry.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// An office at work.
pub struct House {
    runtime: Runtime,
    folder: TempDir,
    pub store: Arc<Shaky>,
    sqlite: Option<Arc<SqliteStore>>,
    /// Dropped after the store that stands on it.
    database: Option<Database>,
    pub clock: Arc<ManualClock>,
    office: Office,
    cast: Mutex<Option<Cast>>,
    clerk: Option<Clerk>,
}

impl House {
    pub fn new(place: Where) -> Self {
        let database = (place == Where::Memory).then(Database::if_wanted).flatten();
        Self::open(place, database)
    }

    /// On a PostgreSQL of its own; none where there is none.
    pub fn on_postgres() -> Option<Self> {
        Database::new().map(|database| Self::open(Where::Memory, Some(database)))
    }

    fn open(place: Where, database: Option<Database>) -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let cast = Cast::assemble();
        let office = Office {
            host: HOST.to_owned(),
            organisers: vec![cast.organiser.public().clone()],
            log_key: SecretKey::generate(&mut rand::rng()),
            rehearsal: true,
        };
        let path = folder.path().join("esep.sqlite3");
        let sqlite = (place == Where::Sqlite).then(|| {
            // As `init` and `serve` do: the tables are in the file itself, not in the write-ahead log.
            runtime.block_on(async {
                SqliteStore::create(&path).await.unwrap().close().await;
                Arc::new(SqliteStore::open(&path).await.unwrap())
            })
        });
        let inner: Arc<dyn Store> = match (&sqlite, &database) {
            (Some(store), _) => store.clone(),
            (None, Some(database)) => Arc::new(runtime.block_on(PostgresStore::open(&database.url)).unwrap()),
            (None, None) => Arc::new(MemoryStore::new()),
        };
        let store = Arc::new(Shaky::new(inner));
        let clock = Arc::new(ManualClock::at(first_time()));
        let opening = Clerk::open(office.clone(), store.clone(), folder.path(), clock.clone());
        let clerk = Some(runtime.block_on(opening).unwrap());
        Self {
            runtime,
            folder,
            store,
            sqlite,
            database,
            clock,
            office,
            cast: Mutex::new(Some(cast)),
            clerk,
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn clerk(&self) -> Clerk {
        self.clerk.clone().unwrap()
    }

    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub fn wait<T>(&self, answer: Ans<'_, T>) -> Result<T, StoreError> {
        self.runtime.block_on(answer)
    }

    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.runtime.spawn(future)
    }

    pub fn documents(&self, limits: Limits) -> Documents {
        self.runtime
            .block_on(Documents::open(self.folder.path(), self.store.clone(), limits))
            .unwrap()
    }

    /// A story with the house's own cast.
    pub fn story(&self, candidates: usize) -> Story<ClerkDesk> {
        self.story_under(RuleSet::commission_2014(), candidates)
    }

    /// The same under other rules.
    pub fn story_under(&self, rules: RuleSet, candidates: usize) -> Story<ClerkDesk> {
        let log = Vkey::new(format!("{HOST}/{ID}"), self.office.log_key.public().clone()).unwrap();
        let day = first_day();
        let plan = Plan {
            rules,
            candidates,
            seed: 7,
            day,
            rehearsal: true,
            tie: false,
            log,
        };
        let clerk = self.clerk();
        let desk = ClerkDesk {
            handle: self.runtime.handle().clone(),
            drafts: Drafts::new(clerk.clone()),
            clerk,
            documents: self.documents(Limits::default()),
            clock: self.clock.clone(),
        };
        let cast = self.cast.lock().unwrap().take().expect("a house tells one story");
        Story::new(desk, plan, cast)
    }

    /// Closes the office and opens it on what is on the disk.
    pub fn restart(&mut self) -> Result<(), String> {
        let path = self.folder.path().join("esep.sqlite3");
        let clerk = self.clerk.take().unwrap();
        self.runtime.block_on(async {
            clerk.stop().await;
            if let Some(sqlite) = &self.sqlite {
                sqlite.close().await;
            }
        });
        let sqlite = self
            .runtime
            .block_on(SqliteStore::open(&path))
            .map_err(|error| error.to_string())?;
        let sqlite = Arc::new(sqlite);
        self.sqlite = Some(sqlite.clone());
        self.store = Arc::new(Shaky::new(sqlite));
        let opening = Clerk::open(
            self.office.clone(),
            self.store.clone(),
            self.folder.path(),
            self.clock.clone(),
        );
        self.clerk = Some(self.runtime.block_on(opening).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// A second instance of this office on its PostgreSQL; its data folder begins as a copy of this one's.
    pub fn beside(&self) -> (Clerk, TempDir) {
        let folder = self.copy();
        let url = &self.database.as_ref().unwrap().url;
        let clerk = self.runtime.block_on(async {
            let store = Arc::new(PostgresStore::open(url).await.unwrap());
            Clerk::open(self.office.clone(), store, folder.path(), self.clock.clone()).await
        });
        (clerk.unwrap(), folder)
    }

    /// What the owner of the tables does at the prompt.
    pub fn ask_the_owner(&self, statements: &'static str) {
        let owner = &self.database.as_ref().unwrap().owner;
        self.run(Database::at_the_prompt(owner, statements)).unwrap();
    }

    /// What a kill would leave now.
    pub fn copy(&self) -> TempDir {
        copy_of(self.folder.path())
    }

    /// Opens an office on another folder, with this one's key and clock; what it says if it does not.
    pub fn open_copy(&self, folder: &Path) -> Result<Clerk, String> {
        self.open_as(folder, |_| {})
    }

    pub fn open_as(&self, folder: &Path, change: impl FnOnce(&mut Office)) -> Result<Clerk, String> {
        let mut office = self.office.clone();
        change(&mut office);
        self.runtime.block_on(async {
            let store = SqliteStore::open(&folder.join("esep.sqlite3")).await;
            let store = store.map_err(|error| esep::clerk::StartError::from(error).to_string())?;
            let store = Arc::new(store);
            let opened = Clerk::open(office, store.clone(), folder, self.clock.clone()).await;
            if opened.is_err() {
                store.close().await;
            }
            opened.map_err(|error| error.to_string())
        })
    }

    /// Folds the write-ahead log of a folder into its database.
    pub fn fold(&self, folder: &Path) {
        self.runtime.block_on(async {
            SqliteStore::open(&folder.join("esep.sqlite3"))
                .await
                .unwrap()
                .close()
                .await;
        });
    }

    pub fn fresh_database(&self, folder: &Path) {
        self.runtime.block_on(async {
            SqliteStore::create(&folder.join("esep.sqlite3"))
                .await
                .unwrap()
                .close()
                .await;
        });
    }

    /// What an insider does: drops the triggers, then runs the statement.
    pub fn at_the_prompt(&self, folder: &Path, statement: &'static str) {
        use sqlx::{AssertSqlSafe, Connection, SqliteConnection, query, query_scalar, sqlite::SqliteConnectOptions};
        let options = SqliteConnectOptions::new()
            .filename(folder.join("esep.sqlite3"))
            .foreign_keys(false);
        self.runtime.block_on(async {
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            let triggers: Vec<String> = query_scalar("select name from sqlite_master where type = 'trigger'")
                .fetch_all(&mut connection)
                .await
                .unwrap();
            for trigger in triggers {
                query(AssertSqlSafe(format!("drop trigger {trigger}")))
                    .execute(&mut connection)
                    .await
                    .unwrap();
            }
            let done = query(statement).execute(&mut connection).await.unwrap();
            assert!(done.rows_affected() > 0, "{statement}");
            connection.close().await.unwrap();
        });
    }

    /// The verifier is the oracle.
    pub fn assert_proved(&self) {
        let snapshot = self.clerk().snapshot(ID).unwrap();
        let packed = self.run(self.clerk().pack(&snapshot)).unwrap();
        let report = check(&packed.files, &Trust::default());
        assert_eq!(
            report.verdict,
            Verdict::Proved,
            "{:#?} {:#?}",
            report.findings,
            report.missing
        );
    }
}

/// The office's counter, for actors of a story; patient with an office that fails.
pub struct ClerkDesk {
    handle: Handle,
    clerk: Clerk,
    drafts: Drafts,
    documents: Documents,
    clock: Arc<ManualClock>,
}

impl ClerkDesk {
    fn competition(&self) -> anyhow::Result<Arc<Competition>> {
        Ok(self
            .clerk
            .snapshot(ID)
            .ok_or_else(|| anyhow::anyhow!("nothing is announced"))?
            .competition
            .clone())
    }
}

fn turned(rejected: Rejected) -> Turned {
    match rejected {
        Rejected::Refused { refusal, .. } => Turned::Refused {
            code: refusal.code.as_str().to_owned(),
            detail: refusal.detail,
        },
        other => Turned::Fault(anyhow::anyhow!("{other}")),
    }
}

impl Desk for ClerkDesk {
    fn origin(&self) -> String {
        self.clerk.office().origin(ID)
    }
    fn now(&self) -> Time {
        self.clock.now()
    }
    fn set_now(&mut self, now: Time) {
        self.clock.set(now);
    }
    fn view(&mut self) -> anyhow::Result<View> {
        let state = self.competition()?;
        Ok(View {
            phase: state.phase(self.clock.now()),
            rules: state.rules_digest(),
            candidates: state.candidates_digest(),
            round: state.round(),
            head: self.clerk.snapshot(ID).unwrap().head,
            paper: state
                .rounds()
                .last()
                .map(|round| round.paper().candidates.clone())
                .unwrap_or_default(),
        })
    }
    fn submit(&mut self, envelope: Envelope) -> Result<Answer, Turned> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.handle.block_on(self.clerk.submit(ID, envelope.clone())) {
                Ok(accepted) => {
                    return Ok(Answer {
                        hash: accepted.hash,
                        receipt: accepted.receipt,
                    });
                }
                Err(Rejected::Fault(_) | Rejected::Busy) if tries < PATIENCE => {}
                Err(other) => return Err(turned(other)),
            }
        }
    }
    fn submit_shared(&mut self, unsigned: Envelope, signers: &[&SecretKey]) -> Result<Answer, Turned> {
        let hash = unsigned.pae_hash();
        let mut tries = 0;
        for signer in signers {
            let mut signed = unsigned.clone();
            signed.sign(signer);
            loop {
                tries += 1;
                // To begin a draft that is there already is to sign it.
                let standing = match self.handle.block_on(self.drafts.begin(ID, signed.clone())) {
                    Ok(standing) => standing,
                    Err(DraftError::Rejected(Rejected::Fault(_))) if tries < PATIENCE * 4 => continue,
                    Err(DraftError::Rejected(rejected)) => return Err(turned(rejected)),
                    Err(other) => return Err(Turned::Fault(other.into())),
                };
                match (standing.draft.state, standing.accepted) {
                    (_, Some(accepted)) => {
                        return Ok(Answer {
                            hash,
                            receipt: accepted.receipt,
                        });
                    }
                    (State::Refused { code, detail }, _) => return Err(Turned::Refused { code, detail }),
                    _ => break,
                }
            }
        }
        Err(Turned::Fault(anyhow::anyhow!("all signed, and nothing was entered")))
    }
    fn attach(&mut self, bytes: Vec<u8>) -> anyhow::Result<Attachment> {
        let kept = self
            .handle
            .block_on(self.documents.put(ID, Shelf::Attachment, &bytes))?;
        assert_eq!(kept.file.sha256, Digest::of(&bytes));
        Ok(Attachment::of(&bytes))
    }
    fn store_document(&mut self, bytes: Vec<u8>) -> anyhow::Result<Digest> {
        Ok(self
            .handle
            .block_on(self.documents.put(ID, Shelf::Document, &bytes))?
            .file
            .sha256)
    }
    fn store_opening(&mut self, opening: Opening) -> anyhow::Result<Digest> {
        let commitment = self
            .handle
            .block_on(self.documents.keep_opening(ID, &self.origin(), &opening))?;
        assert_eq!(commitment, commit(&self.origin(), &opening)?);
        Ok(commitment)
    }
    fn sealed_box(&mut self, _: &SecretKey) -> anyhow::Result<(Digest, u32)> {
        let told = self.handle.block_on(self.clerk.box_to_close(ID))?;
        told.map(|(_, root, count)| (root, count))
            .ok_or_else(|| anyhow::anyhow!("the box is not told yet"))
    }
    fn opened_ballots(&mut self) -> anyhow::Result<Vec<Vec<u8>>> {
        let state = self.competition()?;
        let round = state.rounds().last().ok_or_else(|| anyhow::anyhow!("no round"))?;
        Ok(round
            .each_ballot()
            .map(|ballot| ballot.pae().unwrap().to_vec())
            .collect())
    }
    fn protocol(&mut self) -> anyhow::Result<Vec<u8>> {
        let head = self.clerk.snapshot(ID).unwrap().head;
        self.competition()?
            .protocol(head)
            .ok_or_else(|| anyhow::anyhow!("nothing is counted"))
    }
    fn result(&mut self) -> anyhow::Result<serde_json::Value> {
        self.competition()?
            .result()
            .ok_or_else(|| anyhow::anyhow!("nothing is counted"))
    }
}

/// Another good signature by the same key over the same bytes, as a randomised signer (Safari) makes it.
pub fn second_signature(key: &SecretKey, message: &[u8]) -> Signature {
    let pem = key.to_pem();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::decode(&body).unwrap();
    let expanded: [u8; 64] = Sha512::digest(&der[der.len() - 32..]).into();
    let secret = Scalar::from_bytes_mod_order(clamp_integer(expanded[..32].try_into().unwrap()));
    let nonce = Scalar::from_bytes_mod_order_wide(&rand::random());
    let point = EdwardsPoint::mul_base(&nonce).compress().to_bytes();
    let challenge: [u8; 64] = Sha512::new()
        .chain_update(point)
        .chain_update(key.public().to_bytes())
        .chain_update(message)
        .finalize()
        .into();
    let answer = nonce + Scalar::from_bytes_mod_order_wide(&challenge) * secret;
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&point);
    bytes[32..].copy_from_slice(&answer.to_bytes());
    Signature::from_bytes(bytes)
}
