//! The real binary in separate processes: a room with files, commands typed in it, and an office that listens.

use esep::calendar::Time;
use esep::clerk::ManualClock;
use esep::competition::act::Attachment;
use esep::competition::{Opening, Slot};
use esep::crypto::key::SecretKey;
use esep::crypto::{Digest, Envelope, PublicKey};
use esep::demo::cast::Cast;
use esep::demo::story::{first_day, first_time};
use esep::demo::{Answer, Desk, Plan, RemoteOffice, Story, Turned, View};
use esep::ledger::bundle::Files;
use esep::ledger::note::Vkey;
use esep::ruleset::RuleSet;
use esep::verify::{Report, Trust, check};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

/// What a command said.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A folder in which commands are run.
pub struct Room(TempDir);

impl Room {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&self.read(name)).unwrap()
    }

    pub fn command(&self, program: &str, line: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.0.path())
            .args(words(line))
            .stdin(Stdio::null())
            .env("NO_COLOR", "1")
            .env_remove("ESEP_DATA")
            .env_remove("ESEP_DATABASE")
            .env_remove("ESEP_LOG")
            .env_remove("ESEP_LISTEN")
            .env_remove("ESEP_SERVER");
        command
    }

    /// Runs `esep LINE`.
    pub fn run(&self, line: &str) -> Ran {
        self.command(ESEP, line).output().unwrap().into()
    }

    /// Runs `esep LINE`, which must succeed; its standard output.
    pub fn esep(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, Some(0), "esep {line}\n{}{}", ran.out, ran.err);
        ran.out
    }

    /// Runs `openssl LINE`, which must succeed.
    pub fn openssl(&self, line: &str) -> String {
        let ran: Ran = self.command("openssl", line).output().unwrap().into();
        assert_eq!(ran.code, Some(0), "openssl {line}\n{}{}", ran.out, ran.err);
        ran.out
    }

    /// Tells the time to an office with `--rehearsal-clock clock`.
    pub fn tell_time(&self, time: Time) {
        self.write("clock.new", format!("{time}\n"));
        fs::rename(self.path("clock.new"), self.path("clock")).unwrap();
    }
}

/// Path of the binary.
pub const ESEP: &str = env!("CARGO_BIN_EXE_esep");

/// Whether the openssl command is there; says so where it is not.
pub fn openssl_is_there() -> bool {
    let there = Command::new("openssl").arg("version").output().is_ok();
    if !there {
        eprintln!("SKIPPED: the openssl command is not installed");
    }
    there
}

/// Words of a command line; single quotes hold spaces together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.trim().chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// An office at work. Killed when dropped.
pub struct Served {
    child: Child,
    pub url: String,
    /// Keeps the pipe open.
    _out: BufReader<std::process::ChildStdout>,
}

impl Served {
    /// Starts `esep serve` on a free port over the folder `data`, with the room's clock; standard error is appended to
    /// the file `log`. The words of a refused start are the error.
    pub fn start(room: &Room) -> Result<Self, Ran> {
        Self::start_with(room, "data", "info")
    }

    pub fn start_with(room: &Room, data: &str, log: &str) -> Result<Self, Ran> {
        let mut child = Self::spawn(room, data, log);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        if let Some(url) = line.strip_suffix('\n').filter(|line| line.starts_with("http://")) {
            let url = url.to_owned();
            return Ok(Self { child, url, _out: out });
        }
        let status = child.wait().unwrap();
        Err(Ran {
            code: status.code(),
            out: line,
            err: room.text("log"),
        })
    }

    /// The process alone, without waiting for its address.
    pub fn spawn(room: &Room, data: &str, log: &str) -> Child {
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(room.path("log"))
            .unwrap();
        room.command(
            ESEP,
            &format!("serve --data {data} --listen 127.0.0.1:0 --rehearsal-clock clock"),
        )
        .env("ESEP_LOG", log)
        .stdout(Stdio::piped())
        .stderr(file)
        .spawn()
        .unwrap()
    }

