//! A throw-away PostgreSQL for the tests: one cluster for all test processes, one database for each test.
//!
//! The first test that asks starts it; it stops by itself when no test holds it any more, however the test ended. With
//! `TEST_POSTGRES_URL` (a role that may make roles and databases) that server is used instead; where there is neither
//! a server's `initdb` nor that variable, the tests say that they skip.

use esep::store::PostgresStore;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Role that the office works as: it owns nothing.
pub const OFFICE: &str = "esep_office";
/// What an office meets when its server was started anew, or another took its place.
pub const NEW_CONNECTIONS: &str = "select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename = 'esep_office'";
/// Whom a server run by root belongs to.
const NOBODY: u32 = 65_534;

/// A running server; the last holder's end stops it.
pub struct Cluster {
    /// Address of a role that may do everything.
    admin: String,
    folder: Option<PathBuf>,
    _held: Option<File>,
}

impl Cluster {
    /// The cluster that all tests share; none where there is no PostgreSQL.
    pub fn shared() -> Option<Self> {
        if let Ok(admin) = std::env::var("TEST_POSTGRES_URL") {
            return Some(Self {
                admin,
                folder: None,
                _held: None,
            });
        }
        let user = fs::metadata("/proc/self").map_or(0, |found| std::os::unix::fs::MetadataExt::uid(&found));
        Self::in_folder(&std::env::temp_dir().join(format!("esep-test-postgres-{user}")))
    }

    /// The cluster in this folder, made and started where that was not done.
    pub fn in_folder(folder: &Path) -> Option<Self> {
        let Some(bin) = binaries() else {
            eprintln!("SKIPPED: PostgreSQL: neither its initdb (package postgresql) nor TEST_POSTGRES_URL is there");
            return None;
        };
        fs::create_dir_all(folder).unwrap();
        // One at a time looks whether the server runs; the watcher below stops it only when nobody holds `held`.
        let turn = locked(&folder.join("turn"));
        turn.lock().unwrap();
        let held = locked(&folder.join("held"));
        held.lock_shared().unwrap();
        let data = folder.join("data");
        if !data.join("PG_VERSION").exists() {
            for path in [&data, &folder.join("run")] {
                fs::create_dir_all(path).unwrap();
                given_to_nobody(path);
            }
            let arguments = "-A trust -U postgres -E UTF8 --locale=C -N -D";
            ran(server(&bin, "initdb").args(arguments.split(' ')).arg(&data));
        }
        let cluster = Self {
            admin: format!(
                "postgres://postgres@localhost/postgres?host={}",
                folder.join("run").display()
            ),
            folder: Some(folder.to_owned()),
            _held: Some(held),
        };
        if !ran_well(server(&bin, "pg_ctl").arg("status").arg("-D").arg(&data)) {
            start(&bin, &data, &folder.join("run"));
            given_to_nobody(&folder.join("held"));
            stop_when_free(&bin, &folder.join("held"), &data);
        }
        Some(cluster)
    }

    /// Stops the server as an administrator does, and starts it again.
    pub fn restart(&self) {
        let (bin, folder) = (binaries().unwrap(), self.own_folder());
        stop(&bin, &folder.join("data"), "fast");
        start(&bin, &folder.join("data"), &folder.join("run"));
    }

    /// The folder of a cluster that one test has for itself.
    fn own_folder(&self) -> &Path {
        self.folder.as_ref().unwrap()
    }

