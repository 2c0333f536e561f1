//! Public reads from memory: never stale, never confidential, the same bytes in gzip and in pieces.

use super::office::{House, ID, Where};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use bytes::Bytes;
use esep::ballot::Ratings;
use esep::demo::Desk;
use esep::documents::Limits;
use esep::http::{Rate, Rates, Settings, Site, router};
use esep::ruleset::BallotSecrecy;
use esep::web::public::NAMED;
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tower::ServiceExt;

struct Answer {
    status: u16,
    headers: axum::http::HeaderMap,
    bytes: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn plain(&self) -> Vec<u8> {
        let mut plain = Vec::new();
        GzDecoder::new(&self.bytes[..]).read_to_end(&mut plain).unwrap();
        plain
    }
}

struct Reader<'a>(&'a House, Site);

const PEER: ConnectInfo<SocketAddr> = ConnectInfo(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1));

impl<'a> Reader<'a> {
    fn new(house: &'a House) -> Self {
        Self::under(house, unlimited())
    }

    fn under(house: &'a House, settings: Settings) -> Self {
        let documents = house.documents(Limits::default());
        Self(house, router(house.clerk(), documents, settings))
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path).extension(PEER);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        self.0.run(async {
            let answer = self.1.clone().oneshot(request).await.unwrap();
            let (parts, body) = answer.into_parts();
            Answer {
                status: parts.status.as_u16(),
                headers: parts.headers,
                bytes: body.collect().await.unwrap().to_bytes(),
            }
        })
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", path, headers)
    }
}

/// Nobody is refused, and pages wait for their bundle however slow the machine is.
fn unlimited() -> Settings {
    Settings {
        rates: None,
        bundle_patience: Duration::from_mins(10),
        ..Settings::default()
    }
}

/// An office that answers bundles and their files from the disk, however short they are.
fn from_disk() -> Settings {
    Settings {
        in_memory: 0,
        ..unlimited()
    }
}

fn api(part: &str) -> String {
    format!("/api/v1/competitions/{ID}{part}")
}

/// The clock of these tests stands still, so that nothing but an entry makes an answer anew.
#[test]
fn an_entry_is_seen_by_the_next_reader() {
    let house = House::new(Where::Memory);
    let mut story = house.story(4);
    story.announce().unwrap();
    let reader = Reader::new(&house);
    let paths = [
        api("/checkpoint"),
        api("/bundle"),
        "/api/v1/competitions".to_owned(),
        "/en".to_owned(),
        format!("/en/competitions/{ID}/record"),
        format!("/ky/competitions/{ID}/feed.atom"),
        format!("/ru/competitions/{ID}"),
    ];
    let look = || paths.iter().map(|path| reader.get(path, &[]).bytes).collect::<Vec<_>>();
    let first = look();
    assert_eq!(look(), first, "nothing happened");
    story.intake().unwrap();
    let second = look();
    for (path, place) in [(&paths[0], 0), (&paths[1], 1), (&paths[4], 4)] {
        assert_ne!(first[place], second[place], "{path} is stale");
    }
    story.screening().unwrap();
    story.list().unwrap();
    let third = look();
    for (place, path) in paths.iter().enumerate() {
        assert_ne!(first[place], third[place], "{path} is stale");
    }
}

#[test]
fn the_same_bytes_whole_in_gzip_and_in_pieces() {
    let house = House::new(Where::Memory);
    let mut story = house.story(4);
    story.play().unwrap();
    let size = house.clerk().snapshot(ID).unwrap().head.size;
    assert!(size < 256, "one partial tile");
    let mut paths = [
        "/bundle",
        "/result",
        "/rules",
        "/candidates",
        "/protocol",
        "/checkpoint",
        "/commission",
    ]
    .map(api)
    .to_vec();
    paths.push(api(&format!("/tile/0/000.p/{size}")));
    paths.push(api(&format!("/tile/entries/000.p/{size}")));
    paths.push(format!("/ru/competitions/{ID}/result"));
    whole_in_gzip_and_in_pieces(&Reader::new(&house), &paths);
}

