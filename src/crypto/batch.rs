//! Many signatures, or many keys, at once: at batch cost the very verdict that each would get alone.
//!
//! A batch as it is usually built multiplies by the cofactor and then accepts what [`PublicKey::verify`] refuses. Here it
//! only ever answers the question "are all of these good?", and only where that answer is the strict one:
//!
//! * Alone, a signature `(R, s)` over `k = SHA-512(R || A || M)` is good iff `s < L`, `R` is not the neutral element, and
//!   the encoding of `E = sB - kA` equals the bytes of `R`. `B` and every [`PublicKey`] are of prime order, so is `E`.
//! * So a good `R` is canonical and free of torsion. The first is checked of every `R` byte by byte.
//! * Each signature gets a random coefficient `z` of at least 77 bits. For each bit, the sum `S` of those `R` whose `z` has
//!   it set is a sum over a random half of all. None of these sums may have torsion. If an `R` has, then, whatever the
//!   others do, the sum with it and the sum without it cannot both be free of torsion: each of the 77 independent sums
//!   misses it with probability at most 1/2.
//! * Then each `e = sB - kA - R` is of prime order, and `sum z e` is zero though some `e` is not with probability at most
//!   2^-77: all other `z` given, at most one value of that `z` makes it so. What the equation needs of all `R`, the sum
//!   of `z R`, is the sum of `2^bit S`: the same sums answer both questions.
//! * Where a point has torsion, all are checked one by one. Where only the equation does not hold, culprits are looked for
//!   among parts of the batch, of which each gets new coefficients of 96 bits, and one by one. A refusal is therefore
//!   always the verdict of the equation itself, never a batch's.
//!
//! So a batch, of which no more than 2^12 parts are tried, is judged otherwise than one by one with probability at most
//! 2^-75, and a record of 2^11 batches (of eight million ballots) with probability at most 2^-64, over randomness that is
//! drawn from the operating system after the signatures are fixed. The one place where this room draws any: it arrives
//! nowhere else in a verdict (docs/decisions/0009).

use super::key::{KeyError, PublicKey};
use super::signature::Signature;
use curve25519_dalek::constants::{ED25519_BASEPOINT_COMPRESSED, ED25519_BASEPOINT_POINT, ED25519_BASEPOINT_TABLE};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsBasepointTable, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{BasepointTable, Identity, IsIdentity, VartimeMultiscalarMul};
use rand::rngs::{StdRng, SysRng};
use rand::{RngExt, SeedableRng, TryRng};
use rayon::prelude::*;
use sha2::{Digest, Sha512};
use std::collections::HashMap;
use std::mem;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Signatures in one equation, at most.
const MOST: usize = 1 << 16;
/// Signatures that one core prepares, and among which culprits are looked for, at most.
const MOST_PREPARED: usize = 16_384;
/// Fewer than these are checked one by one: the fixed cost of a batch would not pay.
const LEAST: usize = 256;
/// Of a batch that does not hold, so many are checked one by one before it is divided.
const PROBE: usize = LEAST;
/// Where no more of these are bad, more than half of all [`BLOCK`]s hold.
const FEW: usize = 4;
/// Neighbours that are put into one equation where few are bad.
const BLOCK: usize = 32;
/// A key that signed so many of those to be checked one by one gets a table of its multiples.
const TABLE_FROM: usize = 96;
/// Bits of a coefficient, at least.
const BITS: usize = 77;
/// Bits of a coefficient where a batch is tried again in parts: there may be many.
const BITS_AGAIN: usize = 96;

/// One signature to be checked: key, message, signature.
pub type Signed<'a> = (&'a PublicKey, &'a [u8], Signature);

