//! The API from outside: every route with good and bad input; after each bad one the record is as it was.

use crate::cluster::Database;
use crate::envelopes::say;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use bytes::Bytes;
use esep::calendar::{Date, Time, intake_last_day};
use esep::clerk::{Clerk, ManualClock, Office};
use esep::competition::act::{Act, Announcement, Field, Kind, Member, Nomination, Poll, Title};
use esep::competition::{Code, Header, Nonce, Slot, Statement};
use esep::crypto::key::Enrolment;
use esep::crypto::{Digest, Envelope, PublicKey, SecretKey};
use esep::documents::{Documents, Limits as DocumentLimits};
use esep::http::{Door, Problem, Rate, Rates, Settings, Site, openapi, router};
use esep::ledger::proof::{check_consistency, check_inclusion};
use esep::ledger::{Checkpoint, Receipt};
use esep::ruleset::RuleSet;
use esep::store::{MemoryStore, PostgresStore, Store};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

const HOST: &str = "esep.test";
const ID: &str = "2026-1";
const ORIGIN: &str = "esep.test/2026-1";
const BASE: &str = "/api/v1/competitions/2026-1";

/// A different key for each small number.
fn key(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

fn organiser() -> SecretKey {
    key(1)
}

fn start() -> Time {
    Date::new(2026, 11, 23).unwrap().at(10, 0)
}

/// An office in memory, behind the router.
struct House {
    router: Site,
    clerk: Clerk,
    clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
    _database: Option<Database>,
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {:?}", self.bytes))
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes.to_vec()).unwrap()
    }

    /// The code of a problem document whose own status is that of the answer.
    #[track_caller]
    fn problem(&self) -> String {
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/problem+json",
            "{:?}",
            self.bytes
        );
        let document = self.json();
        assert_eq!(document["status"], self.status.as_u16());
        assert_eq!(
            document["type"],
            format!("/problems/{}", document["code"].as_str().unwrap())
        );
        assert!(document["title"].as_str().is_some_and(|title| !title.is_empty()));
        assert!(document["next_step"].as_str().is_some_and(|step| !step.is_empty()));
        document["code"].as_str().unwrap().to_owned()
    }
}

impl House {
    async fn new() -> Self {
        Self::with(Settings {
            rates: None,
            body_timeout: Duration::from_millis(300),
            ..Settings::default()
        })
        .await
    }

    async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::if_wanted();
        let store: Arc<dyn Store> = match &database {
            Some(database) => Arc::new(PostgresStore::open(&database.url).await.unwrap()),
            None => Arc::new(MemoryStore::default()),
        };
        let clock = Arc::new(ManualClock::at(start()));
        let office = Office {
            host: HOST.to_owned(),
            organisers: vec![organiser().public().clone()],
            log_key: key(9),
            rehearsal: true,
        };
        let clerk = Clerk::open(office, Arc::clone(&store), folder.path(), clock.clone())
            .await
            .unwrap();
        let documents = Documents::open(folder.path(), store, DocumentLimits::default())
            .await
            .unwrap();
        let router = router(clerk.clone(), documents, settings);
        Self {
            router,
            clerk,
            clock,
            _folder: folder,
            _database: database,
        }
    }

    /// A house with one announced competition.
    async fn announced() -> Self {
        let house = Box::pin(Self::new()).await;
        let answer = house.state(&announcement()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        house
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        // A stream of events ends after an hour; whoever wants its pieces reads them one by one.
        let endless = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind == "text/event-stream");
        let bytes = if endless {
            Bytes::new()
        } else {
            body.collect().await.unwrap().to_bytes()
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes,
        }
    }

    async fn read(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn read_as(&self, token: &str, path: &str) -> Answer {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
        self.send(
            Request::post(path)
                .header(header::CONTENT_TYPE, kind)
                .body(body.into())
                .unwrap(),
        )
        .await
    }

    async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.post(path, "application/json", body.to_string()).await
    }

    async fn state(&self, envelope: &Envelope) -> Answer {
        self.post(&format!("{BASE}/statements"), "application/json", envelope.to_json())
            .await
    }

    fn head(&self) -> Option<(u64, Digest)> {
        self.clerk
            .snapshot(ID)
            .map(|snapshot| (snapshot.head.size, snapshot.head.root))
    }

    fn header(&self) -> Header {
        let rules = self
            .clerk
            .snapshot(ID)
            .map(|snapshot| snapshot.competition.rules_digest());
        header_with(rules)
    }

    /// A token for a session of this key.
    async fn token(&self, secret: &SecretKey) -> String {
        let answer = self.open_session(secret).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    async fn open_session(&self, secret: &SecretKey) -> Answer {
        let envelope = self.challenge(secret.public()).await;
        let mut envelope = Envelope::from_json(&envelope.bytes).unwrap();
        envelope.sign(secret);
        self.post("/api/v1/sessions", "application/json", envelope.to_json())
            .await
    }

    async fn challenge(&self, public: &PublicKey) -> Answer {
        self.post_json(
            "/api/v1/sessions/challenge",
            &json!({ "key": public, "competition": ORIGIN }),
        )
        .await
    }
}

/// The next piece of a stream, as text; none if it has ended.
async fn piece(body: &mut Body) -> Option<String> {
    let frame = tokio::time::timeout(Duration::from_secs(5), body.frame()).await;
    let frame = frame.expect("a piece comes in time")?.unwrap();
    Some(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap())
}

fn nonce() -> Nonce {
    Nonce::from_bytes(rand::random())
}

fn header_with(rules: Option<Digest>) -> Header {
    let (competition, nonce) = (ORIGIN.to_owned(), nonce());
    Header {
        competition,
        nonce,
        rules,
        candidates: None,
        round: None,
        head: None,
        phase: None,
        not_after: None,
    }
}

