//! Many signatures, or many keys, at once: at batch cost the very verdict that each would get alone.
//!
//! A batch as it is usually built multiplies by the cofactor and then accepts what [`PublicKey::verify`] refuses. Here it
//! only ever answers the question "are all of these good?", and only where that answer is the strict one:
//!
//! * Alone, a signature `(R, s)` over `k = SHA-512(R || A || M)` is good iff `s < L`, `R` is not the neutral element, and
//!   the encoding of `E = sB - kA` equals the bytes of `R`. `B` and every [`PublicKey`] are of prime order, so is `E`.
//! * So a good `R` is canonical and free of torsion. Both are checked of every `R`: the first byte by byte, the second
//!   for the whole batch by `torsion_free`, which misses with probability at most 2^-80.
//! * Then each `e = sB - kA - R` is of prime order, and `sum z e` with random 128-bit `z` is zero though some `e` is not
//!   with probability at most 2^-128: all other `z` given, at most one value of that `z` makes it so.
//! * Where the answer is no, culprits are looked for by halving, and one by one where they are many. A refusal is
//!   therefore always the verdict of the equation itself, never a batch's.
//!
//! A record of 2^16 batches (10^9 signatures) is thus judged otherwise than one by one with probability at most 2^-64,
//! over randomness that is drawn from the operating system after the signatures are fixed. The one place where this
//! room draws any: it arrives nowhere else in a verdict (docs/decisions/0009).

use super::key::{KeyError, PublicKey};
use super::signature::Signature;
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, ED25519_BASEPOINT_TABLE};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsBasepointTable, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{BasepointTable, Identity, IsIdentity, VartimeMultiscalarMul};
use rand::rngs::{StdRng, SysRng};
use rand::{RngExt, SeedableRng, TryRng};
use rayon::prelude::*;
use sha2::{Digest, Sha512};
use std::collections::HashMap;

/// Signatures in one batch, at most: beyond this a batch gains nothing and forgeries cost more.
const MOST: usize = 8_192;
/// Fewer than these are checked one by one: the fixed cost of a batch would not pay.
const LEAST: usize = 256;
/// Of a batch that does not hold, so many are checked one by one before it is halved.
const PROBE: usize = 128;
/// A key that signed so many of those to be checked one by one gets a table of its multiples.
const TABLE_FROM: usize = 96;
/// Each point falls into one of `2^BUCKET_BITS` buckets, in each of `ROUNDS`.
const BUCKET_BITS: usize = 10;
const ROUNDS: usize = 8;

/// One signature to be checked: key, message, signature.
pub type Signed<'a> = (&'a PublicKey, &'a [u8], Signature);

