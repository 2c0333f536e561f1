//! Public reads: kept in memory as bytes, with a tag, in gzip, and in pieces; long ones in the file that they lie in.
//!
//! Around every route ([`read`]), and before any is looked for ([`kept`]). Only whole answers to `GET` are touched that say
//! themselves that anyone may keep them (`Cache-Control: public`), so nothing that a session, a draft or the box could
//! change is ever kept. What is kept is answered again only while all that it was made from is the same ([`Good`]);
//! nothing stale is ever served. Named ballots leave no trace here: what they publish is not public, and makes nothing
//! anew.

use super::App;
use super::bundles::Piece;
use super::limits::{self, Class};
use super::problem::{Door, Problem};
use crate::calendar::Time;
use crate::clerk::Clerk;
use crate::crypto::Digest;
use crate::web::assets;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;
use tokio::io::AsyncReadExt;
use tokio::sync::OnceCell;

/// Most bytes kept, in gzip and plain together; the oldest go first.
const BUDGET: usize = 128 * 1024 * 1024;
/// A longer answer stays in its file, or is made anew each time.
pub const MOST: usize = 32 * 1024 * 1024;
/// What the headers of an answer take at most, in all its forms.
const HEADERS: usize = 8 * 1024;
/// Shorter answers are not worth compressing.
const SMALL: usize = 512;
/// Above it compressing would hold up a thread that answers others.
const LONG: usize = 64 * 1024;
/// What the tag of the compressed bytes ends in.
const GZIP: &str = "-gzip";

/// How long a public answer is good: for ever if it calls itself `immutable`, else as long as its extensions say, else
/// for the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Good {
    /// The bytes of this address never change.
    Forever,
    /// As long as the ledger of the competition in the address has this size.
    At(u64),
    /// Within one second of the office's clock, unless something public happens: pages say how much time is left.
    Within(Moment),
}

/// What a page can be made from at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    published: u64,
    now: Time,
}

impl Moment {
    /// Taken before anything is read, so that what is read is at least as new.
    fn of(clerk: &Clerk) -> Self {
        Self {
            published: clerk.published(),
            now: clerk.now(),
        }
    }
}

/// An answer as bytes.
#[derive(Debug)]
struct Kept {
    good: Good,
    /// For the log.
    route: Option<MatchedPath>,
    tag: String,
    plain: Form,
    /// To a reader who has it already.
    unchanged: Form,
    /// Made for the first who takes it; none where it would not be shorter.
    gzip: OnceCell<Option<Form>>,
}

/// What goes out as it lies here.
#[derive(Debug)]
struct Form {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Held,
}

/// Bytes in memory, or where they lie in a file.
#[derive(Debug, Clone)]
enum Held {
    Bytes(Bytes),
    File(Piece),
}

