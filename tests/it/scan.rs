//! Entries and ballots are read letter by letter: whatever is taken so is canonical, and means what the common way says.

use esep::calendar::Time;
use esep::competition::act::BallotCast;
use esep::competition::{Header, Nonce, Statement};
use esep::crypto::{Digest, Envelope, SecretKey, jcs};
use esep::ledger::Entry;
use serde_json::Value;

/// The bytes with one letter changed, left out, or put in, in every place.
fn near(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let letters = b"\"\\0A9af -,}]{[:=\x7f\xc3\n";
    (0..bytes.len()).flat_map(move |place| {
        let (before, after) = (&bytes[..place], &bytes[place + 1..]);
        let changed = letters.iter().map(move |letter| [before, &[*letter], after].concat());
        let longer = letters
            .iter()
            .map(move |letter| [before, &[*letter], &bytes[place..]].concat());
        changed.chain(longer).chain([[before, after].concat()])
    })
}

fn canonical(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok_and(|value| jcs::to_canonical(&value).is_ok_and(|same| same == bytes))
}

fn entry(log: &str) -> Entry {
    let key = SecretKey::from_seed([3; 32]);
    let mut body = Envelope::new("application/vnd.esep.ballot_cast.v1+json", ballot());
    body.sign(&key);
    Entry {
        body,
        kind: "ballot_cast".into(),
        log: log.into(),
        prev: Digest::of(b"before"),
        seq: 70,
        time: Time::from_unix(1_795_406_400),
    }
}

fn ballot() -> Vec<u8> {
    let ratings = [("c01", 10), ("c02", 0), ("c03", -9)];
    let header = Header {
        competition: "esep.example/2026".into(),
        nonce: Nonce::from_bytes([7; 16]),
        rules: Some(Digest::of(b"rules")),
        candidates: Some(Digest::of(b"candidates")),
        round: Some(1),
        head: None,
        phase: None,
        not_after: None,
    };
    let act = BallotCast {
        keys: vec![SecretKey::from_seed([3; 32]).public().id()],
        ratings: ratings
            .iter()
            .map(|(id, rating)| (id.parse().unwrap(), *rating))
            .collect(),
    };
    Statement::write(&header, &act.into()).unwrap().payload().to_vec()
}

#[test]
fn an_entry_is_taken_in_its_canonical_spelling_alone() {
    // A name with quotes is read in the common way.
    for log in ["esep.example/2026", "esep.example/\"2026\"\\", "эсеп", ""] {
        let entry = entry(log);
        let bytes = entry.to_bytes().unwrap();
        assert!(canonical(&bytes));
        assert_eq!(Entry::from_bytes(&bytes).unwrap(), entry);
        assert_eq!(Entry::body_of(&bytes), entry.body.to_json());
        let mut taken = 0;
        let plain = Entry::parts_of(&bytes).is_some();
        assert_eq!(plain, log.is_ascii() && !log.contains('"'), "{log}");
        for odd in near(&bytes) {
            let read = Entry::from_bytes(&odd);
            // The shorter way takes nothing else, and finds the same.
            if let Some((body, place)) = Entry::parts_of(&odd) {
                let read = read.as_ref().unwrap();
                assert_eq!((&body, place), (&read.body, read.place()));
            }
            if let Ok(read) = read {
                taken += 1;
                assert_eq!(read.to_bytes().unwrap(), odd);
                assert!(canonical(&odd), "{}", String::from_utf8_lossy(&odd));
            }
        }
        assert!(taken > 1_000, "other digests and other base64 are still entries");
    }
}

#[test]
fn a_ballot_is_taken_in_its_canonical_spelling_alone() {
    let payload = ballot();
    assert!(canonical(&payload));
    let read = |payload: &[u8]| {
        let kind = "application/vnd.esep.ballot_cast.v1+json";
        Statement::read(Envelope::new(kind, payload))
    };
    let statement = read(&payload).unwrap();
    assert_eq!(
        Statement::write(&statement.header, &statement.act).unwrap().payload(),
        payload
    );
    let mut taken = 0;
    for odd in near(&payload) {
        if let Ok(statement) = read(&odd) {
            taken += 1;
            assert!(canonical(&odd), "{}", String::from_utf8_lossy(&odd));
            assert_eq!(
                Statement::write(&statement.header, &statement.act).unwrap().payload(),
                odd
            );
        }
    }
    assert!(taken > 500);
    let text = String::from_utf8(payload).unwrap();
    let odd = [
        (":-9", ":-0"),
        (":-9", ":09"),
        (":-9", ":9007199254740992"),
        (":-9", ":99999999999999999999"),
        ("\"c02\"", "\"c01\""),
        ("\"c02\"", "\"c04\""),
        ("\"round\":1", "\"round\":4294967296"),
        ("\"round\":1", "\"round\":-1"),
    ];
    for (from, to) in odd {
        let odd = text.replacen(from, to, 1);
        assert!(odd != text && read(odd.as_bytes()).is_err(), "{odd}");
    }
    // Ratings are an object, also where there are none, and never a list of pairs.
    let rated = r#"{"c01":10,"c02":0,"c03":-9}"#;
    assert!(text.contains(rated));
    for list in ["[]", r#"[["c01",10],["c02",0]]"#] {
        assert!(read(text.replace(rated, list).as_bytes()).is_err(), "{list}");
    }
    let blank = text.replace(rated, "{}");
    let statement = read(blank.as_bytes()).unwrap();
    let written = Statement::write(&statement.header, &statement.act).unwrap();
    assert_eq!(written.payload(), blank.as_bytes());
    let great = text.replacen(":-9", ":9007199254740991", 1);
    assert!(read(great.as_bytes()).is_ok(), "the greatest integer of JCS");
}
