//! The proxy of `docs/OPERATIONS.md`, as it stands there, before two instances: a whole competition through it, while the
//! instance that serves everybody dies.

use crate::cluster::Database;
use crate::docs::project;
use crate::instances::{another, instance, let_through};
use crate::kill::{
    Ended, LOADERS, Load, all_known, ballots, mixed, objections, proved_with_exactly, rules, to_the_end,
};
use crate::process::{Ran, Room, Served, address, stage_on};
use esep::demo::Scene;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// An nginx at work; killed when dropped.
struct Nginx {
    child: Child,
    url: String,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// On the path, or where Debian puts it; says so where it is not.
fn nginx() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join("nginx")).find(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: the nginx command is not installed");
    }
    found
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The block of OPERATIONS.
fn block() -> String {
    let page = std::fs::read_to_string(project("docs/OPERATIONS.md")).unwrap();
    let (_, block) = page.split_once("```nginx\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

/// Each is in the text, and becomes the other.
fn with(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "OPERATIONS no longer says {from:?}");
        text.replace(from, to)
    })
}

/// A whole configuration around the block, in one process of this user with its files in the room.
fn configuration(room: &Room, block: &str) -> String {
    let place = |name: &str| room.path(name).display().to_string();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};\n", place(&format!("nginx-{kind}"))))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {};\nerror_log stderr crit;\nevents {{}}\nhttp {{\n{temporary}{block}}}\n",
        place("nginx.pid")
    )
}

/// Starts it on the block, without TLS and before these instances.
fn start(room: &Room, instances: &[&Served]) -> Option<Nginx> {
    let nginx = nginx()?;
    let (port, redirecting) = (free_port(), free_port());
    let servers: Vec<String> = instances
        .iter()
        .map(|served| format!("server {};", served.url.strip_prefix("http://").unwrap()))
        .collect();
    let block = with(
        &block(),
        &[
            ("server 127.0.0.1:8080;", &servers.join("\n")),
            ("listen 80;", &format!("listen 127.0.0.1:{redirecting};")),
            ("listen 443 ssl http2;", &format!("listen 127.0.0.1:{port};")),
            ("ssl_certificate ", "#"),
            ("ssl_certificate_key ", "#"),
            ("/var/log/nginx/error.log", "stderr"),
        ],
    );
    room.write("nginx.conf", configuration(room, &block));
    let child = Command::new(nginx)
        .arg("-c")
        .arg(room.path("nginx.conf"))
        .stdin(Stdio::null())
        .stderr(std::fs::File::create(room.path("nginx.log")).unwrap())
        .spawn()
        .unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let nginx = Nginx { child, url };
    let patience = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            patience.elapsed() < Duration::from_secs(10),
            "{}",
            room.text("nginx.log")
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    Some(nginx)
}

#[test]
fn the_configuration_of_operations_is_one_with_its_certificate() {
    let Some(nginx) = nginx() else { return };
    if !crate::process::openssl_is_there() {
        return;
    }
    let room = Room::new();
    room.openssl("req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=votes.example.org");
    let place = |name: &str| room.path(name).display().to_string();
    let block = with(
        &block(),
        &[
            ("/etc/ssl/votes.example.org.pem", &place("cert.pem")),
            ("/etc/ssl/votes.example.org.key", &place("key.pem")),
            ("/var/log/nginx/error.log", "stderr"),
            ("listen 80;", &format!("listen 127.0.0.1:{};", free_port())),
            ("listen 443 ssl", &format!("listen 127.0.0.1:{} ssl", free_port())),
        ],
    );
    room.write("nginx.conf", configuration(&room, &block));
    let ran: Ran = Command::new(nginx)
        .args(["-t", "-c"])
        .arg(room.path("nginx.conf"))
        .output()
        .unwrap()
        .into();
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

/// The first public event from there on, while the stream goes on.
fn next_event(url: &str, from: u64) -> String {
    let stream = ureq::get(format!("{}/events?from={from}", address(url)))
        .call()
        .unwrap();
    let mut lines = BufReader::new(stream.into_body().into_reader()).lines();
    lines
        .find_map(|line| line.unwrap().strip_prefix("data: ").map(str::to_owned))
        .unwrap()
}

/// Whether people's uploads came to this instance.
fn serves(served: &Served) -> bool {
    let mut counts = ureq::get(format!("{}/metrics", served.url)).call().unwrap();
    counts.body_mut().read_to_string().unwrap().contains("class=\"write\"")
}

#[test]
fn through_the_proxy_nobody_notices_that_the_instance_of_all_dies() {
    let Some(database) = Database::new() else { return };
    let (room, first, mut story) = stage_on(rules(), 4, "warn", &format!("--database {}", database.url));
    another(&room, "second");
    let second = instance(&room, "second");
    let Some(nginx) = start(&room, &[&first, &second]) else {
        return;
    };
    story.desk.moved(&nginx.url);
    story.play_until(Scene::Polling).unwrap();
    assert!(next_event(&nginx.url, 0).contains("announcement"));
    let metrics = ureq::get(format!("{}/metrics", nginx.url)).call();
    assert!(matches!(metrics, Err(ureq::Error::StatusCode(404))), "{metrics:?}");
    let ballots = ballots(&mut story);
    let all = mixed(&ballots, objections(&mut story));
    let total = all.len();
    let load = Load::new(all, &[&nginx.url], Duration::from_secs(20));
    // A visitor has stayed with one of them; all are of one address here.
    assert!(serves(&first) != serves(&second));
    let (dies, lives, folder) = if serves(&first) {
        (first, second, "second")
    } else {
        (second, first, "data")
    };
    std::thread::scope(|scope| {
        let _ended = Ended(&load);
        for _ in 0..LOADERS {
            scope.spawn(|| load.run());
        }
        let_through(&load, total / 3);
        load.allowed.fetch_add(total / 3, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(30));
        dies.kill();
        load.let_all_through(total);
    });
    assert_eq!(*load.wrong.lock().unwrap(), Vec::<String>::new());
    assert_eq!(load.again.load(Ordering::SeqCst), 0, "somebody had to send again");
    let receipts = load.receipts.into_inner().unwrap();
    assert_eq!(receipts.len(), total);
    all_known(&nginx.url, &receipts);
    to_the_end(&mut story, &ballots);
    lives.stop();
    room.esep(&format!("doctor --data {folder} --rehearsal-clock clock"));
    let log = story.plan.log.clone();
    proved_with_exactly(&room, &story, &ballots, &receipts, &log);
}
