//! Batches of signatures and keys: never another verdict than one by one, whatever is among them.
//!
//! `ESEP_BATCH_SIGNATURES=5000000` makes the long run of as many signatures.

use crate::vectors::vector_json;
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT as BASE, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use esep::crypto::batch::{keys_of, verify_many};
use esep::crypto::{PublicKey, SecretKey, Signature, key::KeyError, key_list::KeyList};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use sha2::{Digest, Sha512};

/// A signer whose scalar is known, so that it can make what no honest program makes.
struct Signer {
    scalar: Scalar,
    secret: SecretKey,
}

impl Signer {
    fn new(rng: &mut StdRng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let scalar = ed25519_dalek::SigningKey::from_bytes(&seed).to_scalar();
        let secret = SecretKey::from_seed(seed);
        Self { scalar, secret }
    }

    /// `s = r + H(r_bytes, A, M) a`: holds up to whatever `r_bytes` says beside `rB`.
    fn sign_with(&self, r: Scalar, r_bytes: [u8; 32], message: &[u8]) -> Signature {
        let hash = Sha512::new()
            .chain_update(r_bytes)
            .chain_update(self.secret.public().to_bytes())
            .chain_update(message)
            .finalize();
        let s = r + Scalar::from_bytes_mod_order_wide(&hash.into()) * self.scalar;
        joined(r_bytes, s.to_bytes())
    }
}

fn joined(r: [u8; 32], s: [u8; 32]) -> Signature {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&r);
    bytes[32..].copy_from_slice(&s);
    Signature::from_bytes(bytes)
}

fn random_scalar(rng: &mut StdRng) -> Scalar {
    let mut wide = [0; 64];
    rng.fill_bytes(&mut wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}

/// The verdict of the library's strict check, with which ours of one signature must agree.
fn alone(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    let strict = ed25519_dalek::VerifyingKey::from_bytes(&key.to_bytes())
        .unwrap()
        .verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature.as_bytes()))
        .is_ok();
    assert_eq!(key.verify(message, signature).is_ok(), strict);
    strict
}

/// Ways to make a signature that is good, or nearly.
const WAYS: u32 = 12;

fn make(way: u32, signer: &Signer, message: &[u8], rng: &mut StdRng) -> Signature {
    let honest = signer.secret.sign(message);
    let (r, s): ([u8; 32], [u8; 32]) = {
        let (r, s) = honest.as_bytes().split_at(32);
        (r.try_into().unwrap(), s.try_into().unwrap())
    };
    let flipped = |mut bytes: [u8; 32], rng: &mut StdRng| {
        bytes[rng.random_range(0..32)] ^= 1 << rng.random_range(0..8);
        bytes
    };
    match way {
        0 => joined(flipped(r, rng), s),
        1 => joined(r, flipped(s, rng)),
        2 => signer.secret.sign(b"another message"),
        // R with torsion: the equation with the cofactor holds, ours must not.
        3 | 4 => {
            let scalar = random_scalar(rng);
            let torsion = EIGHT_TORSION[if way == 3 { 4 } else { rng.random_range(1..8) }];
            let r = (EdwardsPoint::mul_base(&scalar) + torsion).compress().to_bytes();
            signer.sign_with(scalar, r, message)
        }
        // R of small order, the neutral element among them.
        5 => {
            let r = EIGHT_TORSION[rng.random_range(0..8)].compress().to_bytes();
            signer.sign_with(Scalar::ZERO, r, message)
        }
        // The neutral element and the point of order two with a sign that they cannot have.
        6 => {
            let mut r = EIGHT_TORSION[4 * rng.random_range(0..2)].compress().to_bytes();
            r[31] |= 0x80;
            signer.sign_with(Scalar::ZERO, r, message)
        }
        // A second spelling of y = 0 .. 18.
        7 => {
            let mut r = [0xff; 32];
            r[0] = rng.random_range(0xed..=0xff);
            r[31] = if rng.random() { 0x7f } else { 0xff };
            joined(r, s)
        }
        // s + L: the same equation, another spelling.
        8 => joined(r, plus_order(s)),
        // No point at all, most of the time.
        9 => {
            let mut r = [0; 32];
            rng.fill_bytes(&mut r);
            joined(r, s)
        }
        // A good one that no honest program makes: r is chosen.
        10 => {
            let scalar = random_scalar(rng);
            signer.sign_with(scalar, (BASE * scalar).compress().to_bytes(), message)
        }
        _ => honest,
    }
}

fn plus_order(s: [u8; 32]) -> [u8; 32] {
    // L, little-endian.
    let order = {
        let mut bytes = (-Scalar::ONE).to_bytes();
        bytes[0] += 1;
        bytes
    };
    let mut carry = 0_u16;
    std::array::from_fn(|at| {
        let sum = u16::from(s[at]) + u16::from(order[at]) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    })
}

