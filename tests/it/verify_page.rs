//! `docs/VERIFY.md` in its three languages: the commands that it prints are the commands that run here, on a story's
//! bundle, with nothing but bash, openssl, sha256sum and the program itself.

use crate::docs::project;
use crate::envelopes::say;
use crate::story::story_with_log;
use crate::tamper::small_rules;
use esep::competition::act::Kind;
use esep::crypto::Envelope;
use esep::crypto::key::SecretKey;
use esep::demo::{MemoryOffice, Story};
use esep::ledger::bundle::{Files, SUMS};
use esep::ledger::checkpoint::Checkpoint;
use esep::ledger::entry::Entry;
use esep::ledger::note::NoteKey;
use esep::ledger::receipt::{BoxReceipt, Receipt};
use esep::ledger::tree::Tree;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

const PAGES: [&str; 3] = ["docs/VERIFY.md", "docs/VERIFY.ru.md", "docs/VERIFY.ky.md"];

/// Blocks of code in this language, in order.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(project(page)).unwrap();
    let mut found = Vec::new();
    let mut inside: Option<(bool, String)> = None;
    for line in text.lines() {
        match (&mut inside, line.trim_start().strip_prefix("```")) {
            (None, Some(name)) => inside = Some((name == language, String::new())),
            (None, None) => {}
            (Some(_), Some(_)) => {
                let (wanted, code) = inside.take().unwrap();
                found.extend(wanted.then_some(code));
            }
            (Some((_, code)), None) => {
                // A block in a list is indented with its item.
                code.push_str(line.strip_prefix("   ").filter(|_| page == "README.md").unwrap_or(line));
                code.push('\n');
            }
        }
    }
    assert!(inside.is_none(), "{page}: a block does not end");
    found
}

#[test]
fn three_languages_hold_the_same_commands_and_lead_to_one_another() {
    for language in ["bash", "sh"] {
        let english = blocks(PAGES[0], language);
        assert!(!english.is_empty(), "{language}");
        for page in &PAGES[1..] {
            assert_eq!(blocks(page, language), english, "{page}: {language}");
        }
    }
    for page in PAGES {
        let text = std::fs::read_to_string(project(page)).unwrap();
        for other in PAGES.iter().filter(|other| **other != page) {
            let name = other.strip_prefix("docs/").unwrap();
            assert!(text.contains(&format!("]({name})")), "{page} leads to {name}");
        }
        let sections = text.lines().filter(|line| line.starts_with('#')).count();
        let english = std::fs::read_to_string(project(PAGES[0])).unwrap();
        assert_eq!(
            sections,
            english.lines().filter(|line| line.starts_with('#')).count(),
            "{page}"
        );
    }
}

/// What a reader has at home: the bundle, keys from the offices, an older checkpoint, two receipts, the own ballot.
struct Home {
    folder: tempfile::TempDir,
    files: Files,
}

impl Home {
    /// `None`, with a notice, where the tools of the page are not installed.
    fn furnish() -> Option<Self> {
        for tool in ["bash", "openssl", "sha256sum", "od", "awk", "tar"] {
            if Command::new(tool).arg("--version").output().is_err() {
                eprintln!("SKIPPED: {tool} is not installed");
                return None;
            }
        }
        let log = SecretKey::generate(&mut rand::rng());
        let mut story = story_with_log(small_rules(), 6, true, &log);
        story.play().unwrap();
        let home = Self {
            folder: tempfile::tempdir().unwrap(),
            files: story.desk.bundle().unwrap(),
        };
        let mut tar = Vec::new();
        home.files.write_tar(&mut tar).unwrap();
        home.put("bundle.tar", tar);
        for (path, bytes) in home.files.iter() {
            if let Some(name) = path.strip_prefix("keys/") {
                home.put(&format!("offices-keys/{name}"), bytes);
            }
        }
        home.receipts(&story, &log);
        Some(home)
    }

    fn put(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Of a nomination, under a checkpoint of that day, and of a ballot of round 1.
    fn receipts(&self, story: &Story<MemoryOffice>, log: &SecretKey) {
        let entries = story.desk.entries();
        let origin = story.desk.competition.as_ref().unwrap().origin();
        let log = NoteKey::new(origin, log.clone()).unwrap();
        let tree: Tree = entries.iter().map(|bytes| Entry::leaf(bytes)).collect();
        let read: Vec<_> = entries.iter().map(|bytes| Entry::from_bytes(bytes).unwrap()).collect();
        let find = |kind: Kind| read.iter().find(|entry| entry.kind == kind.as_str()).unwrap();
        let (size, index) = (tree.size() - 20, find(Kind::Nomination).seq);
        let older = Checkpoint {
            origin: origin.to_owned(),
            size,
            root: tree.root_at(size),
        }
        .sign(&log);
        self.put("poll-day.checkpoint", &older);
        self.put("mine.tlog-proof", Receipt::make(&tree, index, size, older).to_string());
        let ballot = &find(Kind::BallotCast).body;
        let receipt = BoxReceipt {
            origin: origin.to_owned(),
            round: 1,
            ballot: ballot.pae_hash(),
        };
        self.put("mine.box", receipt.sign(&log));
        self.put("ballot.dsse.json", ballot.to_json());
    }

    /// One mark of one valid ballot of round 1, changed in `ballots.jsonl` alone; gives the ballot's line.
    fn change_a_ballot(&mut self) -> usize {
        let text = String::from_utf8(self.files.file("ballots.jsonl").unwrap().to_vec()).unwrap();
        let mut lines: Vec<_> = text
            .lines()
            .map(|line| Envelope::from_json(line.as_bytes()).unwrap())
            .collect();
        let ratings = |envelope: &Envelope| -> BTreeMap<String, i64> {
            let payload: Value = serde_json::from_slice(envelope.payload()).unwrap();
            serde_json::from_value(payload["ratings"].clone()).unwrap()
        };
        let valid =
            |marks: &BTreeMap<String, i64>| marks.len() > 1 && marks.values().all(|mark| (0..=10).contains(mark));
        let place = lines.iter().position(|envelope| valid(&ratings(envelope))).unwrap();
        let (name, mark) = ratings(&lines[place]).into_iter().next().unwrap();
        let payload = String::from_utf8(lines[place].payload().to_vec()).unwrap();
        let changed = payload.replace(
            &format!("\"{name}\":{mark}"),
            &format!("\"{name}\":{}", (mark + 1) % 11),
        );
        assert_ne!(changed, payload);
        say(&mut lines[place], changed);
        let lines: Vec<_> = lines
            .iter()
            .flat_map(|envelope| [envelope.to_json(), b"\n".to_vec()].concat())
            .collect();
        self.files.insert("ballots.jsonl", lines);
        let sums = self.files.sums();
        self.files.insert(SUMS, sums);
        let mut tar = Vec::new();
        self.files.write_tar(&mut tar).unwrap();
        self.put("bundle.tar", tar);
        place + 1
    }

    /// Runs the commands as a reader types them: in the folder where everything lies, with `esep` on the path.
    fn run(&self, how: &str, commands: &str) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_esep")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        Command::new("bash")
            .args([how, "-c", commands])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", program.display()))
            .env("LC_ALL", "C")
            .output()
            .unwrap()
    }
}

