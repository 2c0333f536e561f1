//! Seeded mutations of good records: what a careless hand, a man in the middle or an insider with every key could do.
//!
//! Number and seed give the mutation: whoever reads of a failed one can make it again.

use crate::envelopes::{say, say_as};
use crate::rules::vote_like;
use crate::story::seeded;
use crate::tamper::insider::{Insider, resum};
use crate::tamper::screened;
use esep::calendar::Time;
use esep::crypto::{Digest, Signature, jcs};
use esep::demo::cast::Trait;
use esep::ledger::Files;
use esep::ruleset::{Aggregate, BallotSecrecy, Blank, Electorate, ListedRoll, RuleSet, SelfRating, TieRule};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, IteratorRandom};
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// A changed bundle.
pub struct Mutation {
    pub files: Files,
    /// What was done.
    pub words: String,
    /// No key was used: such a change must never be proved, unless it changed nothing that is signed.
    pub outside: bool,
    /// The bundle that was changed.
    pub honest: Files,
}

/// The good records that are changed, with their honest bundles.
fn bases() -> &'static [(Insider, Files)] {
    static BASES: OnceLock<Vec<(Insider, Files)>> = OnceLock::new();
    BASES.get_or_init(|| {
        let small = RuleSet {
            seats: 1,
            ..RuleSet::commission_2014()
        };
        let roll = ListedRoll {
            count: 4,
            commitment: Digest::of(b"the roll"),
            keys: None,
        };
        let mut tied = small.clone();
        tied.ties = vec![TieRule::RepeatVote, TieRule::Lot];
        let mut by_hand = small.clone();
        by_hand.ties = vec![TieRule::ByHand];
        let mut named = small.clone();
        named.ballots = BallotSecrecy::Named;
        named.vote.self_rating = SelfRating::Voids;
        let mut mean = small.clone();
        (mean.electorate, mean.ballots) = (Electorate::Listed(roll), BallotSecrecy::Named);
        (mean.vote.aggregate, mean.vote.blank) = (Aggregate::Mean { quorum: 2 }, Blank::Skip);
        let mut members = RuleSet::commission_2014_marks(1, 2);
        (members.seats, members.electorate) = (2, Electorate::CountingCommission {});
        let played = |rules: RuleSet, rows: &[&[i64]]| {
            let mut story = seeded(rules, 3, false, 11);
            story.applicants.truncate(3);
            story.applicants[1].oddity = Trait::InOrder;
            if !rows.is_empty() {
                vote_like(&mut story, rows);
            }
            story.play().unwrap();
            Insider::of(&story)
        };
        let all = vec![
            played(small, &[]),
            played(tied, &[&[9, 9, 1], &[4, 4]]),
            played(by_hand, &[&[9, 9, 1]]),
            played(named, &[&[3, 5, 1]]),
            played(mean, &[&[9, 5, 1]]),
            played(members, &[&[1, 1, 0]]),
            screened(),
        ];
        let sealed = |mut insider: Insider| {
            let files = insider.bundle();
            (insider, files)
        };
        all.into_iter().map(sealed).collect()
    })
}

/// The mutation with this number.
pub fn mutation(seed: u64, number: u64) -> Mutation {
    let mut rng = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number));
    let bases = bases();
    let at = usize::try_from(number).unwrap() % bases.len();
    let (insider, honest) = &bases[at];
    let outside = rng.random_bool(0.4);
    let (files, words) = if outside {
        from_outside(honest, &mut rng)
    } else {
        from_inside(insider.clone(), &mut rng)
    };
    Mutation {
        files,
        words: format!("base {at}: {words}"),
        outside,
        honest: honest.clone(),
    }
}

const DERIVED: [&str; 6] = [
    "announcement.dsse.json",
    "rules.json",
    "candidates.json",
    "protocol.json",
    "protocol.dsse.json",
    "result.json",
];