fn signed(header: &Header, act: impl Into<Act>, keys: &[&SecretKey]) -> Envelope {
    let mut envelope = Statement::write(header, &act.into()).unwrap();
    for key in keys {
        envelope.sign(key);
    }
    envelope
}

fn announcement() -> Envelope {
    let rules = RuleSet::commission_2014();
    let published = start().date();
    let last_day = intake_last_day(published, &rules.calendar);
    let day = last_day.plus_days(15);
    let members = Slot::ALL.into_iter().zip(11..);
    let members = members.map(|(slot, number)| Member {
        slot,
        body: format!("Body of {slot}"),
        person: format!("Person of {slot}"),
        enrolment: Enrolment::make(&key(number), ORIGIN, &slot.role()),
    });
    let act = Announcement {
        title: Title {
            ky: "Конкурс".to_owned(),
            ru: "Конкурс".to_owned(),
            en: "Competition".to_owned(),
        },
        rule_set: Box::new(rules),
        rehearsal: true,
        outlet: "Gazette".to_owned(),
        published,
        intake_last_day: last_day,
        poll: Poll {
            day,
            opens_at: day.at(9, 0),
            closes_at: day.at(18, 0),
            place: "Hall".to_owned(),
        },
        witness_policy: Digest::of(b"policy"),
        log_key: key(9).public().id(),
        members: members.collect(),
        reruns: None,
    };
    signed(&header_with(None), act, &[&organiser()])
}

/// A nomination by this association whose letter and openings are stored; the answer to its letter, and the statement.
async fn nominate(house: &House, association: &SecretKey) -> (Value, Envelope) {
    let subject = association.public().id();
    let letter = house
        .post(&format!("{BASE}/documents"), "application/pdf", pdf(association))
        .await;
    assert_eq!(letter.status, StatusCode::CREATED, "{}", letter.text());
    let organisation = |number: u8| {
        let number = format!("{}-{number}", &subject.to_string()[..8]);
        json!({ "name": "O", "number": number, "form": "foundation", "state_body": false, "state_founder": false })
    };
    let values = [
        (Field::Association, json!(format!("Association {subject}"))),
        (
            Field::Organisations,
            json!([organisation(1), organisation(2), organisation(3)]),
        ),
        (Field::Name, json!("Name")),
        (Field::BirthDate, json!("1980-01-01")),
        (Field::Citizenship, json!({ "citizen": true, "capable": true })),
        (Field::Conviction, json!({ "convicted": false, "expunged": false })),
        (Field::Education, json!(true)),
        (Field::Experience, json!("Ten years")),
        (Field::Service, json!(false)),
        (Field::Letter, letter.json()["sha256"].clone()),
    ];
    let openings = values.clone().map(|(field, value)| {
        let salt: [u8; 16] = rand::random();
        json!({ "field": field.as_str(), "subject": subject, "salt": esep::crypto::hex::encode(&salt), "value": value })
    });
    let kept = house.post_json(&format!("{BASE}/openings"), &json!(openings)).await;
    assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.text());
    let commitments = kept.json();
    let commitment = |place: usize| {
        commitments[place]["commitment"]
            .as_str()
            .unwrap()
            .parse::<Digest>()
            .unwrap()
    };
    let fields = values
        .iter()
        .enumerate()
        .map(|(place, (field, _))| (*field, commitment(place)));
    let enrolment = Enrolment::make(association, ORIGIN, "association");
    let act = Nomination {
        association: enrolment,
        fields: fields.collect(),
        candidate_key: None,
    };
    (letter.json(), signed(&house.header(), act, &[association]))
}

fn pdf(of: &SecretKey) -> Vec<u8> {
    format!("%PDF-1.7\n{}", of.public().id()).into_bytes()
}

/// The route with its parameters filled in.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| match part {
            "{id}" => ID.to_owned(),
            "{*path}" => "0/000.p/1".to_owned(),
            part if part.starts_with('{') => Digest::of(b"nothing").to_string(),
            part => part.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn router_and_document_name_the_same_routes() {
    let document = openapi::document();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    let told: std::collections::BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let routed = openapi::table()
        .map(|(method, path)| (method, path.replace("{*", "{")))
        .collect();
    assert_eq!(told, routed);
    let house = House::announced().await;
    for (method, path) in openapi::table() {
        let path_filled = filled(path);
        let request = |method: Method| {
            Request::builder()
                .method(method)
                .uri(&path_filled)
                .body(Body::empty())
                .unwrap()
        };
        let answer = house.send(request(method.parse().unwrap())).await;
        let code = (answer.status.is_client_error() || answer.status.is_server_error()).then(|| answer.problem());
        assert!(
            !matches!(code.as_deref(), Some("no_route" | "method_not_allowed" | "fault")),
            "{method} {path}: {code:?}"
        );
        let answer = house.send(request(Method::PATCH)).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
        );
    }
    assert_eq!(house.read("/api/v1/nothing").await.problem(), "no_route");
    assert_eq!(house.read("/nothing").await.problem(), "no_route");
}