    /// A standby of this server, which has all that the server has. `waited_for`: the server answers no commit that the
    /// standby has not confirmed.
    pub fn standby(&self, waited_for: bool) -> Standby<'_> {
        let (bin, folder) = (binaries().unwrap(), self.own_folder());
        let (data, run) = (folder.join("standby"), folder.join("run-standby"));
        for path in [&data, &run] {
            fs::create_dir(path).unwrap();
            given_to_nobody(path);
        }
        fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let taken = ["-U", "postgres", "-X", "stream", "-c", "fast", "-R", "-h"];
        ran(server(&bin, "pg_basebackup")
            .args(taken)
            .arg(folder.join("run"))
            .arg("-D")
            .arg(&data));
        start(&bin, &data, &run);
        stop_when_free(&bin, &folder.join("held"), &data);
        if waited_for {
            // After the copy: the standby itself must wait for nobody once it is the server.
            let names = "alter system set synchronous_standby_names = '*'";
            on_a_thread(&self.admin, |url| async move {
                let mut admin = PgConnection::connect(&url).await.unwrap();
                sqlx::query(names).execute(&mut admin).await.unwrap();
                sqlx::query("select pg_reload_conf()")
                    .execute(&mut admin)
                    .await
                    .unwrap();
                let joined = "select exists (select from pg_stat_replication where sync_state = 'sync')";
                while !sqlx::query_scalar::<_, bool>(joined)
                    .fetch_one(&mut admin)
                    .await
                    .unwrap()
                {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            });
        }
        Standby { cluster: self, bin }
    }

    /// A new database with the tables made by their owner; dropped with the answer.
    pub fn database(self) -> Database {
        let empty = self.empty();
        on_a_thread(&empty.owner, |url| async move {
            PostgresStore::migrate(&url, Some(OFFICE)).await.unwrap();
        });
        empty
    }

    /// A new database without tables.
    pub fn empty(self) -> Database {
        let name = format!("esep_{:016x}", rand::random::<u64>());
        let create = format!("create database {name}");
        on_a_thread(&self.admin, |url| async move {
            let mut admin = PgConnection::connect(&url).await.unwrap();
            // Another test may be making the role at this moment.
            sqlx::query(AssertSqlSafe(format!("create role {OFFICE} login")))
                .execute(&mut admin)
                .await
                .ok();
            sqlx::query(AssertSqlSafe(create)).execute(&mut admin).await.unwrap();
        });
        let owner = self.address(None, &name);
        let url = self.address(Some(OFFICE), &name);
        Database {
            url,
            owner,
            name,
            cluster: self,
        }
    }

    /// The administrator's address with another user and database.
    fn address(&self, user: Option<&str>, name: &str) -> String {
        let (front, options) = self.admin.split_once('?').unwrap_or((&self.admin, ""));
        let (place, _) = front.rsplit_once('/').unwrap();
        let place = match (user, place.rsplit_once('@')) {
            (Some(user), Some((_, host))) => format!("postgres://{user}@{host}"),
            _ => place.to_owned(),
        };
        format!("{place}/{name}?{options}")
    }
}

/// A second server that follows the first. Offices that reach the first by its folder of sockets find whichever of the two
/// was put there last, as they would behind an address that moves.
pub struct Standby<'a> {
    cluster: &'a Cluster,
    bin: PathBuf,
}

impl Standby<'_> {
    /// From now on it misses what is written.
    pub fn stop(&self) {
        stop(&self.bin, &self.cluster.own_folder().join("standby"), "immediate");
    }

    /// The first server falls, and this one takes its place as it is.
    pub fn take_over(&self) {
        let folder = self.cluster.own_folder();
        let (data, run) = (folder.join("standby"), folder.join("run-standby"));
        stop(&self.bin, &folder.join("data"), "immediate");
        if !ran_well(server(&self.bin, "pg_ctl").arg("status").arg("-D").arg(&data)) {
            start(&self.bin, &data, &run);
        }
        ran(server(&self.bin, "pg_ctl").args(["promote", "-w", "-D"]).arg(&data));
        fs::rename(folder.join("run"), folder.join("run-first")).unwrap();
        std::os::unix::fs::symlink(run, folder.join("run")).unwrap();
    }

    /// The first server is found again, and takes its place again.
    pub fn step_back(self) {
        let folder = self.cluster.own_folder();
        self.stop();
        fs::remove_file(folder.join("run")).unwrap();
        fs::rename(folder.join("run-first"), folder.join("run")).unwrap();
        start(&self.bin, &folder.join("data"), &folder.join("run"));
    }
}

