//! A whole small competition by hand: only commands that people type, the real service, and openssl; never the story.

use crate::process::{Room, Served, openssl_is_there};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esep::ledger::bundle::Files;
use serde_json::{Value, json};

const ORIGIN: &str = "esep.example/commission-by-hand";
const SLOTS: [&str; 4] = ["presidents-office", "government-office", "ombudsman", "cec"];
const CANDIDATES: [&str; 3] = ["aigul", "bakyt", "chynara"];

/// The people, their files, and the office that they talk to.
struct Commission {
    room: Room,
    served: Served,
}

impl Commission {
    /// Keys, and an office that listens.
    fn found() -> Self {
        let room = Room::new();
        for name in ["organiser", "aigul", "bakyt", "chynara"] {
            room.openssl(&format!("genpkey -algorithm ed25519 -out {name}.key.pem"));
            room.openssl(&format!("pkey -in {name}.key.pem -pubout -out {name}.pub.pem"));
        }
        for slot in SLOTS {
            room.esep(&format!("keygen --out {slot}"));
            room.esep(&format!(
                "enrol --key {slot}.key.pem --competition {ORIGIN} --role counting/{slot} --out {slot}.enrolment.json"
            ));
        }
        let log = room.esep("init --data data --origin esep.example --organiser organiser.pub.pem --rehearsal");
        room.write("log.pub.pem", log);
        room.tell_time("2026-03-02T04:00:00Z".parse().unwrap());
        let served = Served::start(&room).unwrap();
        Self { room, served }
    }

    fn at(&self, time: &str) {
        self.room.tell_time(time.parse().unwrap());
    }

    /// The competition's description, fetched anew, for the next statement.
    fn look(&self) -> Value {
        std::fs::remove_file(self.room.path("context.json")).ok();
        self.fetch("", "context.json");
        self.room.json("context.json")
    }

    fn fetch(&self, what: &str, out: &str) {
        let url = &self.served.url;
        self.room.esep(&format!(
            "fetch {what} --server {url} --competition {ORIGIN} --out {out}"
        ));
    }

    /// Template, signature, post: an act of one author. Its receipt is `NAME.receipt`.
    fn state(&self, name: &str, kind: &str, key: &str, fill: &str, post: &str) {
        self.look();
        self.room.esep(&format!(
            "statement new {kind} --context context.json --key {key}.key.pem {fill} --out {name}.json"
        ));
        self.send(name, key, post);
    }

    fn send(&self, name: &str, key: &str, post: &str) {
        let url = &self.served.url;
        self.room.esep(&format!(
            "sign {name}.json --key {key}.key.pem --yes --out {name}.dsse.json"
        ));
        self.room.esep(&format!(
            "post {name}.dsse.json --server {url} --receipt {name}.receipt {post}"
        ));
    }

    /// An act of the members: the first one signs and leaves a draft, the others fetch, read, sign and send it.
    fn members_state(&self, name: &str, kind: &str, fill: &str, post: &str) {
        let (room, url) = (&self.room, &self.served.url);
        self.look();
        room.esep(&format!(
            "statement new {kind} --context context.json {fill} --out {name}.json"
        ));
        let first = SLOTS[0];
        room.esep(&format!(
            "sign {name}.json --key {first}.key.pem --yes --out {name}.{first}.dsse.json"
        ));
        let draft = room.esep(&format!("post {name}.{first}.dsse.json --server {url} --draft {post}"));
        let draft = draft.trim();
        for (index, slot) in SLOTS.iter().enumerate().skip(1).take(2) {
            self.fetch(
                &format!("drafts/{draft} --key {slot}.key.pem"),
                &format!("{name}.{slot}.draft.json"),
            );
            room.esep(&format!(
                "sign {name}.{slot}.draft.json --key {slot}.key.pem --context context.json --yes --out {name}.{slot}.dsse.json"
            ));
            let receipt = if index == 2 {
                format!("--receipt {name}.receipt")
            } else {
                String::new()
            };
            room.esep(&format!(
                "post {name}.{slot}.dsse.json --server {url} --draft {receipt}"
            ));
        }
        assert!(
            room.path(&format!("{name}.receipt")).exists(),
            "{name}: three of four suffice"
        );
    }

    fn announce(&self) {
        let members: Vec<String> = SLOTS
            .iter()
            .enumerate()
            .map(|(index, slot)| format!("--member '{slot}=Person {index}:Body {index}:{slot}.enrolment.json'"))
            .collect();
        self.room.esep(&format!(
            "statement new announcement --competition {ORIGIN} --preset commission-2014 --published 2026-03-02 \
             --log log.pub.pem --rehearsal {} --set title.ky=Конкурс --set title.ru=Конкурс --set title.en=Competition \
             --set 'outlet=A newspaper' --set poll.place=Bishkek --out announcement.json",
            members.join(" ")
        ));
        // A small rule set, edited as in any editor: two seats.
        let mut template = self.room.json("announcement.json");
        template["payload"]["rule_set"]["name"] = json!("small");
        template["payload"]["rule_set"]["seats"] = json!(2);
        self.room.write("announcement.json", template.to_string());
        self.send("announcement", "organiser", "");
    }