/// Each verdict of [`PublicKey::verify`], in order, on all cores.
pub fn verify_many(items: &[Signed<'_>]) -> Vec<bool> {
    let mut good = vec![false; items.len()];
    let size = chunk_size(items.len());
    items
        .par_chunks(size)
        .zip(good.par_chunks_mut(size))
        .for_each(|(items, good)| check_chunk(items, good));
    good
}

/// As [`PublicKey::from_bytes`] of each, in order, on all cores; of several faults the first.
pub fn keys_of(all: &[[u8; 32]]) -> Result<Vec<PublicKey>, (usize, KeyError)> {
    let size = chunk_size(all.len());
    let chunks: Result<Vec<_>, _> = all
        .par_chunks(size)
        .enumerate()
        .map(|(index, chunk)| keys_of_chunk(chunk).map_err(|(place, error)| (size * index + place, error)))
        .collect();
    // `collect` gives any of several faults; the first is the one that names the place.
    match chunks {
        Ok(chunks) => Ok(chunks.concat()),
        Err(_) => all.iter().enumerate().try_fold(Vec::new(), |mut keys, (place, bytes)| {
            keys.push(PublicKey::from_bytes(bytes).map_err(|error| (place, error))?);
            Ok(keys)
        }),
    }
}

fn chunk_size(items: usize) -> usize {
    items.div_ceil(rayon::current_num_threads()).clamp(LEAST, MOST)
}

fn keys_of_chunk(chunk: &[[u8; 32]]) -> Result<Vec<PublicKey>, (usize, KeyError)> {
    let one_by_one = || {
        let each = chunk.iter().enumerate();
        each.map(|(place, bytes)| PublicKey::from_bytes(bytes).map_err(|error| (place, error)))
            .collect()
    };
    if chunk.len() < LEAST {
        return one_by_one();
    }
    let keys: Option<Vec<_>> = chunk.iter().map(PublicKey::with_torsion_unchecked).collect();
    if let (Some(keys), Some(mut rng)) = (keys, generator()) {
        let points: Vec<_> = keys.iter().map(PublicKey::point).collect();
        if torsion_free(&points, &mut rng) {
            return Ok(keys);
        }
    }
    one_by_one()
}

/// Whether these bytes, if they encode a point at all, are its one encoding, and not of the neutral element.
///
/// Said of every point but those with `x = 0`, which has no sign: they are the neutral element (`y = 1`) and one of
/// order 2 (`y = -1`), which has torsion.
pub(super) fn is_canonical(bytes: &[u8; 32]) -> bool {
    let mut y = *bytes;
    y[31] &= 0x7f;
    // y = 2^255 - 19 .. 2^255 - 1 is a second spelling of 0 .. 18.
    let reduced = y[0] < 0xed || y[31] != 0x7f || y[1..31].iter().any(|byte| *byte != 0xff);
    let neutral = y[0] == 1 && y[1..].iter().all(|byte| *byte == 0);
    reduced && !neutral
}

/// A fast generator seeded by the operating system; none where that has no randomness to give.
fn generator() -> Option<StdRng> {
    let mut seed = [0; 32];
    SysRng.try_fill_bytes(&mut seed).ok()?;
    Some(StdRng::from_seed(seed))
}

/// Whether no point has a torsion component; wrongly so with probability at most 2^-80.
///
/// In each round every point falls into one of 1,024 buckets at random. For each of the 10 bits of a bucket's number,
/// the sum of the points in buckets with that bit set is the sum over a random half of all points, independent of the
/// other bits and rounds. If a point has torsion, then, whatever the others do, the sum with it and the sum without it
/// cannot both be free of torsion: such a sum misses with probability at most 1/2, and there are 80 of them.
fn torsion_free(points: &[EdwardsPoint], rng: &mut StdRng) -> bool {
    (0..ROUNDS).all(|_| {
        let mut buckets = vec![EdwardsPoint::identity(); 1 << BUCKET_BITS];
        for point in points {
            let bucket: u16 = rng.random();
            buckets[usize::from(bucket) % (1 << BUCKET_BITS)] += point;
        }
        (0..BUCKET_BITS).all(|_| {
            // The upper half has the highest bit set; folded upon the lower half it leaves the other bits.
            let upper = buckets.split_off(buckets.len() / 2);
            for (lower, point) in buckets.iter_mut().zip(&upper) {
                *lower += point;
            }
            upper.iter().sum::<EdwardsPoint>().is_torsion_free()
        })
    })
}

/// A signature of which all but the equation is checked.
struct Claim {
    place: usize,
    key: usize,
    point: EdwardsPoint,
    /// The bytes of `R`.
    r: [u8; 32],
    s: Scalar,
    k: Scalar,
}

/// The keys of a chunk, each once.
#[derive(Default)]
struct Signers<'a> {
    keys: Vec<&'a PublicKey>,
    places: HashMap<[u8; 32], usize>,
}

impl<'a> Signers<'a> {
    fn place(&mut self, key: &'a PublicKey) -> usize {
        *self.places.entry(key.to_bytes()).or_insert_with(|| {
            self.keys.push(key);
            self.keys.len() - 1
        })
    }
}

fn check_chunk(items: &[Signed<'_>], good: &mut [bool]) {
    let generator = if items.len() < LEAST { None } else { generator() };
    let Some(mut rng) = generator else {
        for ((key, message, signature), good) in items.iter().zip(good) {
            *good = key.verify(message, signature).is_ok();
        }
        return;
    };
    let mut signers = Signers::default();
    let mut claims = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        // What is no claim is refused already.
        claims.extend(claim(place, item, &mut signers));
    }
    settle(&claims, &signers.keys, good, &mut rng);
}

