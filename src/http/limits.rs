//! What a stranger may cost us: body sizes, body times, requests by address.
//!
//! A body is read here and nowhere else, so that no route forgets its limits. Addresses are held in memory for the
//! bucket's life and are never logged. Forwarded addresses count only when a configured proxy says them.

use super::problem::{Door, Problem};
use super::{App, Settings};
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, Method, header};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::BodyExt;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

/// Most bytes of one statement as sent: an entry's 65,535 with room for white space and unmerged signatures.
pub const STATEMENT_BYTES: usize = 96 * 1024;
/// Most bytes of a batch of statements.
pub const BATCH_BYTES: usize = 64 * 1024 * 1024;
/// Most bytes of an attachment of a competition that is not announced yet.
pub const EARLY_ATTACHMENT_BYTES: usize = 1024 * 1024;
/// Most bytes of a list of openings: 16 of at most 64 KiB.
pub const OPENINGS_BYTES: usize = 1024 * 1024;
/// Most bytes of any other body.
pub const SMALL_BYTES: usize = 16 * 1024;
const FORWARDED_FOR: &str = "x-forwarded-for";
/// What is told once of a proxy that nobody configured.
static UNKNOWN_PROXY: Once = Once::new();
/// Addresses remembered at once; above it the fullest buckets are forgotten.
const ADDRESSES: usize = 65_536;

/// A body that is read piece by piece under a limit of size and of time.
pub struct Pieces {
    body: Body,
    left: usize,
    limit: usize,
    idle: Duration,
    until: tokio::time::Instant,
}

impl Pieces {
    /// `limit` in bytes; each piece within `body_timeout`, and all of them within a minute and the time that the limit
    /// takes at 64 KiB a second, so that a trickle ends too.
    pub fn new(request: Request, limit: usize, settings: &Settings) -> Result<Self, Problem> {
        let announced = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|text| text.to_str().ok()?.parse().ok());
        if announced.is_some_and(|bytes: u64| bytes > limit as u64) {
            return Err(too_large(limit));
        }
        let slack = Duration::from_secs(limit as u64 / (64 * 1024));
        let until = tokio::time::Instant::now() + settings.body_timeout + slack;
        Ok(Self {
            body: request.into_body(),
            left: limit,
            limit,
            idle: settings.body_timeout,
            until,
        })
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let deadline = self.until.min(tokio::time::Instant::now() + self.idle);
            let frame = tokio::time::timeout_at(deadline, self.body.frame());
            let frame = frame.await.map_err(|_| Problem::from(Door::TooSlow))?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|_| Problem::from(Door::Interrupted))?;
            // Trailers carry nothing here.
            let Ok(piece) = frame.into_data() else { continue };
            self.left = self
                .left
                .checked_sub(piece.len())
                .ok_or_else(|| too_large(self.limit))?;
            return Ok(Some(piece));
        }
    }

    /// Reads no further.
    pub fn close(&mut self) {
        self.body = Body::empty();
    }

    /// All of it.
    pub async fn all(mut self) -> Result<Bytes, Problem> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

fn too_large(limit: usize) -> Problem {
    Door::TooLarge.because(format!("at most {limit} bytes"))
}

/// The whole body, at most `limit` bytes.
pub async fn body(request: Request, limit: usize, settings: &Settings) -> Result<Bytes, Problem> {
    Pieces::new(request, limit, settings)?.all().await
}

/// The request with its body under the same limits, for readers that want a body of their own (forms).
pub fn limited(request: Request, limit: usize, settings: &Settings) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let mut bare = Request::new(body);
    bare.headers_mut().extend(
        parts
            .headers
            .get(header::CONTENT_LENGTH)
            .map(|bytes| (header::CONTENT_LENGTH, bytes.clone())),
    );
    let pieces = Pieces::new(bare, limit, settings)?;
    let body = stream::unfold(pieces, async |mut pieces| {
        let piece = pieces.next().await.map_err(Broken).transpose()?;
        Some((piece, pieces))
    });
    Ok(Request::from_parts(parts, Body::from_stream(body)))
}

