//! What happens to every request, whatever it is about: an id, a limit in time, a line in the log
//! when it fails, and an answer in the form that its client reads.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use futures_util::future::{Either, ready};

use super::problem::{self, Problem};
use super::{App, Shared, headers, metrics};
use crate::encoded::hex;

/// Longest time for a request, its body included.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(20);
/// What stands in paths that name a respondent, or were meant to.
const PEOPLE: &str = "/respondents";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Stands around all routes of the table.
pub(super) async fn layer(State(app): Shared, request: Request, next: Next) -> Response {
    let route = metrics::route_of(&request);
    around(&app, route, request, |request| next.run(request)).await
}

/// Stands around whatever answers a request, which counts as one of `route`.
pub(super) fn around<F: Future<Output = Response>>(
    app: &App,
    route: Cow<'static, str>,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> impl Future<Output = Response> {
    let asked = Asked::new(&request);
    let is_public = headers::is_public(&route, request.uri().path());
    // The request is moved on at once: what is awaited here is not as large as it.
    let answer = match refused(&request) {
        Some(problem) => Either::Left(ready(unread(&request, problem))),
        None => Either::Right(within_limits(answer(request))),
    };
    async move {
        let mut response = answer.await;
        if response.status().is_client_error() || response.status().is_server_error() {
            response = Box::pin(problem::shaped(response, asked.reads_pages)).await;
        }
        headers::add(response.headers_mut(), is_public);
        if app.tls_only {
            headers::add_transport(response.headers_mut());
        }
        asked.log(&response, &route);
        app.metrics.answered(route, response.status(), asked.at.elapsed());
        if let Ok(id) = HeaderValue::try_from(hex(&asked.id.to_be_bytes())) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
}

/// What is remembered of a request while it is answered.
struct Asked {
    id: u64,
    method: Method,
    uri: Uri,
    /// Whether it comes from a browser in which a person wants to see a page.
    reads_pages: bool,
    at: Instant,
}

impl Asked {
    fn new(request: &Request) -> Asked {
        let accepted = request.headers().get(header::ACCEPT);
        let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or_default();
        Asked {
            id: fastrand::u64(..),
            method: request.method().clone(),
            uri: request.uri().clone(),
            reads_pages: accepted.contains("text/html"),
            at: Instant::now(),
        }
    }

    /// Writes a line about it: its path and no more, because keys and people stand behind the `?`;
    /// and of a path in which people stand no more than its route.
    fn log(&self, response: &Response, route: &str) {
        let Asked { id, method, uri, .. } = self;
        let path = if uri.path().contains(PEOPLE) { route } else { uri.path() };
        let (id, status) = (format_args!("{id:016x}"), response.status().as_u16());
        let ms = || self.at.elapsed().as_millis();
        if !response.status().is_server_error() {
            tracing::debug!(request = %id, %method, path, status, ms = ms(), "answered");
            return;
        }
        let problem = response.extensions().get::<Problem>();
        let cause = problem.map(Problem::cause).unwrap_or_default();
        tracing::warn!(request = %id, %method, path, status, ms = ms(), "failed: {cause}");
    }
}

/// What is taken by no route.
fn refused(request: &Request) -> Option<Problem> {
    let headers = request.headers();
    misdirected(request.version(), headers)
        .or_else(|| encoded(headers))
        .or_else(|| holds_zero(request.uri()))
        .or_else(|| compressed(headers))
}

/// The answer to a request whose body nobody reads.
fn unread(request: &Request, problem: Problem) -> Response {
    if request.body().is_end_stream() { problem.into_response() } else { last(problem) }
}

/// The last answer on a connection, on which the rest of a body is still to come.
fn last(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A request says once for which host it is (RFC 9112, section 3.2): somebody in between may have
/// read the other one.
fn misdirected(version: Version, headers: &HeaderMap) -> Option<Problem> {
    let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(byte);
    let mut hosts = headers.get_all(header::HOST).iter();
    let is_clear = match (hosts.next(), hosts.next()) {
        (None, _) => version < Version::HTTP_11,
        (Some(host), None) => host.as_bytes().iter().all(is_host),
        (Some(_), Some(_)) => false,
    };
    let detail = "send one Host header, with the name of this host and perhaps a port";
    (!is_clear).then(|| Problem::bad("Host", detail))
}

/// Of the encodings for the way, only pieces are understood.
fn encoded(headers: &HeaderMap) -> Option<Problem> {
    let mut encodings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let first = encodings.next()?;
    let is_known = first.as_bytes().eq_ignore_ascii_case(b"chunked") && encodings.next().is_none();
    let detail = "send this again with no Transfer-Encoding but \"chunked\"";
    (!is_known).then(|| Problem::new(StatusCode::NOT_IMPLEMENTED, detail))
}

fn compressed(headers: &HeaderMap) -> Option<Problem> {
    let encoding = headers.get(header::CONTENT_ENCODING)?;
    if encoding.as_bytes().eq_ignore_ascii_case(b"identity") {
        return None;
    }
    // A compressed body could become a thousand times as large as what was sent.
    let detail = "bodies are taken as they are: send this again without Content-Encoding";
    Some(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

/// Nothing is named with U+0000, and not every database can be asked for it.
fn holds_zero(address: &Uri) -> Option<Problem> {
    let detail = "%00 is no character of an address: leave it out";
    if address.path().contains("%00") {
        return Some(Problem::not_found(detail));
    }
    let pair = address.query()?.split('&').find(|pair| pair.contains("%00"))?;
    // Some parameters have no name, so that all there is to point at is the whole.
    let name = pair.split_once('=').map(|(name, _)| name).filter(|name| !name.is_empty());
    Some(Problem::bad(name.unwrap_or(pair), detail))
}

async fn within_limits(answer: impl Future<Output = Response>) -> Response {
    let answer = AssertUnwindSafe(answer).catch_unwind();
    match tokio::time::timeout(REQUEST_TIME_MAX, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            let detail = "this request met a mistake in the collector; its log says more";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
        }
        Err(_) => {
            let seconds = REQUEST_TIME_MAX.as_secs();
            let detail = format!("the request did not arrive whole within {seconds} s");
            last(Problem::new(StatusCode::REQUEST_TIMEOUT, detail))
        }
    }
}