/// Somebody between the office and the reader: files alone.
fn from_outside(honest: &Files, rng: &mut StdRng) -> (Files, String) {
    let mut files = honest.clone();
    let paths: Vec<String> = files.iter().map(|(path, _)| path.to_owned()).collect();
    let path = paths.choose(rng).unwrap().clone();
    let words = match rng.random_range(0..9) {
        0 => {
            let path = DERIVED.choose(rng).unwrap();
            let mut value: Value = serde_json::from_slice(files.file(path).unwrap()).unwrap();
            let words = edit_leaf(&mut value, &[], rng);
            files.insert(*path, jcs::to_canonical(&value).unwrap());
            format!("{path} {words}")
        }
        1 => {
            files.0.remove(&path);
            format!("{path} dropped")
        }
        2 => {
            let other = paths.choose(rng).unwrap();
            let (a, b) = (files.file(&path).unwrap().to_vec(), files.file(other).unwrap().to_vec());
            files.insert(path.as_str(), b);
            files.insert(other.as_str(), a);
            format!("{path} and {other} exchanged")
        }
        3 => {
            let folder = ["", "keys/", "attachments/", "tile/0/", "tile/1/", "tile/entries/"]
                .choose(rng)
                .unwrap();
            let name = format!(
                "{folder}{}",
                ["000", "001", "x.pem", "note.txt", "000.p/1"].choose(rng).unwrap()
            );
            let bytes = files.file(&path).unwrap().to_vec();
            files.insert(name.as_str(), bytes);
            format!("{path} copied to {name}")
        }
        4 => {
            let bytes = files.file(&path).unwrap().to_vec();
            let digest = Digest::of(&[&bytes[..], b"x"].concat());
            files.insert(format!("attachments/{digest}"), [&bytes[..], b"x"].concat());
            "an attachment that nothing names".to_owned()
        }
        5 => {
            let lines = String::from_utf8(files.file("ballots.jsonl").unwrap().to_vec()).unwrap();
            let mut lines: Vec<&str> = lines.split_inclusive('\n').collect();
            let at = rng.random_range(0..lines.len());
            if rng.random_bool(0.5) {
                lines.remove(at);
            } else {
                lines.swap(0, at);
            }
            files.insert("ballots.jsonl", lines.concat());
            format!("ballots.jsonl line {at} dropped or moved")
        }
        6 => {
            let note = String::from_utf8(files.file("checkpoint").unwrap().to_vec()).unwrap();
            let mut lines: Vec<String> = note.lines().map(str::to_owned).collect();
            let at = rng.random_range(0..lines.len());
            match rng.random_range(0..3) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                _ => lines[at].push('1'),
            }
            files.insert("checkpoint", lines.join("\n") + "\n");
            format!("checkpoint line {at} edited")
        }
        _ => {
            let bytes = files.0.get_mut(&path).unwrap();
            let at = flip(bytes, rng);
            format!("{path} byte {at}")
        }
    };
    if rng.random_bool(0.8) {
        resum(&mut files);
        return (files, format!("{words}, sums rewritten"));
    }
    (files, words)
}

fn flip(bytes: &mut Vec<u8>, rng: &mut StdRng) -> usize {
    let at = rng.random_range(0..=bytes.len());
    match rng.random_range(0..4) {
        0 => bytes.insert(at, rng.random()),
        1 => bytes.truncate(at),
        _ if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
        _ => bytes.push(b'\n'),
    }
    at
}

/// Whoever holds all keys: statements rewritten and signed anew, the rest rebuilt.
fn from_inside(mut insider: Insider, rng: &mut StdRng) -> (Files, String) {
    let at = rng.random_range(0..insider.entries.len());
    let kind = insider.entries[at].kind.clone();
    let words = match rng.random_range(0..16) {
        0..5 => return edit_statement(insider, at, rng),
        5 => {
            insider.entries.remove(at);
            "dropped".to_owned()
        }
        6 => {
            let to = rng.random_range(0..=insider.entries.len());
            let copy = insider.entries[at].clone();
            insider.entries.insert(to, copy);
            format!("repeated at {to}")
        }
        7 => {
            let to = (at + rng.random_range(1..4)).min(insider.entries.len() - 1);
            insider.entries.swap(at, to);
            format!("exchanged with {to}")
        }
        8 | 9 => shift(&mut insider, at, rng),
        10 => sign_otherwise(&mut insider, at, rng),
        11 => {
            insider.entries.truncate(at.max(1));
            "cut off from here".to_owned()
        }
        12 | 13 => edit_attachment(&mut insider, at, rng),
        14 => {
            let ballot = insider.nth("ballot_cast", rng.random_range(0..insider.count("ballot_cast")));
            let mut words = String::new();
            insider.edit(ballot, |value| words = edit_leaf(&mut value["ratings"], &[], rng));
            if insider.nth("ballots_opened", 0) < ballot && insider.count("polling_closed") == 1 {
                insider.rebox();
            }
            format!("ballot {ballot} {words}")
        }
        _ => return edit_entry(insider, at, rng),
    };
    (insider.bundle(), format!("{kind} {at} {words}"))
}