/// Answers by path.
#[derive(Debug, Default)]
pub struct Reads {
    kept: RwLock<HashMap<String, Arc<Kept>>>,
    ages: Mutex<Ages>,
    /// Addresses whose answer is being made: others wait for it.
    making: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// The short way, before any route is looked for: the answer that is kept, counted and logged as on the long way. `None`
/// where something is left to do: to make it, to compress it, to cut a piece, or to turn the reader away.
pub fn kept(app: &App, request: &Request) -> Option<Response> {
    let (start, method) = (Instant::now(), request.method());
    if !(method == Method::GET || method == Method::HEAD) || !is_shared(request) {
        return None;
    }
    let kept = app.reads.find(request.uri().path(), &app.clerk)?;
    let mut answer = kept.ready(&Wanted::of(request.headers()))?;
    // Whoever has no token left takes none, and is told so on the long way.
    limits::rate(app, Class::Read, request).ok()?;
    if method == Method::HEAD {
        *answer.body_mut() = Body::empty();
    }
    let route = kept.route.as_ref().map_or("", MatchedPath::as_str);
    app.metrics.observe(Class::Read, method, route, answer.status(), start);
    Some(answer)
}

/// The long way: see the head of this file.
pub async fn read(app: &App, mut request: Request, next: Next) -> Response {
    let method = std::mem::replace(request.method_mut(), Method::GET);
    if method == Method::HEAD {
        return bare(get(app, request, next).await);
    }
    if method == Method::GET {
        return get(app, request, next).await;
    }
    *request.method_mut() = method;
    next.run(request).await
}

/// The answer to `HEAD`: what `GET` would say, less the bytes.
fn bare(mut answer: Response) -> Response {
    let length = answer.body().size_hint().exact();
    *answer.body_mut() = Body::empty();
    if let Some(length) = length {
        answer.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    answer
}

async fn get(app: &App, mut request: Request, next: Next) -> Response {
    let wanted = Wanted::of(request.headers());
    let shared = is_shared(&request);
    if shared && let Some(kept) = app.reads.find(request.uri().path(), &app.clerk) {
        return kept.answer(&wanted).await;
    }
    request.headers_mut().remove(header::RANGE);
    let route = request.extensions().get::<MatchedPath>().cloned();
    if !shared {
        let moment = Moment::of(&app.clerk);
        return match whole(app, next.run(request).await, moment, route).await {
            Ok(kept) => kept.answer(&wanted).await,
            Err(answer) => wanted.as_it_came(*answer),
        };
    }
    let turn = app.reads.turn(request.uri().path());
    let _first = turn.lock.lock().await;
    if let Some(kept) = app.reads.find(&turn.path, &app.clerk) {
        return kept.answer(&wanted).await;
    }
    let moment = Moment::of(&app.clerk);
    match whole(app, next.run(request).await, moment, route).await {
        Ok(kept) => {
            let kept = Arc::new(kept);
            app.reads.keep(&turn.path, &kept);
            kept.answer(&wanted).await
        }
        Err(answer) => wanted.as_it_came(*answer),
    }
}

/// Whoever comes with a session gets what is made for him; of what has a query there is no end.
fn is_shared(request: &Request) -> bool {
    !has_session(request.headers()) && request.uri().query().is_none()
}

fn has_session(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
        || headers.get_all(header::COOKIE).iter().any(|line| {
            let session = memchr::memmem::find(line.as_bytes(), super::auth::COOKIE.as_bytes());
            session.is_some()
        })
}

/// The answer as bytes, if it is whole, public and good; else as it came.
async fn whole(app: &App, answer: Response, moment: Moment, route: Option<MatchedPath>) -> Result<Kept, Box<Response>> {
    let cache = answer.headers().get(header::CACHE_CONTROL);
    let cache = cache.and_then(|text| text.to_str().ok()).unwrap_or_default();
    let public = answer.status() == StatusCode::OK && cache.starts_with("public");
    let length = answer.body().size_hint().exact();
    let encoded = answer.headers().contains_key(header::CONTENT_ENCODING);
    if !public || encoded || length.is_none() {
        return Err(Box::new(answer));
    }
    let good = if cache.contains("immutable") {
        Good::Forever
    } else {
        let said = answer.extensions().get::<Good>();
        said.copied().unwrap_or(Good::Within(moment))
    };
    let (parts, body) = answer.into_parts();
    let plain = match parts.extensions.get::<Piece>() {
        Some(piece) => Held::of(piece, app.settings.in_memory).await,
        None => body
            .collect()
            .await
            .map_or(None, |body| Some(Held::Bytes(body.to_bytes()))),
    };
    let Some(plain) = plain else {
        return Err(Box::new(Problem::fault("an answer was not whole").into_response()));
    };
    let mut headers = parts.headers;
    let tag = headers.remove(header::ETAG);
    let tag = tag.and_then(|tag| Some(tag.to_str().ok()?.trim_matches('"').to_owned()));
    let tag = match (tag, &plain) {
        (None, Held::Bytes(bytes)) => Digest::of(bytes).to_string(),
        (tag, _) => tag.unwrap_or_default(),
    };
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // Here, since the short way does not pass where other answers get them.
    super::common_headers(&mut headers);
    let unchanged = Form::new(
        StatusCode::NOT_MODIFIED,
        headers.clone(),
        &tag,
        Held::Bytes(Bytes::new()),
    );
    let plain = Form::new(StatusCode::OK, headers, &tag, plain);
    Ok(Kept {
        good,
        route,
        tag,
        plain,
        unchanged,
        gzip: OnceCell::new(),
    })
}

impl Reads {
    fn find(&self, path: &str, clerk: &Clerk) -> Option<Arc<Kept>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get(path)?;
        let good = match kept.good {
            Good::Forever => true,
            Good::At(size) => {
                let id = competition_of(path)?;
                clerk.snapshot(id).is_some_and(|snapshot| snapshot.head.size == size)
            }
            Good::Within(moment) => moment == Moment::of(clerk),
        };
        good.then(|| kept.clone())
    }

    fn keep(&self, path: &str, kept: &Arc<Kept>) {
        let bytes = kept.plain.bytes.in_memory().map_or(0, Bytes::len);
        if bytes > MOST {
            return;
        }
        // Room for the compressed bytes too, whether or not they are ever made.
        let bytes = 2 * bytes + path.len() + HEADERS;
        let mut all = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let mut ages = self.ages.lock().unwrap_or_else(PoisonError::into_inner);
        if all.insert(path.to_owned(), kept.clone()).is_some() {
            ages.forget(path);
        }
        for oldest in ages.add(path, bytes) {
            all.remove(&oldest);
        }
    }

    /// One at a time makes the answer of an address.
    fn turn(&self, path: &str) -> Turn<'_> {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = making.entry(path.to_owned()).or_default().clone();
        let path = path.to_owned();
        Turn {
            reads: self,
            path,
            lock,
        }
    }
}

