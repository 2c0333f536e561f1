//! Templates from the payloads' own schemas: what is to be filled in, and reading what was filled in.
//!
//! A placeholder is a string that starts with `<fill in`; [`placeholders`] finds every one that is left.

use crate::cli::{Failure, cannot_tell, printable, read, read_text, usage};
use crate::competition::Header;
use crate::competition::act::{Attachment, Kind};
use crate::crypto::{Digest, Envelope, PublicKey};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::path::Path;

const OPEN: &str = "<fill in";

/// The schema of one kind's payload, header and act together.
pub struct Shape {
    root: Value,
    definitions: Map<String, Value>,
}

/// A schema with its reference followed.
struct Resolved<'a> {
    /// The type's name, where it has one: `Attachment`, `Digest`.
    name: &'a str,
    schema: &'a Value,
}

impl Shape {
    /// The shape of this kind's payload.
    pub fn of(kind: Kind) -> Self {
        let mut generator = SchemaGenerator::default();
        let act = Value::from(kind.act_schema(&mut generator));
        let header = Value::from(Header::json_schema(&mut generator));
        let mut root = act;
        if let (Some(fields), Some(more)) = (root["properties"].as_object_mut(), header["properties"].as_object()) {
            fields.extend(more.clone());
        }
        Self {
            root,
            definitions: generator.definitions().clone(),
        }
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> Resolved<'a> {
        // An optional field is `anyOf` its type and null.
        let options = schema["anyOf"].as_array().into_iter().flatten();
        if let Some(inner) = options.into_iter().find(|option| option["type"] != "null") {
            return self.resolve(inner);
        }
        let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        match name.and_then(|name| self.definitions.get_key_value(name)) {
            Some((name, inner)) => Resolved {
                name,
                schema: self.resolve(inner).schema,
            },
            None => Resolved { name: "", schema },
        }
    }

    /// The act's own required fields, with placeholders.
    pub fn template(&self) -> Map<String, Value> {
        self.placeholder_fields(&self.root)
    }

    /// The act's fields that may be left out.
    pub fn optional(&self) -> Vec<&str> {
        let header = [
            "competition",
            "nonce",
            "rules",
            "candidates",
            "round",
            "head",
            "phase",
            "not_after",
        ];
        let names = self.root["properties"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str);
        names
            .filter(|name| !required(&self.root, name) && !header.contains(name))
            .collect()
    }

    /// Whether the payload has such a field.
    pub fn has(&self, name: &str) -> bool {
        self.root["properties"].get(name).is_some()
    }

    fn placeholder_fields(&self, schema: &Value) -> Map<String, Value> {
        let fields = schema["properties"].as_object().into_iter().flatten();
        let wanted = fields.filter(|(name, _)| required(schema, name));
        wanted
            .map(|(name, field)| (name.clone(), self.placeholder(field)))
            .collect()
    }

    fn placeholder(&self, schema: &Value) -> Value {
        let Resolved { schema: inner, .. } = self.resolve(schema);
        let about = schema["description"]
            .as_str()
            .or(inner["description"].as_str())
            .unwrap_or("a value");
        let options = options(inner);
        if !options.is_empty() {
            return json!(format!("{OPEN}: {}>", options.join(" | ")));
        }
        match type_of(inner) {
            "object" if inner.get("properties").is_some() => Value::Object(self.placeholder_fields(inner)),
            "object" => json!({ (format!("{OPEN}: a name>")): self.placeholder(&inner["additionalProperties"]) }),
            "array" => json!([self.placeholder(&inner["items"])]),
            "boolean" => json!(format!("{OPEN}: true or false; {about}>")),
            "integer" => json!(format!("{OPEN}: a number; {about}>")),
            _ => json!(format!("{OPEN}: {about}>")),
        }
    }

    /// Carries out `path=value`; `@file` takes the value from a file, in the way that fits the field.
    pub fn set(&self, payload: &mut Value, setting: &str) -> Result<(), Failure> {
        let (path, raw) = setting
            .split_once('=')
            .ok_or_else(|| usage(format!("--set {}: write field=value", printable(setting))))?;
        let names: Vec<&str> = path.split('.').collect();
        let mut schema = &self.root;
        let mut place = payload;
        for name in &names {
            schema = self
                .field(schema, name)
                .map_err(|words| usage(format!("--set {path}: {words}")))?;
            place = step(place, name).ok_or_else(|| usage(format!("--set {path}: there is no place {name}")))?;
        }
        let last = names.last().copied().unwrap_or_default();
        *place = self.value(schema, last, raw).map_err(|fault| match fault {
            Failure::Usage(words) => usage(format!("--set {path}: {words}")),
            other => other,
        })?;
        Ok(())
    }

