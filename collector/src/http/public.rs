//! What any browser may fetch: loader, definitions, assets; and whether the collector is alive.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::{App, Shared, standing};
use crate::assets;
use crate::encoded::Encoded;

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, but good only if the collector says so: a survey may have been paused meanwhile.
const ASKED_ANEW: &str = "public, no-cache";
/// A changed site shows within a minute; a page never waits for the loader to be checked again.
const FOR_A_MINUTE: &str = "public, max-age=60, stale-while-revalidate=86400";

/// `GET /{site}/nabz.js`
pub(super) async fn loader(
    app: &App,
    site: &str,
    request: &HeaderMap,
) -> Result<Response, Problem> {
    let live = app.sites.get(site).ok_or_else(|| no_such_site(site))?;
    let loader = match live.recent_loader() {
        Some(loader) => loader,
        None => live.loader_without(Box::pin(standing::over(app, &live)).await),
    };
    Ok(tagged(&loader, request, JAVASCRIPT, FOR_A_MINUTE))
}

/// `GET /{site}/{survey}.{version}.json`. A survey that is not asked any more is 410, except in a
/// preview, so that pages which were open before show it no longer.
pub(super) async fn definition(
    app: &App,
    site: &str,
    name: &str,
    request: &HeaderMap,
    is_preview: bool,
) -> Result<Response, Problem> {
    let live = app.sites.get(site).ok_or_else(|| no_such_site(site))?;
    let (survey, json) = name
        .strip_suffix(".json")
        .and_then(|name| name.split_once('.'))
        .and_then(|(survey, version)| Some((survey, live.survey(survey)?.json(version)?)))
        .ok_or_else(|| Problem::not_found(format!("site {site:?} has no definition {name:?}")))?;
    let standing = standing::of(app, &live, survey).await?;
    if standing.is_over() && !is_preview {
        let detail = format!("survey {survey:?} {}", standing.words());
        return Err(Problem::new(StatusCode::GONE, detail));
    }
    Ok(tagged(json, request, "application/json", ASKED_ANEW))
}

/// `GET /{site}/why.json`
pub(super) async fn why(app: &App, site: &str) -> Result<Response, Problem> {
    let live = app.sites.get(site).ok_or_else(|| no_such_site(site))?;
    let mut response = axum::Json(standing::table(app, &live).await?).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(ASKED_ANEW));
    Ok(response)
}

/// Content with a tag, by which a browser that has it already need not get it again.
fn tagged(
    content: &Encoded,
    request: &HeaderMap,
    content_type: &'static str,
    caching: &'static str,
) -> Response {
    let tag = content.tag();
    let known = request.get(header::IF_NONE_MATCH).map(HeaderValue::to_str);
    let is_known = |known: &str| tag.to_str().is_ok_and(|tag| known.contains(tag));
    let mut response = if known.is_some_and(|known| known.is_ok_and(is_known)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        content.respond(request, content_type)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::ETAG, tag.clone());
    response
}

/// `GET /assets/{file}`
pub(super) fn asset(name: &str, request: &HeaderMap) -> Result<Response, Problem> {
    let asset = assets::PUBLIC.get(name);
    let asset = asset.ok_or_else(|| Problem::not_found(format!("there is no asset {name:?}")))?;
    let content_type = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => JAVASCRIPT,
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        _ => "application/wasm",
    };
    Ok(lasting(asset.respond(request, content_type)))
}

/// `GET /schema/site.json`
#[utoipa::path(
    get, path = "/schema/site.json",
    responses((
        status = 200, description = "the JSON Schema of site files",
        content_type = "application/schema+json",
    )),
)]
pub(super) async fn schema() -> Response {
    let mut response = axum::Json(survey::check::schema()).into_response();
    let schema = HeaderValue::from_static("application/schema+json");
    response.headers_mut().insert(header::CONTENT_TYPE, schema);
    response
}

/// `GET /healthz`: the process is alive.
#[utoipa::path(
    get, path = "/healthz",
    responses((
        status = 200, description = "the process is alive",
        body = String, content_type = "text/plain",
    )),
)]
pub(super) async fn healthz() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: answers can be stored.
#[utoipa::path(
    get, path = "/readyz",
    responses((
        status = 200, description = "answers can be stored at this moment",
        body = String, content_type = "text/plain",
    )),
)]
pub(super) async fn readyz(app: Shared) -> Result<&'static str, Problem> {
    app.store.ping().await?;
    Ok("ready\n")
}

/// `OPTIONS` of what the widget posts to, asked by browsers before a request that is not simple.
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