/// A place among those who want the same answer made.
struct Turn<'a> {
    reads: &'a Reads,
    path: String,
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut making = self.reads.making.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody but the map and this one: clones are made under the same lock.
        if Arc::strong_count(&self.lock) <= 2 {
            making.remove(&self.path);
        }
    }
}

/// What was kept, the oldest first, with its size.
#[derive(Debug, Default)]
struct Ages {
    bytes: usize,
    paths: VecDeque<(String, usize)>,
}

impl Ages {
    fn forget(&mut self, path: &str) {
        let place = self.paths.iter().position(|(other, _)| other == path);
        if let Some((_, bytes)) = place.and_then(|place| self.paths.remove(place)) {
            self.bytes -= bytes;
        }
    }

    /// The paths that must go for it.
    fn add(&mut self, path: &str, bytes: usize) -> Vec<String> {
        self.bytes += bytes;
        self.paths.push_back((path.to_owned(), bytes));
        let mut gone = Vec::new();
        while self.bytes > BUDGET
            && let Some((oldest, bytes)) = self.paths.pop_front()
        {
            self.bytes -= bytes;
            gone.push(oldest);
        }
        gone
    }
}

/// `id` of `/api/v1/competitions/{id}/...` and `/ky/competitions/{id}/...`.
fn competition_of(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/competitions/")?;
    rest.split('/').next()
}

/// What the reader has and takes.
#[derive(Debug, Default)]
struct Wanted {
    condition: Option<HeaderValue>,
    gzip: bool,
    range: Option<HeaderValue>,
    /// The piece is wanted only if the whole still has this tag.
    if_range: Option<HeaderValue>,
}

impl Wanted {
    fn of(headers: &HeaderMap) -> Self {
        Self {
            condition: headers.get(header::IF_NONE_MATCH).cloned(),
            gzip: takes_gzip(headers),
            range: headers.get(header::RANGE).cloned(),
            if_range: headers.get(header::IF_RANGE).cloned(),
        }
    }

    /// What is no public bytes in memory; a stream may be there already all the same.
    fn as_it_came(&self, mut answer: Response) -> Response {
        let tag = answer.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
        if answer.status() == StatusCode::OK && tag.is_some_and(|tag| self.has(tag.trim_matches('"'))) {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            *answer.body_mut() = Body::empty();
            answer.headers_mut().remove(header::CONTENT_LENGTH);
        }
        answer
    }

    fn has(&self, tag: &str) -> bool {
        let asked = self.condition.as_ref().and_then(|text| text.to_str().ok());
        asked.is_some_and(|asked| {
            let mut tags = asked.split(',').map(str::trim);
            tags.any(|one| {
                let bare = one.trim_start_matches("W/").trim_matches('"');
                one == "*" || bare.strip_suffix(GZIP).unwrap_or(bare) == tag
            })
        })
    }
}

/// Whether the client takes gzip.
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut codings = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "gzip" && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

impl Held {
    /// A piece of a file: read whole if it has at most so many bytes. `None` if it cannot be read.
    async fn of(piece: &Piece, most: usize) -> Option<Self> {
        if piece.length() > most as u64 {
            return Some(Self::File(piece.clone()));
        }
        let mut bytes = Vec::new();
        piece.clone().open().await.ok()?.read_to_end(&mut bytes).await.ok()?;
        (bytes.len() as u64 == piece.length()).then(|| Self::Bytes(bytes.into()))
    }

    fn in_memory(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::File(_) => None,
        }
    }

    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(piece) => piece.length(),
        }
    }

    /// `range` lies within.
    fn slice(&self, range: &Range<u64>) -> Self {
        match self {
            Self::Bytes(bytes) => {
                let at = |place: u64| usize::try_from(place).expect("a place in memory");
                Self::Bytes(bytes.slice(at(range.start)..at(range.end)))
            }
            Self::File(piece) => Self::File(piece.slice(range)),
        }
    }

    fn body(&self) -> Body {
        match self {
            Self::Bytes(bytes) => Body::from(bytes.clone()),
            Self::File(piece) => piece.clone().body(),
        }
    }
}