    fn field<'a>(&'a self, schema: &'a Value, name: &str) -> Result<&'a Value, String> {
        let Resolved { schema, .. } = self.resolve(schema);
        if type_of(schema) == "array" {
            return Ok(&schema["items"]);
        }
        if let Some(field) = schema["properties"].get(name) {
            return Ok(field);
        }
        if schema["additionalProperties"].is_object() {
            return Ok(&schema["additionalProperties"]);
        }
        // Maps with a pattern for their names, and choices with fields of their own.
        if let Some(field) = schema["patternProperties"]
            .as_object()
            .and_then(|patterns| patterns.values().next())
        {
            return Ok(field);
        }
        let known = schema["properties"]
            .as_object()
            .map(|fields| fields.keys().cloned().collect::<Vec<_>>());
        Err(format!(
            "there is no field {}; fields: {}",
            printable(name),
            known.unwrap_or_default().join(", ")
        ))
    }

    fn value(&self, schema: &Value, name: &str, raw: &str) -> Result<Value, Failure> {
        let Resolved {
            name: type_name,
            schema,
        } = self.resolve(schema);
        if let Some(path) = raw.strip_prefix('@') {
            return from_file(type_name, name, type_of(schema), Path::new(path));
        }
        if type_of(schema) == "string" || !options(schema).is_empty() {
            return Ok(json!(raw));
        }
        serde_json::from_str(raw)
            .map_err(|fault| usage(format!("{} is not JSON for this field: {fault}", printable(raw))))
    }
}

fn required(schema: &Value, name: &str) -> bool {
    schema["required"]
        .as_array()
        .is_some_and(|names| names.iter().any(|required| required == name))
}

fn type_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(name) => name,
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null")
            .unwrap_or(""),
        _ => "",
    }
}

/// The words of a closed list.
fn options(schema: &Value) -> Vec<&str> {
    let listed = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let one_of = schema["oneOf"].as_array().into_iter().flatten();
    let described = one_of.flat_map(|option| {
        let several = option["enum"].as_array().into_iter().flatten();
        option["const"]
            .as_str()
            .into_iter()
            .chain(several.filter_map(Value::as_str))
    });
    listed.chain(described).collect()
}

/// The place of a field or an item; a missing field is made.
fn step<'a>(place: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    if let Value::Array(items) = place {
        let index: usize = name.parse().ok()?;
        if index == items.len() {
            items.push(Value::Null);
        }
        return items.get_mut(index);
    }
    if !place.is_object() {
        *place = json!({});
    }
    let fields = place.as_object_mut()?;
    // A map's placeholder goes when the first name is given.
    fields.retain(|name, _| !name.starts_with(OPEN));
    Some(fields.entry(name).or_insert(Value::Null))
}

fn from_file(type_name: &str, field: &str, json_type: &str, path: &Path) -> Result<Value, Failure> {
    let unfit = |words: String| cannot_tell(format!("{}: {words}", path.display()));
    match type_name {
        "Attachment" => Ok(json!(Attachment::of(&read(path)?))),
        "KeyList" => {
            let bytes = read(path)?;
            if bytes.len() % 32 != 0 {
                return Err(unfit("not a list of 32-byte keys".into()));
            }
            Ok(json!({ "sha256": Digest::of(&bytes), "count": bytes.len() / 32 }))
        }
        // Statements are named by the hash of what was signed; other files by their bytes.
        "Digest" if ["nomination", "stands", "ballot"].contains(&field) => {
            let envelope = Envelope::from_json(&read(path)?).map_err(|fault| unfit(fault.to_string()))?;
            Ok(json!(envelope.pae_hash()))
        }
        "Digest" => Ok(json!(Digest::of(&read(path)?))),
        "KeyId" | "PublicKey" => {
            let key = PublicKey::from_pem(&read_text(path)?).map_err(|fault| unfit(fault.to_string()))?;
            Ok(if type_name == "KeyId" {
                json!(key.id())
            } else {
                json!(key)
            })
        }
        _ if json_type == "string" => {
            let text = read_text(path)?;
            Ok(json!(text.strip_suffix('\n').unwrap_or(&text)))
        }
        _ => serde_json::from_slice(&read(path)?).map_err(|fault| unfit(fault.to_string())),
    }
}

/// Where placeholders are left: `poll.place`.
pub fn placeholders(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, String::new(), &mut found);
    found
}

fn collect(value: &Value, path: String, found: &mut Vec<String>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::String(text) if text.trim_start().starts_with(OPEN) => found.push(path),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, below(&index.to_string()), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if name.starts_with(OPEN) {
                    found.push(below(name));
                } else {
                    collect(field, below(name), found);
                }
            }
        }
        _ => {}
    }
}
