//! The command line, through the real binary: files, exit codes, and that what it makes passes the rules.

use esep::calendar::Time;
use esep::competition::act::Kind;
use esep::competition::{
    Checked, Competition, Context, Head, Opening, PROTOCOL_TYPE, Pinned, Placed, Slot, Statement, Stored, box_root,
};
use esep::crypto::card::CardCode;
use esep::crypto::commit::try_commitment;
use esep::crypto::dsse::pae;
use esep::crypto::key::{Enrolment, SecretKey};
use esep::crypto::test_keys::test_key;
use esep::crypto::{Digest, Envelope, KeyId, PublicKey, Signature};
use esep::ledger::checkpoint::Checkpoint;
use esep::ledger::entry::Entry;
use esep::ledger::note::NoteKey;
use esep::ledger::receipt::{BoxReceipt, Receipt};
use esep::ledger::tile::tiles_of;
use esep::ledger::tree::Tree;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

const ORIGIN: &str = "esep.example/commission-2026";

/// A folder of its own, and the binary run in it.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esep"));
        command
            .current_dir(self.0.path())
            .args(arguments)
            .stdin(Stdio::null())
            .env("NO_COLOR", "1")
            .env_remove("ESEP_SERVER");
        command
    }

    /// Arguments in one line, split at spaces.
    fn run(&self, line: &str) -> Output {
        self.run_all(&line.split_whitespace().collect::<Vec<_>>())
    }

    fn run_all(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(!talk.contains("panicked"), "{arguments:?}: {talk}");
        output
    }

    /// Runs, demands success, and gives standard output.
    fn good(&self, line: &str) -> String {
        self.good_all(&line.split_whitespace().collect::<Vec<_>>())
    }

    fn good_all(&self, arguments: &[&str]) -> String {
        let output = self.run_all(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs, demands this exit code and these words on standard error, and nothing on standard output.
    fn bad(&self, code: i32, words: &str, line: &str) {
        let output = self.run(line);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{line}: {talk}");
        assert!(talk.contains(words), "{line}: no {words:?} in {talk}");
        assert!(
            output.stdout.is_empty(),
            "{line}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }

    fn envelope(&self, name: &str) -> Envelope {
        Envelope::from_json(&self.read(name)).unwrap()
    }

    fn secret(&self, name: &str) -> SecretKey {
        SecretKey::from_pem(&self.text(name), None).unwrap()
    }
}

fn openssl(desk: &Desk, line: &str) -> Option<Output> {
    let output = Command::new("openssl")
        .current_dir(desk.0.path())
        .args(line.split(' '))
        .output();
    output.map_err(|_| eprintln!("skipped: no openssl command")).ok()
}

#[test]
fn keygen_and_openssl_read_each_other() {
    let desk = Desk::new();
    desk.write("pass", "correct horse\n");
    desk.good("keygen --out plain");
    desk.good("keygen --out sealed --passphrase-file pass");
    let Some(plain) = openssl(&desk, "pkey -in plain.key.pem -pubout") else {
        return;
    };
    assert_eq!(String::from_utf8(plain.stdout).unwrap(), desk.text("plain.pub.pem"));
    let sealed = openssl(&desk, "pkey -in sealed.key.pem -passin file:pass -pubout").unwrap();
    assert_eq!(String::from_utf8(sealed.stdout).unwrap(), desk.text("sealed.pub.pem"));

    assert!(
        openssl(&desk, "genpkey -algorithm ed25519 -out theirs.pem")
            .unwrap()
            .status
            .success()
    );
    let encrypt = "pkcs8 -topk8 -in theirs.pem -v2 aes-256-cbc -passout file:pass -out theirs-sealed.pem";
    assert!(openssl(&desk, encrypt).unwrap().status.success());
    let theirs = openssl(&desk, "pkey -in theirs.pem -pubout").unwrap();
    let theirs = PublicKey::from_pem(&String::from_utf8(theirs.stdout).unwrap()).unwrap();
    for key in ["theirs.pem", "theirs-sealed.pem"] {
        let made = desk.good(&format!(
            "enrol --key {key} --passphrase-file pass --competition {ORIGIN} --role association"
        ));
        let made: Enrolment = serde_json::from_str(&made).unwrap();
        assert_eq!(made.key, theirs);
        made.check(ORIGIN, "association").unwrap();
        made.check(ORIGIN, "observer").unwrap_err();
    }
}

#[test]
fn keygen_never_overwrites_and_keeps_the_key_to_its_owner() {
    let desk = Desk::new();
    let id = desk.good("keygen --out mine");
    let before = desk.read("mine.key.pem");
    assert_eq!(
        id.trim(),
        PublicKey::from_pem(&desk.text("mine.pub.pem"))
            .unwrap()
            .id()
            .to_string()
    );
    assert_eq!(desk.secret("mine.key.pem").public().id().to_string(), id.trim());
    desk.bad(2, "never overwritten", "keygen --out mine");
    assert_eq!(desk.read("mine.key.pem"), before);
    desk.write("half.pub.pem", "something");
    desk.bad(2, "never overwritten", "keygen --out half");
    assert!(!desk.path("half.key.pem").exists());
    desk.bad(3, "No such file", "keygen --out no/such/folder");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(desk.path("mine.key.pem")).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn test_keys_are_the_published_ones_and_say_so() {
    let desk = Desk::new();
    let output = desk.run("keygen --out t --test 7 --json");
    assert!(String::from_utf8_lossy(&output.stderr).contains("everybody can sign"));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["schema"], "esep.keygen.v1");
    assert_eq!(printed["result"]["keyid"], json!(test_key(7).public().id()));
    assert_eq!(desk.secret("t.key.pem").public(), test_key(7).public());
    desk.bad(2, "64", "keygen --out u --test 64");
}

#[test]
fn cards_match_their_public_keys_and_tell_no_order() {
    let desk = Desk::new();
    let told = desk.good(&format!(
        "cards --competition {ORIGIN} --round 2 --count 40 --out cards"
    ));
    let keys = desk.read("cards/cards.keys");
    assert!(told.contains(&Digest::of(&keys).to_string()) && told.contains("count 40"));
    let listed: Vec<KeyId> = keys
        .chunks(32)
        .map(|key| PublicKey::from_bytes(key.try_into().unwrap()).unwrap().id())
        .collect();
    assert!(
        listed.windows(2).all(|pair| pair[0] < pair[1]),
        "sorted by key id, each once"
    );

    let text = desk.text("cards/cards.txt");
    let codes: Vec<String> = text
        .split('\u{c}')
        .map(|page| {
            page.lines()
                .find_map(|line| line.strip_prefix("Код: "))
                .unwrap()
                .to_owned()
        })
        .collect();
    let id_of = |code: &String| code.parse::<CardCode>().unwrap().key(ORIGIN, 2).public().id();
    let printed: Vec<KeyId> = codes.iter().map(id_of).collect();
    assert_eq!(
        printed.iter().copied().collect::<BTreeSet<_>>(),
        listed.iter().copied().collect::<BTreeSet<_>>()
    );
    let html = desk.text("cards/cards.html");
    let drawn: Vec<String> = html
        .split("<p class=\"code\">")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        drawn.iter().collect::<BTreeSet<_>>(),
        codes.iter().collect::<BTreeSet<_>>()
    );
    assert_eq!(html.matches("<svg").count(), 40);
    // 40! orders: an equal one is no accident.
    assert_ne!(drawn, codes);
    assert_ne!(printed, listed);
    desk.bad(
        2,
        "never overwritten",
        &format!("cards --competition {ORIGIN} --round 2 --count 40 --out cards"),
    );
    assert_eq!(desk.read("cards/cards.keys"), keys);
    desk.bad(
        2,
        "competition",
        "cards --competition nothing --round 2 --count 4 --out other",
    );
    desk.bad(
        2,
        "count",
        &format!("cards --competition {ORIGIN} --round 2 --count 0 --out other"),
    );
}

/// What lies beside the ledger in these tests.
#[derive(Default)]
struct Shelf {
    openings: BTreeMap<Digest, Opening>,
    documents: BTreeSet<Digest>,
    attachments: BTreeMap<Digest, Arc<[u8]>>,
}

impl Shelf {
    /// What `esep post --openings` would bring.
    fn keep_openings(&mut self, json: &[u8]) {
        let openings: Vec<Opening> = serde_json::from_slice(json).unwrap();
        for opening in openings {
            let Opening {
                field,
                subject,
                salt,
                value,
            } = &opening;
            let commitment = try_commitment(salt.as_bytes(), ORIGIN, field, subject, value).unwrap();
            self.openings.insert(commitment, opening);
        }
    }
}

impl Stored for Shelf {
    fn attachment(&self, sha256: &Digest) -> Option<Arc<[u8]>> {
        self.attachments.get(sha256).cloned()
    }
    fn opening(&self, commitment: &Digest) -> Option<Opening> {
        self.openings.get(commitment).cloned()
    }
    fn document(&self, sha256: &Digest) -> bool {
        self.documents.contains(sha256)
    }
    fn boxed(&self, _: u32, _: &KeyId) -> Option<Digest> {
        None
    }
    fn box_now(&self, _: u32) -> Option<(Digest, u32)> {
        None
    }
    fn complete(&self) -> bool {
        true
    }
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

/// Organiser, four members and log key as files, and the announcement made and signed by commands alone.
fn announced(desk: &Desk) -> (Competition, Head) {
    let log = NoteKey::new(ORIGIN, test_key(9)).unwrap();
    desk.write("log.vkey", format!("{}\n", log.vkey()));
    desk.good("keygen --out organiser");
    let mut arguments = vec!["statement", "new", "announcement", "--competition", ORIGIN];
    arguments.extend([
        "--preset",
        "commission-2014",
        "--published",
        "2026-01-31",
        "--log",
        "log.vkey",
        "--rehearsal",
    ]);
    arguments.extend([
        "--set",
        "title.ky=Конкурс",
        "--set",
        "title.ru=Конкурс",
        "--set",
        "title.en=Competition",
    ]);
    arguments.extend([
        "--set",
        "outlet=The newspaper",
        "--set",
        "poll.place=The room",
        "--out",
        "announcement.json",
    ]);
    let mut members = Vec::new();
    // In any order: the template sorts them.
    for slot in Slot::ALL.iter().rev() {
        desk.good(&format!("keygen --out {slot}"));
        desk.good(&format!(
            "enrol --key {slot}.key.pem --competition {ORIGIN} --role {} --out {slot}.json",
            slot.role()
        ));
        members.push(format!("{slot}=Person {slot}:Body of {slot}:{slot}.json"));
    }
    for member in &members {
        arguments.extend(["--member", member]);
    }
    desk.good_all(&arguments);
    desk.good("sign announcement.json --key organiser.key.pem --yes --out announcement.dsse.json");

    let pinned = Pinned {
        origin: ORIGIN.to_owned(),
        organisers: vec![desk.secret("organiser.key.pem").public().clone()],
        log_key: test_key(9).public().id(),
        rehearsal: true,
    };
    let statement = Statement::read(desk.envelope("announcement.dsse.json")).unwrap();
    let checked = Checked::check(statement, &pinned).unwrap();
    let head = Head {
        root: Digest::of(b"one entry"),
        size: 1,
    };
    let context = Context {
        now: time("2026-01-31T04:00:00Z"),
        head: Head {
            root: Digest::ZERO,
            size: 0,
        },
        stored: &Shelf::default(),
    };
    let step = Competition::announce(&checked, &pinned, &context).unwrap();
    (
        Competition::begin(
            step,
            Placed {
                seq: 0,
                time: context.now,
            },
        ),
        head,
    )
}

/// The office's description of a competition, as its API gives it.
fn describe(competition: &Competition, head: Head, now: Time) -> String {
    let member = |seat: &esep::competition::Seated| json!({ "slot": seat.slot, "body": seat.body, "person": seat.person, "key": seat.key, "keyid": seat.key.id() });
    let mut value = json!({
        "id": "commission-2026", "origin": competition.origin(), "rules": competition.rules_digest(), "head": head,
        "phase": competition.phase(now), "now": now, "rehearsal": true,
        "counting_members": competition.members().iter().map(member).collect::<Vec<_>>(),
    });
    if let Some(round) = competition.round() {
        value["round"] = json!(round);
        value["candidates"] = json!(competition.candidates_digest());
    }
    value.to_string()
}

const FACTS: &str = r#"{
  "association": "Бирикме", "name": "A Candidate", "birth_date": "1980-02-29",
  "organisations": [
    {"name": "One", "number": "1-1", "form": "public_association", "state_body": false, "state_founder": false},
    {"name": "Two", "number": "2-2", "form": "foundation", "state_body": false, "state_founder": false},
    {"name": "Three", "number": "3-3", "form": "institution", "state_body": false, "state_founder": false}],
  "citizenship": {"citizen": true, "capable": true}, "conviction": {"convicted": false, "expunged": false},
  "education": true, "experience": "Ten years", "service": false,
  "letter": "letter.pdf", "application": "application.pdf"
}"#;

#[test]
fn announcement_and_nomination_made_by_commands_are_accepted() {
    let desk = Desk::new();
    let (competition, head) = announced(&desk);
    // R21: 31 January gives 28 February; R17: the middle of the window.
    assert_eq!(competition.intake_last_day().to_string(), "2026-02-28");
    assert_eq!(competition.poll().day.to_string(), "2026-03-15");
    assert_eq!(competition.members()[0].slot, Slot::PresidentsOffice);

    let now = time("2026-02-01T04:00:00Z");
    desk.write("competition.json", describe(&competition, head, now));
    fs::create_dir(desk.path("facts")).unwrap();
    desk.write("facts/facts.json", FACTS);
    desk.write("facts/letter.pdf", "%PDF letter");
    desk.write("facts/application.pdf", "%PDF application");
    desk.good("keygen --out association");
    let new = "statement new nomination --context competition.json --fields facts/facts.json --key association.key.pem --out n.json";
    desk.good(new);
    desk.good("sign n.json --key association.key.pem --yes --out n.dsse.json");

    let mut shelf = Shelf::default();
    shelf
        .documents
        .extend([Digest::of(b"%PDF letter"), Digest::of(b"%PDF application")]);
    shelf.keep_openings(&desk.read("n.openings.json"));
    assert_eq!(shelf.openings.len(), 11, "twelve fields less the resume");
    let salts: BTreeSet<_> = shelf.openings.values().map(|opening| opening.salt).collect();
    assert_eq!(salts.len(), 11, "a fresh salt for every field");
    let checked = Checked::check(Statement::read(desk.envelope("n.dsse.json")).unwrap(), &competition).unwrap();
    let context = Context {
        now,
        head,
        stored: &shelf,
    };
    competition.decide(&checked, &context).unwrap();

    // Nothing personal stands in what is published.
    let public = String::from_utf8(desk.envelope("n.dsse.json").payload().to_vec()).unwrap();
    for fact in ["Candidate", "Бирикме", "1980-", "Ten years", "1-1"] {
        assert!(!public.contains(fact), "{fact} in {public}");
    }
    // A second template has another nonce and other salts.
    desk.bad(2, "never overwritten", new);
    desk.good(&new.replace(" n.json", " m.json"));
    assert_ne!(desk.read("n.json"), desk.read("m.json"));
    desk.write("facts/facts.json", FACTS.replace("\"education\": true, ", ""));
    desk.bad(2, "education is missing", &new.replace(" n.json", " o.json"));
    desk.write("facts/facts.json", FACTS.replace("letter.pdf", "lost.pdf"));
    desk.bad(3, "lost.pdf", &new.replace(" n.json", " o.json"));
    assert!(!desk.path("o.json").exists() && !desk.path("o.openings.json").exists());
}

/// Signs a template, and carries the competition one step further with it.
fn step(desk: &Desk, competition: &mut Competition, name: &str, key: &str, seq: u64, now: &str, shelf: &Shelf) {
    desk.good(&format!(
        "sign {name}.json --key {key}.key.pem --yes --out {name}.dsse.json"
    ));
    let statement = Statement::read(desk.envelope(&format!("{name}.dsse.json"))).unwrap();
    let checked = Checked::check(statement, competition).unwrap();
    let context = Context {
        now: time(now),
        head: Head {
            root: Digest::of(b"head"),
            size: seq,
        },
        stored: shelf,
    };
    let step = competition
        .decide(&checked, &context)
        .unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    competition.evolve(step, Placed { seq, time: context.now });
}

#[test]
fn screening_appeal_and_list_made_by_commands_are_accepted() {
    let desk = Desk::new();
    let (mut competition, head) = announced(&desk);
    desk.write("c.json", describe(&competition, head, time("2026-02-01T04:00:00Z")));
    for name in ["letter.pdf", "application.pdf", "resume.pdf"] {
        desk.write(name, name);
    }
    desk.write("facts.json", FACTS.replace("\n}", ", \"resume\": \"resume.pdf\"\n}"));
    desk.write("change.json", r#"{"experience": "Eleven years"}"#);
    desk.good("keygen --out own");
    desk.good("statement new nomination --context c.json --fields facts.json --key own.key.pem --out n.json");
    let mut shelf = Shelf::default();
    shelf
        .documents
        .extend(["letter.pdf", "application.pdf", "resume.pdf"].map(|name| Digest::of(name.as_bytes())));
    shelf.keep_openings(&desk.read("n.openings.json"));
    step(&desk, &mut competition, "n", "own", 1, "2026-02-01T05:00:00Z", &shelf);

    let id = desk.secret("own.key.pem").public().id();
    desk.good(&format!("statement new amendment --context c.json --set nomination=@n.dsse.json --fields change.json --subject {id} --out m.json"));
    shelf.keep_openings(&desk.read("m.openings.json"));
    step(&desk, &mut competition, "m", "own", 2, "2026-02-02T05:00:00Z", &shelf);

    let new = "statement new screening_decision --context c.json --set nomination=@n.dsse.json --decisions";
    let decisions = |r12: Value| {
        let rules = esep::eligibility::SCREENED
            .map(|rule| (rule.to_owned(), json!({ "finding": "met", "reason": "in_order" })));
        let mut all: serde_json::Map<_, _> = rules.into_iter().collect();
        all.insert("R12".into(), r12);
        Value::Object(all).to_string()
    };
    desk.write(
        "no.json",
        decisions(json!({ "finding": "not_met", "reason": "evidence_missing" })),
    );
    desk.write("yes.json", decisions(json!({ "finding": "met", "reason": "in_order" })));
    desk.good(&format!("{new} no.json --out d1.json"));
    shelf.keep_openings(&desk.read("d1.openings.json"));
    step(
        &desk,
        &mut competition,
        "d1",
        "organiser",
        3,
        "2026-03-02T05:00:00Z",
        &shelf,
    );

    desk.write("why.txt", "The diploma was sent.");
    let reason = "--context c.json --set nomination=@n.dsse.json --reason why.txt";
    desk.good(&format!("statement new appeal {reason} --out a.json"));
    shelf.keep_openings(&desk.read("a.openings.json"));
    step(&desk, &mut competition, "a", "own", 4, "2026-03-03T05:00:00Z", &shelf);
    desk.good(&format!(
        "statement new appeal_decided {reason} --set upheld=true --out u.json"
    ));
    shelf.keep_openings(&desk.read("u.openings.json"));
    step(
        &desk,
        &mut competition,
        "u",
        "organiser",
        5,
        "2026-03-03T06:00:00Z",
        &shelf,
    );
    desk.good(&format!("{new} yes.json --out d2.json"));
    shelf.keep_openings(&desk.read("d2.openings.json"));
    step(
        &desk,
        &mut competition,
        "d2",
        "organiser",
        6,
        "2026-03-03T07:00:00Z",
        &shelf,
    );

    desk.good("statement new candidate_list --context c.json --candidate c01=n.dsse.json:n.openings.json --out l.json");
    let list = desk.read("candidates.json");
    shelf.attachments.insert(Digest::of(&list), list.into());
    step(
        &desk,
        &mut competition,
        "l",
        "organiser",
        7,
        "2026-03-08T05:00:00Z",
        &shelf,
    );
    let listed = competition.list().unwrap();
    assert_eq!(
        (listed.candidates[0].name.as_str(), listed.candidates.len()),
        ("A Candidate", 1)
    );

    desk.write("half.json", r#"{"R8": {"finding": "met", "reason": "in_order"}}"#);
    desk.bad(2, "R9 is not decided", &format!("{new} half.json --out d3.json"));
    desk.bad(
        2,
        "which nomination",
        "statement new screening_decision --context c.json --decisions yes.json --out d3.json",
    );
    assert!(!desk.path("d3.openings.json").exists());
}

#[test]
fn every_kind_has_a_template_that_cannot_be_signed_unfilled() {
    let desk = Desk::new();
    let (competition, head) = announced(&desk);
    desk.write(
        "competition.json",
        describe(&competition, head, time("2026-02-01T04:00:00Z")),
    );
    desk.write(
        "facts.json",
        FACTS.replace(
            ",\n  \"letter\": \"letter.pdf\", \"application\": \"application.pdf\"",
            "",
        ),
    );
    let listed: Value = serde_json::from_str(&desk.good("statement kinds --json")).unwrap();
    assert_eq!(listed["result"].as_array().unwrap().len(), Kind::ALL.len());
    for kind in Kind::ALL {
        let name = kind.as_str();
        let from = match kind {
            Kind::Announcement => format!("--competition {ORIGIN} --preset commission-2014-marks"),
            Kind::Nomination => "--context competition.json --fields facts.json --key organiser.key.pem".to_owned(),
            _ => "--context competition.json".to_owned(),
        };
        desk.good(&format!("statement new {name} {from} --out t-{name}.json"));
        let template: Value = serde_json::from_slice(&desk.read(&format!("t-{name}.json"))).unwrap();
        assert_eq!(template["kind"], name);
        assert_eq!(template["payload"]["competition"], ORIGIN);
        assert_eq!(template["payload"]["nonce"].as_str().unwrap().len(), 32);
        if *kind != Kind::Nomination {
            let sign = format!("sign t-{name}.json --key organiser.key.pem --yes --out t-{name}.dsse.json");
            desk.bad(2, "not filled in yet", &sign);
            assert!(!desk.path(&format!("t-{name}.dsse.json")).exists());
        }
    }
    desk.bad(2, "not a kind", "statement new wish --context competition.json");
    desk.bad(2, "--context", "statement new attendance");
    desk.bad(
        2,
        "there is no field wish",
        "statement new attendance --context competition.json --set wish=1",
    );
    desk.bad(
        2,
        "act of one",
        "statement new attendance --context competition.json --shared",
    );
}

#[test]
fn set_reads_what_fits_the_field() {
    let desk = Desk::new();
    let (competition, head) = announced(&desk);
    desk.write(
        "competition.json",
        describe(&competition, head, time("2026-02-01T04:00:00Z")),
    );
    desk.write("roll.txt", "c01\nc02\n");
    desk.write("unused.keys", [7; 96]);
    let root = Digest::of(b"root");
    let made = desk.good(&format!(
        "statement new polling_closed --context competition.json --set roll=@roll.txt --set unused=@unused.keys \
         --set spoiled=@/dev/null --set box_root={root} --set box_count=2"
    ));
    let made: Value = serde_json::from_str(&made).unwrap();
    let payload = &made["payload"];
    assert_eq!(
        payload["roll"],
        json!({ "sha256": Digest::of(b"c01\nc02\n"), "bytes": 8 })
    );
    assert_eq!(payload["taken"], 2);
    assert_eq!(payload["unused"], json!({ "sha256": Digest::of(&[7; 96]), "count": 3 }));
    assert_eq!(payload["spoiled"], json!({ "sha256": Digest::of(b""), "count": 0 }));
    assert_eq!((&payload["box_count"], &payload["box_root"]), (&json!(2), &json!(root)));
    assert_eq!(payload["head"], json!(head));
    assert_eq!(payload["not_after"], "2026-02-01T06:00:00Z");
    desk.write("unused.keys", [7; 95]);
    desk.bad(
        3,
        "32-byte",
        "statement new polling_closed --context competition.json --set unused=@unused.keys",
    );

    let ballot = desk.good("statement new ballot_cast --context competition.json --key organiser.key.pem --set ratings.c01=10 --set ratings.c02=0");
    let ballot: Value = serde_json::from_str(&ballot).unwrap();
    assert_eq!(ballot["payload"]["ratings"], json!({ "c01": 10, "c02": 0 }));
    assert_eq!(
        ballot["payload"]["keys"],
        json!([desk.secret("organiser.key.pem").public().id()])
    );
    // R5: the end of the term follows from its start.
    let certified = desk.good("statement new certification --context competition.json --set term_start=2028-02-29");
    assert_eq!(
        serde_json::from_str::<Value>(&certified).unwrap()["payload"]["term_end"],
        "2033-02-28"
    );
}

#[test]
fn signatures_of_several_members_stand_in_slot_order() {
    let desk = Desk::new();
    let (competition, head) = announced(&desk);
    desk.write(
        "competition.json",
        describe(&competition, head, time("2026-02-01T04:00:00Z")),
    );
    desk.good("statement new annulment --context competition.json --shared --set reason=why --out a.json");
    desk.good("sign a.json --key cec.key.pem --yes --out 1.json");
    desk.bad(2, "--context", "sign 1.json --key ombudsman.key.pem --yes");
    desk.bad(
        2,
        "signed already",
        "sign 1.json --key cec.key.pem --context competition.json --yes",
    );
    desk.bad(
        2,
        "not that of a counting member",
        "sign 1.json --key organiser.key.pem --context competition.json --yes",
    );
    desk.good("sign 1.json --key presidents-office.key.pem --context competition.json --yes --out 2.json");
    // A draft, as the office gives it.
    let draft = json!({ "envelope": serde_json::from_slice::<Value>(&desk.read("2.json")).unwrap(), "required": 3 });
    desk.write("draft.json", draft.to_string());
    desk.good("sign draft.json --key ombudsman.key.pem --context competition.json --yes --out 3.json");
    let checked = Checked::check(Statement::read(desk.envelope("3.json")).unwrap(), &competition).unwrap();
    let order: Vec<_> = checked.signers().collect();
    let wanted = [Slot::PresidentsOffice, Slot::Ombudsman, Slot::Cec];
    let wanted: Vec<_> = wanted
        .iter()
        .map(|slot| desk.secret(&format!("{slot}.key.pem")).public().id())
        .collect();
    assert_eq!(order, wanted);

    let mut broken = desk.envelope("2.json");
    broken.signatures[0].sig = Signature::from_bytes([1; 64]);
    desk.write("broken.json", broken.to_json());
    desk.bad(
        1,
        "does not hold",
        "sign broken.json --key ombudsman.key.pem --context competition.json --yes",
    );
}

#[test]
fn signing_shows_the_content_and_asks() {
    let desk = Desk::new();
    let (competition, head) = announced(&desk);
    desk.write(
        "competition.json",
        describe(&competition, head, time("2026-02-01T04:00:00Z")),
    );
    desk.good("statement new attendance --context competition.json --key cec.key.pem --set at=opening --out a.json");
    let output = desk.run("sign a.json --key cec.key.pem --yes");
    let shown = String::from_utf8(output.stderr).unwrap();
    let envelope = Envelope::from_json(&output.stdout).unwrap();
    let digest = envelope.pae_hash().to_string();
    let fours: Vec<_> = digest
        .as_bytes()
        .chunks(4)
        .map(|four| std::str::from_utf8(four).unwrap())
        .collect();
    assert!(
        shown.contains(&fours.join(" ")) && shown.contains("slot: cec") && shown.contains("at: opening"),
        "{shown}"
    );
    // Nobody is there to say yes.
    desk.bad(2, "--yes", "sign a.json --key cec.key.pem");

    // A bare payload needs its kind; a payload that no schema fits is refused.
    let template: Value = serde_json::from_slice(&desk.read("a.json")).unwrap();
    desk.write("bare.json", template["payload"].to_string());
    desk.bad(2, "--kind", "sign bare.json --key cec.key.pem --yes");
    desk.good("sign bare.json --kind attendance --key cec.key.pem --yes");
    desk.bad(
        4,
        "bad_payload",
        "sign bare.json --kind withdrawal --key cec.key.pem --yes",
    );
    desk.bad(
        2,
        "the file says",
        "sign a.json --kind withdrawal --key cec.key.pem --yes",
    );
    // A terminal takes no orders from a file.
    desk.good_all(&[
        "statement",
        "new",
        "annulment",
        "--context",
        "competition.json",
        "--set",
        "reason=a\u{1b}[2Jb",
        "--out",
        "e.json",
    ]);
    let shown = desk.run("sign e.json --key organiser.key.pem --yes").stderr;
    assert!(!shown.contains(&0x1b), "an escape reached the terminal");
}

#[test]
fn ballots_and_protocol_are_signed_as_the_rules_read_them() {
    let desk = Desk::new();
    let (key, card) = (test_key(3), CardCode::from_bytes([5; 16]));
    desk.good("keygen --out member --test 3");
    desk.write("card.txt", format!("{card}\n"));
    let rules = Digest::of(b"rules");
    let context = json!({ "origin": ORIGIN, "rules": rules, "candidates": rules, "round": 1 });
    desk.write("context.json", context.to_string());
    desk.good("statement new ballot_cast --context context.json --card-file card.txt --set ratings.c01=7 --out b.json");
    desk.good("sign b.json --card-file card.txt --yes --out b.dsse.json");
    let ballot = desk.envelope("b.dsse.json");
    ballot.check_signature(card.key(ORIGIN, 1).public()).unwrap();
    let read = Statement::read(ballot.clone()).unwrap();
    assert_eq!(
        read.act.to_value().unwrap()["keys"],
        json!([card.key(ORIGIN, 1).public().id()])
    );

    let mut ballots: Vec<Envelope> = (0..5_u8).map(|n| another(&ballot, n)).collect();
    ballots.sort_by_key(Envelope::pae_hash);
    let lines: Vec<u8> = ballots
        .iter()
        .flat_map(|ballot| [ballot.to_json(), b"\n".to_vec()].concat())
        .collect();
    desk.write("ballots.jsonl", &lines);
    let told = desk.good("sign --ballots ballots.jsonl --key member.key.pem --yes --out s.bin --json");
    let told: Value = serde_json::from_str(&told).unwrap();
    let signatures = desk.read("s.bin");
    assert_eq!(signatures.len(), 5 * 64);
    for (ballot, signature) in ballots.iter().zip(signatures.chunks(64)) {
        key.public()
            .verify(ballot.pae(), &Signature::from_bytes(signature.try_into().unwrap()))
            .unwrap();
    }
    let hashes: Vec<_> = ballots.iter().map(Envelope::pae_hash).collect();
    assert_eq!(told["result"]["box_root"], json!(box_root(&hashes)));
    assert_eq!(told["result"]["sha256"], json!(Digest::of(&signatures)));
    desk.write("twice.jsonl", [lines.clone(), lines].concat());
    desk.bad(
        3,
        "twice",
        "sign --ballots twice.jsonl --key member.key.pem --yes --out t.bin",
    );
    desk.write("junk.jsonl", "{}");
    desk.bad(
        3,
        "line 1",
        "sign --ballots junk.jsonl --key member.key.pem --yes --out t.bin",
    );
    desk.bad(
        3,
        "nothing.tar",
        "sign --ballots nothing.tar --key member.key.pem --yes --out t.bin",
    );

    desk.write("protocol.json", r#"{"competition":"x","result":{"elected":[]}}"#);
    let signature: Signature = desk
        .good("sign --protocol protocol.json --key member.key.pem --yes")
        .trim()
        .parse()
        .unwrap();
    key.public()
        .verify(&pae(PROTOCOL_TYPE, &desk.read("protocol.json")), &signature)
        .unwrap();
    desk.write("protocol.json", r#"{"result":{}, "competition":"x"}"#);
    desk.bad(
        3,
        "canonical",
        "sign --protocol protocol.json --key member.key.pem --yes",
    );
}

/// The ballot with another nonce.
fn another(ballot: &Envelope, number: u8) -> Envelope {
    let mut payload: Value = serde_json::from_slice(ballot.payload()).unwrap();
    payload["nonce"] = json!(format!("{number:032x}"));
    Envelope::new(
        ballot.payload_type(),
        esep::crypto::jcs::to_canonical(&payload).unwrap(),
    )
}

#[test]
fn lot_nonce_is_kept_and_fits_its_commitment() {
    let desk = Desk::new();
    let digest = Digest::of(b"x");
    desk.write(
        "context.json",
        json!({ "origin": ORIGIN, "rules": digest, "candidates": digest, "round": 2 }).to_string(),
    );
    let made = desk.good("statement new lot_committed --context context.json --slot cec --lot-nonce nonce");
    let revealed = desk.good("statement new lot_revealed --context context.json --slot cec --lot-nonce nonce");
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap()["payload"].clone();
    let nonce: Digest = serde_json::from_value(value(&revealed)["reveal"].clone()).unwrap();
    let text = [format!("esep-lot-v1\n{ORIGIN}\n2\ncec\n").as_bytes(), nonce.as_bytes()].concat();
    assert_eq!(value(&made)["commitment"], json!(Digest::of(&text)));
    desk.bad(
        2,
        "never overwritten",
        "statement new lot_committed --context context.json --slot cec --lot-nonce nonce",
    );
    desk.bad(
        2,
        "slot",
        "statement new lot_committed --context context.json --lot-nonce other",
    );
}

/// A ledger of these kinds and payloads.
fn ledger<'a>(bodies: impl Iterator<Item = (&'a str, Vec<u8>)>) -> (Tree, Vec<Vec<u8>>) {
    let (mut tree, mut entries, mut prev) = (Tree::new(), Vec::new(), Digest::ZERO);
    for (kind, payload) in bodies {
        let entry = Entry {
            body: Envelope::new("application/vnd.esep.test.v1+json", payload),
            kind: kind.into(),
            log: ORIGIN.into(),
            prev,
            seq: tree.size(),
            time: Time::from_unix(1_800_000_000),
        };
        let bytes = entry.to_bytes().unwrap();
        prev = Entry::leaf(&bytes);
        tree.push(prev);
        entries.push(bytes);
    }
    (tree, entries)
}

fn checkpoint(tree: &Tree, log: &NoteKey) -> String {
    let (size, root) = (tree.size(), tree.root());
    let origin = ORIGIN.into();
    Checkpoint { origin, size, root }.sign(log)
}

#[test]
fn receipts_are_checked_offline() {
    let desk = Desk::new();
    let log = NoteKey::new(ORIGIN, test_key(9)).unwrap();
    desk.write("log.vkey", log.vkey().to_string());
    let (tree, entries) = ledger((0..5_u8).map(|seq| ("test", vec![b'{', b'}', seq])));
    let checkpoint = checkpoint(&tree, &log);
    desk.write("r", Receipt::make(&tree, 3, 5, checkpoint).to_string());
    desk.write("3", &entries[3]);
    desk.write("2", &entries[2]);
    desk.write("s3", Entry::from_bytes(&entries[3]).unwrap().body.to_json());
    desk.write("s2", Entry::from_bytes(&entries[2]).unwrap().body.to_json());
    assert!(
        desk.good("verify-receipt r --entry 3 --statement s3 --log-key log.vkey")
            .contains("entry 3")
    );
    desk.write("log.pem", test_key(9).public().to_pem());
    desk.good("verify-receipt r --entry 3 --log-key log.pem");
    desk.bad(1, "", "verify-receipt r --entry 2 --log-key log.vkey");
    desk.bad(
        1,
        "another statement",
        "verify-receipt r --entry 3 --statement s2 --log-key log.vkey",
    );
    desk.bad(2, "--entry", "verify-receipt r --log-key log.vkey");
    let other = NoteKey::new(ORIGIN, test_key(10)).unwrap().vkey().to_string();
    desk.write("other.vkey", other);
    desk.bad(1, "", "verify-receipt r --entry 3 --log-key other.vkey");

    let ballot = Envelope::from_json(&desk.read("s2")).unwrap().pae_hash();
    desk.write(
        "b",
        BoxReceipt {
            origin: ORIGIN.into(),
            round: 1,
            ballot,
        }
        .sign(&log),
    );
    let told = desk.good("verify-receipt b --statement s2 --log-key log.vkey --json");
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["result"]["kind"], "box");
    desk.bad(
        1,
        "another statement",
        "verify-receipt b --statement s3 --log-key log.vkey",
    );
    desk.write("b", desk.text("b").replace("\n1\n", "\n2\n"));
    desk.bad(1, "", "verify-receipt b --log-key log.vkey");
    desk.bad(3, "not a receipt", "verify-receipt s2 --entry 3 --log-key log.vkey");
}

/// The record is read a window of 4,096 entries at a time: what is asked for stands in the second, and in the first nothing.
#[test]
fn receipts_are_held_to_a_record_of_many_entries() {
    let desk = Desk::new();
    let log = NoteKey::new(ORIGIN, test_key(9)).unwrap();
    desk.write("log.vkey", log.vkey().to_string());
    let bodies = (0..4_500_u32).map(|seq| match seq {
        4_200 => ("ballots_opened", br#"{"round":1}"#.to_vec()),
        _ => ("test", seq.to_string().into_bytes()),
    });
    let (tree, entries) = ledger(bodies);
    let mut files = tiles_of(&entries);
    files.insert("checkpoint", checkpoint(&tree, &log));
    files.write_folder(&desk.path("bundle")).unwrap();
    let part: Tree = entries[..4_400].iter().map(|entry| Entry::leaf(entry)).collect();
    desk.write(
        "r",
        Receipt::make(&tree, 4_300, 4_400, checkpoint(&part, &log)).to_string(),
    );
    let told = desk.good("verify-receipt r --bundle bundle --log-key log.vkey");
    assert!(told.contains("entry 4300"), "{told}");
    let boxed = |round, seq: usize| {
        let ballot = Entry::from_bytes(&entries[seq]).unwrap().body.pae_hash();
        let origin = ORIGIN.into();
        BoxReceipt { origin, round, ballot }.sign(&log)
    };
    desk.write("b", boxed(1, 4_400));
    let told = desk.good("verify-receipt b --bundle bundle --log-key log.vkey");
    assert!(told.contains("opened as entry 4400"), "{told}");
    desk.write("b", boxed(2, 4_400));
    desk.bad(3, "not opened", "verify-receipt b --bundle bundle --log-key log.vkey");
    let foreign = Envelope::new("application/vnd.esep.test.v1+json", b"4500");
    let (origin, ballot) = (ORIGIN.into(), foreign.pae_hash());
    desk.write(
        "b",
        BoxReceipt {
            origin,
            round: 1,
            ballot,
        }
        .sign(&log),
    );
    desk.bad(1, "not among", "verify-receipt b --bundle bundle --log-key log.vkey");
    // A log that goes on otherwise after entry 4,350, and its receipts: for what this record does not reach, for an entry
    // that both have, and for one of which each has another.
    let fork = ledger((0..4_600_u32).map(|seq| match seq {
        4_200 => ("ballots_opened", br#"{"round":1}"#.to_vec()),
        4_351.. => ("test", b"otherwise".to_vec()),
        _ => ("test", seq.to_string().into_bytes()),
    }))
    .0;
    let shorter: Tree = (0..4_450).map(|seq| fork.leaf(seq).unwrap()).collect();
    for (tree, index, code, words) in [
        (&fork, 4_550, 3, "ends before"),
        (&shorter, 4_300, 1, "not those of the receipt's checkpoint"),
        (&shorter, 4_400, 1, "another root"),
    ] {
        let receipt = Receipt::make(tree, index, tree.size(), checkpoint(tree, &log));
        desk.write("r", receipt.to_string());
        desk.bad(code, words, "verify-receipt r --bundle bundle --log-key log.vkey");
    }
}

#[test]
fn bad_input_gets_words_and_the_right_exit_code() {
    let desk = Desk::new();
    desk.good("keygen --out good");
    desk.write("pass", "right\n");
    desk.write("wrong", "wrong\n");
    desk.write("empty", "");
    desk.good("keygen --out sealed --passphrase-file pass");
    desk.write("latin1", [b'{', b'"', 0xe9, b'"', b'}']);
    desk.write(
        "short.pem",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    );
    desk.write("list.json", "[1, 2]");
    desk.write(
        "unsigned.json",
        Envelope::new("application/vnd.esep.wish.v1+json", b"{}").to_json(),
    );
    fs::create_dir(desk.path("folder")).unwrap();
    let enrol = |key: &str| format!("enrol --competition {ORIGIN} --role association --key {key}");
    for (code, words, line) in [
        (3, "No such file", enrol("missing.pem")),
        (3, "directory", enrol("folder")),
        (3, "UTF-8", enrol("latin1")),
        (3, "PEM", enrol("list.json")),
        (3, "short.pem", enrol("short.pem")),
        (3, "public key", enrol("good.pub.pem")),
        (3, "does not open", enrol("sealed.key.pem --passphrase-file wrong")),
        (2, "empty", enrol("sealed.key.pem --passphrase-file empty")),
        (2, "passphrase", enrol("sealed.key.pem")),
        (
            2,
            "role",
            format!("enrol --competition {ORIGIN} --key good.key.pem --role king"),
        ),
        (
            2,
            "role",
            format!("enrol --competition {ORIGIN} --key good.key.pem --role counting/king"),
        ),
        (
            2,
            "competition",
            "enrol --competition UPPER/CASE --key good.key.pem --role association".into(),
        ),
        (2, "never overwritten", enrol("good.key.pem --out list.json")),
        (3, "No such file", "sign missing.json --key good.key.pem --yes".into()),
        (3, "directory", "sign folder --key good.key.pem --yes".into()),
        (3, "not JSON", "sign latin1 --key good.key.pem --yes".into()),
        (2, "neither", "sign list.json --key good.key.pem --yes".into()),
        (4, "unknown_kind", "sign unsigned.json --key good.key.pem --yes".into()),
        (2, "", "sign --key good.key.pem".into()),
        (
            3,
            "No such file",
            "statement new attendance --context missing.json".into(),
        ),
        (3, "list.json", "statement new attendance --context list.json".into()),
        (3, "No such file", "verify-receipt missing --log-key list.json".into()),
        (2, "", "wish".into()),
    ] {
        desk.bad(code, words, &line);
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let desk = Desk::new();
    let mut child = desk
        .command(&["statement", "kinds"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()),
        (Some(0), "")
    );
}

#[cfg(feature = "server")]
mod post {
    use super::{Desk, ORIGIN, Value, json, test_key};
    use esep::crypto::{Envelope, jcs};
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread::JoinHandle;

    /// Request line and body.
    type Asked = (String, Vec<u8>);

    /// Answers each request in turn with these; gives back what was asked: request line and body.
    fn office(answers: Vec<String>) -> (String, JoinHandle<Vec<Asked>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = std::thread::spawn(move || {
            let one = |answer: String| {
                let (mut stream, _) = listener.accept().unwrap();
                let asked = request(&stream);
                stream.write_all(answer.as_bytes()).unwrap();
                asked
            };
            answers.into_iter().map(one).collect()
        });
        (url, served)
    }

    fn request(stream: &TcpStream) -> (String, Vec<u8>) {
        let mut reader = BufReader::new(stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_lowercase());
        }
        let length = lines.iter().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        (lines[0].clone(), body)
    }

    fn answer(status: &str, more: &str, body: &Value) -> String {
        let body = body.to_string();
        format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n{body}",
            body.len()
        )
    }

    fn signed(desk: &Desk) -> Envelope {
        let payload = jcs::to_canonical(&json!({ "competition": ORIGIN })).unwrap();
        let mut envelope = Envelope::new("application/vnd.esep.test.v1+json", payload);
        desk.write("unsigned.json", envelope.to_json());
        envelope.sign(&test_key(1));
        desk.write("s.json", envelope.to_json());
        envelope
    }

    #[test]
    fn sends_files_first_and_keeps_the_receipt() {
        let desk = Desk::new();
        let envelope = signed(&desk);
        desk.write("letter.pdf", "%PDF");
        desk.write("openings.json", "[]");
        let receipt = json!({ "hash": envelope.pae_hash(), "seq": 7, "receipt": "a receipt\n" });
        let (url, served) = office(vec![
            answer("201 Created", "", &json!({})),
            answer("201 Created", "", &json!([])),
            answer("503 Service Unavailable", "retry-after: 0\r\n", &json!({})),
            answer("201 Created", "", &receipt),
        ]);
        let told = desk.good(&format!(
            "post s.json --server {url}/ --documents letter.pdf --openings openings.json --receipt r"
        ));
        assert_eq!(told.trim(), envelope.pae_hash().to_string());
        assert_eq!(desk.text("r"), "a receipt\n");
        let asked = served.join().unwrap();
        let lines: Vec<_> = asked.iter().map(|(line, _)| line.as_str()).collect();
        let path = "post /api/v1/competitions/commission-2026";
        let wanted = ["documents", "openings", "statements", "statements"].map(|end| format!("{path}/{end} http/1.1"));
        assert_eq!(lines, wanted);
        assert_eq!(
            (asked[0].1.as_slice(), asked[3].1.as_slice()),
            (&b"%PDF"[..], envelope.to_json().as_slice())
        );
        desk.bad(
            2,
            "never overwritten",
            &format!("post s.json --server {url} --receipt r"),
        );
    }

    #[test]
    fn a_refusal_is_told_in_words_and_kept() {
        let desk = Desk::new();
        signed(&desk);
        let problem = json!({
            "type": "/problems/intake_closed", "title": "Intake has ended", "status": 409, "code": "intake_closed",
            "rule": "R21", "detail": "late", "next_step": "Nothing", "note": "a note\n",
        });
        let (url, served) = office(vec![answer("409 Conflict", "", &problem)]);
        desk.bad(
            4,
            "intake_closed (R21): Intake has ended: late\n  next: Nothing",
            &format!("post s.json --server {url} --receipt r"),
        );
        served.join().unwrap();
        assert_eq!(desk.text("r.refused"), "a note\n");
        assert!(!desk.path("r").exists());
    }

    #[test]
    fn what_is_no_office_is_no_refusal() {
        let desk = Desk::new();
        signed(&desk);
        let (url, served) = office(vec![
            "HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\nconnection: close\r\n\r\noops".into(),
        ]);
        desk.bad(3, "404", &format!("post s.json --server {url}"));
        served.join().unwrap();
        // Nobody listens there any more.
        desk.bad(3, "127.0.0.1", &format!("post s.json --server {url}"));
        desk.bad(2, "nobody has signed", &format!("post unsigned.json --server {url}"));
        desk.bad(2, "https://", "post s.json --server esep.example");
    }

    #[test]
    fn the_last_signature_of_a_draft_brings_the_receipt() {
        let desk = Desk::new();
        signed(&desk);
        let waiting = json!({ "state": "open" });
        let entered = json!({ "state": "entered", "seq": 3, "receipt": "proof\n" });
        let (url, served) = office(vec![
            answer("201 Created", "", &waiting),
            answer("201 Created", "", &entered),
        ]);
        let output = desk.run(&format!("post s.json --server {url} --draft --receipt r"));
        assert!(String::from_utf8_lossy(&output.stderr).contains("kept as a draft") && !desk.path("r").exists());
        let output = desk.run(&format!("post s.json --server {url} --draft --receipt r"));
        assert!(String::from_utf8_lossy(&output.stderr).contains("entry 3"));
        assert_eq!(desk.text("r"), "proof\n");
        let asked = served.join().unwrap();
        assert!(
            asked[0]
                .0
                .starts_with("post /api/v1/competitions/commission-2026/drafts "),
            "{}",
            asked[0].0
        );
    }

    fn challenge(competition: &str, kind: &str) -> Value {
        let payload = json!({ "competition": competition, "key": test_key(1).public().id(), "nonce": "0" });
        serde_json::to_value(Envelope::new(kind, jcs::to_canonical(&payload).unwrap())).unwrap()
    }

    #[test]
    fn fetch_signs_a_challenge_and_nothing_else() {
        let desk = Desk::new();
        desk.good("keygen --out k --test 1");
        let kind = "application/vnd.esep.session.v1+json";
        let (url, served) = office(vec![
            answer("200 OK", "", &challenge(ORIGIN, kind)),
            answer("201 Created", "", &json!({ "token": "abc" })),
            answer("200 OK", "", &json!({ "envelope": 1 })),
        ]);
        let fetch = format!("fetch drafts/00 --competition {ORIGIN} --key k.key.pem --server");
        assert_eq!(desk.good(&format!("{fetch} {url}")), r#"{"envelope":1}"#);
        let asked = served.join().unwrap();
        let opened = Envelope::from_json(&asked[1].1).unwrap();
        opened.check_signature(test_key(1).public()).unwrap();
        assert!(
            asked[2]
                .0
                .starts_with("get /api/v1/competitions/commission-2026/drafts/00 ")
        );
        for (competition, kind) in [
            ("esep.example/other", kind),
            (ORIGIN, "application/vnd.esep.annulment.v1+json"),
        ] {
            let (url, served) = office(vec![answer("200 OK", "", &challenge(competition, kind))]);
            desk.bad(3, "no challenge", &format!("{fetch} {url}"));
            served.join().unwrap();
        }
        desk.bad(
            2,
            "drafts/HASH",
            &format!("fetch ../../metrics --competition {ORIGIN} --server http://x"),
        );
    }

    #[test]
    fn a_download_is_whole_or_none() {
        let desk = Desk::new();
        let problem = json!({
            "type": "/problems/sealed", "title": "Sealed", "status": 403, "code": "sealed", "next_step": "Wait",
        });
        let half = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nhalf".to_owned();
        let (url, served) = office(vec![
            answer("403 Forbidden", "", &problem),
            half,
            answer("200 OK", "", &json!("whole")),
        ]);
        let fetch = format!("fetch bundle --competition {ORIGIN} --server {url} --out b.tar");
        desk.bad(4, "sealed: Sealed\n  next: Wait", &fetch);
        assert!(!desk.path("b.tar").exists());
        desk.bad(3, "fetch it again", &fetch);
        assert!(!desk.path("b.tar").exists());
        desk.good(&fetch);
        assert_eq!(desk.text("b.tar"), "\"whole\"");
        served.join().unwrap();
        desk.bad(2, "never overwritten", &fetch);
    }
}