impl Form {
    fn new(status: StatusCode, mut headers: HeaderMap, tag: &str, bytes: Held) -> Self {
        let tag = HeaderValue::from_str(&format!("\"{tag}\""));
        let tag = tag.expect("a tag came from a header, or is of hexadecimal digits");
        headers.insert(header::ETAG, tag);
        if status != StatusCode::NOT_MODIFIED {
            headers.insert(header::CONTENT_LENGTH, bytes.len().into());
        }
        Self { status, headers, bytes }
    }

    fn answer(&self) -> Response {
        let mut answer = Response::new(self.bytes.body());
        *answer.status_mut() = self.status;
        *answer.headers_mut() = self.headers.clone();
        answer
    }
}

impl Kept {
    /// The answer, if nothing is left to do for it.
    fn ready(&self, wanted: &Wanted) -> Option<Response> {
        if wanted.has(&self.tag) {
            return Some(self.unchanged.answer());
        }
        if wanted.range.is_some() {
            return None;
        }
        let gzip = if wanted.gzip { self.gzip.get()?.as_ref() } else { None };
        Some(gzip.unwrap_or(&self.plain).answer())
    }

    async fn answer(&self, wanted: &Wanted) -> Response {
        if wanted.has(&self.tag) {
            return self.unchanged.answer();
        }
        if let Some(range) = self.range(wanted) {
            return self.piece(range);
        }
        let gzip = if wanted.gzip { self.compressed().await } else { None };
        gzip.unwrap_or(&self.plain).answer()
    }

    async fn compressed(&self) -> Option<&Form> {
        let make = async {
            let plain = self.plain.bytes.in_memory()?.clone();
            let length = plain.len();
            let gzip = match length {
                0..SMALL => return None,
                SMALL..=LONG => assets::gzip(&plain),
                _ => tokio::task::spawn_blocking(move || assets::gzip(&plain)).await.ok()?,
            };
            // Hashes do not shrink.
            if gzip.len() >= length / 10 * 9 {
                return None;
            }
            let mut headers = self.plain.headers.clone();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.remove(header::ACCEPT_RANGES);
            let tag = format!("{}{GZIP}", self.tag);
            Some(Form::new(StatusCode::OK, headers, &tag, Held::Bytes(gzip.into())))
        };
        self.gzip.get_or_init(|| make).await.as_ref()
    }

    /// The one piece that is wanted, of the plain bytes; several at once are answered with the whole, as they may be.
    fn range(&self, wanted: &Wanted) -> Option<Result<Range<u64>, ()>> {
        let text = wanted.range.as_ref()?.to_str().ok()?;
        let same = |tag: &HeaderValue| tag.to_str().is_ok_and(|tag| tag == format!("\"{}\"", self.tag));
        if !wanted.if_range.as_ref().is_none_or(same) {
            return None;
        }
        let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
        let number = |text: &str| (!text.is_empty()).then(|| text.parse::<u64>());
        let length = self.plain.bytes.len();
        let range = match (number(first).transpose().ok()?, number(last).transpose().ok()?) {
            (Some(first), last) => first..last.map_or(length, |last| last.saturating_add(1).min(length)),
            (None, Some(count)) => length - count.min(length)..length,
            (None, None) => return None,
        };
        Some(if range.is_empty() { Err(()) } else { Ok(range) })
    }

    fn piece(&self, range: Result<Range<u64>, ()>) -> Response {
        let length = self.plain.bytes.len();
        let (mut answer, said) = match range {
            Ok(range) => {
                let said = format!("bytes {}-{}/{length}", range.start, range.end - 1);
                let (headers, bytes) = (self.plain.headers.clone(), self.plain.bytes.slice(&range));
                let piece = Form::new(StatusCode::PARTIAL_CONTENT, headers, &self.tag, bytes);
                (piece.answer(), said)
            }
            Err(()) => (
                Door::BadRange
                    .because(format!("there are {length} bytes"))
                    .into_response(),
                format!("bytes */{length}"),
            ),
        };
        let said = HeaderValue::from_str(&said).expect("numbers are text");
        answer.headers_mut().insert(header::CONTENT_RANGE, said);
        answer
    }
}
