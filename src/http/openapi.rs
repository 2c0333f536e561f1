//! The table of routes, and the OpenAPI 3.1 document made from it at `/openapi.json`.
//!
//! Router and document come from the same rows, so neither can name a route that the other does not. Schemas of
//! payloads and answers come from the very types that are read and written.

use super::problem::{Door, type_of};
use super::{App, auth, competitions, documents, drafts, events, ledger, metrics, nominations, openings, statements};
use crate::competition::act::Kind;
use crate::competition::{Code, Header, Opening};
use crate::crypto::Envelope;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Json, Router};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Makes the schema of a type, putting its parts among the components.
type Shape = fn(&mut SchemaGenerator) -> Schema;

fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// What a body or an answer holds.
#[derive(Clone, Copy)]
enum Holds {
    /// Nothing.
    Nothing,
    /// JSON of this shape.
    Json(Shape),
    /// JSON that is described elsewhere.
    Object(&'static str),
    /// One statement, or a batch of them.
    Statements,
    /// A receipt, or one answer a line.
    Receipts,
    /// Text.
    Text,
    /// Server-sent events; each one's data is JSON of this shape.
    Events(Shape),
    /// Bytes of one of these types.
    Bytes(&'static [&'static str]),
}

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Anyone; what is written is signed by itself.
    Anyone,
    /// Only with a session.
    Session,
}

/// One row: everything that router and document need.
struct Row {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    who: Who,
    query: &'static [&'static str],
    takes: Holds,
    gives: (u16, Holds),
    mount: fn() -> MethodRouter<App>,
}

const fn row(method: &'static str, path: &'static str, summary: &'static str, mount: fn() -> MethodRouter<App>) -> Row {
    let (who, query) = (Who::Anyone, &[] as &[&str]);
    Row {
        method,
        path,
        summary,
        who,
        query,
        takes: Holds::Nothing,
        gives: (200, Holds::Nothing),
        mount,
    }
}

impl Row {
    const fn session(self) -> Self {
        Self {
            who: Who::Session,
            ..self
        }
    }
    const fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }
    const fn takes(self, takes: Holds) -> Self {
        Self { takes, ..self }
    }
    const fn gives(self, status: u16, holds: Holds) -> Self {
        Self {
            gives: (status, holds),
            ..self
        }
    }
}

const DOCUMENTS: &[&str] = &["application/pdf", "image/jpeg", "image/png"];
const UPLOADS: &[&str] = &[
    "application/pdf",
    "image/jpeg",
    "image/png",
    "application/octet-stream",
    "multipart/form-data",
];
const OCTETS: &[&str] = &["application/octet-stream"];
const TAR: &[&str] = &["application/x-tar"];

