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
use std::ops::Range;

/// Signatures in one equation, at most: beyond this a batch gains nothing and forgeries cost more.
const MOST: usize = 8_192;
/// Signatures whose points are looked at for torsion together, at most.
const MOST_POINTS: usize = 1 << 16;
/// Fewer than these are checked one by one: the fixed cost of a batch would not pay.
const LEAST: usize = 256;
/// Of a batch that does not hold, so many are checked one by one before it is halved.
const PROBE: usize = 128;
/// A key that signed so many of those to be checked one by one gets a table of its multiples.
const TABLE_FROM: usize = 96;
/// So many sums over random halves are looked at.
const SUMS: usize = 80;

/// One signature to be checked: key, message, signature.
pub type Signed<'a> = (&'a PublicKey, &'a [u8], Signature);

/// Each verdict of [`PublicKey::verify`], in order, on all cores.
pub fn verify_many(items: &[Signed<'_>]) -> Vec<bool> {
    let mut good = vec![false; items.len()];
    let groups = items.chunks(MOST_POINTS).zip(good.chunks_mut(MOST_POINTS));
    for (items, good) in groups {
        check_group(items, good);
    }
    good
}

/// As [`PublicKey::from_bytes`] of each, in order, on all cores; of several faults the first.
pub fn keys_of(all: &[[u8; 32]]) -> Result<Vec<PublicKey>, (usize, KeyError)> {
    map_keys(all, PublicKey::clone)
}

/// What `take` takes of each key of [`keys_of`], without holding all of these.
pub(super) fn map_keys<T: Send>(
    all: &[[u8; 32]],
    take: impl Fn(&PublicKey) -> T + Sync,
) -> Result<Vec<T>, (usize, KeyError)> {
    let size = chunk_size(all.len());
    let chunks: Result<Vec<Vec<T>>, _> = all
        .par_chunks(size)
        .enumerate()
        .map(|(index, chunk)| match keys_of_chunk(chunk) {
            Ok(keys) => Ok(keys.iter().map(&take).collect()),
            Err((place, error)) => Err((size * index + place, error)),
        })
        .collect();
    // `collect` gives any of several faults; the first is the one that names the place.
    match chunks {
        Ok(chunks) => Ok(chunks.into_iter().flatten().collect()),
        Err(_) => all.iter().enumerate().try_fold(Vec::new(), |mut keys, (place, bytes)| {
            let key = PublicKey::from_bytes(bytes).map_err(|error| (place, error))?;
            keys.push(take(&key));
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
    if let Some(keys) = keys {
        let points: Vec<_> = keys.iter().map(PublicKey::point).collect();
        if torsion_free(&[&points]) {
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

/// Whether no point has a torsion component; wrongly so with probability at most 2^-80. The rounds run on all cores.
///
/// In each round every point falls into one of `2^bits` buckets at random. For each of the bits of a bucket's number,
/// the sum of the points in buckets with that bit set is the sum over a random half of all points, independent of the
/// other bits and rounds. If a point has torsion, then, whatever the others do, the sum with it and the sum without it
/// cannot both be free of torsion: such a sum misses with probability at most 1/2, and there are at least 80 of them.
fn torsion_free(points: &[&[EdwardsPoint]]) -> bool {
    let count: usize = points.iter().map(|part| part.len()).sum();
    // Points and buckets are added up once in each round.
    let cost = |bits: &usize| SUMS.div_ceil(*bits) * (count + (2 << bits));
    let bits = (6..=12).min_by_key(cost).expect("there are some");
    let round = |_| {
        let Some(mut rng) = generator() else { return false };
        let mut buckets = vec![EdwardsPoint::identity(); 1 << bits];
        for point in points.iter().copied().flatten() {
            let bucket: u16 = rng.random();
            buckets[usize::from(bucket) % (1 << bits)] += point;
        }
        (0..bits).all(|_| {
            // The upper half has the highest bit set; folded upon the lower half it leaves the other bits.
            let upper = buckets.split_off(buckets.len() / 2);
            for (lower, point) in buckets.iter_mut().zip(&upper) {
                *lower += point;
            }
            is_torsion_free(&upper.iter().sum())
        })
    };
    (0..SUMS.div_ceil(bits)).into_par_iter().all(round)
}

/// Whether `L` times the point is neutral: whether `L - 1` times it is its negative. Nothing here is secret.
fn is_torsion_free(point: &EdwardsPoint) -> bool {
    EdwardsPoint::vartime_double_scalar_mul_basepoint(&-Scalar::ONE, point, &Scalar::ZERO) == -point
}

/// A signature of which all but the equation is checked.
struct Claim {
    place: usize,
    key: usize,
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

fn check_group(items: &[Signed<'_>], good: &mut [bool]) {
    let generator = if items.len() < LEAST { None } else { generator() };
    if generator.is_none() {
        for ((key, message, signature), good) in items.iter().zip(good) {
            *good = key.verify(message, signature).is_ok();
        }
        return;
    }
    let size = chunk_size(items.len());
    let chunks: Vec<_> = items.par_chunks(size).map(Chunk::claim).collect();
    let points: Vec<_> = chunks.iter().map(|chunk| &chunk.points[..]).collect();
    let free = torsion_free(&points);
    chunks
        .par_iter()
        .zip(good.par_chunks_mut(size))
        .for_each(|(chunk, good)| chunk.settle(0..chunk.claims.len(), free, good));
}

/// Signatures that are put into one equation.
struct Chunk<'a> {
    claims: Vec<Claim>,
    /// `R` of each claim.
    points: Vec<EdwardsPoint>,
    keys: Vec<&'a PublicKey>,
}

/// Everything that the rule asks of a signature but the equation and the torsion of `R`.
fn claim<'a>(place: usize, item: &Signed<'a>, signers: &mut Signers<'a>) -> Option<(Claim, EdwardsPoint)> {
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
    Some((Claim { place, key, r, s, k }, point))
}

impl<'a> Chunk<'a> {
    fn claim(items: &[Signed<'a>]) -> Self {
        let mut signers = Signers::default();
        let (mut claims, mut points) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
        for (place, item) in items.iter().enumerate() {
            // What is no claim is refused already.
            if let Some((claim, point)) = claim(place, item, &mut signers) {
                claims.push(claim);
                points.push(point);
            }
        }
        let keys = signers.keys;
        Self { claims, points, keys }
    }

    /// Writes the verdict of these claims: all at once if they hold together, else by halves or one by one. `free`:
    /// none of their points has torsion.
    fn settle(&self, range: Range<usize>, free: bool, good: &mut [bool]) {
        let claims = &self.claims[range.clone()];
        if claims.len() >= LEAST {
            let points = &self.points[range.clone()];
            let free = free || torsion_free(&[points]);
            if free && hold_together(claims, points, &self.keys) {
                for claim in claims {
                    good[claim.place] = true;
                }
                return;
            }
            let (probe, rest) = claims.split_at(PROBE);
            if one_by_one(probe, &self.keys, good) {
                // Forgeries are rare: most halves of the rest will hold.
                let (start, middle) = (range.start + PROBE, range.start + PROBE + rest.len() / 2);
                self.settle(start..middle, free, good);
                self.settle(middle..range.end, free, good);
            } else {
                one_by_one(rest, &self.keys, good);
            }
            return;
        }
        one_by_one(claims, &self.keys, good);
    }
}

fn hold_together(claims: &[Claim], points: &[EdwardsPoint], keys: &[&PublicKey]) -> bool {
    let Some(mut rng) = generator() else { return false };
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
    let of_keys = keys.iter().map(|key| key.point());
    let all: Vec<_> = points
        .iter()
        .copied()
        .chain(of_keys)
        .chain([ED25519_BASEPOINT_POINT])
        .collect();
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
