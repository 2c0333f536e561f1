//! Standard base64 with padding, in one spelling only: what decodes also encodes back to the same text (RFC 4648 §4).

use base64_simd::{AsOut, STANDARD};

/// The text is not padded, canonical standard base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not canonical padded base64")]
pub struct BadBase64;

/// Bytes as text.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode_to_string(bytes)
}

/// Bytes as text behind what is there.
pub fn encode_into(text: &mut Vec<u8>, bytes: &[u8]) {
    STANDARD.encode_append(bytes, text);
}

/// Text as bytes; missing padding, stray bits after the last byte, and white space are refused.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, BadBase64> {
    STANDARD.decode_to_vec(text).map_err(|_| BadBase64)
}

/// How many bytes this text has, if it is base64.
pub fn decoded_length(text: &[u8]) -> Result<usize, BadBase64> {
    STANDARD.decoded_length(text).map_err(|_| BadBase64)
}

/// Text as bytes behind what is there.
pub fn decode_into(bytes: &mut Vec<u8>, text: &[u8]) -> Result<(), BadBase64> {
    STANDARD.decode_append(text, bytes).map_err(|_| BadBase64)
}

/// Text of exactly `N` bytes.
pub fn decode_array<const N: usize>(text: impl AsRef<[u8]>) -> Result<[u8; N], BadBase64> {
    let (text, mut bytes) = (text.as_ref(), [0; N]);
    if decoded_length(text)? != N {
        return Err(BadBase64);
    }
    match STANDARD.decode(text, bytes.as_mut_slice().as_out()) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(BadBase64),
    }
}