    fn nominate(&self, index: usize) {
        let name = CANDIDATES[index];
        for document in ["letter", "application", "resume"] {
            self.room.write(
                &format!("{name}.{document}.pdf"),
                format!("%PDF-1.4\n{document} of {name}\n%%EOF\n"),
            );
        }
        let organisation = |number: usize, form: &str| {
            json!({ "name": format!("Organisation {number}"), "number": format!("{index}-{number}"), "form": form,
                    "state_body": false, "state_founder": false })
        };
        let facts = json!({
            "association": format!("Association of {name}"),
            "organisations": [organisation(1, "public_association"), organisation(2, "foundation"), organisation(3, "institution")],
            "name": format!("{name} the candidate"), "birth_date": "1980-01-31",
            "citizenship": { "citizen": true, "capable": true }, "conviction": { "convicted": false, "expunged": false },
            "education": true, "experience": "Ten years", "service": false,
            "letter": format!("{name}.letter.pdf"), "application": format!("{name}.application.pdf"),
            "resume": format!("{name}.resume.pdf"),
        });
        self.room.write(&format!("{name}.facts.json"), facts.to_string());
        self.state(
            name,
            "nomination",
            name,
            &format!("--fields {name}.facts.json"),
            &format!(
                "--documents {name}.letter.pdf {name}.application.pdf {name}.resume.pdf --openings {name}.openings.json"
            ),
        );
    }

    fn screen_and_list(&self) {
        self.at("2026-04-03T04:00:00Z");
        let met: serde_json::Map<_, _> = [
            "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R18", "R19", "R20", "R21",
        ]
        .iter()
        .map(|rule| ((*rule).to_owned(), json!({ "finding": "met", "reason": "in_order" })))
        .collect();
        self.room.write("decisions.json", Value::Object(met).to_string());
        for name in CANDIDATES {
            self.state(
                &format!("{name}.decision"),
                "screening_decision",
                "organiser",
                &format!("--set nomination=@{name}.dsse.json --decisions decisions.json"),
                &format!("--openings {name}.decision.openings.json"),
            );
        }
        // The appeal window of three days has passed.
        self.at("2026-04-07T04:00:00Z");
        let listed: Vec<_> = CANDIDATES
            .iter()
            .map(|name| format!("--candidate {name}={name}.dsse.json:{name}.openings.json"))
            .collect();
        self.state(
            "list",
            "candidate_list",
            "organiser",
            &listed.join(" "),
            "--attachments candidates.json",
        );
    }

    /// Cards, presence, lots, and polling opens. Gives the codes of the cards.
    fn open(&self) -> Vec<String> {
        self.at("2026-04-17T03:30:00Z");
        self.room.esep(&format!(
            "cards --competition {ORIGIN} --round 1 --count 5 --lang en --out cards"
        ));
        self.members_state(
            "prepared",
            "cards_prepared",
            "--set cards=@cards/cards.keys",
            "--attachments cards/cards.keys",
        );
        for slot in SLOTS {
            self.state(&format!("{slot}.present"), "attendance", slot, "--set at=opening", "");
            let lot = format!("--slot {slot} --lot-nonce {slot}.nonce");
            self.state(&format!("{slot}.lot"), "lot_committed", slot, &lot, "");
        }
        self.at("2026-04-17T04:00:00Z");
        self.members_state("opened", "polling_opened", "--set closes_at=2026-04-17T12:00:00Z", "");
        let printed = self.room.text("cards/cards.txt");
        let codes = printed.lines().filter_map(|line| line.strip_prefix("Code: "));
        codes.map(str::to_owned).collect()
    }

    fn vote(&self, codes: &[String]) {
        let (room, url) = (&self.room, &self.served.url);
        self.at("2026-04-17T05:00:00Z");
        self.look();
        for (index, ratings) in [[9, 5, 1], [8, 7, 0], [10, 6, 2]].iter().enumerate() {
            room.write(&format!("card{index}.txt"), &codes[index]);
            let marks: Vec<_> = CANDIDATES
                .iter()
                .zip(ratings)
                .map(|(name, rating)| format!("--set ratings.{name}={rating}"))
                .collect();
            room.esep(&format!(
                "statement new ballot_cast --context context.json --card-file card{index}.txt {} --out ballot{index}.json",
                marks.join(" ")
            ));
            room.esep(&format!(
                "sign ballot{index}.json --card-file card{index}.txt --yes --out ballot{index}.dsse.json"
            ));
            room.esep(&format!(
                "post ballot{index}.dsse.json --server {url} --receipt ballot{index}.receipt"
            ));
        }
    }