/// A body's problem on its way through somebody else's reader.
#[derive(Debug)]
struct Broken(Problem);

impl std::fmt::Display for Broken {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.0.code())
    }
}

impl std::error::Error for Broken {}

/// The problem that a body of [`limited`] ended with, or else a bad body.
pub fn of_body_error(error: &(dyn std::error::Error + 'static), words: String) -> Problem {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(Broken(Problem::Door(door, detail))) = error.downcast_ref() {
            return door.because(detail.clone());
        }
        cause = error.source();
    }
    Door::BadBody.because(words)
}

/// Routes that share a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Public reads.
    Read,
    /// Statements.
    Statement,
    /// Uploads and other writes.
    Write,
    /// Challenges and sessions.
    Session,
}

impl Class {
    /// The class of a request.
    pub fn of(method: &Method, path: &str) -> Self {
        if method.is_safe() {
            Self::Read
        } else if path.ends_with("/statements") {
            Self::Statement
        } else if path.starts_with("/api/v1/sessions") {
            Self::Session
        } else {
            Self::Write
        }
    }

    /// The name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Statement => "statement",
            Self::Write => "write",
            Self::Session => "session",
        }
    }
}

/// How fast one address may go.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Requests a minute in the long run.
    pub per_minute: u32,
    /// Requests at once.
    pub burst: u32,
}

/// Rates by class. A polling room shares one address, and so do many subscribers of a mobile operator, hence the wide ones
/// for statements and reads.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// `Class::Read`.
    pub read: Rate,
    /// `Class::Statement`.
    pub statement: Rate,
    /// `Class::Write`.
    pub write: Rate,
    /// `Class::Session`.
    pub session: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            read: Rate {
                per_minute: 6_000,
                burst: 1_500,
            },
            statement: Rate {
                per_minute: 600,
                burst: 200,
            },
            write: Rate {
                per_minute: 120,
                burst: 60,
            },
            session: Rate {
                per_minute: 60,
                burst: 20,
            },
        }
    }
}

impl Rates {
    fn of(&self, class: Class) -> Rate {
        match class {
            Class::Read => self.read,
            Class::Statement => self.statement,
            Class::Write => self.write,
            Class::Session => self.session,
        }
    }
}

/// One address's bucket: tokens in thousandths, so that no fraction is lost and no float is needed.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    milli_tokens: u64,
    seen: Instant,
}

/// Token buckets by address and class.
#[derive(Debug)]
pub struct Buckets {
    rates: Rates,
    buckets: Mutex<HashMap<(IpAddr, Class), Bucket>>,
}

impl Buckets {
    /// Full buckets for everyone.
    pub fn new(rates: Rates) -> Self {
        Self {
            rates,
            buckets: Mutex::new(HashMap::new()),
        }
    }

    /// Takes one token; else the seconds to wait for the next.
    pub fn take(&self, address: IpAddr, class: Class, now: Instant) -> Result<(), u64> {
        let rate = self.rates.of(class);
        let (full, refill) = (u64::from(rate.burst) * 1_000, u64::from(rate.per_minute).max(1));
        let mut buckets = self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= ADDRESSES {
            // A bucket that nobody touched for a minute is (nearly) full: forgetting it gives nothing away.
            buckets.retain(|_, bucket| now.saturating_duration_since(bucket.seen) < Duration::from_mins(1));
        }
        if buckets.len() >= ADDRESSES {
            buckets.clear();
        }
        let bucket = buckets.entry((network(address), class)).or_insert(Bucket {
            milli_tokens: full,
            seen: now,
        });
        let past_ms = u64::try_from(now.saturating_duration_since(bucket.seen).as_millis()).unwrap_or(u64::MAX);
        // per_minute tokens in 60,000 ms are per_minute / 60 thousandths a millisecond.
        let gained = past_ms.saturating_mul(refill) / 60;
        if gained > 0 {
            bucket.milli_tokens = bucket.milli_tokens.saturating_add(gained).min(full);
            bucket.seen = now;
        }
        if bucket.milli_tokens < 1_000 {
            let missing = 1_000 - bucket.milli_tokens;
            return Err((missing * 60).div_ceil(refill * 1_000).max(1));
        }
        bucket.milli_tokens -= 1_000;
        Ok(())
    }
}

