//! Errors as `application/problem+json` (RFC 9457).

use axum::body::to_bytes;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use survey::Refusal;
use survey::accept::RefusalKind;

use super::headers::is_page;
use crate::pages;
use crate::sites::SiteError;
use crate::store::StoreError;

/// The media type of a problem.
const PROBLEM_JSON: &str = "application/problem+json";
/// Most bytes of what an extractor says is wrong with a request.
const REJECTION_BYTES_MAX: usize = 4 * 1024;

/// What went wrong, for programs and for people. Boxed, because most results are none.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct Problem(Box<Document>);

#[derive(Debug, Clone, Serialize)]
struct Document {
    r#type: &'static str,
    title: &'static str,
    #[serde(serialize_with = "as_number")]
    status: StatusCode,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// Everything that is wrong, where that is more than one thing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<FileProblem>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
    /// What the log says beside the detail, where that is nothing for the client to know.
    #[serde(skip)]
    cause: Option<String>,
}

/// One thing that is wrong with a site file.
#[derive(Debug, Clone, Serialize)]
struct FileProblem {
    line: usize,
    field: String,
    detail: String,
}

impl Problem {
    /// A problem with this status.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem(Box::new(Document {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status,
            detail: detail.into(),
            field: None,
            problems: Vec::new(),
            retry_after_s: None,
            cause: None,
        }))
    }

    /// 400, at a field.
    pub(super) fn bad(field: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail).at(field)
    }

    /// 404.
    pub(super) fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    /// The same problem, at a field.
    pub(super) fn at(mut self, field: impl Into<String>) -> Problem {
        self.0.field = Some(field.into());
        self
    }

    /// The same problem, which will have passed after so many seconds.
    pub(super) fn retry_after(mut self, seconds: u64) -> Problem {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Its status.
    pub(super) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// After how many seconds it will have passed, if that is known.
    pub(super) fn retry_after_s(&self) -> Option<u64> {
        self.0.retry_after_s
    }

    /// What the log is to say about it.
    pub(super) fn cause(&self) -> &str {
        self.0.cause.as_deref().unwrap_or(&self.0.detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.0.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.0.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.0.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// An error in the form that its client reads: it is a problem, whoever found it, and a page for a
/// person.
pub(super) async fn shaped(response: Response, reads_pages: bool) -> Response {
    let status = response.status();
    if is_page(response.headers()) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let known = head.extensions.get::<Problem>().cloned();
    if known.is_some() && !reads_pages {
        return Response::from_parts(head, body);
    }
    let problem = match known {
        Some(problem) => problem,
        // An extractor could not read the request: what it says is kept.
        None => {
            let text = to_bytes(body, REJECTION_BYTES_MAX).await.unwrap_or_default();
            Problem::new(status, String::from_utf8_lossy(&text))
        }
    };
    head.headers.remove(header::CONTENT_LENGTH);
    let (kind, body) = if reads_pages {
        let page = pages::problem(problem.0.title, &problem.0.detail);
        ("text/html; charset=utf-8", page.into_string())
    } else {
        (PROBLEM_JSON, serde_json::to_string(&problem).unwrap_or_default())
    };
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    head.extensions.insert(problem);
    Response::from_parts(head, body.into())
}

/// The whole answer to a client for which there is no place, on a connection of its own.
pub(crate) fn no_place() -> String {
    let detail = "all connections are in use; send this again later";
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail);
    let body = serde_json::to_string(&problem).unwrap_or_default();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: {PROBLEM_JSON}\r\n\
         access-control-allow-origin: *\r\nretry-after: 2\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let status = match refusal.kind {
            RefusalKind::Malformed => StatusCode::BAD_REQUEST,
            RefusalKind::OutOfBounds => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Problem::new(status, refusal.detail).at(refusal.field)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        let happened = match &error {
            StoreError::Busy => "too many answers are waiting to be stored",
            StoreError::Database(_) => "the database cannot be read or written just now",
            StoreError::Damaged(_) => "what is stored there is damaged",
            StoreError::Closed => "the collector is being stopped",
            StoreError::NoRandomness => "the system of the collector has no randomness to give",
        };
        let detail = format!("{happened}; send this again later");
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(2);
        problem.0.cause = Some(error.to_string());
        problem
    }
}

impl From<SiteError> for Problem {
    fn from(error: SiteError) -> Problem {
        match error {
            SiteError::Store(error) => error.into(),
            SiteError::Problems(problems) => Problem::of_file(&problems),
            SiteError::ManagedByFile(_) | SiteError::BreaksHistory(_) => {
                Problem::new(StatusCode::CONFLICT, error.to_string())
            }
        }
    }
}

impl Problem {
    fn of_file(problems: &[survey::check::Problem]) -> Problem {
        let first = problems.first();
        let detail = first.map_or_else(String::new, ToString::to_string);
        let of = |problem: &survey::check::Problem| FileProblem {
            line: problem.line,
            field: problem.field.clone(),
            detail: format!("{}. {}", problem.message, problem.remedy),
        };
        let field = first.map(|problem| problem.field.clone()).unwrap_or_default();
        let mut problem = Problem::bad(field, detail);
        problem.0.problems = problems.iter().map(of).collect();
        problem
    }
}

/// 413.
pub(super) fn too_large(what: &str, bytes_max: usize) -> Problem {
    let detail = format!("{what} has at most {bytes_max} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

/// The answer where there is no route.
pub(super) async fn no_such_page(uri: Uri) -> Problem {
    Problem::not_found(format!("there is nothing at {}", uri.path()))
}

/// The answer to a method that a route does not have.
pub(super) async fn no_such_method() -> Problem {
    let detail = "this address does not take that method; the Allow header names those it takes";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}
