//! Who asks for a page: in which language, from which address; and the two addresses that only choose a language.

use crate::http::App;
use crate::http::answer::Asked;
use crate::http::problem::{Door, Problem};
use crate::web::{Lang, Page};
use axum::extract::{FromRequestParts, OriginalUri, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// Remembers the language; holds nothing else.
const COOKIE: &str = "__Host-language";
/// Seconds that a language is remembered.
const COOKIE_SECONDS: u32 = 365 * 24 * 60 * 60;

/// A reader's request for a page.
#[derive(Debug)]
pub struct Visit {
    /// The frame that the page stands in.
    pub page: Page,
    /// The request's headers.
    pub headers: HeaderMap,
}

impl Visit {
    /// A visit to this address; a language that it does not name is chosen.
    pub fn new(app: &App, uri: &axum::http::Uri, headers: &HeaderMap) -> Self {
        let (lang, rest) = Lang::of_path(uri.path()).unwrap_or_else(|| (chosen(headers), "/"));
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let office = app.clerk.office();
        Self {
            page: Page {
                lang,
                path: format!("{rest}{query}"),
                rehearsal: office.rehearsal,
                host: office.host.clone(),
                now: app.clerk.now(),
            },
            headers: headers.clone(),
        }
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let uri = OriginalUri::from_request_parts(parts, app).await;
        let uri = uri.map_or_else(|_| parts.uri.clone(), |OriginalUri(uri)| uri);
        Ok(Self::new(app, &uri, &parts.headers))
    }
}

/// What was remembered, else what the browser prefers, else Kyrgyz.
fn chosen(headers: &HeaderMap) -> Lang {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let remembered = text(header::COOKIE).and_then(|line| {
        let mut pairs = line.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == COOKIE).map(|(_, code)| code)
    });
    Lang::choose(remembered, text(header::ACCEPT_LANGUAGE))
}

/// `GET /`: on to the home page in the reader's language.
pub async fn front(headers: HeaderMap) -> Response {
    let to = format!("/{}", chosen(&headers));
    let headers = [
        (header::LOCATION, to),
        (header::VARY, "accept-language, cookie".to_owned()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Where to go on.
#[derive(Debug, Deserialize)]
pub struct Onward {
    #[serde(default)]
    to: String,
}

/// `GET /language/{lang}?to=`: remembers a language and goes on to the same page in it, never to another site.
pub async fn remember(Path(code): Path<String>, Asked(onward): Asked<Onward>) -> Result<Response, Problem> {
    let lang = Lang::of_code(&code).ok_or(Door::NotFound)?;
    let rest = Lang::of_path(&onward.to).map_or("", |(_, rest)| rest.trim_end_matches('/'));
    let to = HeaderValue::from_str(&format!("/{lang}{rest}")).map_err(|_| Door::BadQuery)?;
    let cookie = format!("{COOKIE}={lang}; Path=/; Max-Age={COOKIE_SECONDS}; Secure; HttpOnly; SameSite=Strict");
    let cookie = HeaderValue::from_str(&cookie).map_err(Problem::fault)?;
    let never = HeaderValue::from_static("private, no-store");
    let headers = [
        (header::LOCATION, to),
        (header::SET_COOKIE, cookie),
        (header::CACHE_CONTROL, never),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}
