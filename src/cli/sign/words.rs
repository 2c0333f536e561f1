//! What is about to be signed, for the eyes of the person who signs it.

use super::ballots::OpenedBox;
use crate::cli::{in_fours, printable};
use crate::crypto::{Digest, Envelope};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Header and content of an envelope, and its digest in groups of four.
pub fn of_envelope(envelope: &Envelope) -> String {
    let payload: Value = serde_json::from_slice(envelope.payload()).unwrap_or_default();
    let mut text = format!("You are about to sign: {}\n", printable(envelope.payload_type()));
    lines(&mut text, "", &payload);
    if !envelope.signatures.is_empty() {
        let _ = writeln!(text, "  signed so far by");
        for signature in &envelope.signatures {
            let _ = writeln!(text, "    {}", signature.keyid);
        }
    }
    let _ = write!(text, "\ndigest: {}", in_fours(&envelope.pae_hash().to_string()));
    text
}

/// The outcome in a protocol, and its digest in groups of four.
pub fn of_protocol(protocol: &Value, digest: &Digest) -> String {
    let mut text = "You are about to sign the protocol\n".to_owned();
    for name in ["competition", "rehearsal", "place", "result", "objections", "slots"] {
        if let Some(value) = protocol.get(name) {
            lines(&mut text, name, value);
        }
    }
    let _ = write!(text, "\ndigest: {}", in_fours(&digest.to_string()));
    text
}

/// How many ballots, their root, and the sums that they give, for comparison with the count on paper.
pub fn of_box(opened: &OpenedBox) -> String {
    let mut sums: BTreeMap<String, (i64, u64)> = BTreeMap::new();
    for (_, act) in &opened.ballots {
        for (candidate, rating) in &act.ratings {
            let (sum, marks) = sums.entry(candidate.to_string()).or_default();
            *sum = sum.saturating_add(*rating);
            *marks += 1;
        }
    }
    let mut text = format!(
        "You are about to sign every ballot of round {} of {}\n  ballots: {}\n  box root: {}\n  plain sums over all of them, invalid ones too:\n",
        opened.round,
        printable(&opened.competition),
        opened.ballots.len(),
        in_fours(&opened.root().to_string())
    );
    for (candidate, (sum, marks)) in sums {
        let _ = writeln!(text, "    {candidate:<20} {sum:>8} on {marks} ballots");
    }
    text
}

/// One line for each value, under its dotted name.
fn lines(text: &mut String, path: &str, value: &Value) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                lines(text, &below(name), field);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (index, item) in items.iter().enumerate() {
                lines(text, &below(&(index + 1).to_string()), item);
            }
        }
        Value::Array(items) => {
            let words: Vec<_> = items.iter().map(plain).collect();
            let _ = writeln!(text, "  {}: {}", printable(path), words.join(", "));
        }
        other => {
            let _ = writeln!(text, "  {}: {}", printable(path), plain(other));
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(words) => printable(words),
        other => other.to_string(),
    }
}