    /// Presence, the box, the roll, and the cards that nobody used; polling closes and the box is opened.
    fn close(&self, codes: &[String]) {
        let (room, url) = (&self.room, &self.served.url);
        for slot in SLOTS {
            self.state(&format!("{slot}.closing"), "attendance", slot, "--set at=closing", "");
        }
        let early = room.run(&format!(
            "fetch box --server {url} --competition {ORIGIN} --key cec.key.pem"
        ));
        // All electors have voted, so the members may close already.
        assert_eq!(early.code, Some(0), "{}", early.err);
        self.at("2026-04-17T12:00:00Z");
        self.fetch("box --key cec.key.pem", "box.json");
        room.write("roll.txt", "aigul\nbakyt\nchynara\n");
        room.write("unused.txt", format!("{}\n", codes[3]));
        room.write("spoiled.txt", format!("{}\n", codes[4]));
        for list in ["unused", "spoiled"] {
            room.esep(&format!(
                "cards --competition {ORIGIN} --round 1 --codes {list}.txt --out {list}.keys"
            ));
        }
        self.members_state(
            "closed",
            "polling_closed",
            "--box box.json --set roll=@roll.txt --set unused=@unused.keys --set spoiled=@spoiled.keys",
            "--attachments roll.txt unused.keys spoiled.keys",
        );
        for slot in SLOTS {
            let lot = format!("--lot-nonce {slot}.nonce");
            self.state(&format!("{slot}.reveal"), "lot_revealed", slot, &lot, "");
        }
        self.members_state("box_opened", "ballots_opened", "--box box.json", "");
    }

    /// Every member signs every ballot, then the protocol; certification.
    fn count(&self) {
        let room = &self.room;
        self.at("2026-04-17T13:00:00Z");
        self.fetch("bundle", "opened.tar");
        for slot in SLOTS {
            room.esep(&format!(
                "sign --ballots opened.tar --key {slot}.key.pem --yes --out {slot}.signatures"
            ));
            self.state(
                &format!("{slot}.ballots"),
                "ballots_signed",
                slot,
                &format!("--box box.json --set signatures=@{slot}.signatures"),
                &format!("--attachments {slot}.signatures"),
            );
        }
        self.fetch("protocol", "protocol.json");
        for slot in SLOTS {
            room.esep(&format!(
                "sign --protocol protocol.json --key {slot}.key.pem --yes --out {slot}.protocol.sig"
            ));
            self.state(
                &format!("{slot}.protocol"),
                "protocol_signed",
                slot,
                &format!("--set protocol=@protocol.json --set signature=@{slot}.protocol.sig"),
                "",
            );
        }
        let slots: Vec<_> = SLOTS
            .iter()
            .map(|slot| json!({ "slot": slot, "outcome": "signed" }))
            .collect();
        self.members_state(
            "certified",
            "certification",
            &format!(
                "--set protocol=@protocol.json --set 'slots={}' --set term_start=2026-04-20",
                json!(slots)
            ),
            "",
        );
    }

    /// openssl alone on a published ballot: elector's card and a member.
    fn openssl_verifies(&self, files: &Files) {
        let room = &self.room;
        let ballots = String::from_utf8(files.file("ballots.jsonl").unwrap().to_vec()).unwrap();
        assert_eq!(ballots.lines().count(), 3);
        let ballot: Value = serde_json::from_str(ballots.lines().next().unwrap()).unwrap();
        let payload = STANDARD.decode(ballot["payload"].as_str().unwrap()).unwrap();
        let kind = ballot["payloadType"].as_str().unwrap();
        let pae = [
            format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).as_bytes(),
            &payload,
        ]
        .concat();
        room.write("statement.pae", &pae);
        let signatures = ballot["signatures"].as_array().unwrap();
        assert_eq!(signatures.len(), 5, "the elector's and four members'");
        // The card's public key as anyone makes it of the published list: 12 fixed bytes before the 32.
        let cards = room.read("cards/cards.keys");
        let spki = |key: &[u8]| [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".as_slice(), key].concat();
        let named = |key: &&[u8]| {
            room.write("key.der", spki(key));
            let told = room.openssl("dgst -sha256 -r key.der");
            told.starts_with(signatures[0]["keyid"].as_str().unwrap())
        };
        let card = cards
            .chunks(32)
            .find(named)
            .expect("the ballot's key is on the list of cards");
        room.write("key.der", spki(card));
        room.openssl("pkey -pubin -inform DER -in key.der -out k.pem");
        let check = |signature: &Value, key: &str| {
            room.write(
                "statement.sig",
                STANDARD.decode(signature["sig"].as_str().unwrap()).unwrap(),
            );
            let line = format!("pkeyutl -verify -pubin -inkey {key} -rawin -in statement.pae -sigfile statement.sig");
            room.command("openssl", &line).output().unwrap().status.success()
        };
        assert!(check(&signatures[0], "k.pem"));
        for (signature, slot) in signatures[1..].iter().zip(SLOTS) {
            assert!(check(signature, &format!("{slot}.pub.pem")), "{slot}");
        }
        assert!(
            !check(&signatures[1], "cec.pub.pem"),
            "another member's key must not fit"
        );
        room.write("statement.pae", [&pae[..], b" "].concat());
        assert!(!check(&signatures[0], "k.pem"), "another text must not fit");
    }

