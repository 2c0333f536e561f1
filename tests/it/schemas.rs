//! `docs/schemas/`: JSON Schemas of everything that is signed or published, made from the types of `src/` and held
//! against what a whole story puts into its record.

use super::docs::{assert_file, blessing, project};
use super::story::story;
use esep::ballot::CandidateId;
use esep::competition::act::{Field, Kind};
use esep::competition::{FinalResult, Header, ListFile, Phase, Protocol, authors, taken_in};
use esep::crypto::hash::Digest;
use esep::ledger::entry::Entry;
use esep::ruleset::RuleSet;
use jsonschema::Validator;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The files that are no statements, with their types.
fn documents() -> Vec<(&'static str, Value)> {
    vec![
        ("candidates", document::<ListFile>()),
        ("protocol", document::<Protocol>()),
        ("result", document::<FinalResult>()),
        ("rules", document::<RuleSet>()),
    ]
}

fn document<T: JsonSchema>() -> Value {
    let mut generator = SchemaGenerator::default();
    let schema = T::json_schema(&mut generator).to_value();
    finish(schema, &mut generator, T::schema_name().as_ref())
}

/// A statement's payload: the header's fields and the act's own in one object.
fn statement(kind: Kind) -> Value {
    let mut generator = SchemaGenerator::default();
    let header = Header::json_schema(&mut generator).to_value();
    let mut schema = kind.act_schema(&mut generator).to_value();
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let all: Map<String, Value> = header["properties"]
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .chain(properties)
        .collect();
    let required: BTreeSet<String> = [&header, &schema]
        .into_iter()
        .flat_map(|part| part["required"].as_array().cloned().unwrap_or_default())
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    schema["properties"] = Value::Object(all);
    // The keys of these two maps are bound to a type, which the generator forgets.
    if kind == Kind::BallotCast {
        schema["properties"]["ratings"]["propertyNames"] = json!(generator.subschema_for::<CandidateId>());
    } else if matches!(kind, Kind::Nomination | Kind::Amendment) {
        schema["properties"]["fields"]["propertyNames"] = json!({ "enum": Field::ALL });
    }
    schema["required"] = json!(required);
    finish(schema, &mut generator, &kind.payload_type())
}

fn finish(mut schema: Value, generator: &mut SchemaGenerator, title: &str) -> Value {
    schema["$schema"] = json!(DRAFT);
    schema["title"] = json!(title);
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        schema["$defs"] = Value::Object(definitions);
    }
    without_null(&mut schema);
    schema
}

/// Canonical payloads hold no null, and a field that has its default value is left out.
fn without_null(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| !(name == "default" && (value.is_null() || *value == json!([]))));
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = &types[..] {
                    fields["type"] = only.clone();
                }
            }
            if let Some(Value::Array(any)) = fields.get_mut("anyOf") {
                any.retain(|schema| *schema != json!({ "type": "null" }));
                if let [Value::Object(only)] = &any[..] {
                    let only = only.clone();
                    fields.remove("anyOf");
                    fields.extend(only);
                }
            }
            fields.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

fn all() -> Vec<(&'static str, Value)> {
    let statements = Kind::ALL.iter().map(|kind| (kind.as_str(), statement(*kind)));
    statements.chain(documents()).collect()
}

fn published(name: &str) -> Validator {
    let text = std::fs::read(project(&format!("docs/schemas/{name}.schema.json"))).unwrap();
    jsonschema::validator_for(&serde_json::from_slice(&text).unwrap()).unwrap()
}

