//! Voting cards: a 128-bit code on paper, from which anyone who holds it derives the key that casts one ballot.
//!
//! A code is written as 26 characters of Crockford's base32 and two check characters, in seven groups of four. The
//! check is the code modulo the prime 1021: it notices every single wrong character and every swap of neighbours.

use super::{hash::Digest, key::SecretKey};
use hkdf::Hkdf;
use rand::CryptoRng;
use sha2::Sha256;
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHARACTERS: usize = 26;
const CHECK_CHARACTERS: usize = 2;
/// The greatest prime that two base32 characters can hold.
const CHECK_PRIME: u128 = 1021;
const KEY_PURPOSE: &[u8] = b"esep card v1";

/// Why a text is not a card's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Not 28 characters (spaces and dashes aside).
    #[error("a card code has 28 characters")]
    Length,
    /// A character that no card shows.
    #[error("a card code has only digits and letters, and never the letter U")]
    Character,
    /// The check characters do not fit: something was mistyped.
    #[error("the code is mistyped: its check characters do not fit")]
    Check,
}

/// The secret of one card; wiped when dropped, and shown by no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct CardCode(Zeroizing<[u8; 16]>);

impl CardCode {
    /// A new code.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut code = Self(Zeroizing::new([0; 16]));
        rng.fill_bytes(&mut *code.0);
        code
    }

    /// The code whose bytes these are.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key that casts the ballot of this card, in one round of one competition only.
    pub fn key(&self, origin: &str, round: u32) -> SecretKey {
        let salt = Digest::of(format!("{origin}\n{round}").as_bytes());
        let mut seed = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(salt.as_bytes()), &*self.0)
            .expand(KEY_PURPOSE, &mut *seed)
            .expect("32 bytes is a length that HKDF-SHA-256 gives");
        SecretKey::from_seed(*seed)
    }
}

impl fmt::Debug for CardCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardCode(..)")
    }
}

impl fmt::Display for CardCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = u128::from_be_bytes(*self.0);
        let check = value % CHECK_PRIME;
        for place in 0..CODE_CHARACTERS + CHECK_CHARACTERS {
            if place > 0 && place % 4 == 0 {
                f.write_str("-")?;
            }
            let five_bits = match place.checked_sub(CODE_CHARACTERS) {
                None => value >> (5 * (CODE_CHARACTERS - 1 - place)) & 31,
                Some(place) => check >> (5 * (CHECK_CHARACTERS - 1 - place)) & 31,
            };
            let digit = usize::try_from(five_bits).expect("five bits");
            write!(f, "{}", char::from(ALPHABET[digit]))?;
        }
        Ok(())
    }
}

impl FromStr for CardCode {
    type Err = CardError;

    /// As people type it: any case, spaces and dashes anywhere, O for 0, I or L for 1.
    fn from_str(text: &str) -> Result<Self, CardError> {
        let digits = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(digit_of);
        let digits = Zeroizing::new(digits.collect::<Result<Vec<u8>, _>>()?);
        if digits.len() != CODE_CHARACTERS + CHECK_CHARACTERS {
            return Err(CardError::Length);
        }
        // 26 characters hold 130 bits; the two that a code has not must be zero.
        if digits[0] > 7 {
            return Err(CardError::Check);
        }
        let number = |digits: &[u8]| digits.iter().fold(0_u128, |sum, digit| sum << 5 | u128::from(*digit));
        let (code, check) = digits.split_at(CODE_CHARACTERS);
        let value = number(code);
        if value % CHECK_PRIME == number(check) {
            Ok(Self::from_bytes(value.to_be_bytes()))
        } else {
            Err(CardError::Check)
        }
    }
}

fn digit_of(character: char) -> Result<u8, CardError> {
    let character = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let place = ALPHABET
        .iter()
        .position(|letter| char::from(*letter) == character)
        .ok_or(CardError::Character)?;
    Ok(u8::try_from(place).expect("there are 32 letters"))
}
