//! A rendered page as an answer with strict headers.
//!
//! A public one gets its tag in `http/reads.rs`: the hash of what was rendered. One made of the ledger's size would say,
//! with named ballots, how many have voted so far; this one changes exactly when the reader would see a difference.

use super::visit::Visit;
use crate::http::answer::{ASK, NEVER};
use crate::http::problem::Problem;
use crate::http::reads::takes_gzip;
use crate::web::assets;
use askama::Template;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// What a page may do: run our scripts, show our styles and pictures, talk to us. No inline script or style, no other
/// site, no frame around it, no text turned into markup (Trusted Types).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; \
    base-uri 'none'; require-trusted-types-for 'script'; trusted-types esep";
/// Only the camera, for cards and documents, and only for ourselves.
const PERMISSIONS: &str = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()";
/// Shorter answers are not worth compressing.
const SMALL: usize = 512;

/// Who may keep a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Anyone may keep it and asks each time whether it changed.
    Public,
    /// Nobody keeps it: it says something confidential, or an error.
    Never,
}

/// The page, rendered for this visit.
pub fn show(visit: &Visit, template: &impl Template, keep: Keep) -> Result<Response, Problem> {
    let body = template.render().map_err(Problem::fault)?;
    Ok(text(visit, body, "text/html; charset=utf-8", keep))
}

/// Text of another type with the same care: a feed.
pub fn text(visit: &Visit, body: String, media: &'static str, keep: Keep) -> Response {
    let mut answer = match keep {
        Keep::Never => compressed(&visit.headers, body),
        // Kept and compressed where others get it too.
        Keep::Public => body.into_response(),
    };
    let cache = match keep {
        Keep::Public => ASK,
        Keep::Never => NEVER,
    };
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    strict(headers);
    answer
}

fn compressed(asked: &HeaderMap, body: String) -> Response {
    let mut answer = if body.len() >= SMALL && takes_gzip(asked) {
        ([(header::CONTENT_ENCODING, "gzip")], assets::gzip(body.as_bytes())).into_response()
    } else {
        body.into_response()
    };
    answer
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    answer
}

/// Headers of every page.
pub fn strict(headers: &mut HeaderMap) {
    let rows: [(HeaderName, &'static str); 6] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in rows {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
