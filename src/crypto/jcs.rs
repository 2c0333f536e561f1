//! Canonical JSON: RFC 8785 (JCS), held to integers.
//!
//! Payload bytes are admitted only when they are exactly what the canonical form of their own content is; that one
//! comparison stops duplicate keys, white space, `1.0`, `-0` and second spellings of strings. There is no null, no
//! fraction, and no integer beyond 2^53 - 1, so every JSON reader of the world sees the same values.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Greatest depth of arrays and objects in one another.
pub const MAX_DEPTH: usize = 32;
/// Greatest magnitude of an integer, 2^53 - 1.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Why bytes are not canonical, or a value has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JcsError {
    /// The bytes are not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// The bytes are not JSON.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// Deeper than [`MAX_DEPTH`].
    #[error("nested deeper than 32")]
    Depth,
    /// A null.
    #[error("null is not allowed")]
    Null,
    /// A number with a fraction or an exponent.
    #[error("a number that is not an integer")]
    Float,
    /// An integer beyond ±(2^53 - 1).
    #[error("an integer beyond 2^53 - 1")]
    Integer,
    /// Well-formed, but not in the one canonical spelling.
    #[error("not in canonical form (RFC 8785)")]
    NotCanonical,
    /// Canonical, but not of the expected shape.
    #[error("not of the expected shape: {0}")]
    Shape(String),
}

/// The canonical bytes of a value.
pub fn to_canonical<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, JcsError> {
    let value = serde_json::to_value(value).map_err(|fault| JcsError::Shape(fault.to_string()))?;
    check(&value, 0)?;
    write(&value)
}

/// The value of bytes that are already canonical; all others are refused.
pub fn parse_canonical(bytes: &[u8]) -> Result<Value, JcsError> {
    let text = std::str::from_utf8(bytes).map_err(|_| JcsError::Utf8)?;
    let value = serde_json::from_str(text).map_err(|fault| JcsError::Syntax(fault.to_string()))?;
    check(&value, 0)?;
    if write(&value)? == bytes {
        Ok(value)
    } else {
        Err(JcsError::NotCanonical)
    }
}

/// [`parse_canonical`], then [`from_value`]: the value must also write itself as the same bytes.
///
/// That rule stops second spellings that serde would take: an array of a struct's fields in order, a field that
/// spells out its default, a number in another width.
pub fn from_canonical<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, JcsError> {
    let value = parse_canonical(bytes)?;
    from_value(&value)
}

/// The expected shape of a value, which must also write itself as the same value.
pub fn from_value<T: DeserializeOwned + Serialize>(value: &Value) -> Result<T, JcsError> {
    let typed = T::deserialize(value).map_err(|fault| JcsError::Shape(fault.to_string()))?;
    match serde_json::to_value(&typed) {
        Ok(written) if written == *value => Ok(typed),
        _ => Err(JcsError::Shape("a second spelling of the same content".into())),
    }
}

fn write(value: &Value) -> Result<Vec<u8>, JcsError> {
    serde_json_canonicalizer::to_vec(value).map_err(|fault| JcsError::Shape(fault.to_string()))
}

/// Depth counts the arrays and objects around and including this one.
fn check(value: &Value, depth: usize) -> Result<(), JcsError> {
    let inside = |depth| {
        if depth < MAX_DEPTH {
            Ok(depth + 1)
        } else {
            Err(JcsError::Depth)
        }
    };
    match value {
        Value::Null => Err(JcsError::Null),
        Value::Bool(_) | Value::String(_) => Ok(()),
        Value::Number(number) => check_number(number),
        Value::Array(items) => {
            let depth = inside(depth)?;
            items.iter().try_for_each(|item| check(item, depth))
        }
        Value::Object(fields) => {
            let depth = inside(depth)?;
            fields.values().try_for_each(|field| check(field, depth))
        }
    }
}

fn check_number(number: &serde_json::Number) -> Result<(), JcsError> {
    let magnitude = match (number.as_u64(), number.as_i64()) {
        (Some(positive), _) => positive,
        (None, Some(negative)) => negative.unsigned_abs(),
        // The parser gives a float for a fraction, and for an integer beyond 64 bits.
        (None, None) if number.to_string().contains(['.', 'e', 'E']) => return Err(JcsError::Float),
        (None, None) => return Err(JcsError::Integer),
    };
    if magnitude <= MAX_INTEGER {
        Ok(())
    } else {
        Err(JcsError::Integer)
    }
}
