//! Pages from outside: strict headers, nothing inline, tags that say nothing of sealed ballots, problems in words.

use super::office::{House, Where};
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use esep::ballot::Ratings;
use esep::demo::Desk;
use esep::demo::story::Story;
use esep::documents::Limits;
use esep::http::{Settings, Site, router};
use esep::ruleset::BallotSecrecy;
use esep::web::assets;
use http_body_util::BodyExt;
use tower::ServiceExt;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

struct Reader<'a> {
    house: &'a House,
    router: Site,
}

impl<'a> Reader<'a> {
    fn new(house: &'a House) -> Self {
        let settings = Settings {
            rates: None,
            ..Settings::default()
        };
        let router = router(house.clerk(), house.documents(Limits::default()), settings);
        Self { house, router }
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        self.house.run(async {
            let answer = self.router.clone().oneshot(request).await.unwrap();
            let (status, headers) = (answer.status(), answer.headers().clone());
            let bytes = answer.into_body().collect().await.unwrap().to_bytes();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Answer { status, headers, text }
        })
    }
}

fn id<D: Desk>(story: &Story<D>) -> String {
    story.desk.origin().rsplit('/').next().unwrap().to_owned()
}

#[test]
fn every_page_is_strict_and_holds_nothing_inline_or_foreign() {
    let house = House::new(Where::Memory);
    let mut story = house.story(4);
    story.play().unwrap();
    let reader = Reader::new(&house);
    let base = format!("/competitions/{}", id(&story));
    let parts = [
        "",
        "/rules",
        "/candidates",
        "/result",
        "/record",
        "/nominate",
        "/desk",
        "/commission",
        "/vote",
        "/observe",
    ];
    let mut paths: Vec<_> = parts.iter().map(|part| format!("{base}{part}")).collect();
    paths.extend(["", "/how", "/verify", "/styleguide", "/nowhere"].map(str::to_owned));
    for lang in ["ky", "ru", "en"] {
        for path in &paths {
            let page = reader.get(&format!("/{lang}{path}"), &[]);
            let wanted = if path == "/nowhere" { 404 } else { 200 };
            assert_eq!(page.status.as_u16(), wanted, "{lang}{path}");
            let policy = page.header("content-security-policy");
            for rule in [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "frame-ancestors 'none'",
                "base-uri 'none'",
                "form-action 'self'",
                "require-trusted-types-for 'script'",
            ] {
                assert!(policy.contains(rule), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe") && !policy.contains("http"));
            assert_eq!(page.header("x-content-type-options"), "nosniff");
            assert!(page.text.contains(&format!("<html lang=\"{lang}\"")));
            assert!(!page.text.contains('⟦'), "{lang}{path}: a message is missing");
            for foreign in [
                "src=\"http",
                "href=\"http",
                "href=\"//",
                " style=",
                " onclick=",
                "<style",
                "<script>",
            ] {
                assert!(!page.text.contains(foreign), "{lang}{path}: {foreign}");
            }
        }
    }
}

#[test]
fn a_tag_changes_when_the_reader_would_see_it_and_only_then() {
    let house = House::new(Where::Memory);
    let mut story = house.story(4);
    story.announce().unwrap();
    let reader = Reader::new(&house);
    let path = format!("/ky/competitions/{}", id(&story));
    let first = reader.get(&path, &[]);
    let tag = first.header("etag").to_owned();
    assert_eq!(first.header("cache-control"), "public, no-cache");
    assert_eq!(reader.get(&path, &[("if-none-match", &tag)]).status, 304);
    // Compressed, it is the same page, and its own tag says so.
    let gzip = reader.get(&path, &[("accept-encoding", "br, gzip")]);
    assert_eq!(gzip.header("content-encoding"), "gzip");
    assert_eq!(gzip.header("etag").replace("-gzip", ""), tag);
    assert_eq!(reader.get(&path, &[("if-none-match", gzip.header("etag"))]).status, 304);
    // Intake ends by the clock alone, without an entry.
    house.clock.set(story.plan.day.plus_months(1).end());
    let later = reader.get(&path, &[("if-none-match", &tag)]);
    assert_eq!(later.status, 200);
    assert!(first.text.contains("phase-intake") && later.text.contains("phase-screening"));
    let russian = reader.get(&path.replace("/ky", "/ru"), &[]);
    assert_ne!(russian.header("etag"), later.header("etag"));
}

/// With named ballots the ledger grows with every vote; neither a page nor its tag may tell.
#[test]
fn pages_do_not_tell_how_many_named_ballots_are_cast() {
    let house = House::new(Where::Memory);
    let mut story = house.story(4);
    story.plan.rules.ballots = BallotSecrecy::Named;
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story.prepare().unwrap();
    story.open_polling().unwrap();
    let reader = Reader::new(&house);
    let base = format!("/en/competitions/{}", id(&story));
    let look = || {
        let mut paths = ["", "/candidates", "/result", "/record", "/feed.atom"]
            .map(|part| format!("{base}{part}"))
            .to_vec();
        paths.push("/en".to_owned());
        let pages = paths.iter().map(|path| {
            let page = reader.get(path, &[]);
            assert_eq!(page.status, 200, "{path}");
            (page.header("etag").to_owned(), page.text)
        });
        pages.collect::<Vec<_>>()
    };
    let before = look();
    // Already before the first ballot, else the refusal would tell of it.
    let bundle = format!("/api/v1{}/bundle", base.replace("/en", ""));
    assert_eq!(reader.get(&bundle, &[]).status, 403);
    for number in 0..2 {
        let key = story.elector_key(number).unwrap();
        let ratings = Ratings::from_iter([("c01".parse().unwrap(), 5)]);
        let ballot = story.ballot(&key, ratings).unwrap();
        story.desk.submit(ballot).unwrap();
        assert!(look() == before, "ballot {number} is seen on a page");
    }
    assert_eq!(reader.get(&format!("{base}/files/rules.json"), &[]).status, 403);
    assert_eq!(reader.get(&bundle, &[]).status, 403);
}

#[test]
fn a_problem_is_a_page_for_readers_and_a_document_for_programs() {
    let house = House::new(Where::Memory);
    let reader = Reader::new(&house);
    let page = reader.get("/ru/competitions/none", &[]);
    assert_eq!(page.status, 404);
    assert!(page.text.contains("Такого конкурса пока нет") && page.text.contains("<code>no_competition</code>"));
    assert_eq!(page.header("cache-control"), "private, no-store");
    let program = reader.get("/api/v1/competitions/none", &[("accept", "text/html")]);
    assert_eq!(program.header("content-type"), "application/problem+json");
    let elsewhere = reader.get("/somewhere", &[("accept", "text/html"), ("accept-language", "en")]);
    assert!(elsewhere.text.contains("There is no such address"));
    let curl = reader.get("/somewhere", &[("accept", "*/*")]);
    assert_eq!(curl.header("content-type"), "application/problem+json");
    assert_eq!(reader.get("/kyrgyz", &[]).status, 404);
}

#[test]
fn the_language_is_remembered_and_leads_to_no_other_site() {
    let house = House::new(Where::Memory);
    let reader = Reader::new(&house);
    for (to, wanted) in [
        ("/ky/how", "/ru/how"),
        ("/ky", "/ru"),
        ("//evil.example", "/ru"),
        ("https://evil.example/ky", "/ru"),
        ("/ky//evil.example", "/ru//evil.example"),
        ("", "/ru"),
    ] {
        let answer = reader.get(&format!("/language/ru?to={to}"), &[]);
        assert_eq!(answer.status, 303);
        assert_eq!(answer.header("location"), wanted);
        let cookie = answer.header("set-cookie");
        for part in ["__Host-language=ru", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
            assert!(cookie.contains(part), "{cookie}");
        }
    }
    assert_eq!(reader.get("/language/de?to=/ky", &[]).status, 404);
    let front = |headers: &[(&str, &str)]| reader.get("/", headers).header("location").to_owned();
    assert_eq!(front(&[]), "/ky");
    assert_eq!(front(&[("accept-language", "en-GB,ru;q=0.5")]), "/en");
    let cookie = ("cookie", "a=b; __Host-language=ru");
    assert_eq!(front(&[cookie, ("accept-language", "en")]), "/ru");
}

#[test]
fn assets_are_for_ever_under_their_hash_and_light() {
    let house = House::new(Where::Memory);
    let reader = Reader::new(&house);
    for path in assets::paths() {
        let asset = reader.get(&assets::address(path), &[]);
        assert_eq!(asset.status, 200, "{path}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(assets::find(path).unwrap().gzip.len() < 60_000, "{path}");
    }
    let css = assets::address("css/base.css");
    let gzip = reader.get(&css, &[("accept-encoding", "gzip")]);
    assert_eq!(gzip.header("content-encoding"), "gzip");
    assert_eq!(
        reader
            .get(&css, &[("accept-encoding", "gzip;q=0")])
            .header("content-encoding"),
        ""
    );
    let other = css.replace(assets::release(), "0123456789abcdef");
    assert_eq!(reader.get(&other, &[]).status, 404);
    let icon = reader.get("/favicon.ico", &[]);
    assert_eq!(icon.header("location"), assets::address("icons/esep.svg"));
}
