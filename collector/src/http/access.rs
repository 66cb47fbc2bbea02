//! Who may look and change: the admin token, the session of the dashboard, and signing in.

use std::sync::Mutex;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::client::{Client, OverTls};
use super::problem::Problem;
use super::{App, Shared};
use crate::store::Store;
use crate::{clock, pages, secret};

/// Where one signs in.
pub(crate) const SIGN_IN_PATH: &str = "/sign-in";
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// The name of the session's cookie, and its name where TLS is a must: browsers take that one only
/// from this very host.
const COOKIE: &str = "nabz_session";
const SECURE_COOKIE: &str = "__Host-nabz_session";
/// How long a sign-in lasts.
const SESSION_DAYS: i64 = 30;

/// The keys to the collector.
pub(crate) struct Access {
    /// SHA-256 of the admin token, if there is one.
    token: Option<String>,
    /// SHA-256 of the token that opens the metrics only, if there is one.
    metrics: Option<String>,
    /// SHA-256 of the key of the sign-in link, until it is used.
    link: Mutex<Option<String>>,
    /// Whether browsers reach the collector over TLS only.
    secure: bool,
}

impl Access {
    /// Access by these tokens: to everything, and to the metrics only.
    pub(crate) fn new(token: Option<&str>, metrics: Option<&str>, public_url: &str) -> Access {
        let secure = public_url.starts_with("https:");
        let [token, metrics] = [token, metrics].map(|token| token.map(secret::hash));
        Access { token, metrics, link: Mutex::default(), secure }
    }

    /// A key for a sign-in link that works once.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub(crate) fn new_link_key(&self) -> Result<String, getrandom::Error> {
        let key = secret::random()?;
        *self.lock_link() = Some(secret::hash(&key));
        Ok(key)
    }

    /// Whether a request carries the admin token.
    pub(super) fn has_token(&self, headers: &HeaderMap) -> bool {
        bearer(headers).is_some_and(|token| self.is_token(token))
    }

    fn is_token(&self, token: &str) -> bool {
        self.token.as_deref().is_some_and(|hash| secret::matches(token, hash))
    }

    /// Whether this is the key of the sign-in link; it is used up by that.
    fn uses_link(&self, key: &str) -> bool {
        let mut link = self.lock_link();
        let fits = link.as_deref().is_some_and(|hash| secret::matches(key, hash));
        if fits {
            *link = None;
        }
        fits
    }

    fn lock_link(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.link.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// What is kept of a session: a hash that changes with the admin token, so that a session ends
    /// with the token under which it began.
    fn session_hash(&self, session: &str) -> String {
        secret::hash(&format!("{}:{session}", self.token.as_deref().unwrap_or_default()))
    }

    /// Starts a session and sends the browser on, with its cookie.
    async fn start_session(
        &self,
        store: &Store,
        over_tls: OverTls,
        to: &str,
    ) -> Result<Response, Problem> {
        let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no randomness to be had");
        let session = secret::random().map_err(failed)?;
        let now = clock::now_ms();
        let expires_at = now + SESSION_DAYS * 86_400_000;
        store.keep_session(self.session_hash(&session), now, expires_at).await?;
        Ok(with_cookie(to, &self.cookie(&session, SESSION_DAYS * 86_400, over_tls)))
    }

    fn cookie_name(&self) -> &'static str {
        if self.secure { SECURE_COOKIE } else { COOKIE }
    }

    fn cookie(&self, value: &str, seconds: i64, OverTls(over_tls): OverTls) -> String {
        let secure = if self.secure || over_tls { "; Secure" } else { "" };
        let name = self.cookie_name();
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
    }
}

/// Lets a request of the admin interface pass.
///
/// # Errors
/// 401 without a valid token or session.
pub(super) async fn expect_admin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let by_session = bearer(headers).is_none() && comes_from_here(app, headers);
    if app.access.has_token(headers) || (by_session && has_session(app, headers).await?) {
        return Ok(());
    }
    let detail = "send the admin token as \"Authorization: Bearer …\"";
    Err(Problem::new(StatusCode::UNAUTHORIZED, detail))
}

/// Lets a request for the metrics pass: for them there is a token of its own, which opens nothing
/// else.
///
/// # Errors
/// 401 without a valid token or session.
pub(super) async fn expect_operator(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let hash = app.access.metrics.as_deref();
    let by_token = |token| hash.is_some_and(|hash| secret::matches(token, hash));
    if bearer(headers).is_some_and(by_token) { Ok(()) } else { expect_admin(app, headers).await }
}