/// A leaf of a payload, signed anew by the same, or not.
fn edit_statement(mut insider: Insider, at: usize, rng: &mut StdRng) -> (Files, String) {
    let others: Vec<Value> = (0..insider.entries.len()).map(|at| insider.payload(at)).collect();
    let kind = insider.entries[at].kind.clone();
    let mut value = insider.payload(at);
    let words = edit_leaf(&mut value, &others, rng);
    let payload = jcs::to_canonical(&value).unwrap();
    let signed = rng.random_bool(0.8);
    if signed {
        insider.rewrite(at, payload);
    } else {
        say(&mut insider.entries[at].body, payload);
    }
    // Without relinking, heads and protocol stay as they were said.
    let files = if rng.random_bool(0.7) {
        insider.bundle()
    } else {
        let state = insider.clone().relink();
        insider.rechain();
        insider.seal(&insider.bytes(), &state)
    };
    (files, format!("{kind} {at} {words}, signed anew: {signed}"))
}

/// The entry around the statement, after everything else was linked.
fn edit_entry(mut insider: Insider, at: usize, rng: &mut StdRng) -> (Files, String) {
    let state = insider.relink();
    let kinds: Vec<String> = insider.entries.iter().map(|entry| entry.kind.clone()).collect();
    let entry = &mut insider.entries[at];
    let words = match rng.random_range(0..6) {
        0 => {
            entry.seq += 1;
            "number"
        }
        1 => {
            entry.prev = Digest::of(b"another");
            "chain"
        }
        2 => {
            entry.log.push('x');
            "log"
        }
        3 => {
            entry.kind.clone_from(kinds.choose(rng).unwrap());
            "kind"
        }
        4 => {
            let kind = format!("application/vnd.esep.{}.v1+json", kinds.choose(rng).unwrap());
            say_as(&mut entry.body, &kind);
            "payload type"
        }
        _ => {
            let mut bytes = insider.bytes();
            let place = flip(&mut bytes[at], rng);
            let files = insider.seal(&bytes, &state);
            return (files, format!("entry {at} byte {place}, under a new checkpoint"));
        }
    };
    if rng.random_bool(0.5) {
        insider.rechain();
    }
    (
        insider.seal(&insider.bytes(), &state),
        format!("entry {at}: another {words}"),
    )
}

fn shift(insider: &mut Insider, at: usize, rng: &mut StdRng) -> String {
    let seconds = *[-1, 1, 59, 60, -60, 600, 1800, 3600, -3600, 86_400, -86_400, 864_000]
        .choose(rng)
        .unwrap();
    let moved = |time: Time| time.plus_seconds(seconds);
    let all = rng.random_bool(0.6);
    let last = if all { insider.entries.len() } else { at + 1 };
    for entry in &mut insider.entries[at..last] {
        entry.time = moved(entry.time);
    }
    format!("moved by {seconds} s, those after it too: {all}")
}

fn sign_otherwise(insider: &mut Insider, at: usize, rng: &mut StdRng) -> String {
    let members = insider.members.clone();
    let signatures = &mut insider.entries[at].body.signatures;
    match rng.random_range(0..5) {
        0 => {
            signatures.pop();
            "one signature less".to_owned()
        }
        1 => {
            let last = signatures.len() - 1;
            signatures.swap(0, last);
            "signatures in another order".to_owned()
        }
        2 => {
            signatures.push(signatures[0]);
            "one signature twice".to_owned()
        }
        3 => {
            let member = members.choose(rng).unwrap();
            insider.resign(at, &[member]);
            "signed by a member".to_owned()
        }
        _ => {
            let mut bytes = *signatures[0].sig.as_bytes();
            bytes[rng.random_range(0..64)] ^= 1 << rng.random_range(0..8);
            signatures[0].sig = Signature::from_bytes(bytes);
            "a bit of a signature".to_owned()
        }
    }
}