/// A database of one test.
pub struct Database {
    /// Address for the office.
    pub url: String,
    /// Address for the owner of the tables.
    pub owner: String,
    name: String,
    pub cluster: Cluster,
}

impl Database {
    /// A new one in the shared cluster, with tables; none where there is no PostgreSQL.
    pub fn new() -> Option<Self> {
        Cluster::shared().map(Cluster::database)
    }

    /// One for a suite that else runs in memory, where `ESEP_TEST_DATABASE=postgres` asks for it.
    pub fn if_wanted() -> Option<Self> {
        let wanted = std::env::var("ESEP_TEST_DATABASE").is_ok_and(|name| name == "postgres");
        wanted.then(|| Self::new().expect("ESEP_TEST_DATABASE asks for a PostgreSQL that is not there"))
    }

    /// What somebody with this address does by hand; the words of the error.
    pub async fn at_the_prompt(url: &str, statement: &'static str) -> Result<u64, String> {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let done = sqlx::raw_sql(statement).execute(&mut connection).await;
        done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("drop database if exists {} with (force)", self.name);
        on_a_thread(&self.cluster.admin, |url| async move {
            if let Ok(mut admin) = PgConnection::connect(&url).await {
                sqlx::query(AssertSqlSafe(drop)).execute(&mut admin).await.ok();
            }
        });
    }
}

/// Where the server's binaries are: on the path, or where Debian puts them.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    let found = folders.into_iter().find(|folder| {
        ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|name| folder.join(name).exists())
    })?;
    // What is on the path may be links to some of them.
    Some(fs::canonicalize(found.join("initdb")).ok()?.parent()?.to_owned())
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|found| std::os::unix::fs::MetadataExt::uid(&found) == 0)
}

/// A command of the server; never as root, and holding none of this process's files.
fn server(bin: &Path, name: &str) -> Command {
    let mut command = Command::new(bin.join(name));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/");
    if is_root() {
        std::os::unix::process::CommandExt::uid(&mut command, NOBODY);
        std::os::unix::process::CommandExt::gid(&mut command, NOBODY);
    }
    command
}

/// A server run by root belongs to nobody, and so does what it writes to.
fn given_to_nobody(path: &Path) {
    if is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn start(bin: &Path, data: &Path, run: &Path) {
    let options = format!(
        "-c fsync=off -c full_page_writes=off -c listen_addresses= -c max_connections=300 -c shared_buffers=32MB -c \
         unix_socket_directories={}",
        run.display()
    );
    ran(server(bin, "pg_ctl")
        .args(["start", "-w", "-D"])
        .arg(data)
        .arg("-l")
        .arg(data.join("log"))
        .arg("-o")
        .arg(options));
}

fn stop(bin: &Path, data: &Path, mode: &str) {
    ran(server(bin, "pg_ctl").args(["stop", "-w", "-m", mode, "-D"]).arg(data));
}

/// Stops a server when nobody holds this file; a process of its own, which no test has to wait for.
fn stop_when_free(bin: &Path, held: &Path, data: &Path) {
    ran(server(Path::new(""), "setsid")
        .args(["--fork", "flock"])
        .arg(held)
        .arg(bin.join("pg_ctl"))
        .args(["stop", "-w", "-m", "immediate", "-D"])
        .arg(data));
}

fn ran_well(command: &mut Command) -> bool {
    command.status().unwrap().success()
}

fn ran(command: &mut Command) {
    assert!(ran_well(command), "{command:?}");
}

fn locked(path: &Path) -> File {
    File::options().create(true).append(true).open(path).unwrap()
}

/// Runs this with the address on a thread and runtime of its own: a test's own runtime may be waiting already.
fn on_a_thread<F: Future<Output = ()>>(url: &str, run: impl FnOnce(String) -> F + Send) {
    let url = url.to_owned();
    std::thread::scope(|scope| {
        let done = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(run(url));
        });
        done.join().unwrap();
    });
}
