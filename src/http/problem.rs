//! Every error answer of the API: RFC 9457 `application/problem+json`, from one table.
//!
//! Three kinds never mix: a refusal (the rules say no), a problem of the request itself (the door says no), and a fault
//! (the machine failed: logged here, once, and nothing of it shown). Every variant is named; a new one does not compile
//! until it has a status, words and a next step.

use super::pages::Told;
use crate::clerk::Rejected;
use crate::competition::{Code, Refusal};
use crate::documents::DocumentError;
use crate::drafts::{DraftError, State};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// Why a request is not answered with what it asked for.
#[derive(Debug)]
pub enum Problem {
    /// The rules say no. `note` is the refusal signed by the log key; absent where nothing could be read to refuse.
    Refused {
        /// The refusal.
        refusal: Refusal,
        /// Signed note over PAE hash, time and code.
        note: Option<String>,
    },
    /// The door says no.
    Door(Door, String),
    /// The machine failed; the words are for the log only.
    Fault(String),
}

macro_rules! doors {
    ($($name:ident $code:literal $status:ident $title:literal $next:literal;)*) => {
        /// Problems of a request that never reached the rules.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Door { $(#[doc = $title] $name,)* }

        impl Door {
            /// Every one, for the documents.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
            /// The code as it stands in answers.
            pub fn code(self) -> &'static str { match self { $(Self::$name => $code,)* } }
            /// HTTP status.
            pub fn status(self) -> StatusCode { match self { $(Self::$name => StatusCode::$status,)* } }
            /// What is wrong, in one sentence.
            pub fn title(self) -> &'static str { match self { $(Self::$name => $title,)* } }
            /// What to do next, in one sentence.
            pub fn next_step(self) -> &'static str { match self { $(Self::$name => $next,)* } }
        }
    };
}

doors! {
    NoRoute "no_route" NOT_FOUND "There is no such address" "Read /openapi.json for the addresses there are.";
    NotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "The address does not take this method" "Read the Allow header.";
    NotFound "not_found" NOT_FOUND "There is no such thing here" "Compare the id or hash with what the office gave you.";
    NotYet "not_yet" NOT_FOUND "This does not exist yet" "Ask again when the competition has come that far.";
    Sealed "sealed" FORBIDDEN "This is sealed until polling is closed" "Ask again after the close.";
    BadQuery "bad_query" BAD_REQUEST "The address or its query cannot be read" "Compare it with /openapi.json.";
    BadRange "bad_range" RANGE_NOT_SATISFIABLE "There is no such piece" "Ask for a piece within the length in Content-Range.";
    BadBody "bad_body" BAD_REQUEST "The body cannot be read" "Compare it with the schema in /openapi.json.";
    Interrupted "interrupted" BAD_REQUEST "The body ended before it was complete" "Send it again; what was accepted stays accepted.";
    MediaType "media_type" UNSUPPORTED_MEDIA_TYPE "The body has a content type that is not taken here" "Send one of the types in /openapi.json.";
    FileType "file_type" UNSUPPORTED_MEDIA_TYPE "The document is neither PDF, JPEG nor PNG" "Convert it to one of the three.";
    TooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is larger than this address takes" "Split it, or send large content as an attachment.";
    Quota "quota" INSUFFICIENT_STORAGE "The room set aside for uploads is used up" "Tell the office.";
    TooSlow "too_slow" REQUEST_TIMEOUT "The body came too slowly" "Send it again over a faster connection.";
    TooMany "too_many_requests" TOO_MANY_REQUESTS "Too many requests from this address" "Wait as long as Retry-After says.";
    NoSession "no_session" UNAUTHORIZED "This is confidential: a session is needed" "Sign a challenge from /api/v1/sessions/challenge.";
    BadSession "bad_challenge" UNAUTHORIZED "The signed challenge does not open a session" "Ask for a new challenge and sign its very bytes.";
    NoRight "no_right" FORBIDDEN "This session may not read that" "Ask the holder of the right role.";
    CrossSite "cross_site" FORBIDDEN "A page of another site sent this request" "Send it from the office's own pages, or with a bearer token.";
    Busy "busy" SERVICE_UNAVAILABLE "The office has more statements waiting than it takes" "Send the same bytes again after Retry-After; a repeat is never counted twice.";
    Stopping "stopping" SERVICE_UNAVAILABLE "The service is not ready" "Try again shortly.";
    TooManyDrafts "too_many_drafts" CONFLICT "As many drafts as may be are open" "Withdraw one that is not needed.";
    DraftClosed "draft_closed" CONFLICT "The draft is closed" "Write a new draft against the present record.";
}

impl Door {
    /// The problem, with words about the case at hand.
    pub fn because(self, detail: impl Into<String>) -> Problem {
        Problem::Door(self, detail.into())
    }
}

impl From<Door> for Problem {
    fn from(door: Door) -> Self {
        Self::Door(door, String::new())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { refusal, note: None }
    }
}