#[test]
fn the_same_bytes_whole_and_in_pieces_from_the_disk() {
    let house = House::new(Where::Memory);
    let mut story = house.story(4);
    story.play().unwrap();
    let file = |name: &str| format!("/en/competitions/{ID}/files/{name}");
    let mut paths = NAMED.map(file).to_vec();
    paths.push(api("/bundle"));
    let (reader, kept) = (Reader::under(&house, from_disk()), Reader::new(&house));
    whole_in_gzip_and_in_pieces(&reader, &paths);
    for path in &paths {
        let (one, other) = (reader.get(path, &[]), kept.get(path, &[]));
        assert_eq!(one.bytes, other.bytes, "{path}");
        assert_eq!(one.header("etag"), other.header("etag"), "{path}");
    }
}

fn whole_in_gzip_and_in_pieces(reader: &Reader<'_>, paths: &[String]) {
    for path in paths {
        let whole = reader.get(path, &[]);
        assert_eq!(whole.status, 200, "{path}");
        let (tag, length) = (whole.header("etag").to_owned(), whole.bytes.len());
        assert!(tag.starts_with('"'), "{path}: {tag} is a strong tag");
        assert!(whole.header("cache-control").starts_with("public"), "{path}");
        assert_eq!(whole.header("accept-ranges"), "bytes");

        let gzip = reader.get(path, &[("accept-encoding", "gzip")]);
        if gzip.header("content-encoding") == "gzip" {
            assert_eq!(gzip.plain(), whole.bytes, "{path}");
            assert_ne!(gzip.header("etag"), tag, "other bytes, another strong tag");
        } else {
            assert_eq!(gzip.bytes, whole.bytes, "{path}");
        }
        for known in [&tag, gzip.header("etag"), "*", &format!("\"x\", W/{tag}")] {
            let again = reader.get(path, &[("if-none-match", known)]);
            assert_eq!((again.status, again.bytes.len()), (304, 0), "{path} {known}");
            assert_eq!(again.header("etag"), tag);
        }
        assert_eq!(reader.get(path, &[("if-none-match", "\"x\"")]).status, 200);

        let middle = length / 2;
        for (range, wanted) in [
            (format!("bytes=0-{}", middle - 1), 0..middle),
            (format!("bytes={middle}-"), middle..length),
            ("bytes=-7".to_owned(), length - 7..length),
            (format!("bytes={middle}-{}", length * 2), middle..length),
            (format!("bytes=-{}", length * 2), 0..length),
        ] {
            let piece = reader.get(path, &[("range", &range), ("accept-encoding", "gzip")]);
            assert_eq!(piece.status, 206, "{path} {range}");
            assert_eq!(piece.bytes, whole.bytes.slice(wanted.clone()), "{path} {range}");
            let said = format!("bytes {}-{}/{length}", wanted.start, wanted.end - 1);
            assert_eq!(piece.header("content-range"), said);
        }
        let beyond = reader.get(path, &[("range", &format!("bytes={length}-"))]);
        assert_eq!(beyond.status, 416, "{path}");
        assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
        // Of another state no piece is given, and what is no range of bytes is passed over.
        for (range, only_if) in [
            ("bytes=0-3", "\"x\""),
            ("bytes=0-3", gzip.header("etag")),
            ("lines=1-2", &tag),
        ] {
            if only_if != tag || range.starts_with("lines") {
                let all = reader.get(path, &[("range", range), ("if-range", only_if)]);
                assert_eq!(
                    (all.status, &all.bytes),
                    (200, &whole.bytes),
                    "{path} {range} {only_if}"
                );
            }
        }
        assert_eq!(
            reader.get(path, &[("range", "bytes=0-3"), ("if-range", &tag)]).status,
            206
        );
        let head = reader.ask("HEAD", path, &[]);
        assert_eq!((head.status, head.bytes.len()), (200, 0), "{path}");
        assert_eq!(
            (head.header("etag"), head.header("content-length")),
            (&tag[..], &length.to_string()[..])
        );
    }
}