    fn receipts_hold(&self) {
        let room = &self.room;
        for name in ["announcement", "aigul", "list", "closed", "certified"] {
            let file = if room.path(&format!("{name}.dsse.json")).exists() {
                format!("{name}.dsse.json")
            } else {
                format!("{name}.{}.dsse.json", SLOTS[2])
            };
            let told = room.esep(&format!(
                "verify-receipt {name}.receipt --log-key log.pub.pem --bundle bundle --statement {file}"
            ));
            assert!(told.contains("in the log"), "{told}");
        }
        for index in 0..3 {
            let told = room.esep(&format!(
                "verify-receipt ballot{index}.receipt --log-key log.pub.pem --statement ballot{index}.dsse.json"
            ));
            assert!(told.contains("in the box"), "{told}");
        }
        let other = room.run("verify-receipt ballot0.receipt --log-key log.pub.pem --statement ballot1.dsse.json");
        assert_eq!(other.code, Some(1), "{}", other.err);
        let other = room.run("verify-receipt ballot0.receipt --log-key cec.pub.pem --statement ballot0.dsse.json");
        assert_eq!(other.code, Some(1), "{}", other.err);
    }
}

#[test]
fn a_whole_competition_by_hand_is_proved() {
    if !openssl_is_there() {
        return;
    }
    let commission = Commission::found();
    let room = &commission.room;
    commission.announce();
    for index in 0..CANDIDATES.len() {
        commission.nominate(index);
    }
    commission.screen_and_list();
    let codes = commission.open();
    assert_eq!(codes.len(), 5);
    commission.fetch("checkpoint", "polling.checkpoint");
    commission.vote(&codes);
    // R15: a second, different ballot with a used card is refused, and the refusal can be proved.
    let url = &commission.served.url;
    room.esep("statement new ballot_cast --context context.json --card-file card0.txt --set ratings.bakyt=10 --out again.json");
    room.esep("sign again.json --card-file card0.txt --yes --out again.dsse.json");
    let again = room.run(&format!("post again.dsse.json --server {url} --receipt again.receipt"));
    assert_eq!(again.code, Some(4), "{}", again.err);
    assert!(again.err.contains("card_used"), "{}", again.err);
    let told = room.esep("verify-receipt again.receipt.refused --log-key log.pub.pem --statement again.dsse.json");
    assert!(told.contains("refused"), "{told}");
    commission.close(&codes);
    commission.count();
    commission.fetch("result", "result.json");
    let elected: Vec<_> = room.json("result.json")["elected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["candidate"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(elected, ["aigul", "bakyt"]);
    room.esep("export --data data commission-by-hand --out bundle");
    let files = Files::read(&room.path("bundle")).unwrap();
    // Keys that everybody got from their holders, and a checkpoint kept since polling was opened.
    std::fs::create_dir(room.path("trusted")).unwrap();
    for name in ["organiser", "log"].into_iter().chain(SLOTS) {
        room.write(&format!("trusted/{name}.pem"), room.read(&format!("{name}.pub.pem")));
    }
    let report = room.run("verify bundle --trust trusted --older polling.checkpoint --older ballot0.receipt --json");
    assert_eq!(report.code, Some(0), "{}{}", report.out, report.err);
    let report: Value = serde_json::from_str(&report.out).unwrap();
    assert_eq!(report["result"]["trust"], "given", "{report}");
    assert_eq!(room.run("verify bundle").code, Some(0));
    // A stranger's key in the place of a member's is noticed.
    std::fs::copy(room.path("aigul.pub.pem"), room.path("trusted/cec.pem")).unwrap();
    assert_eq!(room.run("verify bundle --trust trusted").code, Some(1));
    commission.openssl_verifies(&files);
    commission.receipts_hold();
}