/// Every route.
const ROWS: &[Row] = {
    use Holds::{Bytes, Events, Json, Object, Receipts, Statements, Text};
    &[
        row("get", "/api/v1/competitions", "Competitions of this office", || {
            get(competitions::list)
        })
        .gives(200, Json(shape::<Vec<competitions::Listing>>)),
        row("get", "/api/v1/competitions/{id}", "One competition", || {
            get(competitions::one)
        })
        .gives(200, Json(shape::<competitions::Overview>)),
        row("get", "/api/v1/competitions/{id}/phase", "Phase and deadlines", || {
            get(competitions::phase)
        })
        .gives(200, Json(shape::<competitions::Standing>)),
        row(
            "get",
            "/api/v1/competitions/{id}/rules",
            "The rule set, canonical JSON",
            || get(competitions::rules),
        )
        .gives(200, Json(shape::<crate::ruleset::RuleSet>)),
        row(
            "get",
            "/api/v1/competitions/{id}/candidates",
            "The candidate list as signed",
            || get(competitions::candidates),
        )
        .gives(200, Object("the candidate list")),
        row(
            "get",
            "/api/v1/competitions/{id}/result",
            "The result, once computed",
            || get(competitions::result),
        )
        .gives(200, Object("the result")),
        row(
            "get",
            "/api/v1/competitions/{id}/protocol",
            "The protocol's present bytes",
            || get(competitions::protocol),
        )
        .gives(200, Object("the protocol")),
        row(
            "get",
            "/api/v1/competitions/{id}/commission",
            "What the counting commission has done and does next",
            || get(competitions::commission),
        )
        .gives(200, Json(shape::<crate::competition::Commission>)),
        row(
            "get",
            "/api/v1/competitions/{id}/events",
            "Public entries as they come",
            || get(events::events),
        )
        .query(&["from"])
        .gives(200, Events(shape::<events::Told>)),
        row(
            "post",
            "/api/v1/competitions/{id}/statements",
            "States something, signed",
            || post(statements::post),
        )
        .takes(Statements)
        .gives(201, Receipts),
        row(
            "post",
            "/api/v1/competitions/{id}/documents",
            "Stores a confidential document",
            || post(documents::post_document),
        )
        .takes(Bytes(UPLOADS))
        .gives(201, Json(shape::<documents::Stored>)),
        row(
            "get",
            "/api/v1/competitions/{id}/documents/{sha256}",
            "A document, for the office",
            || get(documents::one),
        )
        .session()
        .gives(200, Bytes(DOCUMENTS)),
        row(
            "post",
            "/api/v1/competitions/{id}/attachments",
            "Stores a public attachment",
            || post(documents::post_attachment),
        )
        .takes(Bytes(OCTETS))
        .gives(201, Json(shape::<documents::Stored>)),
        row(
            "get",
            "/api/v1/competitions/{id}/attachments/{sha256}",
            "An attachment that the record names",
            || get(ledger::attachment),
        )
        .gives(200, Bytes(OCTETS)),
        row(
            "post",
            "/api/v1/competitions/{id}/openings",
            "Stores what opens commitments",
            || post(openings::post),
        )
        .takes(Json(shape::<Vec<Opening>>))
        .gives(201, Json(shape::<Vec<openings::Kept>>)),
        row(
            "get",
            "/api/v1/competitions/{id}/openings/{commitment}",
            "What opens a commitment, for the office",
            || get(openings::one),
        )
        .session()
        .gives(200, Json(shape::<Opening>)),
        row(
            "get",
            "/api/v1/competitions/{id}/nominations",
            "Nominations, without outcome",
            || get(nominations::list),
        )
        .gives(200, Json(shape::<Vec<nominations::Nomination>>)),
        row(
            "get",
            "/api/v1/competitions/{id}/nominations/{hash}",
            "A nomination: where it stands, fields, decisions, appeals",
            || get(nominations::one),
        )
        .session()
        .gives(200, Json(shape::<nominations::Whole>)),
        row(
            "get",
            "/api/v1/competitions/{id}/nominations/{hash}/documents/{sha256}",
            "A nomination's document",
            || get(nominations::document),
        )
        .session()
        .gives(200, Bytes(DOCUMENTS)),
        row(
            "get",
            "/api/v1/competitions/{id}/drafts",
            "Drafts that wait for signatures",
            || get(drafts::list),
        )
        .session()
        .gives(200, Json(shape::<Vec<drafts::Shown>>)),
        row(
            "post",
            "/api/v1/competitions/{id}/drafts",
            "Lays down a draft with a first signature",
            || post(drafts::begin),
        )
        .takes(Json(shape::<Envelope>))
        .gives(201, Json(shape::<drafts::Shown>)),
        row("get", "/api/v1/competitions/{id}/drafts/{hash}", "A draft", || {
            get(drafts::one)
        })
        .session()
        .gives(200, Json(shape::<drafts::Shown>)),
        row(
            "post",
            "/api/v1/competitions/{id}/drafts/{hash}/signatures",
            "Adds a signature to a draft",
            || post(drafts::sign),
        )
        .takes(Json(shape::<crate::crypto::dsse::EnvelopeSignature>))
        .gives(200, Json(shape::<drafts::Shown>)),
        row(
            "post",
            "/api/v1/competitions/{id}/drafts/{hash}/withdrawal",
            "Withdraws a draft",
            || post(drafts::withdraw),
        )
        .takes(Json(shape::<Envelope>))
        .gives(200, Json(shape::<drafts::Shown>)),
        row(
            "get",
            "/api/v1/competitions/{id}/box",
            "Root and count of the box, for the close",
            || get(competitions::box_now),
        )
        .session()
        .gives(200, Json(shape::<competitions::BoxNow>)),
        row(
            "get",
            "/api/v1/competitions/{id}/bundle",
            "Everything public, as a tar",
            || get(ledger::bundle),
        )
        .gives(200, Bytes(TAR)),
        row(
            "get",
            "/api/v1/competitions/{id}/checkpoint",
            "The newest checkpoint, a signed note",
            || get(ledger::checkpoint),
        )
        .gives(200, Text),
        row(
            "get",
            "/api/v1/competitions/{id}/tile/{*path}",
            "A tile (C2SP tlog-tiles)",
            || get(ledger::tile),
        )
        .gives(200, Bytes(OCTETS)),
        row(
            "get",
            "/api/v1/competitions/{id}/proofs/inclusion",
            "Proof that an entry is in the ledger",
            || get(ledger::inclusion),
        )
        .query(&["seq", "size"])
        .gives(200, Json(shape::<ledger::Proof>)),
        row(
            "get",
            "/api/v1/competitions/{id}/proofs/consistency",
            "Proof that one tree continues another",
            || get(ledger::consistency),
        )
        .query(&["from", "to"])
        .gives(200, Json(shape::<ledger::Proof>)),
        row(
            "post",
            "/api/v1/sessions/challenge",
            "An envelope to sign for a session",
            || post(auth::challenge),
        )
        .takes(Json(shape::<auth::ChallengeRequest>))
        .gives(200, Json(shape::<Envelope>)),
        row(
            "post",
            "/api/v1/sessions",
            "Opens a session by a signed challenge",
            || post(auth::open),
        )
        .takes(Json(shape::<Envelope>))
        .gives(201, Json(shape::<auth::Opened>)),
        row("delete", "/api/v1/sessions", "Ends the session", || delete(auth::close))
            .session()
            .gives(204, Holds::Nothing),
        row("get", "/openapi.json", "This document", || get(serve_document)).gives(200, Object("OpenAPI 3.1")),
        row("get", "/healthz", "Whether the process lives", || get(metrics::health)).gives(200, Text),
        row("get", "/readyz", "Whether statements are taken", || get(metrics::ready)).gives(200, Text),
        row("get", "/metrics", "Counters for the operator", || get(metrics::metrics)).gives(200, Text),
    ]
};

