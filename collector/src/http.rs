//! The routes. Handlers are thin: they parse, ask the store or `survey`, and answer.

mod access;
mod admin;
mod amend;
mod body;
mod client;
mod doubts;
mod due;
mod edge;
mod export;
mod front;
mod headers;
mod import;
mod ingest;
mod json;
mod limit;
mod metrics;
mod openapi;
mod page;
mod parameters;
mod problem;
mod public;
mod respondents;
mod standing;
mod summary;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, patch, post};

use crate::sites::Sites;
use crate::store::Store;

pub(crate) use access::{Access, SIGN_IN_PATH};
pub(crate) use client::Proxies;
pub(crate) use doubts::Doubts;
pub(crate) use front::Front;
pub(crate) use limit::Limiter;
pub(crate) use metrics::Metrics;
pub(crate) use problem::no_place;

/// Where responses are posted.
const RESPONSES: &str = "/api/v1/responses";
/// Where it is asked what may be shown.
const DUE: &str = "/api/v1/due";
/// Where responses are erased for those who gave them.
const FORGET: &str = "/api/v1/forget";
/// Where the schema of site files is.
const SCHEMA: &str = "/schema/site.json";
/// Where the widget's files are.
const ASSET: &str = "/assets/{file}";
/// Where a site's loader is, its definitions, and the pages of its surveys.
const SITE_FILE: &str = "/{site}/{file}";
/// Most bytes of a request.
const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of a site file.
const SITE_FILE_BYTES_MAX: usize = 1024 * 1024;

/// What the handlers share.
pub(crate) struct App {
    /// The sites.
    pub sites: Sites,
    /// The store.
    pub store: Store,
    /// Who may look and change.
    pub access: Access,
    /// The proxies in front of it.
    pub proxies: Proxies,
    /// How much may be posted.
    pub limiter: Limiter,
    /// What looks like the work of a program.
    pub doubts: Doubts,
    /// What is counted for operators.
    pub metrics: Metrics,
    /// The collector's own address, as browsers see it, without a slash at its end.
    pub public_url: String,
    /// Whether all that browsers reach at that address speaks TLS, and they are told so.
    pub tls_only: bool,
}

type Shared = axum::extract::State<Arc<App>>;

/// The table of routes.
fn routes(app: Arc<App>) -> Router {
    let asset = async |Path(name): Path<String>, headers: HeaderMap| public::asset(&name, &headers);
    let respondent = get(respondents::get).delete(respondents::delete);
    let site_file = get(admin::site).put(admin::put_site).delete(admin::delete_site);
    Router::new()
        .route(RESPONSES, post(ingest::post).options(public::preflight))
        .route(DUE, post(due::post).options(public::preflight))
        .route(FORGET, post(respondents::forget).options(public::preflight))
        .route(ASSET, get(asset))
        .route(SCHEMA, get(public::schema))
        .route("/healthz", get(public::healthz))
        .route("/readyz", get(public::readyz))
        .route("/metrics", get(metrics::metrics))
        .route("/api/openapi.json", get(openapi::openapi))
        .route("/api/v1/surveys", get(admin::surveys))
        .route("/api/v1/sites/{site}", site_file)
        .route("/api/v1/sites/{site}/secret", get(admin::secret))
        .route("/api/v1/respondents/{site}/{respondent}", respondent)
        .route("/api/v1/responses/{site}/{id}", patch(amend::patch))
        .route("/api/v1/surveys/{site}/{survey}/summary", get(admin::summary))
        .route("/api/v1/surveys/{site}/{survey}/responses", get(admin::responses))
        .route("/api/v1/surveys/{site}/{survey}/export.csv", get(export::csv))
        .route("/api/v1/surveys/{site}/{survey}/export.ndjson", get(export::ndjson))
        .route("/api/v1/surveys/{site}/{survey}/import", post(import::post))
        .route(SIGN_IN_PATH, get(access::form).post(access::sign_in))
        .route("/sign-out", post(access::sign_out))
        .route("/", get(page::overview))
        .route("/{site}", get(page::site))
        .route(SITE_FILE, get(page::site_file))
        .route("/{site}/{survey}/{id}", post(page::exclude).get(problem::no_such_page))
        .fallback(problem::no_such_page)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .layer(from_fn_with_state(app.clone(), edge::layer))
        .with_state(app)
}