/// Lets a request for a page pass; `Some` is the way to the sign-in otherwise.
pub(super) async fn sign_in_first(
    app: &App,
    headers: &HeaderMap,
    path: &str,
) -> Result<Option<Response>, Problem> {
    if bearer(headers).is_some() {
        return expect_admin(app, headers).await.map(|()| None);
    }
    let query = serde_urlencoded::to_string([("to", path)]).unwrap_or_default();
    let to = if path == "/" { SIGN_IN_PATH.to_owned() } else { format!("{SIGN_IN_PATH}?{query}") };
    Ok((!has_session(app, headers).await?).then(|| Redirect::to(&to).into_response()))
}

/// What stands in the address of the sign-in page.
#[derive(Debug, Deserialize)]
pub(super) struct SignInQuery {
    key: Option<String>,
    to: Option<String>,
}

/// `GET /sign-in`: the form, or signed in at once by the key of a link. Who asks for the head only
/// looks where a link leads: that does not use it up.
pub(super) async fn form(
    method: Method,
    State(app): Shared,
    over_tls: OverTls,
    Query(SignInQuery { key, to }): Query<SignInQuery>,
) -> Result<Response, Problem> {
    let to = local(to.as_deref());
    match key.filter(|_| method != Method::HEAD) {
        Some(key) if app.access.uses_link(&key) => {
            app.access.start_session(&app.store, over_tls, to).await
        }
        Some(_) => Ok(refused(to, "This link was used already, or is of an earlier start.")),
        None => Ok(pages::sign_in(to, None).into_response()),
    }
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct SignInForm {
    token: String,
    to: Option<String>,
}

/// `POST /sign-in`
pub(super) async fn sign_in(
    State(app): Shared,
    Client(client): Client,
    over_tls: OverTls,
    headers: HeaderMap,
    Form(SignInForm { token, to }): Form<SignInForm>,
) -> Result<Response, Problem> {
    expect_from_here(&app, &headers)?;
    app.limiter.count_sign_in(client)?;
    let to = local(to.as_deref());
    if app.access.is_token(token.trim()) {
        return app.access.start_session(&app.store, over_tls, to).await;
    }
    Ok(refused(to, "This is not the admin token."))
}

/// `POST /sign-out`
pub(super) async fn sign_out(
    State(app): Shared,
    over_tls: OverTls,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    expect_from_here(&app, &headers)?;
    if let Some(session) = session_of(&app, &headers) {
        app.store.drop_session(app.access.session_hash(session)).await?;
    }
    Ok(with_cookie(SIGN_IN_PATH, &app.access.cookie("", 0, over_tls)))
}

fn refused(to: &str, reason: &str) -> Response {
    (StatusCode::UNAUTHORIZED, pages::sign_in(to, Some(reason))).into_response()
}

fn with_cookie(to: &str, cookie: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn has_session(app: &App, headers: &HeaderMap) -> Result<bool, Problem> {
    let Some(session) = session_of(app, headers) else { return Ok(false) };
    Ok(app.store.has_session(app.access.session_hash(session), clock::now_ms()).await?)
}

fn session_of<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = app.access.cookie_name();
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// A page of another origin may make a browser send a form or a cookie; it cannot hide where from.
/// A form has to come from one of our own pages, and say so.
///
/// # Errors
/// 403 when it does not.
pub(super) fn expect_from_here(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let detail =
        "this form was sent from another site; is --public-url the address in the browser?";
    let problem = || Problem::new(StatusCode::FORBIDDEN, detail);
    let says_so = headers.contains_key(header::ORIGIN) || headers.contains_key(SEC_FETCH_SITE);
    (says_so && comes_from_here(app, headers)).then_some(()).ok_or_else(problem)
}

/// Whether a request may come from our own pages, as far as it says. Their origin is the address
/// they are known under, which a proxy in between may hide from the Host header, or that header.
fn comes_from_here(app: &App, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if headers.get_all(header::ORIGIN).iter().count() > 1 {
        return false;
    }
    let Some(origin) = text(header::ORIGIN) else {
        return matches!(text(SEC_FETCH_SITE), None | Some("same-origin" | "none"));
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    origin == app.public_url || (host.is_some() && host == text(header::HOST))
}

/// A path of this collector, and of no other host (`//evil.example` is one).
fn local(to: Option<&str>) -> &str {
    let fits = |to: &&str| {
        let mut chars = to.chars();
        chars.next() == Some('/')
            && !matches!(chars.next(), Some('/' | '\\'))
            && !to.contains(char::is_control)
    };
    to.filter(fits).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn the_way_back_stays_on_this_host() {
        let check = |to: &str, expected: &str| assert_eq!(local(Some(to)), expected, "{to}");
        check("/acme/checkout?interval=week", "/acme/checkout?interval=week");
        check("//evil.example", "/");
        check("/\\evil.example", "/");
        check("https://evil.example", "/");
        check("/a\r\nSet-Cookie: x=y", "/");
        check("", "/");
    }
}
