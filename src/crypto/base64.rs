//! Standard base64 with padding, in one spelling only: what decodes also encodes back to the same text (RFC 4648 §4).

use base64::{Engine, engine::general_purpose::STANDARD};

/// The text is not padded, canonical standard base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not canonical padded base64")]
pub struct BadBase64;

/// Bytes as text.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Bytes as text behind what is there.
pub fn encode_into(text: &mut Vec<u8>, bytes: &[u8]) {
    let start = text.len();
    text.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = STANDARD.encode_slice(bytes, &mut text[start..]);
    written.expect("room for it was just made");
}

/// Text as bytes; missing padding, stray bits after the last byte, and white space are refused.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, BadBase64> {
    STANDARD.decode(text).map_err(|_| BadBase64)
}

/// Text of exactly `N` bytes.
pub fn decode_array<const N: usize>(text: impl AsRef<[u8]>) -> Result<[u8; N], BadBase64> {
    let (text, mut bytes) = (text.as_ref(), [0; N]);
    // The engine wants room for an upper estimate, which is above N where N is no multiple of three.
    if text.len() != N.div_ceil(3) * 4 {
        return Err(BadBase64);
    }
    let decoded = decode(text)?;
    if decoded.len() != N {
        return Err(BadBase64);
    }
    bytes.copy_from_slice(&decoded);
    Ok(bytes)
}