fn assert_fits(name: &str, value: &Value) {
    let validator = published(name);
    let faults: Vec<_> = validator.iter_errors(value).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{name}: {faults:?}\n{value:#}");
    for place in objects(value, String::new()) {
        for surprise in [json!(1), json!(Digest::ZERO)] {
            let mut more = value.clone();
            more.pointer_mut(&place).unwrap()["Surprise"] = surprise;
            assert!(!validator.is_valid(&more), "{name} takes an unknown field at {place:?}");
        }
    }
}

/// Where the objects are whose fields a schema names; what an opening discloses may be any value.
fn objects(value: &Value, at: String) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let inner = fields.iter().filter(|(name, _)| *name != "value");
            let inner = inner.flat_map(|(name, value)| objects(value, format!("{at}/{name}")));
            let inner: Vec<_> = inner.collect();
            std::iter::once(at).chain(inner).collect()
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items
                .flat_map(|(index, value)| objects(value, format!("{at}/{index}")))
                .collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn schema_files_are_what_the_types_give() {
    let folder = project("docs/schemas");
    let schemas = all();
    for (name, schema) in &schemas {
        assert_file(&format!("docs/schemas/{name}.schema.json"), &format!("{schema:#}\n"));
    }
    let names: BTreeSet<_> = schemas.iter().map(|(name, _)| format!("{name}.schema.json")).collect();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let known = names.contains(file.file_name().to_str().unwrap());
        if !known && blessing() {
            std::fs::remove_file(file.path()).unwrap();
        }
        assert!(known || blessing(), "{} is no longer made", file.path().display());
    }
}

const STATEMENTS: &str = "# Statements: the payload of every kind

A statement is a DSSE envelope whose payload is canonical JSON ([FORMATS](FORMATS.md)). The payload is one object with
the header's fields and the act's own fields side by side. The payload type is `application/vnd.esep.<kind>.v1+json`.
Fields marked *opt.* may be left out; nothing is ever null, and a field that is not listed is refused. *Authors* sign;
*phases* are those in which the rules take the statement at all; [REPLAY](REPLAY.md) has every condition. Integers name
their width, within which they must lie beside the 2^53 - 1 of all. Each kind has a JSON Schema in `schemas/`.

This page is written from the types in `src/competition/act.rs` and the table in `src/competition/phase.rs` by
`ESEP_BLESS=1 cargo test schemas`.
";

/// `Digest`, `Poll`, list of `Member`, map to `Digest`, integer, text.
fn type_words(schema: &Value) -> String {
    let named = |schema: &Value| Some(schema["$ref"].as_str()?.rsplit('/').next()?.to_owned());
    if let Some(name) = named(schema) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", type_words(&schema["items"])),
        Some("object") if schema["additionalProperties"].is_object() => {
            format!("map to {}", type_words(&schema["additionalProperties"]))
        }
        Some("string") => schema["const"]
            .as_str()
            .map_or("text".to_owned(), |only| format!("`{only}`")),
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => match schema["format"].as_str() {
            Some(width) => format!("integer ({width})"),
            None => "integer".to_owned(),
        },
        Some(other) => other.to_owned(),
        None => "any value".to_owned(),
    }
}

fn is_required(schema: &Value, name: &str) -> bool {
    let names = schema["required"].as_array();
    names.is_some_and(|names| names.iter().any(|one| one == name))
}

fn field_rows(schema: &Value, page: &mut String, skip: &BTreeSet<String>) {
    let none = Map::new();
    for (name, field) in schema["properties"].as_object().unwrap_or(&none) {
        if skip.contains(name) {
            continue;
        }
        let must = if is_required(schema, name) { "" } else { "opt. " };
        let words = field["description"]
            .as_str()
            .unwrap_or_default()
            .replace(['\n', '|'], " ");
        writeln!(page, "| `{name}` | {must}{} | {words} |", type_words(field)).unwrap();
    }
}

fn variants(schema: &Value, page: &mut String) {
    for variant in schema["oneOf"].as_array().into_iter().flatten() {
        let words = variant["description"].as_str().unwrap_or_default();
        if let Some(only) = variant["const"].as_str() {
            writeln!(page, "* `{only}`: {words}").unwrap();
        } else {
            let fields: Vec<_> = variant["properties"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, field)| {
                    let must = if is_required(variant, name) { "" } else { "opt. " };
                    format!("`{name}`: {must}{}", type_words(field))
                })
                .collect();
            writeln!(page, "* {{ {} }}: {words}", fields.join(", ")).unwrap();
        }
    }
    for name in schema["enum"].as_array().into_iter().flatten() {
        writeln!(page, "* `{}`", name.as_str().unwrap()).unwrap();
    }
}

