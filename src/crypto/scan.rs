//! Canonical JSON whose shape is known beforehand, read letter by letter in the one spelling that it can have.
//!
//! A record holds as many entries and ballots as there are electors; these two shapes are read so, without a second
//! writing to compare. Whatever is not exactly as expected gives `None`, says nothing about the bytes, and is left to
//! the common way, which judges and has the words.

use super::{base64, hex, jcs};

/// What is left to read.
#[derive(Clone, Copy)]
pub struct Scan<'a>(&'a [u8]);

impl<'a> Scan<'a> {
    /// From the first byte on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// These very letters.
    #[inline]
    pub fn skip(&mut self, letters: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(letters.as_bytes())?;
        Some(())
    }

    /// These very letters, if they are next.
    #[inline]
    pub fn skips(&mut self, letters: &str) -> bool {
        self.skip(letters).is_some()
    }

    /// The rest of a string up to its closing quote, which is passed over: printable ASCII without escapes.
    #[inline]
    pub fn text(&mut self) -> Option<&'a str> {
        let text = self.quoted()?;
        let plain = text.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'\\');
        if plain { std::str::from_utf8(text).ok() } else { None }
    }

    /// The rest of a string of `N` bytes in lower-case hexadecimal.
    #[inline]
    pub fn hex<const N: usize>(&mut self) -> Option<[u8; N]> {
        hex::decode_array(self.quoted()?).ok()
    }

    /// The rest of a string of `N` bytes in base64.
    #[inline]
    pub fn base64_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        base64::decode_array(self.quoted()?).ok()
    }

    /// The rest of a string, whatever it is: everything before the next quote.
    #[inline]
    pub fn quoted(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(b'"', self.0)?;
        let (text, rest) = self.0.split_at(end);
        self.0 = &rest[1..];
        Some(text)
    }

    /// An integer that JCS allows.
    #[inline]
    pub fn integer(&mut self) -> Option<i64> {
        let negative = self.skips("-");
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(digits);
        // No zero in front, and no zero below zero; 16 digits hold 2^53.
        if digits.is_empty() || digits.len() > 16 || (digits[0] == b'0' && (digits.len() > 1 || negative)) {
            return None;
        }
        self.0 = rest;
        let size = digits.iter().fold(0, |sum, digit| 10 * sum + i64::from(digit - b'0'));
        (size.unsigned_abs() <= jcs::MAX_INTEGER).then_some(if negative { -size } else { size })
    }

    /// Nothing is left.
    pub fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}