const GOOD: &str = "Signature Verified Successfully";

/// Checkpoint, four members on a ballot, its card, four members on the protocol, two receipts.
const SIGNATURES: usize = 1 + 4 + 1 + 4 + 2;

#[test]
fn commands_of_the_page_prove_a_story() {
    let Some(home) = Home::furnish() else { return };
    let output = home.run("-eu", &blocks(PAGES[0], "bash").concat());
    let told = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{told}\n{error}");
    eprintln!("{told}");
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.iter().filter(|line| **line == GOOD).count(), SIGNATURES, "{told}");
    for words in ["all files are as listed", "the totals are those of the protocol"] {
        assert!(lines.contains(&words), "{words}: {told}");
    }
    // Root of the ledger, roots of the boxes of three rounds at most, root of the receipt: each computed and stated.
    let digest = |line: &str| line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digests: Vec<_> = lines.iter().filter(|line| digest(line)).collect();
    let rounds = std::str::from_utf8(home.files.file("protocol.json").unwrap()).unwrap();
    let rounds = rounds.matches("\"reconciliation\"").count();
    assert_eq!(digests.len(), 2 * (1 + rounds + 1), "{told}");
    assert!(digests.chunks(2).all(|pair| pair[0] == pair[1]), "{told}");
    // The lot's order, as drawn and as published.
    let drawn = lines.iter().position(|line| line.starts_with("\"order\":[")).unwrap();
    let order: Vec<_> = lines[drawn].split('"').filter(|word| word.starts_with('c')).collect();
    let mine = lines[drawn - order.len()..drawn]
        .iter()
        .map(|line| line.split(' ').nth(1).unwrap());
    assert!(order.len() > 1 && mine.eq(order), "{told}");
}

#[test]
fn commands_of_the_page_notice_what_was_changed() {
    let Some(mut home) = Home::furnish() else { return };
    // Somebody gives a candidate of a valid ballot another rating, and writes the sums anew.
    let number = home.change_a_ballot();
    let commands = blocks(PAGES[0], "bash").concat();
    assert!(commands.contains("\nnumber=1\n"));
    let commands = commands.replace("\nnumber=1\n", &format!("\nnumber={number}\n"));
    let output = home.run("-u", &commands);
    let told = String::from_utf8(output.stdout).unwrap();
    // The ballot's five signatures fail, as do its box and the totals; nothing else does.
    assert_eq!(
        told.lines().filter(|line| *line == GOOD).count(),
        SIGNATURES - 5,
        "{told}"
    );
    assert_eq!(
        told.lines()
            .filter(|line| line.starts_with("Signature Verification Failure"))
            .count(),
        5,
        "{told}"
    );
    assert!(told.contains("all files are as listed"), "{told}");
    assert!(!told.contains("the totals are those of the protocol"), "{told}");
}

#[test]
fn program_commands_of_the_page_run_as_printed() {
    let Some(home) = Home::furnish() else { return };
    let commands: Vec<String> = blocks(PAGES[0], "sh").concat().lines().map(str::to_owned).collect();
    // The second program lies in the source; the page says so.
    let source = project("src");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&source, home.folder.path().join("src")).unwrap();
    let with_node =
        source.join("web/verifier/verify.mjs").exists() && Command::new("node").arg("--version").output().is_ok();
    if !with_node {
        eprintln!("SKIPPED: node, or the second program, is not there");
    }
    let mut seen = 0;
    for command in commands
        .iter()
        .filter(|command| with_node || !command.starts_with("node "))
    {
        let output = home.run("-eu", command);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{command}\n{told}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        eprintln!("$ {command}\n{told}");
        seen += 1;
    }
    assert!(seen >= 7, "{commands:?}");
}

#[test]
fn readme_checks_one_ballot() {
    let Some(home) = Home::furnish() else { return };
    let found = blocks("README.md", "sh");
    let commands = found.iter().find(|block| block.contains("ballot.pae")).unwrap();
    let output = home.run(
        "-eu",
        &format!("mkdir b && tar -xf bundle.tar -C b && cd b\n{commands}"),
    );
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains(GOOD),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