/// Compares the batch with one by one; `odd` in 10,000 are made in odd ways.
fn compare(signatures: usize, signers: usize, odd: u32, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let signers: Vec<_> = (0..signers).map(|_| Signer::new(&mut rng)).collect();
    let made: Vec<_> = (0..signatures)
        .map(|at| {
            let signer = &signers[at % signers.len()];
            let mut message = vec![0; rng.random_range(0..90)];
            rng.fill_bytes(&mut message);
            let way = if rng.random_range(0..10_000) < odd {
                rng.random_range(0..WAYS)
            } else {
                WAYS
            };
            let signature = make(way, signer, &message, &mut rng);
            (way, signer.secret.public(), message, signature)
        })
        .collect();
    let items: Vec<_> = made
        .iter()
        .map(|(_, key, message, sig)| (*key, &message[..], *sig))
        .collect();
    for (at, together) in verify_many(&items).into_iter().enumerate() {
        let (way, key, message, signature) = &made[at];
        assert_eq!(
            together,
            alone(key, message, signature),
            "way {way}, place {at}, seed {seed}"
        );
    }
}

#[test]
fn a_batch_says_what_each_signature_alone_says() {
    let wanted = std::env::var("ESEP_BATCH_SIGNATURES")
        .ok()
        .and_then(|text| text.parse().ok());
    let (many, rounds) = wanted.map_or((6_000, 1), |wanted: usize| {
        (100_000.min(wanted), wanted.div_ceil(100_000))
    });
    for seed in 0..rounds as u64 {
        // All kinds in plenty; few keys and many; one odd one here and there; none.
        compare(many / 4, 4, 5_000, 4 * seed);
        compare(many / 4, many / 4, 5_000, 4 * seed + 1);
        compare(many / 4, 4, 10, 4 * seed + 2);
        compare(many / 4, 300, 0, 4 * seed + 3);
    }
}

#[test]
fn one_bad_signature_is_found_wherever_it_stands() {
    let mut rng = StdRng::seed_from_u64(7);
    let signers: Vec<_> = (0..3).map(|_| Signer::new(&mut rng)).collect();
    let messages: Vec<[u8; 8]> = (0..700_u64).map(u64::to_le_bytes).collect();
    let good: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(at, m)| signers[at % 3].secret.sign(m))
        .collect();
    for way in 0..WAYS - 2 {
        for place in [0, 127, 128, 350, 699] {
            let signer = &signers[place % 3];
            let odd = make(way, signer, &messages[place], &mut rng);
            let items: Vec<_> = (0..700)
                .map(|at| {
                    let signature = if at == place { odd } else { good[at] };
                    (signers[at % 3].secret.public(), &messages[at][..], signature)
                })
                .collect();
            let bad: Vec<_> = (0..700)
                .zip(verify_many(&items))
                .filter(|(_, good)| !good)
                .map(|(at, _)| at)
                .collect();
            let good = alone(signer.secret.public(), &messages[place], &odd);
            assert_eq!(bad, if good { vec![] } else { vec![place] }, "way {way}");
        }
    }
}

#[test]
fn torsion_that_cancels_over_a_batch_is_found() {
    // Pairs whose errors add up to nothing with equal coefficients, and all points of order two, half of the time so.
    let mut rng = StdRng::seed_from_u64(8);
    let signer = Signer::new(&mut rng);
    let messages: Vec<[u8; 8]> = (0..512_u64).map(u64::to_le_bytes).collect();
    let signatures: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(at, message)| {
            let scalar = random_scalar(&mut rng);
            let torsion = [EIGHT_TORSION[4], EIGHT_TORSION[1], EIGHT_TORSION[7]][at % 3];
            let r = (EdwardsPoint::mul_base(&scalar) + torsion).compress().to_bytes();
            signer.sign_with(scalar, r, message)
        })
        .collect();
    let items: Vec<_> = messages
        .iter()
        .zip(&signatures)
        .map(|(m, s)| (signer.secret.public(), &m[..], *s))
        .collect();
    assert!(verify_many(&items).iter().all(|good| !good));
}