/// Each verdict of [`PublicKey::verify`], in order, on all cores.
pub fn verify_many(items: &[Signed<'_>]) -> Vec<bool> {
    let groups = items.chunks(MOST).map(|items| Group::of(items).verdicts());
    groups.collect::<Vec<_>>().concat()
}

/// Signatures of which everything is done that concerns each alone: work in small pieces, from which the other part,
/// [`Self::verdicts`], differs in having few large ones. Another batch prepared beside it keeps all cores at work.
pub struct Prepared(Vec<Group>);

impl Prepared {
    /// Does what concerns each signature alone, on all cores.
    pub fn of(items: &[Signed<'_>]) -> Self {
        Self(items.chunks(MOST).map(Group::of).collect())
    }

    /// What [`verify_many`] says of them.
    pub fn verdicts(&self) -> Vec<bool> {
        let groups = self.0.iter().map(Group::verdicts);
        groups.collect::<Vec<_>>().concat()
    }
}

/// As [`PublicKey::from_bytes`] of each, in order, on all cores; of several faults the first.
pub fn keys_of(all: &[[u8; 32]]) -> Result<Vec<PublicKey>, (usize, KeyError)> {
    map_keys(all, |key| key)
}

/// What `take` takes of each key of [`keys_of`], without holding all of these.
pub(super) fn map_keys<T: Send>(
    all: &[[u8; 32]],
    take: impl Fn(PublicKey) -> T + Sync,
) -> Result<Vec<T>, (usize, KeyError)> {
    let mut taken = Vec::with_capacity(all.len());
    for (index, group) in all.chunks(MOST).enumerate() {
        let keys = keys_of_group(group).map_err(|(place, error)| (MOST * index + place, error))?;
        taken.par_extend(keys.into_par_iter().map(&take));
    }
    Ok(taken)
}

fn keys_of_group(group: &[[u8; 32]]) -> Result<Vec<PublicKey>, (usize, KeyError)> {
    if group.len() >= LEAST
        && let Some(keys) = canonical_keys(group)
    {
        let mut points = Vec::new();
        keys.par_iter().map(PublicKey::point).collect_into_vec(&mut points);
        let width = width_for(points.len());
        let coefficients = coefficients(points.len(), bits_for(width));
        if coefficients.is_some_and(|drawn| half_sums(&[(&points, &drawn)], width).is_some()) {
            return Ok(keys);
        }
    }
    let fault = |(place, bytes)| Some((place, PublicKey::from_bytes(bytes).err()?));
    match group.par_iter().enumerate().find_map_first(fault) {
        Some(first) => Err(first),
        None => Ok(group.iter().filter_map(PublicKey::with_torsion_unchecked).collect()),
    }
}

/// All of them, if each is a key but for torsion, which nobody has ruled out yet.
fn canonical_keys(group: &[[u8; 32]]) -> Option<Vec<PublicKey>> {
    // Stands where bytes are no key, so that all cores write straight into one list.
    let other = PublicKey::with_torsion_unchecked(ED25519_BASEPOINT_COMPRESSED.as_bytes())?;
    let (mut keys, all) = (Vec::new(), AtomicBool::new(true));
    let key = |bytes| {
        PublicKey::with_torsion_unchecked(bytes).unwrap_or_else(|| {
            all.store(false, Relaxed);
            other.clone()
        })
    };
    group.par_iter().map(key).collect_into_vec(&mut keys);
    all.into_inner().then_some(keys)
}

fn chunk_size(items: usize) -> usize {
    items.div_ceil(rayon::current_num_threads()).clamp(LEAST, MOST_PREPARED)
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

/// Bits of a coefficient that a round of [`half_sums`] takes, so that it is quickest for so many points.
fn width_for(points: usize) -> usize {
    // In a round, points are added up once, but for the first in each bucket, and buckets twice.
    let cost = |width: &usize| BITS.div_ceil(*width) * (points.saturating_sub(1 << width) + (2 << width));
    (6..=12).min_by_key(cost).expect("there are some")
}

/// Bits of the coefficients for rounds of this width.
fn bits_for(width: usize) -> usize {
    width * BITS.div_ceil(width)
}

/// Random coefficients; none where the operating system has no randomness to give.
fn coefficients(count: usize, bits: usize) -> Option<Vec<u128>> {
    let mut seed = [0; 32];
    SysRng.try_fill_bytes(&mut seed).ok()?;
    let mut rng = StdRng::from_seed(seed);
    Some((0..count).map(|_| rng.random::<u128>() >> (128 - bits)).collect())
}

/// Points, and the coefficient of each.
type Weighted<'a> = (&'a [EdwardsPoint], &'a [u128]);

/// For each bit of the coefficients, the lowest first, the sum of the points whose coefficient has it set; none where one
/// of them has torsion. The rounds run on all cores, and each asks its own sums, since the cores are done at other times.
fn half_sums(parts: &[Weighted<'_>], width: usize) -> Option<Vec<EdwardsPoint>> {
    let round = |round: usize| {
        let mut buckets = vec![EdwardsPoint::identity(); 1 << width];
        // Which buckets hold a point: to add the first to the neutral element would cost as much as any.
        let mut begun = vec![false; buckets.len()];
        for (points, coefficients) in parts {
            for (point, coefficient) in points.iter().zip(*coefficients) {
                let digit = (coefficient >> (round * width)) % (1 << width);
                let digit = usize::try_from(digit).expect("at most 12 bits");
                if mem::replace(&mut begun[digit], true) {
                    buckets[digit] += point;
                } else {
                    buckets[digit] = *point;
                }
            }
        }
        let highest_first = (0..width).map(|_| {
            // The upper half has the highest bit set; folded upon the lower half it leaves the other bits.
            let upper = buckets.split_off(buckets.len() / 2);
            for (lower, point) in buckets.iter_mut().zip(&upper) {
                *lower += point;
            }
            upper.iter().sum()
        });
        let mut sums: Vec<EdwardsPoint> = highest_first.collect();
        sums.reverse();
        sums.iter().all(is_torsion_free).then_some(sums)
    };
    let rounds = (0..BITS.div_ceil(width)).into_par_iter().map(round);
    Some(rounds.collect::<Option<Vec<_>>>()?.concat())
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

/// What is no claim, since it is refused without asking its equation.
const REFUSED: (Claim, EdwardsPoint) = (
    Claim {
        place: usize::MAX,
        key: 0,
        r: [0; 32],
        s: Scalar::ZERO,
        k: Scalar::ZERO,
    },
    ED25519_BASEPOINT_POINT,
);

impl Claim {
    fn is_refused(&self) -> bool {
        self.place == usize::MAX
    }
}

/// The keys of a chunk, each once.
#[derive(Default)]
struct Signers {
    keys: Vec<PublicKey>,
    places: HashMap<[u8; 32], usize>,
}

impl Signers {
    fn place(&mut self, key: &PublicKey) -> usize {
        *self.places.entry(key.to_bytes()).or_insert_with(|| {
            self.keys.push(key.clone());
            self.keys.len() - 1
        })
    }
}

/// Signatures that are put into one equation.
enum Group {
    /// Too few for that.
    Judged(Vec<bool>),
    Claimed {
        /// How many there are.
        count: usize,
        /// How many of them one chunk has.
        size: usize,
        chunks: Vec<Chunk>,
    },
}

impl Group {
    fn of(items: &[Signed<'_>]) -> Self {
        let count = items.len();
        if count < LEAST {
            let each = items.iter();
            return Self::Judged(
                each.map(|(key, message, signature)| key.verify(message, signature).is_ok())
                    .collect(),
            );
        }
        let size = chunk_size(count);
        let chunks = items.par_chunks(size).map(Chunk::claim).collect();
        Self::Claimed { count, size, chunks }
    }

    fn verdicts(&self) -> Vec<bool> {
        let (count, size, chunks) = match self {
            Self::Judged(good) => return good.clone(),
            Self::Claimed { count, size, chunks } => (*count, *size, chunks),
        };
        let good: Vec<_> = (0..count).map(|_| AtomicBool::new(false)).collect();
        let parts: Vec<_> = chunks.iter().map(|chunk| chunk.part(0..chunk.claims.len())).collect();
        let held = hold_together(&parts);
        chunks.par_iter().zip(good.par_chunks(size)).for_each(|(chunk, good)| {
            let all = 0..chunk.claims.len();
            match held {
                Held::All => accept(&chunk.claims, good),
                Held::Free => chunk.find_bad(all, good),
                Held::Unknown => chunk.each_alone(all, good),
            }
        });
        good.into_iter().map(AtomicBool::into_inner).collect()
    }
}

fn accept(claims: &[Claim], good: &[AtomicBool]) {
    for claim in claims {
        good[claim.place].store(true, Relaxed);
    }
}

/// Signatures that one core prepares.
struct Chunk {
    claims: Vec<Claim>,
    /// `R` of each claim.
    points: Vec<EdwardsPoint>,
    keys: Vec<PublicKey>,
    /// Multiples of the keys that signed much; made when first something does not hold.
    tables: OnceLock<Vec<Option<EdwardsBasepointTable>>>,
}

/// What is known of claims that were put into one equation.
#[derive(Clone, Copy)]
enum Held {
    /// Nothing, or that a point has torsion.
    Unknown,
    /// No point has torsion.
    Free,
    /// All of it: they are good.
    All,
}

/// Some of a chunk's claims, which are put into an equation.
struct Part<'a> {
    claims: &'a [Claim],
    points: &'a [EdwardsPoint],
    keys: &'a [PublicKey],
}

/// Everything that the rule asks of a signature but the equation and the torsion of `R`; its key has no place yet.
fn claim(place: usize, item: &Signed<'_>) -> Option<(Claim, EdwardsPoint)> {
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
    let key = 0;
    Some((Claim { place, key, r, s, k }, point))
}

impl Chunk {
    fn claim(items: &[Signed<'_>]) -> Self {
        // In small pieces, so that a core that was at something else finds work here.
        let each = items.par_iter().enumerate().with_min_len(64);
        let each = each.map(|(place, item)| claim(place, item).unwrap_or(REFUSED));
        let (mut claims, mut points) = (Vec::new(), Vec::new());
        each.unzip_into_vecs(&mut claims, &mut points);
        if claims.iter().any(Claim::is_refused) {
            let mut all = claims.iter();
            points.retain(|_| all.next().is_some_and(|claim| !claim.is_refused()));
            claims.retain(|claim| !claim.is_refused());
        }
        let mut signers = Signers::default();
        for claim in &mut claims {
            claim.key = signers.place(items[claim.place].0);
        }
        Self {
            claims,
            points,
            keys: signers.keys,
            tables: OnceLock::new(),
        }
    }

    fn part(&self, range: Range<usize>) -> Part<'_> {
        Part {
            claims: &self.claims[range.clone()],
            points: &self.points[range],
            keys: &self.keys,
        }
    }

    /// Writes the verdict of these claims, which do not hold together though none of their points has torsion.
    fn find_bad(&self, range: Range<usize>, good: &[AtomicBool]) {
        if range.len() < LEAST {
            self.one_by_one(range, good);
            return;
        }
        let probe = range.start..range.start + PROBE;
        let rest = probe.end..range.end;
        match self.one_by_one(probe, good) {
            // Forgeries are rare: most halves of the rest will hold.
            0 => {
                let middle = rest.start + rest.len() / 2;
                for half in [rest.start..middle, middle..rest.end] {
                    if !self.accepted(half.clone(), good) {
                        self.find_bad(half, good);
                    }
                }
            }
            1..=FEW => blocks(rest).for_each(|block| {
                if !self.accepted(block.clone(), good) {
                    self.one_by_one(block, good);
                }
            }),
            _ => self.each_alone(rest, good),
        }
    }

    /// Whether these claims hold together, and then that is their verdict.
    fn accepted(&self, range: Range<usize>, good: &[AtomicBool]) -> bool {
        let holds = self.part(range.clone()).holds();
        if holds {
            accept(&self.claims[range], good);
        }
        holds
    }

    fn each_alone(&self, range: Range<usize>, good: &[AtomicBool]) {
        blocks(range).for_each(|block| _ = self.one_by_one(block, good));
    }

    /// How many are bad. Bytes of `sB - kA` against bytes of `R`: the equation itself.
    fn one_by_one(&self, range: Range<usize>, good: &[AtomicBool]) -> usize {
        let claims = &self.claims[range];
        let tables = self.tables.get_or_init(|| self.make_tables());
        let expected: Vec<_> = claims
            .iter()
            .map(|claim| {
                if let Some(table) = &tables[claim.key] {
                    ED25519_BASEPOINT_TABLE * &claim.s + table * &claim.k
                } else {
                    let key = -self.keys[claim.key].point();
                    EdwardsPoint::vartime_double_scalar_mul_basepoint(&claim.k, &key, &claim.s)
                }
            })
            .collect();
        let encoded = EdwardsPoint::compress_batch_alloc(&expected);
        let verdicts = claims.iter().zip(encoded);
        verdicts.fold(0, |bad, (claim, expected)| {
            let holds = expected.as_bytes() == &claim.r;
            good[claim.place].store(holds, Relaxed);
            bad + usize::from(!holds)
        })
    }

    fn make_tables(&self) -> Vec<Option<EdwardsBasepointTable>> {
        let mut uses = vec![0_usize; self.keys.len()];
        for claim in &self.claims {
            uses[claim.key] += 1;
        }
        let made = self.keys.iter().zip(&uses);
        made.map(|(key, uses)| (*uses >= TABLE_FROM).then(|| EdwardsBasepointTable::create(&-key.point())))
            .collect()
    }
}

/// These places in pieces of [`BLOCK`], on all cores.
fn blocks(range: Range<usize>) -> impl ParallelIterator<Item = Range<usize>> {
    let starts = range.clone().into_par_iter().step_by(BLOCK);
    starts.map(move |start| start..range.end.min(start + BLOCK))
}

/// Whether no point has torsion, and then whether the equations of all claims hold; each wrongly so with probability at
/// most 2^-77.
fn hold_together(parts: &[Part<'_>]) -> Held {
    let width = width_for(parts.iter().map(|part| part.claims.len()).sum());
    let drawn = parts
        .par_iter()
        .map(|part| coefficients(part.claims.len(), bits_for(width)));
    let Some(drawn) = drawn.collect::<Option<Vec<_>>>() else {
        return Held::Unknown;
    };
    let weighted: Vec<Weighted<'_>> = parts
        .iter()
        .zip(&drawn)
        .map(|(part, drawn)| (part.points, &drawn[..]))
        .collect();
    let of_points = || {
        let sums = half_sums(&weighted, width)?;
        let highest_first = sums.iter().rev();
        Some(highest_first.fold(EdwardsPoint::identity(), |above, sum| above + above + sum))
    };
    let of_keys = || -> EdwardsPoint {
        let each = parts.par_iter().zip(&drawn);
        each.map(|(part, drawn)| part.combine(drawn, &[])).sum()
    };
    match rayon::join(of_points, of_keys) {
        (None, _) => Held::Unknown,
        (Some(of_points), of_keys) if (of_points + of_keys).is_identity() => Held::All,
        _ => Held::Free,
    }
}

impl Part<'_> {
    /// Whether the equations of all claims hold, if no point has torsion; wrongly so with probability at most 2^-96.
    fn holds(&self) -> bool {
        let drawn = coefficients(self.claims.len(), BITS_AGAIN);
        drawn.is_some_and(|drawn| self.combine(&drawn, self.points).is_identity())
    }

    /// `sum z (kA - sB)`, and the sum of `z R` for these `R`. Terms of one key, and of the base point, are summed before
    /// anything is multiplied.
    fn combine(&self, coefficients: &[u128], points: &[EdwardsPoint]) -> EdwardsPoint {
        let mut of_keys = vec![Products::default(); self.keys.len()];
        let mut of_base = Products::default();
        for (claim, z) in self.claims.iter().zip(coefficients) {
            of_base.add(*z, &claim.s);
            of_keys[claim.key].add(*z, &claim.k);
        }
        // A part may need few of its chunk's keys.
        let keys = self.keys.iter().zip(of_keys);
        let keys = keys.filter(|(_, products)| *products != Products::default());
        let keys = keys.map(|(key, products)| (key.point(), products.sum()));
        let (mut all, mut scalars): (Vec<_>, Vec<_>) = keys.unzip();
        all.push(ED25519_BASEPOINT_POINT);
        scalars.push(-of_base.sum());
        all.extend(points);
        scalars.extend(coefficients.iter().take(points.len()).map(|z| Scalar::from(*z)));
        EdwardsPoint::vartime_multiscalar_mul(scalars, all)
    }
}

/// A sum of products of coefficients and scalars, as an integer, so that it is reduced once and not for each product.
///
/// A product is less than 2^(128 + 253), so no sum of those of [`MOST`] signatures comes to 2^448.
#[derive(Clone, Copy, Default, PartialEq)]
struct Products([u64; 7]);

impl Products {
    fn add(&mut self, coefficient: u128, scalar: &Scalar) {
        let (scalar, _) = scalar.as_bytes().as_chunks::<8>();
        for (place, factor) in halves(coefficient).into_iter().enumerate() {
            let (low, high) = self.0[place..].split_at_mut(scalar.len());
            let mut carry = 0;
            for (sum, limb) in low.iter_mut().zip(scalar) {
                (*sum, carry) = factor.carrying_mul_add(u64::from_le_bytes(*limb), *sum, carry);
            }
            for sum in high {
                let over;
                (*sum, over) = sum.overflowing_add(carry);
                carry = u64::from(over);
            }
        }
    }

    /// Modulo the order of the base point.
    fn sum(&self) -> Scalar {
        let mut wide = [0; 64];
        for (bytes, limb) in wide.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *bytes = limb.to_le_bytes();
        }
        Scalar::from_bytes_mod_order_wide(&wide)
    }
}

/// The lower half first.
fn halves(number: u128) -> [u64; 2] {
    let (low, high) = (number & u128::from(u64::MAX), number >> 64);
    [low, high].map(|half| u64::try_from(half).expect("it is half as wide"))
}

#[cfg(test)]
mod tests {
    use super::{EdwardsPoint, Products, coefficients, half_sums};
    use curve25519_dalek::constants::ED25519_BASEPOINT_POINT as BASE;
    use curve25519_dalek::scalar::Scalar;
    use proptest::prelude::*;

    fn scalar(wide: &[u8; 64]) -> Scalar {
        Scalar::from_bytes_mod_order_wide(wide)
    }

    proptest! {
        /// Wrong sums would show in no verdict: every batch would only be checked again one by one.
        #[test]
        fn products_are_summed_as_the_library_does(
            terms in prop::collection::vec((prop_oneof![any::<u128>(), Just(u128::MAX), Just(0)], any::<[u8; 64]>()), 0..40)
        ) {
            let (mut sum, mut expected) = (Products::default(), Scalar::ZERO);
            for (coefficient, wide) in &terms {
                sum.add(*coefficient, &scalar(wide));
                expected += Scalar::from(*coefficient) * scalar(wide);
            }
            prop_assert_eq!(sum.sum(), expected);
        }
    }

    #[test]
    fn as_many_greatest_products_as_a_batch_can_have_are_summed() {
        let mut sum = Products::default();
        for _ in 0..super::MOST {
            sum.add(u128::MAX, &-Scalar::ONE);
        }
        let most = Scalar::from(u64::try_from(super::MOST).expect("it is small"));
        assert_eq!(sum.sum(), -(Scalar::from(u128::MAX) * most));
    }

    #[test]
    fn a_half_sum_is_the_sum_of_the_points_with_that_bit() {
        let points: Vec<_> = (1..=300_u64).map(|n| Scalar::from(n * n) * BASE).collect();
        for width in [6, 7, 11] {
            let drawn = coefficients(points.len(), super::bits_for(width)).expect("there is randomness");
            let (left, right) = points.split_at(100);
            let sums = half_sums(&[(left, &drawn[..100]), (right, &drawn[100..])], width);
            let sums = sums.expect("multiples of the base point have no torsion");
            assert_eq!(sums.len(), super::bits_for(width));
            for (bit, sum) in sums.iter().enumerate() {
                let chosen = points.iter().zip(&drawn).filter(|(_, z)| *z >> bit & 1 == 1);
                assert_eq!(*sum, chosen.map(|(point, _)| *point).sum::<EdwardsPoint>());
            }
        }
    }
}