/// What is kept goes out by a shorter way than what is made; nobody can tell from the answer.
#[test]
fn a_kept_answer_is_the_one_that_was_made() {
    let house = House::new(Where::Memory);
    let mut story = house.story(4);
    story.play().unwrap();
    let paths = [
        api("/result"),
        api("/checkpoint"),
        api("/bundle"),
        "/openapi.json".to_owned(),
        format!("/en/competitions/{ID}/result"),
    ];
    let asking: [(&str, &[(&str, &str)]); 8] = [
        ("GET", &[]),
        ("HEAD", &[]),
        ("GET", &[("accept-encoding", "gzip")]),
        ("HEAD", &[("accept-encoding", "gzip")]),
        ("GET", &[("if-none-match", "*")]),
        ("HEAD", &[("if-none-match", "*")]),
        ("GET", &[("if-none-match", "*"), ("range", "bytes=0-3")]),
        ("GET", &[("range", "bytes=0-3"), ("if-range", "\"x\"")]),
    ];
    for path in &paths {
        for ((method, headers), settings) in asking
            .into_iter()
            .flat_map(|asked| [(asked, unlimited()), (asked, from_disk())])
        {
            let reader = Reader::under(&house, settings);
            let made = reader.ask(method, path, headers);
            let kept = reader.ask(method, path, headers);
            let of = |answer: &Answer| {
                let headers = answer.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
                let mut headers: Vec<_> = headers.collect();
                headers.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
                (answer.status, headers, answer.bytes.clone())
            };
            assert_eq!(of(&made), of(&kept), "{method} {path} {headers:?}");
            assert_eq!(kept.header("x-content-type-options"), "nosniff");
            assert_eq!(
                kept.header("content-length").is_empty(),
                kept.status == 304,
                "{method} {path}"
            );
            let policy = kept.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        }
    }
}

/// The limiter and the counters stand on the short way, too, and a reader who is turned away gets a page.
#[test]
fn a_kept_answer_is_counted_and_costs_a_token() {
    let house = House::new(Where::Memory);
    let mut story = house.story(4);
    story.announce().unwrap();
    let rate = Rate {
        per_minute: 1,
        burst: 6,
    };
    let rates = Rates {
        read: rate,
        statement: rate,
        write: rate,
        session: rate,
    };
    let reader = Reader::under(
        &house,
        Settings {
            rates: Some(rates),
            ..Settings::default()
        },
    );
    let page = format!("/en/competitions/{ID}");
    for (path, headers, status) in [
        (&page, &[][..], 200),
        (&page, &[], 200),
        (&page, &[("if-none-match", "*")], 304),
        (&page, &[("if-none-match", "*")], 304),
    ] {
        assert_eq!(reader.get(path, headers).status, status);
    }
    let counters = String::from_utf8(reader.get("/metrics", &[]).bytes.to_vec()).unwrap();
    for line in [
        "esep_requests_total{class=\"read\",status=\"200\"} 2",
        "esep_requests_total{class=\"read\",status=\"304\"} 2",
        "esep_read_seconds_count 4",
    ] {
        assert!(counters.lines().any(|one| one == line), "{line} in {counters}");
    }
    assert_eq!(reader.ask("HEAD", &page, &[]).status, 200, "the last token");
    let late = reader.get(&page, &[]);
    assert_eq!(late.status, 429);
    assert!(late.header("content-type").starts_with("text/html"));
    assert_ne!(late.header("retry-after"), "");
}

/// A reader with a session gets an answer of his own, and leaves nothing behind for others.
#[test]
fn nothing_is_kept_of_what_is_not_public() {
    let house = House::new(Where::Memory);
    let mut story = house.story(4);
    story.announce().unwrap();
    story.intake().unwrap();
    let reader = Reader::new(&house);
    for path in [api(""), api("/phase"), format!("/en/competitions/{ID}/vote")] {
        let first = reader.get(&path, &[]);
        assert_eq!(first.status, 200);
        assert!(!first.header("cache-control").starts_with("public"), "{path}");
        assert_eq!(first.header("etag"), "");
    }
    let session = [("authorization", "Bearer 00"), ("if-none-match", "\"x\"")];
    let rules = reader.get(&api("/rules"), &session);
    assert_eq!(rules.bytes, reader.get(&api("/rules"), &[]).bytes);
    let tag = rules.header("etag");
    let again = reader.get(&api("/rules"), &[("cookie", "__Host-esep=00"), ("if-none-match", tag)]);
    assert_eq!(again.status, 304);
}