#[test]
fn published_vectors_keep_their_verdicts_in_a_batch() {
    let Some(set) = vector_json("wycheproof-ed25519.json") else {
        return;
    };
    let hex = |value: &serde_json::Value| {
        let text = value.as_str().unwrap();
        (0..text.len() / 2)
            .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
            .collect::<Vec<u8>>()
    };
    let mut rng = StdRng::seed_from_u64(9);
    let mut all = Vec::new();
    for group in set["testGroups"].as_array().unwrap() {
        let bytes: [u8; 32] = hex(&group["publicKey"]["pk"]).try_into().unwrap();
        let Ok(key) = PublicKey::from_bytes(&bytes) else {
            continue;
        };
        for test in group["tests"].as_array().unwrap() {
            let Ok(signature) = <[u8; 64]>::try_from(hex(&test["sig"])) else {
                continue;
            };
            all.push((key.clone(), hex(&test["msg"]), Signature::from_bytes(signature)));
        }
    }
    assert!(all.len() > 100, "{} vectors", all.len());
    // Among enough good ones that a batch is made at all.
    let signer = Signer::new(&mut rng);
    for at in 0..600_u64 {
        let message = at.to_le_bytes().to_vec();
        let signature = signer.secret.sign(&message);
        all.push((signer.secret.public().clone(), message, signature));
    }
    let items: Vec<_> = all
        .iter()
        .map(|(key, message, sig)| (key, &message[..], *sig))
        .collect();
    for ((key, message, signature), together) in all.iter().zip(verify_many(&items)) {
        assert_eq!(together, alone(key, message, signature));
    }
}

#[test]
fn many_keys_are_judged_as_each_alone() {
    let mut rng = StdRng::seed_from_u64(10);
    let mut keys: Vec<[u8; 32]> = (0..700)
        .map(|_| Signer::new(&mut rng).secret.public().to_bytes())
        .collect();
    let read = keys_of(&keys).unwrap();
    assert!(read.iter().zip(&keys).all(|(key, bytes)| key.to_bytes() == *bytes));
    let list = KeyList::read(&keys).unwrap();
    for (place, key) in read.iter().enumerate() {
        assert_eq!((list.id(place), list.key(place).as_ref()), (Some(key.id()), Some(key)));
    }
    assert!(!list.is_sorted());
    let mut sorted = read.clone();
    sorted.sort_by_key(PublicKey::id);
    let sorted: Vec<_> = sorted.iter().map(PublicKey::to_bytes).collect();
    let list = KeyList::read(&sorted[1..]).unwrap();
    assert!(list.is_sorted());
    for (place, key) in sorted.iter().enumerate() {
        let id = PublicKey::from_bytes(key).unwrap().id();
        assert_eq!(list.find(&id), place.checked_sub(1), "the first is not among them");
    }
    let twice = [&sorted[..], &sorted[699..]].concat();
    assert!(!KeyList::read(&twice).unwrap().is_sorted());
    let list = KeyList::read(&keys).unwrap();
    assert_eq!((list.bytes(), list.key(700)), (&keys[..], None));
    assert!(
        read.iter()
            .zip(&keys)
            .all(|(key, bytes)| key.id() == PublicKey::from_bytes(bytes).unwrap().id())
    );
    let with = |at: usize, torsion: usize| {
        let point = CompressedEdwardsY(keys[at]).decompress().unwrap();
        (point + EIGHT_TORSION[torsion]).compress().to_bytes()
    };
    let odd = [
        (with(5, 4), KeyError::Torsion),
        (with(600, 1), KeyError::Torsion),
        (EIGHT_TORSION[4].compress().to_bytes(), KeyError::SmallOrder),
        (EIGHT_TORSION[0].compress().to_bytes(), KeyError::SmallOrder),
        (
            {
                let mut bytes = [0xff; 32];
                bytes[0] = 0xf0;
                bytes[31] = 0x7f;
                bytes
            },
            KeyError::NotCanonical,
        ),
        ([2; 32], PublicKey::from_bytes(&[2; 32]).unwrap_err()),
    ];
    for (bytes, error) in odd {
        for place in [0, 300, 699] {
            let before = std::mem::replace(&mut keys[place], bytes);
            assert_eq!(keys_of(&keys).unwrap_err(), (place, error));
            keys[place] = before;
        }
    }
    keys[650] = [2; 32];
    keys[20] = EIGHT_TORSION[4].compress().to_bytes();
    assert_eq!(
        keys_of(&keys).unwrap_err(),
        (20, KeyError::SmallOrder),
        "the first of several"
    );
}

#[test]
fn keys_beyond_those_kept_ready_are_the_same() {
    let mut rng = StdRng::seed_from_u64(11);
    let own: Vec<_> = (0..300)
        .map(|_| Signer::new(&mut rng).secret.public().clone())
        .collect();
    // 131,072 are kept ready; 65,536 are checked at once.
    let mut keys: Vec<_> = (0..131_340).map(|at| own[at % 300].to_bytes()).collect();
    let list = KeyList::read(&keys).unwrap();
    assert_eq!(list.len(), 131_340);
    for place in [0, 65_535, 65_536, 131_071, 131_072, 131_339] {
        let key = &own[place % 300];
        assert_eq!((list.id(place), list.key(place).as_ref()), (Some(key.id()), Some(key)));
    }
    assert_eq!(list.key(131_340), None);
    for place in [131_330, 65_790] {
        keys[place] = EIGHT_TORSION[4].compress().to_bytes();
        assert_eq!(KeyList::read(&keys).unwrap_err(), (place, KeyError::SmallOrder));
    }
}