#[test]
fn the_document_holds_a_schema_for_every_statement_and_no_dangling_reference() {
    let document = openapi::document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for kind in Kind::ALL {
        let schema = &schemas[&format!("payload.{}", kind.as_str())];
        assert!(
            schema["properties"]["nonce"].is_object(),
            "{}: the header's fields are missing",
            kind.as_str()
        );
    }
    let text = document.to_string();
    for reference in text
        .split("\"$ref\":\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        let pointer = reference.strip_prefix('#').expect("references stay inside");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let validator = validator("payload.announcement");
    let payload: Value = serde_json::from_slice(announcement().payload()).unwrap();
    let faults: Vec<_> = validator.iter_errors(&payload).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    let mut wrong = payload;
    wrong["seats"] = json!(10);
    assert!(!validator.is_valid(&wrong));
}

fn validator(name: &str) -> jsonschema::Validator {
    let schema = json!({
        "$ref": format!("#/components/schemas/{name}"),
        "components": openapi::document()["components"],
    });
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn every_problem_has_a_document_of_the_published_shape() {
    let validator = validator("Problem");
    let refused = Code::ALL.iter().map(|code| Problem::Refused {
        refusal: (*code).because("why"),
        note: Some("note".to_owned()),
    });
    let doors = Door::ALL.iter().map(|door| door.because("why"));
    for problem in refused.chain(doors).chain([Problem::Fault("secret words".to_owned())]) {
        let document = problem.document();
        let faults: Vec<_> = validator
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(faults.is_empty(), "{document}: {faults:?}");
        assert!(problem.status().as_u16() >= 400);
        assert!(!document.to_string().contains("secret"), "a fault shows its words");
    }
}

#[tokio::test]
async fn a_statement_is_accepted_once_and_its_receipt_proves_it() {
    let house = House::new().await;
    let envelope = announcement();
    let first = house.state(&envelope).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let told = first.json();
    assert_eq!(told["hash"], envelope.pae_hash().to_string());
    assert_eq!(told["seq"], 0);
    let head = house.head().unwrap();
    let snapshot = house.clerk.snapshot(ID).unwrap();
    let receipt = Receipt::parse(told["receipt"].as_str().unwrap()).unwrap();
    let checkpoint = Checkpoint::open(&receipt.checkpoint, &snapshot.log_vkey.clone().parse().unwrap()).unwrap();
    let leaf = snapshot.tree.read().leaf(0).unwrap();
    check_inclusion(&leaf, receipt.index, checkpoint.size, &receipt.proof, &checkpoint.root).unwrap();
    let again = house.state(&envelope).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.json()["seq"], 0);
    assert_eq!(house.head().unwrap(), head, "a repeat is no second entry");
}

#[tokio::test]
async fn bad_statements_are_refused_and_change_nothing() {
    let house = House::announced().await;
    let before = house.head();
    let good = nominate(&house, &key(30)).await.1;
    let path = format!("{BASE}/statements");
    let with = |change: &dyn Fn(&mut Header)| {
        let mut header = house.header();
        change(&mut header);
        let act = Statement::read(good.clone()).unwrap().act;
        signed(&header, act, &[&key(30)]).to_json()
    };
    let mut tampered = good.clone();
    let mut nonce: Value = serde_json::from_slice(good.payload()).unwrap();
    nonce["nonce"] = json!("0".repeat(32));
    say(&mut tampered, esep::crypto::jcs::to_canonical(&nonce).unwrap());
    let mut spaced = Envelope::new(good.payload_type(), [b" ", good.payload()].concat());
    spaced.sign(&key(30));
    let mut unknown_kind = Envelope::new("application/vnd.esep.nothing.v1+json", good.payload());
    unknown_kind.sign(&key(30));
    let stranger = {
        let act = esep::competition::act::Annulment {
            reason: "no".to_owned(),
            outside_act: None,
        };
        signed(&house.header(), act, &[&key(99)]).to_json()
    };
    // Reads "not admitted" where the bytes say otherwise.
    let turned_round = {
        let act = esep::competition::act::Annulment {
            reason: "not \u{202e}dettimda".to_owned(),
            outside_act: None,
        };
        signed(&house.header(), act, &[&organiser()]).to_json()
    };
    let early = {
        let act = esep::competition::act::PollingOpened { closes_at: start() };
        signed(&house.header(), act, &[&key(11)]).to_json()
    };
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("empty", Vec::new(), 400, "malformed"),
        ("not JSON", b"{".to_vec(), 400, "malformed"),
        ("not UTF-8", vec![b'"', 0xff, 0xfe, b'"'], 400, "malformed"),
        ("another JSON", b"[1,2]".to_vec(), 400, "malformed"),
        (
            "unknown field",
            br#"{"payload":"","payloadType":"a/b","signatures":[],"x":1}"#.to_vec(),
            400,
            "malformed",
        ),
        (
            "no signature",
            Envelope::new(good.payload_type(), good.payload()).to_json(),
            401,
            "bad_signature",
        ),
        ("tampered", tampered.to_json(), 401, "bad_signature"),
        ("white space", spaced.to_json(), 400, "not_canonical"),
        ("unknown kind", unknown_kind.to_json(), 400, "unknown_kind"),
        ("unknown key", stranger, 401, "unknown_key"),
        ("turned round", turned_round, 422, "text_characters"),
        (
            "wrong competition",
            with(&|header| "esep.test/other".clone_into(&mut header.competition)),
            409,
            "wrong_competition",
        ),
        (
            "wrong rules",
            with(&|header| header.rules = Some(Digest::ZERO)),
            409,
            "wrong_rules",
        ),
        (
            "wrong round",
            with(&|header| header.round = Some(1)),
            409,
            "wrong_round",
        ),
        ("wrong phase", early, 409, "wrong_phase"),
    ];
    for (name, body, status, code) in cases {
        let answer = house.post(&path, "application/json", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, code),
            "{name}: {}",
            answer.text()
        );
        assert_eq!(house.head(), before, "{name} changed the record");
    }
    let unseen = json!([{ "field": "association", "subject": key(30).public().id(), "salt": "0".repeat(32), "value": "Тоо\u{200b}" }]);
    let answer = house.post_json(&format!("{BASE}/openings"), &unseen).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (422, "text_characters")
    );
    let note = house
        .post(&path, "application/json", with(&|header| header.round = Some(1)))
        .await
        .json()["note"]
        .clone();
    assert!(
        note.as_str().is_some_and(|note| note.starts_with("esep/refused")),
        "a refusal is signed: {note}"
    );
    let late = {
        house.clock.set(start().date().plus_months(2).at(0, 0));
        house.state(&good).await
    };
    assert_eq!(late.problem(), "intake_closed");
    assert_eq!(house.head(), before);
    assert_eq!(
        house
            .post(
                "/api/v1/competitions/none/statements",
                "application/json",
                good.to_json()
            )
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn bodies_have_a_type_a_size_and_a_time() {
    let house = House::announced().await;
    let before = house.head();
    let mut huge = b"%PDF-1.7".to_vec();
    huge.resize(10 * 1024 * 1024, b' ');
    let posts = ["statements", "openings", "drafts", "documents"].map(|last| format!("{BASE}/{last}"));
    let posts = posts
        .into_iter()
        .chain(["/api/v1/sessions".to_owned(), "/api/v1/sessions/challenge".to_owned()]);
    for path in posts {
        let kind = if path.ends_with("documents") {
            "application/pdf"
        } else {
            "application/json"
        };
        let answer = house.post(&path, kind, huge.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (413, "body_too_large"),
            "{path}"
        );
        // Without a length that announces it.
        let pieces = huge
            .chunks(1 << 20)
            .map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)));
        let pieces = stream::iter(pieces.collect::<Vec<_>>());
        let answer = house.post(&path, kind, Body::from_stream(pieces)).await;
        assert_eq!(answer.problem(), "body_too_large", "{path}");
        let slow = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{"))]).chain(stream::pending());
        let answer = house.post(&path, kind, Body::from_stream(slow)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (408, "too_slow"),
            "{path}"
        );
        let broken = stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("gone"))]);
        let answer = house.post(&path, kind, Body::from_stream(broken)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (400, "interrupted"),
            "{path}"
        );
        let answer = house.post(&path, kind, "{").await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        answer.problem();
    }
    for path in ["statements", "openings"].map(|last| format!("{BASE}/{last}")) {
        assert_eq!(
            house.post(&path, "text/html", "{}").await.problem(),
            "media_type",
            "{path}"
        );
    }
    assert_eq!(house.head(), before);
}