fn statements_page() -> String {
    let mut page = STATEMENTS.to_owned();
    let mut shared: BTreeMap<String, Value> = BTreeMap::new();
    let mut keep = |schema: &Value| {
        let found = schema["$defs"].as_object().cloned().unwrap_or_default();
        shared.extend(found);
    };
    let header = document::<Header>();
    keep(&header);
    page += "\n## The header of every payload\n\n| field | type | meaning |\n|---|---|---|\n";
    field_rows(&header, &mut page, &BTreeSet::new());
    let skip: BTreeSet<String> = header["properties"].as_object().unwrap().keys().cloned().collect();
    for kind in Kind::ALL {
        let schema = statement(*kind);
        keep(&schema);
        let phases: Vec<_> = Phase::ALL
            .iter()
            .filter(|phase| taken_in(*kind, **phase))
            .map(|phase| phase.as_str())
            .collect();
        let phases = if phases.is_empty() {
            "before everything".to_owned()
        } else {
            phases.join(", ")
        };
        let words = schema["description"].as_str().unwrap_or_default();
        writeln!(page, "\n## `{}`\n\n{words}\n", kind.as_str()).unwrap();
        writeln!(page, "Authors: {}. Phases: {phases}.\n", authors(*kind).join(", ")).unwrap();
        page += "| field | type | meaning |\n|---|---|---|\n";
        field_rows(&schema, &mut page, &skip);
    }
    page += "\n# Shared types\n";
    for (name, schema) in shared {
        let words = schema["description"].as_str().unwrap_or_default().replace('\n', " ");
        writeln!(page, "\n## {name}\n").unwrap();
        if !words.is_empty() {
            writeln!(page, "{words}\n").unwrap();
        }
        if let Some(pattern) = schema["pattern"].as_str() {
            writeln!(page, "Text: `{}`", pattern.replace('|', "\\|")).unwrap();
        }
        if schema["properties"].is_object() {
            page += "| field | type | meaning |\n|---|---|---|\n";
            field_rows(&schema, &mut page, &BTreeSet::new());
        }
        variants(&schema, &mut page);
    }
    page
}

#[test]
fn statements_page_is_what_the_types_give() {
    assert_file("docs/STATEMENTS.md", &statements_page());
}

#[test]
fn whole_story_fits_the_published_schemas() {
    if blessing() {
        return; // the files are being written by the other test
    }
    let mut story = story(RuleSet::commission_2014(), 18, true);
    story.play().unwrap();
    let mut kinds = BTreeSet::new();
    for bytes in story.desk.entries() {
        let entry = Entry::from_bytes(bytes).unwrap();
        // One ballot is like the other; the first of each kind and every act that is not a ballot are enough.
        if kinds.insert(entry.kind.clone()) || entry.kind != "ballot_cast" {
            assert_fits(&entry.kind, &serde_json::from_slice(entry.body.payload()).unwrap());
        }
    }
    assert!(kinds.len() >= 20, "the story shows most kinds of statements: {kinds:?}");
    let bundle = story.desk.bundle().unwrap();
    for name in ["candidates", "protocol", "result", "rules"] {
        let bytes = bundle.file(&format!("{name}.json")).unwrap();
        assert_fits(name, &serde_json::from_slice(bytes).unwrap());
    }
}

#[test]
fn every_schema_names_its_fields_and_takes_no_other() {
    for (name, schema) in all() {
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(!validator.is_valid(&json!({})), "{name} asks for something");
        assert_eq!(schema["additionalProperties"], json!(false), "{name}");
        assert!(
            !schema.to_string().contains("\"null\""),
            "{name}: there is no null in canonical JSON here"
        );
    }
}