/// Everything that the rule asks of a signature but the equation and the torsion of `R`.
fn claim<'a>(place: usize, item: &Signed<'a>, signers: &mut Signers<'a>) -> Option<Claim> {
    let (key, message, signature) = *item;
    let (r, s) = signature.as_bytes().split_at(32);
    let (r, s): ([u8; 32], [u8; 32]) = (r.try_into().ok()?, s.try_into().ok()?);
    let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s))?;
    let point = CompressedEdwardsY(r).decompress().filter(|_| is_canonical(&r))?;
    let hash = Sha512::new()
        .chain_update(r)
        .chain_update(key.to_bytes())
        .chain_update(message)
        .finalize();
    let k = Scalar::from_bytes_mod_order_wide(&hash.into());
    let key = signers.place(key);
    Some(Claim {
        place,
        key,
        point,
        r,
        s,
        k,
    })
}

/// Writes the verdict of each claim: all at once if they hold together, else by halves or one by one.
fn settle(claims: &[Claim], keys: &[&PublicKey], good: &mut [bool], rng: &mut StdRng) {
    if claims.len() >= LEAST {
        if hold_together(claims, keys, rng) {
            for claim in claims {
                good[claim.place] = true;
            }
            return;
        }
        let (probe, rest) = claims.split_at(PROBE);
        if one_by_one(probe, keys, good) {
            // Forgeries are rare: most halves of the rest will hold.
            let (left, right) = rest.split_at(rest.len() / 2);
            settle(left, keys, good, rng);
            settle(right, keys, good, rng);
        } else {
            one_by_one(rest, keys, good);
        }
        return;
    }
    one_by_one(claims, keys, good);
}

fn hold_together(claims: &[Claim], keys: &[&PublicKey], rng: &mut StdRng) -> bool {
    let points: Vec<_> = claims.iter().map(|claim| claim.point).collect();
    if !torsion_free(&points, rng) {
        return false;
    }
    // Terms of one key, and of the base point, are summed before anything is multiplied.
    let mut of_keys = vec![Scalar::ZERO; keys.len()];
    let mut of_base = Scalar::ZERO;
    let mut scalars = Vec::with_capacity(claims.len() + keys.len() + 1);
    for claim in claims {
        let z = Scalar::from(rng.random::<u128>());
        of_base -= z * claim.s;
        of_keys[claim.key] += z * claim.k;
        scalars.push(z);
    }
    scalars.extend(of_keys);
    scalars.push(of_base);
    let all = points
        .into_iter()
        .chain(keys.iter().map(|key| key.point()))
        .chain([ED25519_BASEPOINT_POINT]);
    let all: Vec<_> = all.collect();
    EdwardsPoint::vartime_multiscalar_mul(&scalars, &all).is_identity()
}

/// Whether all are good. Bytes of `sB - kA` against bytes of `R`: the equation itself.
fn one_by_one(claims: &[Claim], keys: &[&PublicKey], good: &mut [bool]) -> bool {
    let mut uses = vec![0_usize; keys.len()];
    for claim in claims {
        uses[claim.key] += 1;
    }
    let table = |(key, uses): (&&PublicKey, &usize)| {
        (*uses >= TABLE_FROM).then(|| EdwardsBasepointTable::create(&-key.point()))
    };
    let tables: Vec<_> = keys.iter().zip(&uses).map(table).collect();
    let expected: Vec<_> = claims
        .iter()
        .map(|claim| match &tables[claim.key] {
            Some(table) => ED25519_BASEPOINT_TABLE * &claim.s + table * &claim.k,
            None => EdwardsPoint::vartime_double_scalar_mul_basepoint(&claim.k, &-keys[claim.key].point(), &claim.s),
        })
        .collect();
    let encoded = EdwardsPoint::compress_batch_alloc(&expected);
    let verdicts = claims.iter().zip(encoded);
    verdicts.fold(true, |all, (claim, expected)| {
        good[claim.place] = expected.as_bytes() == &claim.r;
        all && good[claim.place]
    })
}
