//! Lower-case hexadecimal, in one spelling only.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The text is not lower-case hexadecimal of the expected length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not lower-case hexadecimal of the expected length")]
pub struct BadHex;

/// Two digits a byte.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Exactly `N` bytes; upper-case digits are refused.
pub fn decode_array<const N: usize>(text: impl AsRef<[u8]>) -> Result<[u8; N], BadHex> {
    let text = text.as_ref();
    if text.len() != 2 * N {
        return Err(BadHex);
    }
    // All digits are looked up before any is asked about: a record holds millions.
    let (mut bytes, mut odd) = ([0; N], 0);
    for (byte, pair) in bytes.iter_mut().zip(text.as_chunks::<2>().0) {
        let (high, low) = (NIBBLES[usize::from(pair[0])], NIBBLES[usize::from(pair[1])]);
        *byte = high << 4 | low;
        odd |= high | low;
    }
    if odd < 16 { Ok(bytes) } else { Err(BadHex) }
}

/// What each letter stands for; 255 if it is no digit.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [255; 256];
    let mut value = 0;
    while value < 16 {
        nibbles[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    nibbles
};

/// Serde, schema and text traits of a newtype over `[u8; N]` that is written as lower-case hexadecimal.
macro_rules! hex_text {
    ($name:ident, $bytes:literal, $pattern:literal, $about:literal) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&$crate::crypto::hex::encode(self.as_bytes()))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::crypto::hex::BadHex;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::crypto::hex::decode_array(text).map(Self::from_bytes)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&$crate::crypto::hex::encode(self.as_bytes()))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "description": $about })
            }
        }
    };
}
pub(crate) use hex_text;