    /// Sends a signal by name: STOP, CONT.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// SIGKILL, at once.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; the office must end well.
    pub fn stop(mut self) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub const HOST: &str = "esep.example";
pub const ID: &str = "commission-test";

pub fn origin() -> String {
    format!("{HOST}/{ID}")
}

/// A competition's description at an office.
pub fn address(url: &str) -> String {
    format!("{url}/api/v1/competitions/{ID}")
}

/// The office over HTTP, whose clock is the room's file.
pub struct Door {
    pub office: RemoteOffice,
    clock: Arc<ManualClock>,
    file: PathBuf,
}

impl Door {
    pub fn new(room: &Room, url: &str) -> Self {
        let clock = Arc::new(ManualClock::at(first_time()));
        Self {
            office: RemoteOffice::new(url, &origin(), clock.clone(), 8),
            clock,
            file: room.path("clock"),
        }
    }

    /// The office has another address now.
    pub fn moved(&mut self, url: &str) {
        self.office = RemoteOffice::new(url, &origin(), self.clock.clone(), 8);
    }
}

impl Desk for Door {
    fn origin(&self) -> String {
        self.office.origin()
    }
    fn now(&self) -> Time {
        self.office.now()
    }
    fn set_now(&mut self, now: Time) {
        self.office.set_now(now);
        let beside = self.file.with_extension("new");
        fs::write(&beside, format!("{now}\n")).unwrap();
        fs::rename(&beside, &self.file).unwrap();
    }
    fn view(&mut self) -> anyhow::Result<View> {
        self.office.view()
    }
    fn submit(&mut self, envelope: Envelope) -> Result<Answer, Turned> {
        self.office.submit(envelope)
    }
    fn submit_many(&mut self, envelopes: Vec<Envelope>) -> Vec<Result<Answer, Turned>> {
        self.office.submit_many(envelopes)
    }
    fn submit_shared(&mut self, unsigned: Envelope, signers: &[&SecretKey]) -> Result<Answer, Turned> {
        self.office.submit_shared(unsigned, signers)
    }
    fn attach(&mut self, bytes: Vec<u8>) -> anyhow::Result<Attachment> {
        self.office.attach(bytes)
    }
    fn store_document(&mut self, bytes: Vec<u8>) -> anyhow::Result<Digest> {
        self.office.store_document(bytes)
    }
    fn store_opening(&mut self, opening: Opening) -> anyhow::Result<Digest> {
        self.office.store_opening(opening)
    }
    fn sealed_box(&mut self, member: &SecretKey) -> anyhow::Result<(Digest, u32)> {
        self.office.sealed_box(member)
    }
    fn opened_ballots(&mut self) -> anyhow::Result<Vec<Vec<u8>>> {
        self.office.opened_ballots()
    }
    fn protocol(&mut self) -> anyhow::Result<Vec<u8>> {
        self.office.protocol()
    }
    fn result(&mut self) -> anyhow::Result<serde_json::Value> {
        self.office.result()
    }
}

/// A room with an office made by `esep init` that listens, and a story about to begin there.
pub fn stage(rules: RuleSet, candidates: usize, log: &str) -> (Room, Served, Story<Door>) {
    stage_on(rules, candidates, log, "")
}

/// The same with more words for `esep init`.
pub fn stage_on(rules: RuleSet, candidates: usize, log: &str, init: &str) -> (Room, Served, Story<Door>) {
    let room = Room::new();
    let cast = Cast::assemble();
    room.write("organiser.pem", cast.organiser.public().to_pem());
    let log_key = room.esep(&format!(
        "init --data data --origin {HOST} --organiser organiser.pem --rehearsal {init}"
    ));
    let log_key = Vkey::new(origin(), PublicKey::from_pem(&log_key).unwrap()).unwrap();
    room.tell_time(first_time());
    let served = Served::start_with(&room, "data", log).unwrap();
    let plan = Plan {
        rules,
        candidates,
        seed: 7,
        day: first_day(),
        rehearsal: true,
        tie: false,
        log: log_key,
    };
    let story = Story::new(Door::new(&room, &served.url), plan, cast);
    (room, served, story)
}

/// The verifier's report, with everybody's keys from the story and not from the bundle.
pub fn verified(files: &Files, story: &Story<Door>) -> Report {
    let mut keys = BTreeMap::from([
        ("organiser".to_owned(), story.cast.organiser.public().clone()),
        ("log".to_owned(), story.plan.log.key().clone()),
    ]);
    for slot in Slot::ALL {
        keys.insert(slot.to_string(), story.cast.member(slot).public().clone());
    }
    check(
        files,
        &Trust {
            keys,
            ..Trust::default()
        },
    )
}

/// A whole folder, copied.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
