//! Problems as pages: in the reader's language, naming the rule and the next step. The API keeps its documents.

use super::show::{self, Keep};
use super::visit::Visit;
use crate::http::App;
use crate::web::Lang;
use crate::web::public::Failed;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

/// What an answer that is a problem says of itself, for whoever makes a page of it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The code, as in the problem's `type`.
    pub code: &'static str,
    /// The rule, where one applies.
    pub rule: Option<&'static str>,
    /// What was found, in English.
    pub detail: String,
}

/// Addresses that programs ask for.
const FOR_PROGRAMS: [&str; 6] = ["/api/", "/assets/", "/openapi.json", "/healthz", "/readyz", "/metrics"];

/// Who wants pages, and which.
pub struct Reader {
    uri: Uri,
    headers: HeaderMap,
}

impl Reader {
    /// `None` for a program.
    pub fn of(request: &Request) -> Option<Self> {
        let (uri, headers) = (request.uri(), request.headers());
        wants_page(uri, headers).then(|| Self {
            uri: uri.clone(),
            headers: headers.clone(),
        })
    }
}

/// A problem that answers a reader becomes a page.
pub fn problems(app: &App, reader: Option<Reader>, answer: Response) -> Response {
    let (Some(Reader { uri, headers }), Some(told)) = (reader, answer.extensions().get::<Told>().cloned()) else {
        return answer;
    };
    let visit = Visit::new(app, &uri, &headers);
    page(&visit, answer.status(), told, answer.headers())
}

fn wants_page(uri: &Uri, headers: &HeaderMap) -> bool {
    if FOR_PROGRAMS.iter().any(|start| uri.path().starts_with(start)) {
        return false;
    }
    let accepts = headers.get(header::ACCEPT).and_then(|text| text.to_str().ok());
    Lang::of_path(uri.path()).is_some() || accepts.is_some_and(|types| types.contains("text/html"))
}

fn page(visit: &Visit, status: StatusCode, told: Told, before: &HeaderMap) -> Response {
    let template = Failed {
        page: visit.page.clone(),
        code: told.code,
        rule: told.rule,
        detail: told.detail,
    };
    let mut answer = match show::show(visit, &template, Keep::Never) {
        Ok(answer) => answer,
        Err(problem) => return problem.into_response(),
    };
    *answer.status_mut() = status;
    for name in [header::RETRY_AFTER, header::ALLOW, header::CONTENT_RANGE] {
        if let Some(value) = before.get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}