impl From<Rejected> for Problem {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Refused { refusal, note } => Self::Refused {
                refusal,
                note: Some(note),
            },
            Rejected::Busy => Door::Busy.into(),
            Rejected::Fault(words) => Self::Fault(words),
        }
    }
}

impl From<DocumentError> for Problem {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::TooLong { limit } => Door::TooLarge.because(format!("at most {limit} bytes")),
            DocumentError::Empty => Door::BadBody.because("the file is empty"),
            DocumentError::Type => Door::FileType.into(),
            DocumentError::Quota { left } => Door::Quota.because(format!("{left} bytes are left")),
            DocumentError::Opening(words) => Door::BadBody.because(words),
            DocumentError::Store(error) => Self::fault(error),
            DocumentError::Disk(error) => Self::fault(error),
        }
    }
}

impl From<DraftError> for Problem {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Rejected(rejected) => rejected.into(),
            DraftError::Refused(refusal) => refusal.into(),
            DraftError::NotFound => Door::NotFound.into(),
            DraftError::Closed(draft) => Door::DraftClosed.because(match draft.state {
                State::Open {} => String::new(),
                State::Entered { seq } => format!("it is entry {seq} of the ledger"),
                State::Refused { code, detail } => format!("it was refused: {code} {detail}"),
                State::Withdrawn { by, at } => format!("key {by} withdrew it at {at}"),
            }),
            DraftError::TooMany => Door::TooManyDrafts.into(),
            DraftError::Store(error) => Self::fault(error),
        }
    }
}

/// The `type` of a problem: a stable, relative address.
pub fn type_of(code: &str) -> String {
    format!("/problems/{code}")
}

impl Problem {
    /// A fault, from whatever error.
    pub fn fault(error: impl std::fmt::Display) -> Self {
        Self::Fault(error.to_string())
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Refused { refusal, .. } => {
                StatusCode::from_u16(refusal.code.status()).expect("the table of refusals holds HTTP statuses only")
            }
            Self::Door(door, _) => door.status(),
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code, as in the problem's `type`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { refusal, .. } => refusal.code.as_str(),
            Self::Door(door, _) => door.code(),
            Self::Fault(_) => "fault",
        }
    }

    /// The problem document.
    pub fn document(&self) -> Value {
        let (title, next_step, detail, rule, note) = match self {
            Self::Refused {
                refusal: Refusal { code, detail },
                note,
            } => (
                code.title(),
                code.next_step(),
                detail.as_str(),
                Code::rule(*code),
                note.as_deref(),
            ),
            Self::Door(door, detail) => (door.title(), door.next_step(), detail.as_str(), None, None),
            Self::Fault(_) => (
                "The service failed",
                "Send the same bytes again; tell the office if it stays.",
                "",
                None,
                None,
            ),
        };
        let mut fields = Map::new();
        fields.insert("type".into(), json!(type_of(self.code())));
        fields.insert("title".into(), json!(title));
        fields.insert("status".into(), json!(self.status().as_u16()));
        fields.insert("code".into(), json!(self.code()));
        fields.insert("next_step".into(), json!(next_step));
        let optional = [
            ("detail", (!detail.is_empty()).then_some(detail)),
            ("rule", rule),
            ("note", note),
        ];
        for (name, value) in optional.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            fields.insert(name.into(), json!(value));
        }
        Value::Object(fields)
    }

    /// Seconds after which to try again, where that helps.
    fn retry_after(&self) -> Option<&str> {
        match self {
            // The wait of a used-up bucket stands in the detail, put there by the rate limit.
            Self::Door(Door::TooMany, wait) => Some(wait.split(' ').next().unwrap_or("1")),
            Self::Door(Door::Busy | Door::Stopping, _) => Some("1"),
            Self::Door(..) | Self::Refused { .. } | Self::Fault(_) => None,
        }
    }

    /// What a page says of it; nothing of a fault.
    fn told(&self) -> Told {
        let (rule, detail) = match self {
            Self::Refused { refusal, .. } => (refusal.code.rule(), refusal.detail.clone()),
            Self::Door(_, detail) => (None, detail.clone()),
            Self::Fault(_) => (None, String::new()),
        };
        Told {
            code: self.code(),
            rule,
            detail,
        }
    }

    /// Logs a fault, once, at the edge; refusals are answers, not events, and a line about one could name a ballot.
    pub fn logged(self) -> Self {
        if let Self::Fault(words) = &self {
            tracing::error!(fault = %words, "request failed");
        }
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let problem = self.logged();
        let mut answer = Response::new(Body::from(problem.document().to_string()));
        answer.extensions_mut().insert(problem.told());
        *answer.status_mut() = problem.status();
        let headers = answer.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = problem.retry_after().and_then(|wait| HeaderValue::from_str(wait).ok()) {
            headers.insert(header::RETRY_AFTER, wait);
        }
        if problem.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer
    }
}