/// A ballot with a name makes no answer anew: how long one takes must not tell that somebody has voted.
#[test]
fn a_named_ballot_is_no_public_change() {
    let house = House::new(Where::Memory);
    let mut story = house.story(4);
    story.plan.rules.ballots = BallotSecrecy::Named;
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story.prepare().unwrap();
    let before_opening = house.clerk().published();
    story.open_polling().unwrap();
    let (clerk, size) = (house.clerk(), house.clerk().snapshot(ID).unwrap().head.size);
    let published = clerk.published();
    assert!(published > before_opening);
    for number in 0..3 {
        let key = story.elector_key(number).unwrap();
        let ratings = Ratings::from_iter([("c01".parse().unwrap(), 5)]);
        let ballot = story.ballot(&key, ratings).unwrap();
        story.desk.submit(ballot).unwrap();
    }
    assert_eq!(clerk.snapshot(ID).unwrap().head.size, size + 3);
    assert_eq!(clerk.published(), published);
}

/// The page does not wait until a great bundle is made: it says so, nobody keeps what it says, and it is made all the same.
#[test]
fn a_page_says_that_the_bundle_is_being_made() {
    let house = House::new(Where::Sqlite);
    house.story(4).announce().unwrap();
    let impatient = Settings {
        bundle_patience: Duration::ZERO,
        ..unlimited()
    };
    let reader = Reader::under(&house, impatient);
    let path = format!("/en/competitions/{ID}/record");
    let look = || {
        let answer = reader.get(&path, &[]);
        assert_eq!(answer.status, 200);
        let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
        let (making, made) = (text.contains("is being made"), text.contains("/files/rules.json"));
        assert_ne!(making, made);
        assert!(text.contains("/bundle\""), "the bundle can be asked for");
        let kept = answer.header("cache-control");
        assert_eq!(kept.contains("no-store"), making, "{kept}");
        made
    };
    assert!(!look(), "nobody had asked before");
    let begun = Instant::now();
    while !look() {
        assert!(begun.elapsed() < Duration::from_mins(1), "it is never made");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A bundle is made once for a state of the ledger, whoever asks and for what; when there is a newer one, the older goes
/// from the disk, and nothing that an office left behind stays.
#[test]
fn one_bundle_lies_on_the_disk() {
    let mut house = House::new(Where::Sqlite);
    let mut story = house.story(4);
    story.announce().unwrap();
    let place = house.folder().join("bundles");
    let lying = || {
        let names = std::fs::read_dir(&place)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        names.collect::<Vec<_>>()
    };
    let paths = [
        api("/bundle"),
        format!("/en/competitions/{ID}/record"),
        format!("/en/competitions/{ID}/files/rules.json"),
    ];
    let reader = Reader::under(&house, from_disk());
    let look = || {
        std::thread::scope(|scope| {
            let asking = [0, 1, 2, 0, 1, 2].map(|place| {
                scope.spawn({
                    let (reader, path) = (&reader, &paths[place]);
                    move || reader.get(path, &[]).status
                })
            });
            for one in asking {
                assert_eq!(one.join().unwrap(), 200);
            }
        });
    };
    look();
    let first = lying();
    assert_eq!(first.len(), 1, "{first:?}");
    // What has a query is answered anew each time, from the same bundle.
    for path in paths.iter().map(|path| format!("{path}?again")) {
        assert_eq!(reader.get(&path, &[]).status, 200);
        assert_eq!(lying(), first, "{path}");
    }
    story.intake().unwrap();
    look();
    let second = lying();
    assert_eq!(second.len(), 1, "{second:?}");
    assert_ne!(first, second);
    drop(reader);
    drop(story);
    std::fs::create_dir_all(place.join("half")).unwrap();
    std::fs::write(place.join("half/ballots.jsonl"), "half").unwrap();
    house.restart().unwrap();
    assert!(!place.exists());
}
