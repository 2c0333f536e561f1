//! Order of names by the 36-letter Kyrgyz alphabet, fixed for ever and the same in every language of the pages.

use std::cmp::Ordering;

/// The Kyrgyz alphabet in its order.
pub const ALPHABET: &str = "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя";

/// Compares two names letter by letter, whatever their case; equal letters: the one in lower case first.
pub fn compare(left: &str, right: &str) -> Ordering {
    keys(left)
        .cmp(keys(right))
        .then_with(|| {
            right
                .chars()
                .map(char::is_uppercase)
                .cmp(left.chars().map(char::is_uppercase))
                .reverse()
        })
        .then_with(|| left.cmp(right))
}

/// Spaces and signs before digits, digits before letters, Cyrillic before what else there is.
fn keys(text: &str) -> impl Iterator<Item = (u8, u32)> {
    text.chars().flat_map(char::to_lowercase).map(|letter| {
        let place = ALPHABET.chars().position(|other| other == letter);
        match (place, letter) {
            (Some(place), _) => (3, u32::try_from(place).unwrap_or(u32::MAX)),
            (None, ' ' | '\u{a0}') => (0, 0),
            (None, '0'..='9') => (2, letter.into()),
            (None, letter) if letter.is_alphabetic() => (4, letter.into()),
            (None, letter) => (1, letter.into()),
        }
    })
}