/// The router of every row; rows of one path join.
pub(super) fn routes() -> Router<App> {
    ROWS.iter()
        .fold(Router::new(), |router, row| router.route(row.path, (row.mount)()))
}

/// Method (upper case) and path of every route, for tests and documents.
pub fn table() -> impl Iterator<Item = (String, &'static str)> {
    ROWS.iter().map(|row| (row.method.to_uppercase(), row.path))
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(make);

/// The OpenAPI 3.1 document.
pub fn document() -> &'static Value {
    &DOCUMENT
}

async fn serve_document() -> Response {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(document())).into_response()
}

fn make() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for row in ROWS {
        let path = row.path.replace("{*", "{");
        paths
            .entry(path)
            .or_default()
            .insert(row.method.to_owned(), operation(row, &mut generator));
    }
    for kind in Kind::ALL {
        let payload = payload(*kind, &mut generator);
        generator
            .definitions_mut()
            .insert(format!("payload.{}", kind.as_str()), payload);
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".to_owned(), problem_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Esep",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Competitions by rating vote, with a record that anyone can check",
            "description": "Whatever changes a competition is a statement signed by its author (DSSE). Payloads are \
                canonical JSON (RFC 8785); `payload.<kind>` describes each. Ids are competition ids; hashes and key \
                ids are lower-case hexadecimal SHA-256.",
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": {
                "description": "A refusal, a bad request, or a fault",
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            } },
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "cookie": { "type": "apiKey", "in": "cookie", "name": "__Host-esep" },
            },
        },
    })
}