#[tokio::test]
async fn a_trickle_of_bytes_ends_too() {
    let house = House::announced().await;
    let trickle = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
    });
    let answer = house
        .post("/api/v1/sessions", "application/json", Body::from_stream(trickle))
        .await;
    assert_eq!(answer.problem(), "too_slow");
}

#[tokio::test]
async fn addresses_that_name_nothing_are_problems() {
    let house = House::announced().await;
    let nothing = Digest::of(b"nothing");
    let cases = [
        ("/api/v1/competitions/none", 404, "no_competition"),
        ("/api/v1/competitions/%FF", 400, "bad_query"),
        ("/api/v1/competitions/2026-1/result", 404, "not_yet"),
        ("/api/v1/competitions/2026-1/protocol", 404, "not_yet"),
        ("/api/v1/competitions/2026-1/candidates", 404, "not_yet"),
        ("/api/v1/competitions/2026-1/attachments/zz", 400, "bad_query"),
        ("/api/v1/competitions/2026-1/tile/0/000", 404, "not_found"),
        ("/api/v1/competitions/2026-1/tile/0/000.p/2", 404, "not_found"),
        ("/api/v1/competitions/2026-1/tile/0/1", 404, "not_found"),
        ("/api/v1/competitions/2026-1/tile/9/000.p/1", 404, "not_found"),
        (
            "/api/v1/competitions/2026-1/tile/entries/x999/999.p/1",
            404,
            "not_found",
        ),
        ("/api/v1/competitions/2026-1/tile/entries/../../rules", 404, "not_found"),
        ("/api/v1/competitions/2026-1/proofs/inclusion", 400, "bad_query"),
        ("/api/v1/competitions/2026-1/proofs/inclusion?seq=1", 404, "not_found"),
        (
            "/api/v1/competitions/2026-1/proofs/inclusion?seq=0&size=2",
            404,
            "not_found",
        ),
        ("/api/v1/competitions/2026-1/proofs/inclusion?seq=-1", 400, "bad_query"),
        (
            "/api/v1/competitions/2026-1/proofs/inclusion?seq=0&extra=1",
            400,
            "bad_query",
        ),
        (
            "/api/v1/competitions/2026-1/proofs/consistency?from=2",
            404,
            "not_found",
        ),
        (
            "/api/v1/competitions/2026-1/proofs/consistency?from=0",
            404,
            "not_found",
        ),
        (
            "/api/v1/competitions/2026-1/proofs/consistency?from=1&to=0",
            404,
            "not_found",
        ),
    ];
    for (path, status, code) in cases {
        let answer = house.read(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, code),
            "{path}"
        );
    }
    assert_eq!(
        house.read(&format!("{BASE}/attachments/{nothing}")).await.problem(),
        "not_found"
    );
    for path in ["nominations", "documents", "openings"].map(|list| format!("{BASE}/{list}/{nothing}")) {
        assert_eq!(house.read(&path).await.problem(), "no_session", "{path}");
    }
}