/// The network that counts as one: an IPv4 address, or an IPv6 /64, which is what one subscriber gets.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

/// The sender's address: the peer's, or, when the peer is a configured proxy, the last forwarded one that is not.
fn sender(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let trusted = |address: &IpAddr| proxies.contains(&address.to_canonical());
    if !trusted(&peer) {
        return peer;
    }
    let lines = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut sender = peer;
    for hop in hops.iter().rev() {
        // A hop that cannot be read ends the chain of trust: what stands before it is anyone's claim.
        let Ok(address) = hop.parse::<IpAddr>() else {
            return sender;
        };
        sender = address;
        if !trusted(&sender) {
            return sender;
        }
    }
    sender
}

/// At the door: one token a request, by address and class.
pub fn rate(app: &App, class: Class, request: &Request) -> Result<(), Problem> {
    // Without a peer (in-process calls) there is nobody to limit.
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
        return Ok(());
    };
    let (headers, proxies) = (request.headers(), &app.settings.proxies);
    if headers.contains_key(FORWARDED_FOR) && !proxies.contains(&peer.ip().to_canonical()) {
        UNKNOWN_PROXY.call_once(|| {
            tracing::warn!(
                "a request with X-Forwarded-For came from an address that is not among `proxies` in esep.toml: if that \
                 is your proxy, add it, or all who come through it share one rate"
            );
        });
    }
    let Some(buckets) = &app.buckets else {
        return Ok(());
    };
    let sender = sender(peer.ip(), headers, proxies);
    buckets
        .take(sender, class, Instant::now())
        .map_err(|seconds| Door::TooMany.because(format!("{seconds} s")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let rate = Rate {
            per_minute: 60,
            burst: 2,
        };
        let buckets = Buckets::new(Rates {
            read: rate,
            statement: rate,
            write: rate,
            session: rate,
        });
        let (address, start) = (IpAddr::from([10, 0, 0, 1]), Instant::now());
        assert_eq!(buckets.take(address, Class::Read, start), Ok(()));
        assert_eq!(buckets.take(address, Class::Read, start), Ok(()));
        assert_eq!(buckets.take(address, Class::Read, start), Err(1));
        assert_eq!(
            buckets.take(address, Class::Write, start),
            Ok(()),
            "classes do not share a bucket"
        );
        assert_eq!(buckets.take(IpAddr::from([10, 0, 0, 2]), Class::Read, start), Ok(()));
        assert_eq!(
            buckets.take(address, Class::Read, start + Duration::from_millis(999)),
            Err(1)
        );
        assert_eq!(
            buckets.take(address, Class::Read, start + Duration::from_secs(1)),
            Ok(())
        );
    }

    #[test]
    fn one_subscriber_has_one_bucket() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }

    #[test]
    fn only_a_configured_proxy_is_believed() {
        let (proxy, stranger) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([192, 0, 2, 9]));
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "203.0.113.1, 198.51.100.7".parse().unwrap());
        assert_eq!(sender(stranger, &headers, &[proxy]), stranger);
        assert_eq!(sender(proxy, &headers, &[proxy]), IpAddr::from([198, 51, 100, 7]));
        headers.insert("x-forwarded-for", "203.0.113.1, nonsense".parse().unwrap());
        assert_eq!(sender(proxy, &headers, &[proxy]), proxy);
    }
}