fn operation(row: &Row, generator: &mut SchemaGenerator) -> Value {
    let (status, gives) = row.gives;
    let mut answer = json!({ "description": row.summary });
    if let Some(content) = content(gives, generator) {
        answer["content"] = content;
    }
    let mut answers = Map::new();
    answers.insert(status.to_string(), answer.clone());
    if matches!(gives, Holds::Receipts) {
        answers.insert("200".to_owned(), answer);
    }
    answers.insert(
        "default".to_owned(),
        json!({ "$ref": "#/components/responses/Problem" }),
    );
    let mut operation = json!({
        "summary": row.summary,
        "operationId": name(row),
        "parameters": parameters(row),
        "responses": answers,
    });
    if let Some(content) = content(row.takes, generator) {
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    if row.who == Who::Session {
        operation["security"] = json!([{ "bearer": [] }, { "cookie": [] }]);
    }
    operation
}

/// `get_competitions_id_rules`.
fn name(row: &Row) -> String {
    let path = row.path.trim_start_matches("/api/v1");
    let words = path
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    std::iter::once(row.method).chain(words).collect::<Vec<_>>().join("_")
}

fn parameters(row: &Row) -> Vec<Value> {
    let names = row
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let digest = json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
    let in_path = names.map(|name| {
        let schema = match name {
            "id" => json!({ "type": "string", "pattern": "^[a-z0-9-]{1,64}$" }),
            "*path" => json!({ "type": "string", "examples": ["0/x001/067.p/4", "entries/000"] }),
            _ => digest.clone(),
        };
        json!({ "name": name.trim_start_matches('*'), "in": "path", "required": true, "schema": schema })
    });
    let in_query = row.query.iter().map(|name| {
        let required = *name == "seq" || (*name == "from" && row.query.len() > 1);
        json!({ "name": name, "in": "query", "required": required, "schema": { "type": "integer", "minimum": 0 } })
    });
    in_path.chain(in_query).collect()
}

fn content(holds: Holds, generator: &mut SchemaGenerator) -> Option<Value> {
    let mut json_of = |shape: Shape| json!({ "schema": shape(generator) });
    Some(match holds {
        Holds::Nothing => return None,
        Holds::Json(shape) => json!({ "application/json": json_of(shape) }),
        Holds::Object(about) => json!({ "application/json": { "schema": { "type": "object", "description": about } } }),
        Holds::Statements => json!({
            "application/json": json_of(shape::<Envelope>),
            "application/vnd.dsse+json": json_of(shape::<Envelope>),
            "application/x-ndjson": { "schema": { "type": "string", "description": "one envelope a line" } },
        }),
        Holds::Receipts => json!({
            "application/json": json_of(shape::<statements::Receipt>),
            "application/x-ndjson": json_of(shape::<statements::BatchLine>),
        }),
        Holds::Text => json!({ "text/plain": { "schema": { "type": "string" } } }),
        Holds::Events(shape) => {
            let entry = json_of(shape);
            json!({ "text/event-stream": { "schema": {
                "type": "string",
                "description": "events `entry`; `id` is the index of the entry",
                "contentMediaType": "application/json",
                "contentSchema": entry["schema"],
            } } })
        }
        Holds::Bytes(kinds) => kinds
            .iter()
            .map(|kind| ((*kind).to_owned(), json!({})))
            .collect::<Map<_, _>>()
            .into(),
    })
}

/// Header and act of a kind as one object, as they stand in its payload.
fn payload(kind: Kind, generator: &mut SchemaGenerator) -> Value {
    let mut header = Header::json_schema(generator).to_value();
    let act = kind.act_schema(generator).to_value();
    for part in ["properties", "required"] {
        match (&mut header[part], &act[part]) {
            (Value::Object(all), Value::Object(own)) => all.extend(own.clone()),
            (Value::Array(all), Value::Array(own)) => all.extend(own.clone()),
            _ => {}
        }
    }
    header["title"] = json!(kind.payload_type());
    header["description"] = act["description"].clone();
    header
}

fn problem_schema() -> Value {
    let doors = Door::ALL.iter().map(|door| door.code());
    let codes: Vec<&str> = Code::ALL
        .iter()
        .map(|code| code.as_str())
        .chain(doors)
        .chain(["fault"])
        .collect();
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "code", "next_step"],
        "properties": {
            "type": { "type": "string", "examples": [type_of(Code::Malformed.as_str())] },
            "title": text,
            "status": { "type": "integer" },
            "detail": text,
            "code": { "enum": codes },
            "rule": { "type": "string", "description": "Number of the rule of the competition, as `R7`" },
            "next_step": text,
            "note": { "type": "string", "description": "Refusals: a note signed by the log key, to prove it" },
        },
    })
}
