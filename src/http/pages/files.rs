//! Assets under the path that names their hash: the same bytes for ever.

use super::show;
use crate::http::answer::{At, FOREVER};
use crate::http::problem::{Door, Problem};
use crate::http::reads::takes_gzip;
use crate::web::assets;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

/// `GET /assets/{release}/{path}`; another release than this one is not here any more.
pub async fn asset(At((release, path)): At<(String, String)>, headers: HeaderMap) -> Result<Response, Problem> {
    let found = assets::find(&path).filter(|_| release == assets::release());
    let found = found.ok_or(Door::NotFound)?;
    let mut answer = if takes_gzip(&headers) && found.gzip.len() < found.bytes.len() {
        ([(header::CONTENT_ENCODING, "gzip")], &found.gzip[..]).into_response()
    } else {
        found.bytes.to_vec().into_response()
    };
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(found.media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOREVER));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // A worker's policy is that of its own answer, so scripts carry the pages' one.
    show::strict(headers);
    Ok(answer)
}

/// `GET /favicon.ico`, which browsers ask for by themselves.
pub async fn favicon() -> Redirect {
    Redirect::temporary(&assets::address("icons/esep.svg"))
}
