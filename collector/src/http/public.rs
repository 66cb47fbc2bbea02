//! What any browser may fetch: loader, definitions, assets; and whether the collector is alive.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::{App, Shared};
use crate::assets;

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// A changed site shows within a minute; a page never waits for the loader to be checked again.
const FOR_A_MINUTE: &str = "public, max-age=60, stale-while-revalidate=86400";

/// `GET /{site}/nabz.js`
pub(super) fn loader(app: &App, site: &str, request: &HeaderMap) -> Result<Response, Problem> {
    let site = app.sites.get(site).ok_or_else(|| no_such_site(site))?;
    let tag = format!("\"{}\"", &site.loader.hash()[..32]);
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| known.contains(&tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        site.loader.respond(request, JAVASCRIPT)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_A_MINUTE));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// `GET /{site}/{survey}.{version}.json`
pub(super) fn definition(
    app: &App,
    site: &str,
    name: &str,
    request: &HeaderMap,
) -> Result<Response, Problem> {
    let live = app.sites.get(site).ok_or_else(|| no_such_site(site))?;
    let json = name
        .strip_suffix(".json")
        .and_then(|name| name.split_once('.'))
        .and_then(|(survey, version)| live.survey(survey)?.json(version))
        .ok_or_else(|| Problem::not_found(format!("site {site:?} has no definition {name:?}")))?;
    Ok(lasting(json.respond(request, "application/json")))
}

/// `GET /assets/{file}`
pub(super) async fn asset(
    Path(name): Path<String>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let asset = assets::public(&name);
    let asset = asset.ok_or_else(|| Problem::not_found(format!("there is no asset {name:?}")))?;
    let content_type = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => JAVASCRIPT,
        Some("css") => "text/css; charset=utf-8",
        _ => "application/wasm",
    };
    Ok(lasting(asset.respond(&request, content_type)))
}

/// `GET /schema/site.json`
pub(super) async fn schema() -> Response {
    let mut response = axum::Json(survey::check::schema()).into_response();
    let schema = HeaderValue::from_static("application/schema+json");
    response.headers_mut().insert(header::CONTENT_TYPE, schema);
    response
}

/// `GET /healthz`: the process is alive.
pub(super) async fn healthz() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: answers can be stored.
pub(super) async fn readyz(app: Shared) -> Result<&'static str, Problem> {
    app.store.ping().await?;
    Ok("ready\n")
}

/// `OPTIONS /api/v1/responses`, asked by browsers before a request that is not simple.
pub(super) async fn preflight() -> impl IntoResponse {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers)
}

fn no_such_site(site: &str) -> Problem {
    Problem::not_found(format!("there is no site {site:?} here"))
}

fn lasting(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
    response
}