#[tokio::test]
async fn a_batch_is_answered_line_by_line_in_order() {
    let house = House::announced().await;
    let first = nominate(&house, &key(30)).await.1;
    let second = nominate(&house, &key(31)).await.1;
    let long = "x".repeat(200 * 1024);
    let json = |envelope: &Envelope| String::from_utf8(envelope.to_json()).unwrap();
    let lines = [
        json(&first),
        String::new(),
        "{\"broken".to_owned(),
        json(&announcement()),
        json(&second),
        json(&first),
    ];
    let answer = house
        .post(&format!("{BASE}/statements"), "application/x-ndjson", lines.join("\n"))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let told: Vec<Value> = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told.len(), 5, "an empty line is no statement");
    assert_eq!(
        (&told[0]["status"], &told[0]["hash"]),
        (&json!(201), &json!(first.pae_hash()))
    );
    assert_eq!(
        (&told[1]["status"], &told[1]["code"]),
        (&json!(400), &json!("malformed"))
    );
    assert_eq!(told[2]["code"], "already_announced");
    assert_eq!(
        (&told[3]["status"], &told[3]["hash"]),
        (&json!(201), &json!(second.pae_hash()))
    );
    assert_eq!(told[4]["hash"], json!(first.pae_hash()));
    assert_eq!(house.head().unwrap().0, 3);
    let text = format!("{long}\n{}\n", json(&first));
    let answer = house
        .post(&format!("{BASE}/statements"), "application/x-ndjson", text)
        .await;
    let told: Vec<Value> = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (told.len(), &told[0]["code"]),
        (1, &json!("body_too_large")),
        "the batch ends at an over-long line"
    );
    let slow = stream::iter([Ok::<_, Infallible>(Bytes::from(json(&first) + "\n{"))]).chain(stream::pending());
    let answer = house
        .post(
            &format!("{BASE}/statements"),
            "application/x-ndjson",
            Body::from_stream(slow),
        )
        .await;
    let told: Vec<Value> = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&told[0]["status"], &told[1]["code"]),
        (&json!(200), &json!("too_slow"))
    );
    assert_eq!(house.head().unwrap().0, 3);
}