/// Bytes of an attachment, named anew by the statement.
fn edit_attachment(insider: &mut Insider, at: usize, rng: &mut StdRng) -> String {
    let names = [
        ("candidate_list", "list"),
        ("cards_prepared", "cards"),
        ("polling_closed", "roll"),
        ("polling_closed", "unused"),
        ("polling_closed", "spoiled"),
        ("ballots_signed", "signatures"),
    ];
    let held = names.iter().filter(|(kind, _)| insider.count(kind) > 0);
    let (kind, field) = *held.choose(rng).unwrap();
    let place = insider.nth(kind, at % insider.count(kind));
    let sha256 = insider.payload(place)[field]["sha256"].clone();
    let mut bytes = insider.attachment(&sha256);
    let words = match (kind, rng.random_bool(0.7)) {
        ("candidate_list", true) => {
            let mut value: Value = serde_json::from_slice(&bytes).unwrap();
            let words = edit_leaf(&mut value, &[], rng);
            bytes = jcs::to_canonical(&value).unwrap();
            words
        }
        (_, true) if bytes.len() >= 64 => {
            let unit = if field == "signatures" {
                64
            } else if field == "roll" {
                4
            } else {
                32
            };
            let unit = unit.min(bytes.len());
            bytes.rotate_left(unit);
            "turned round".to_owned()
        }
        _ => format!("byte {}", flip(&mut bytes, rng)),
    };
    let made = insider.attach(bytes);
    let plain = insider.payload(place)[field].get("bytes").is_some();
    insider.edit(place, |value| {
        value[field]["sha256"] = json!(made.sha256);
        if plain {
            value[field]["bytes"] = json!(made.bytes);
        }
    });
    format!("attachment {field} of {kind} {place}: {words}")
}

/// Changes one value that holds no others; gives what it did.
fn edit_leaf(value: &mut Value, others: &[Value], rng: &mut StdRng) -> String {
    let mut all = Vec::new();
    leaves(value, "", &mut all);
    let pointer = all.choose(rng).unwrap().clone();
    let elsewhere = others.choose(rng).and_then(|other| {
        let mut theirs = Vec::new();
        leaves(other, "", &mut theirs);
        other.pointer(theirs.choose(rng)?).cloned()
    });
    if rng.random_bool(0.15) && drop_member(value, &pointer) {
        return format!("without {pointer}");
    }
    let leaf = value.pointer_mut(&pointer).unwrap();
    let new = match (&*leaf, elsewhere) {
        (_, Some(other)) if rng.random_bool(0.3) => other,
        (Value::Number(number), _) => near_number(number.as_i64().unwrap_or(0), rng),
        (Value::String(text), _) => near_text(text, rng),
        (Value::Bool(yes), _) => json!(!yes),
        _ => extreme(rng),
    };
    let words = format!("{pointer} from {leaf} to {new}");
    *leaf = new;
    words.chars().take(200).collect()
}

fn drop_member(value: &mut Value, pointer: &str) -> bool {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return false;
    };
    let parent = value.pointer_mut(parent);
    parent
        .and_then(Value::as_object_mut)
        .is_some_and(|object| object.remove(name).is_some())
}

fn near_number(number: i64, rng: &mut StdRng) -> Value {
    match rng.random_range(0..4) {
        0 => json!(number + 1),
        1 => json!(number - 1),
        2 => json!(0),
        _ => extreme(rng),
    }
}

fn near_text(text: &str, rng: &mut StdRng) -> Value {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.is_empty() || rng.random_bool(0.1) {
        return extreme(rng);
    }
    let at = rng.random_range(0..letters.len());
    match rng.random_range(0..5) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        // Digits and hexadecimal letters stay what they are, so that dates and digests can be read.
        _ => {
            letters[at] = match letters[at] {
                '0'..='8' | 'a'..='e' => char::from_u32(letters[at] as u32 + 1).unwrap(),
                '9' => '0',
                'f' => 'a',
                'z' => 'Z',
                other => other,
            }
        }
    }
    json!(letters.into_iter().collect::<String>())
}

/// Values that break careless arithmetic.
pub fn extreme(rng: &mut StdRng) -> Value {
    let all = [
        json!(0),
        json!(-1),
        json!(1),
        json!(i64::from(u32::MAX)),
        json!(9_007_199_254_740_991_i64),
        json!(-9_007_199_254_740_991_i64),
        json!(""),
        json!("9999-12-31"),
        json!("0001-01-01"),
        json!("9999-12-31T23:59:59Z"),
        json!("1970-01-01T00:00:00Z"),
        json!([]),
        json!({}),
        json!(true),
        json!("0".repeat(64)),
        json!("a".repeat(5000)),
        json!(i64::from(i32::MAX)),
        json!(i64::from(i16::MIN)),
    ];
    all.choose(rng).unwrap().clone()
}

/// Pointers to all values that hold no others.
pub fn leaves(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(all) if !all.is_empty() => {
            let numbered = all.iter().enumerate();
            numbered.for_each(|(index, value)| leaves(value, &format!("{pointer}/{index}"), found));
        }
        Value::Object(all) if !all.is_empty() => {
            let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
            all.iter()
                .for_each(|(name, value)| leaves(value, &format!("{pointer}/{}", escaped(name)), found));
        }
        _ => found.push(pointer.to_owned()),
    }
}
