//! Messages for scripts: a Fluent file as JSON that `js/words.mjs` reads, so that text stands in one place only.
//!
//! A message without values is a string, any other a list of parts: a string, `{"v": name}` for a value, or
//! `{"s": name, "of": {"one": parts, ..}, "d": "other"}` for a choice. A reference to another message is written out.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Resource, VariantKey};
use fluent_syntax::parser;
use serde_json::{Map, Value, json};

/// Every message and attribute of the file.
///
/// # Panics
/// If the text is no Fluent, or uses what scripts do not read (functions, terms with arguments).
pub fn json(text: &str) -> String {
    let file = parser::parse(text).unwrap_or_else(|(_, errors)| panic!("not a Fluent file: {errors:?}"));
    let mut all = Map::new();
    for entry in &file.body {
        let Entry::Message(message) = entry else { continue };
        if let Some(value) = &message.value {
            all.insert(message.id.name.to_owned(), pattern(&file, value));
        }
        for attribute in &message.attributes {
            let key = format!("{}.{}", message.id.name, attribute.id.name);
            all.insert(key, pattern(&file, &attribute.value));
        }
    }
    Value::Object(all).to_string()
}

fn pattern(file: &Resource<&str>, whole: &Pattern<&str>) -> Value {
    let mut parts: Vec<Value> = Vec::new();
    for element in &whole.elements {
        let part = match element {
            PatternElement::TextElement { value } => json!(value),
            PatternElement::Placeable { expression } => choice(file, expression),
        };
        match (parts.last_mut(), part) {
            (Some(Value::String(text)), Value::String(more)) => text.push_str(&more),
            (_, Value::Array(more)) => parts.extend(more),
            (_, part) => parts.push(part),
        }
    }
    match &parts[..] {
        [Value::String(text)] => json!(text),
        _ => Value::Array(parts),
    }
}

fn choice(file: &Resource<&str>, expression: &Expression<&str>) -> Value {
    let (selector, variants) = match expression {
        Expression::Inline(inline) => return value(file, inline),
        Expression::Select { selector, variants } => (selector, variants),
    };
    let InlineExpression::VariableReference { id } = selector else {
        panic!("a choice is by a value")
    };
    let mut of = Map::new();
    let mut default = "";
    for variant in variants {
        let (VariantKey::Identifier { name } | VariantKey::NumberLiteral { value: name }) = &variant.key;
        of.insert((*name).to_owned(), pattern(file, &variant.value));
        if variant.default {
            default = name;
        }
    }
    json!({ "s": id.name, "of": of, "d": default })
}

fn value(file: &Resource<&str>, inline: &InlineExpression<&str>) -> Value {
    match inline {
        InlineExpression::StringLiteral { value } | InlineExpression::NumberLiteral { value } => json!(value),
        InlineExpression::VariableReference { id } => json!({ "v": id.name }),
        InlineExpression::MessageReference { id, attribute: None } => {
            let found = file.body.iter().find_map(|entry| match entry {
                Entry::Message(message) if message.id.name == id.name => message.value.as_ref(),
                _ => None,
            });
            pattern(
                file,
                found.unwrap_or_else(|| panic!("no message {} in this file", id.name)),
            )
        }
        InlineExpression::TermReference {
            id,
            attribute: None,
            arguments: None,
        } => {
            let found = file.body.iter().find_map(|entry| match entry {
                Entry::Term(term) if term.id.name == id.name => Some(&term.value),
                _ => None,
            });
            pattern(
                file,
                found.unwrap_or_else(|| panic!("no term {} in this file", id.name)),
            )
        }
        InlineExpression::Placeable { expression } => choice(file, expression),
        other => panic!("scripts cannot read {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::json;

    #[test]
    fn a_file_becomes_strings_values_and_choices() {
        let text = "-name = Esep\na = Plain { -name }\n    .x = of { a }\nb = { $n ->\n    [one] one\n   *[other] { $n } all\n }\n";
        let wanted = r#"{"a":"Plain Esep","a.x":"of Plain Esep","b":[{"d":"other","of":{"one":"one","other":[{"v":"n"}," all"]},"s":"n"}]}"#;
        assert_eq!(json(text), wanted);
    }
}