#[tokio::test]
async fn the_record_proves_itself_to_anyone() {
    let house = House::announced().await;
    for number in 30..34 {
        let answer = house.state(&nominate(&house, &key(number)).await.1).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    }
    let vkey = house.read(BASE).await.json()["log_vkey"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let answer = house.read(&format!("{BASE}/checkpoint")).await;
    assert!(
        answer.headers[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .starts_with("text/plain")
    );
    let checkpoint = Checkpoint::open(&answer.text(), &vkey).unwrap();
    assert_eq!(Some((checkpoint.size, checkpoint.root)), house.head());
    let tile = house.read(&format!("{BASE}/tile/0/000.p/5")).await;
    let leaves: Vec<Digest> = tile
        .bytes
        .chunks(32)
        .map(|hash| Digest::from_bytes(hash.try_into().unwrap()))
        .collect();
    assert_eq!(esep::ledger::tree::root_of(&leaves), checkpoint.root);
    assert!(
        tile.headers[header::CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let entries = house.read(&format!("{BASE}/tile/entries/000.p/5")).await;
    let entries = esep::ledger::tile::decode_entries(&entries.bytes).unwrap();
    assert_eq!(
        entries
            .iter()
            .map(|entry| esep::ledger::tree::leaf_hash(entry))
            .collect::<Vec<_>>(),
        leaves
    );
    let digests = |proof: &Value| -> Vec<Digest> { serde_json::from_value(proof["proof"].clone()).unwrap() };
    for seq in 0..5_u64 {
        let proof = house.read(&format!("{BASE}/proofs/inclusion?seq={seq}")).await.json();
        let leaf = &leaves[usize::try_from(seq).unwrap()];
        check_inclusion(leaf, seq, 5, &digests(&proof), &checkpoint.root).unwrap();
        let from = seq + 1;
        let proof = house
            .read(&format!("{BASE}/proofs/consistency?from={from}"))
            .await
            .json();
        let old = proof["from_root"].as_str().unwrap().parse().unwrap();
        check_consistency(from, &old, 5, &checkpoint.root, &digests(&proof)).unwrap();
    }
}

#[tokio::test]
async fn what_never_changes_is_sent_once() {
    let house = House::announced().await;
    let first = house.read(&format!("{BASE}/rules")).await;
    let tag = first.headers[header::ETAG].clone();
    assert_eq!(
        tag.to_str().unwrap().trim_matches('"'),
        Digest::of(&first.bytes).to_string()
    );
    assert_eq!(
        house.read(BASE).await.json()["rules"],
        Digest::of(&first.bytes).to_string()
    );
    let request = Request::get(format!("{BASE}/rules")).header(header::IF_NONE_MATCH, tag);
    let again = house.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
}

#[tokio::test]
async fn confidential_things_are_read_by_session_only() {
    let house = House::announced().await;
    let (mine, other) = (key(30), key(31));
    let (letter, envelope) = nominate(&house, &mine).await;
    let (other_letter, other_envelope) = nominate(&house, &other).await;
    for envelope in [&envelope, &other_envelope] {
        assert_eq!(house.state(envelope).await.status, StatusCode::CREATED);
    }
    let own = format!("{BASE}/nominations/{}", envelope.pae_hash());
    let foreign = format!("{BASE}/nominations/{}", other_envelope.pae_hash());
    let public = house.read(&format!("{BASE}/nominations")).await;
    assert!(!public.text().contains("Name") && public.json().as_array().unwrap().len() == 2);
    assert_eq!(house.read(&own).await.problem(), "no_session");
    assert_eq!(house.read_as(&"0".repeat(64), &own).await.problem(), "no_session");

    let token = house.token(&mine).await;
    let whole = house.read_as(&token, &own).await;
    assert_eq!(whole.status, StatusCode::OK, "{}", whole.text());
    assert!(whole.text().contains("\"value\":\"Name\""));
    assert_eq!(whole.json()["documents"], json!([letter["sha256"]]));
    let document =
        |nomination: &str, letter: &Value| format!("{nomination}/documents/{}", letter["sha256"].as_str().unwrap());
    let file = house.read_as(&token, &document(&own, &letter)).await;
    assert_eq!(file.bytes, pdf(&mine));
    assert_eq!(file.headers["x-content-type-options"], "nosniff");
    assert!(
        file.headers[header::CONTENT_DISPOSITION]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    assert!(
        file.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .starts_with("sandbox")
    );
    assert!(
        file.headers[header::CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("no-store")
    );

    let unknown = format!("{BASE}/nominations/{}", Digest::of(b"none"));
    for path in [foreign.clone(), document(&foreign, &other_letter), unknown] {
        assert_eq!(house.read_as(&token, &path).await.problem(), "no_right", "{path}");
    }
    assert_eq!(
        house.read_as(&token, &document(&own, &other_letter)).await.problem(),
        "not_found"
    );
    let any = format!("{BASE}/documents/{}", other_letter["sha256"].as_str().unwrap());
    assert_eq!(house.read_as(&token, &any).await.problem(), "no_right");

    for secret in [organiser(), key(11)] {
        let token = house.token(&secret).await;
        assert_eq!(house.read_as(&token, &foreign).await.status, StatusCode::OK);
        assert_eq!(house.read_as(&token, &any).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_session_opens_once_and_ends() {
    let house = House::announced().await;
    let path = format!("{BASE}/nominations/{}", Digest::of(b"none"));
    assert_eq!(
        house.open_session(&key(77)).await.problem(),
        "bad_challenge",
        "a key that is not enrolled"
    );
    let challenge = Envelope::from_json(&house.challenge(organiser().public()).await.bytes).unwrap();
    let post = async |envelope: &Envelope| {
        house
            .post("/api/v1/sessions", "application/json", envelope.to_json())
            .await
    };
    assert_eq!(post(&challenge).await.problem(), "bad_challenge", "unsigned");
    let mut by_other = challenge.clone();
    by_other.sign(&key(11));
    assert_eq!(
        post(&by_other).await.problem(),
        "bad_challenge",
        "signed by another key"
    );
    let mut own = challenge.clone();
    let [here, other] = [organiser(), key(11)].map(|key| key.public().id().to_string());
    let text = str::from_utf8(own.payload()).unwrap().replace(&here, &other);
    say(&mut own, text);
    own.sign(&key(11));
    assert_eq!(post(&own).await.problem(), "bad_challenge", "made for another key");
    let mut signed = challenge;
    signed.sign(&organiser());
    let opened = post(&signed).await;
    assert_eq!(opened.status, StatusCode::CREATED);
    let cookie = opened.headers[header::SET_COOKIE].to_str().unwrap();
    for part in [
        "__Host-esep=",
        "; Path=/",
        "; Secure",
        "; HttpOnly",
        "; SameSite=Strict",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(post(&signed).await.problem(), "bad_challenge", "used twice");
    let token = opened.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(house.read_as(&token, &path).await.problem(), "not_found");

    house.clock.set(Time::from_unix(start().unix() + 29 * 60));
    assert_eq!(
        house.read_as(&token, &path).await.problem(),
        "not_found",
        "used, so still open"
    );
    house.clock.set(Time::from_unix(start().unix() + 58 * 60));
    assert_eq!(
        house.read_as(&token, &path).await.problem(),
        "not_found",
        "29 minutes after its last use"
    );
    house.clock.set(Time::from_unix(start().unix() + 90 * 60));
    assert_eq!(
        house.read_as(&token, &path).await.problem(),
        "no_session",
        "idle too long"
    );

    let mut late = Envelope::from_json(&house.challenge(organiser().public()).await.bytes).unwrap();
    late.sign(&organiser());
    house.clock.set(Time::from_unix(start().unix() + 100 * 60));
    assert_eq!(post(&late).await.problem(), "bad_challenge", "a stale challenge");
}

#[tokio::test]
async fn a_cookie_counts_only_from_our_own_pages() {
    let house = House::announced().await;
    let token = house.token(&organiser()).await;
    let end = |site: Option<&str>, origin: Option<&str>| {
        let mut request =
            Request::delete("/api/v1/sessions").header(header::COOKIE, format!("a=b; __Host-esep={token}"));
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        request.body(Body::empty()).unwrap()
    };
    for (site, origin) in [
        (Some("cross-site"), None),
        (Some("same-site"), None),
        (None, None),
        (None, Some("https://evil.test")),
    ] {
        assert_eq!(
            house.send(end(site, origin)).await.problem(),
            "cross_site",
            "{site:?} {origin:?}"
        );
    }
    let read = Request::get(format!("{BASE}/nominations/{}", Digest::ZERO))
        .header(header::COOKIE, format!("__Host-esep={token}"));
    assert_eq!(
        house.send(read.body(Body::empty()).unwrap()).await.problem(),
        "not_found",
        "the session still lives"
    );
    assert_eq!(
        house.send(end(Some("same-origin"), None)).await.status,
        StatusCode::NO_CONTENT
    );
    let path = format!("{BASE}/nominations/{}", Digest::ZERO);
    assert_eq!(house.read_as(&token, &path).await.problem(), "no_session");
}

#[tokio::test]
async fn uploads_are_held_to_their_kinds() {
    let house = House::announced().await;
    let path = format!("{BASE}/documents");
    let html = house.post(&path, "application/pdf", "<html>").await;
    assert_eq!((html.status.as_u16(), html.problem().as_str()), (415, "file_type"));
    let form = |name: &str, body: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a\"\r\n\r\n{body}\r\n--x--\r\n")
    };
    let kind = "multipart/form-data; boundary=x";
    let stored = house.post(&path, kind, form("file", "%PDF-1.7 form")).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{}", stored.text());
    assert_eq!(stored.json()["sha256"], Digest::of(b"%PDF-1.7 form").to_string());
    assert_eq!(stored.json()["type"], "application/pdf");
    assert_eq!(
        house.post(&path, kind, form("other", "%PDF-1.7")).await.problem(),
        "bad_body"
    );
    assert_eq!(house.post(&path, kind, "--x--\r\n").await.problem(), "bad_body");
    assert_eq!(
        house.post(&path, "multipart/form-data", "x").await.problem(),
        "bad_body"
    );
    let large = form("file", &format!("%PDF-{}", "x".repeat(6 * 1024 * 1024)));
    assert_eq!(house.post(&path, kind, large).await.problem(), "body_too_large");

    let attached = house
        .post(&format!("{BASE}/attachments"), "application/octet-stream", "bytes")
        .await;
    assert_eq!(attached.status, StatusCode::CREATED);
    let hidden = format!("{BASE}/attachments/{}", Digest::of(b"bytes"));
    assert_eq!(
        house.read(&hidden).await.problem(),
        "not_found",
        "no accepted entry names it"
    );
    let early = "/api/v1/competitions/2027-1/attachments";
    assert_eq!(
        house
            .post(early, "application/octet-stream", vec![0; 2 << 20])
            .await
            .problem(),
        "body_too_large"
    );
    let bad_id = "/api/v1/competitions/UPPER/attachments";
    assert_eq!(
        house.post(bad_id, "application/octet-stream", "x").await.problem(),
        "no_competition"
    );
}

#[tokio::test]
async fn metrics_do_not_move_when_a_statement_is_posted() {
    let house = House::announced().await;
    let counters = async || {
        let text = house.read("/metrics").await.text();
        // Reads of the counters themselves are reads.
        let still: Vec<String> = text
            .lines()
            .filter(|line| !line.contains("read"))
            .map(str::to_owned)
            .collect();
        still.join("\n")
    };
    let before = counters().await;
    let nomination = nominate(&house, &key(30)).await.1;
    let after_upload = counters().await;
    assert_ne!(before, after_upload, "uploads are counted, so the counters work");
    assert_eq!(house.state(&nomination).await.status, StatusCode::CREATED);
    house.post(&format!("{BASE}/statements"), "application/json", "{").await;
    house
        .post(
            &format!("{BASE}/statements"),
            "application/x-ndjson",
            nomination.to_json(),
        )
        .await;
    assert_eq!(counters().await, after_upload);
    assert!(!after_upload.contains(ID), "no metric names a competition");
    assert_eq!(house.read("/healthz").await.status, StatusCode::OK);
    assert_eq!(house.read("/readyz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_address_that_asks_too_often_waits() {
    let rate = Rate {
        per_minute: 60,
        burst: 2,
    };
    let rates = Some(Rates {
        read: rate,
        statement: rate,
        write: rate,
        session: rate,
    });
    let house = House::with(Settings {
        rates,
        ..Settings::default()
    })
    .await;
    let ask = async |address: &str| {
        let mut request = Request::get("/healthz").body(Body::empty()).unwrap();
        let peer: SocketAddr = address.parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        house.send(request).await
    };
    for _ in 0..2 {
        assert_eq!(ask("10.0.0.1:1").await.status, StatusCode::OK);
    }
    let answer = ask("10.0.0.1:2").await;
    assert_eq!(answer.problem(), "too_many_requests");
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    assert_eq!(ask("10.0.0.2:1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_running_service_ends_in_time() {
    let slow = Router::new()
        .route(
            "/slow",
            axum::routing::get(async || tokio::time::sleep(Duration::from_millis(200)).await),
        )
        .route("/endless", axum::routing::get(std::future::pending::<()>));
    let settings = Settings {
        header_timeout: Duration::from_millis(300),
        drain: Duration::from_millis(600),
        ..Settings::default()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = tokio::spawn(async move {
        esep::http::serve(listener, slow, &settings, async { stopped.await.unwrap_or_default() }).await;
    });
    let ask = async |text: &'static str| {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    };
    let slow_head = tokio::time::timeout(Duration::from_secs(3), ask("GET /slow HTTP/1.1\r\n")).await;
    assert!(!slow_head.expect("a head that never ends is cut").contains(" 200 "));
    let under_way = ask("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    let endless = ask("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n");
    let ending = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(3), service)
            .await
            .expect("the drain is capped")
            .unwrap();
    };
    let (under_way, endless, ()) = tokio::join!(under_way, endless, ending);
    assert!(under_way.contains(" 200 "), "a request under way is answered");
    assert!(endless.is_empty(), "one that never ends is cut");
}

#[tokio::test]
async fn drafts_are_begun_and_signed_by_counting_members_only() {
    let house = House::announced().await;
    let before = house.head();
    let drafts = format!("{BASE}/drafts");
    let mut header = house.header();
    let snapshot = house.clerk.snapshot(ID).unwrap();
    header.head = Some(snapshot.head);
    header.phase = Some(esep::competition::Phase::Intake);
    header.not_after = Some(Time::from_unix(start().unix() + 3_600));
    let act = || esep::competition::act::PollingOpened { closes_at: start() };
    let cases = [
        ("nothing", Vec::new(), 400, "malformed"),
        ("unsigned", signed(&header, act(), &[]).to_json(), 401, "bad_signature"),
        (
            "a stranger",
            signed(&header, act(), &[&key(99)]).to_json(),
            401,
            "unknown_key",
        ),
        (
            "the organiser",
            signed(&header, act(), &[&organiser()]).to_json(),
            403,
            "wrong_role",
        ),
        (
            "no head",
            signed(&house.header(), act(), &[&key(11)]).to_json(),
            409,
            "wrong_phase",
        ),
        (
            "another phase",
            signed(&header, act(), &[&key(11)]).to_json(),
            409,
            "wrong_phase",
        ),
    ];
    for (name, body, status, code) in cases {
        let answer = house.post(&drafts, "application/json", body).await;
        let told = (answer.status.as_u16(), answer.problem());
        if name == "no head" {
            assert!(answer.status.is_client_error(), "{name}");
        } else {
            assert_eq!((told.0, told.1.as_str()), (status, code), "{name}: {}", answer.text());
        }
    }
    assert_eq!(house.read(&drafts).await.problem(), "no_session");
    let association = house.state(&nominate(&house, &key(30)).await.1).await;
    assert_eq!(association.status, StatusCode::CREATED);
    let token = house.token(&key(30)).await;
    assert_eq!(house.read_as(&token, &drafts).await.problem(), "no_right");
    let token = house.token(&key(11)).await;
    assert_eq!(house.read_as(&token, &drafts).await.json(), json!([]));
    let one = format!("{drafts}/{}", Digest::ZERO);
    assert_eq!(house.read_as(&token, &one).await.problem(), "not_found");
    let sig = key(11).sign(b"x");
    let signature = json!({ "keyid": key(11).public().id(), "sig": sig });
    assert_eq!(
        house
            .post_json(&format!("{one}/signatures"), &signature)
            .await
            .problem(),
        "not_found"
    );
    assert_eq!(
        house
            .post_json(&format!("{one}/signatures"), &json!({ "keyid": 1 }))
            .await
            .problem(),
        "bad_body"
    );
    assert_eq!(
        house
            .post(&format!("{one}/withdrawal"), "application/json", "{}")
            .await
            .problem(),
        "malformed"
    );
    assert_eq!(house.read_as(&token, &format!("{BASE}/box")).await.problem(), "not_yet");
    assert_eq!(
        house
            .read_as(&house.token(&organiser()).await, &format!("{BASE}/box"))
            .await
            .problem(),
        "no_right"
    );
    assert_eq!(
        house.head().unwrap().0,
        before.unwrap().0 + 1,
        "only the nomination was entered"
    );
}

#[tokio::test]
async fn the_bundle_holds_the_record_and_nothing_confidential() {
    let house = House::announced().await;
    assert_eq!(
        house.state(&nominate(&house, &key(30)).await.1).await.status,
        StatusCode::CREATED
    );
    let answer = house.read(&format!("{BASE}/bundle")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/x-tar");
    let files = esep::ledger::Files::read_tar(&answer.bytes[..]).unwrap();
    assert!(files.check_sums().is_empty());
    let entries = esep::ledger::bundle::entries_from_tiles(&files, 2).unwrap();
    let leaves: Vec<Digest> = entries
        .iter()
        .map(|entry| esep::ledger::tree::leaf_hash(entry))
        .collect();
    assert_eq!(esep::ledger::tree::root_of(&leaves), house.head().unwrap().1);
    for (path, bytes) in files.iter() {
        let text = String::from_utf8_lossy(bytes);
        assert!(
            !text.contains("Ten years") && !text.contains("%PDF"),
            "{path} holds something confidential"
        );
    }
}

#[tokio::test]
async fn events_are_the_public_entries_resumable_bounded_and_ended_by_the_stop() {
    let ending = tokio_util::sync::CancellationToken::new();
    let house = House::with(Settings {
        rates: None,
        ending: ending.clone(),
        ..Settings::default()
    })
    .await;
    let path = format!("{BASE}/events");
    assert_eq!(house.read(&path).await.problem(), "no_competition");
    house.state(&announcement()).await;
    let open = async |query: &str, last: Option<&str>| {
        let mut request = Request::get(format!("{path}{query}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = house.router.clone().oneshot(request.body(Body::empty()).unwrap()).await;
        answer.unwrap()
    };
    assert_eq!(open("", Some("x")).await.status(), StatusCode::BAD_REQUEST);
    let answer = open("?from=0", None).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut all = answer.into_body();
    assert_eq!(piece(&mut all).await.unwrap(), "retry: 3000\n\n");
    let first = piece(&mut all).await.unwrap();
    assert!(first.starts_with("id: 0\nevent: entry\ndata: {\"seq\":0,"), "{first}");
    assert!(first.contains("\"kind\":\"announcement\"") && first.ends_with("\n\n"));
    // Who comes again after entry 0 hears of what is new, and so does who comes without a place.
    let (mut again, mut fresh) = (
        open("?from=0", Some("0")).await.into_body(),
        open("", None).await.into_body(),
    );
    piece(&mut again).await.unwrap();
    piece(&mut fresh).await.unwrap();
    let act = esep::competition::act::Annulment {
        reason: "Because.".to_owned(),
        outside_act: None,
    };
    let answer = house.state(&signed(&house.header(), act, &[&organiser()])).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    for body in [&mut all, &mut again, &mut fresh] {
        let told = piece(body).await.unwrap();
        assert!(told.starts_with("id: 1\nevent: entry\ndata: {\"seq\":1,"), "{told}");
    }
    // So many, and no more; a reader who goes makes place.
    let mut held = Vec::new();
    while held.len() < 256 - 3 {
        let answer = open("", None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        held.push(answer);
    }
    let full = house.read(&path).await;
    assert_eq!(full.problem(), "busy");
    assert!(full.headers.contains_key(header::RETRY_AFTER));
    held.clear();
    assert_eq!(open("", None).await.status(), StatusCode::OK);
    // The stop ends streams that would never end.
    ending.cancel();
    for body in [&mut all, &mut again, &mut fresh] {
        assert_eq!(piece(body).await, None);
    }
}

#[tokio::test]
async fn the_commission_is_told_as_it_stands() {
    let house = House::announced().await;
    let told = house.read(&format!("{BASE}/commission")).await.json();
    assert_eq!(told["phase"], "intake");
    assert_eq!(told["min_signatures"], 3);
    assert_eq!(told["slots"].as_array().unwrap().len(), 4);
    assert_eq!(told["slots"][0]["slot"], "presidents-office");
    assert_eq!(told["slots"][3]["opening"], "open");
    assert_eq!(told["tasks"], json!([]));
}
