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
mod headers;
mod import;
mod ingest;
mod json;
mod limit;
mod metrics;
mod openapi;
mod page;
mod problem;
mod public;
mod respondents;
mod standing;
mod summary;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use hyper::body::Incoming;
use tower::ServiceExt as _;

use crate::sites::Sites;
use crate::store::Store;

pub(crate) use access::{Access, SIGN_IN_PATH};
use client::Client;
pub(crate) use client::Proxies;
pub(crate) use doubts::Doubts;
pub(crate) use limit::Limiter;
pub(crate) use metrics::Metrics;
pub(crate) use problem::no_place;

/// Where responses are posted.
const RESPONSES: &str = "/api/v1/responses";
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
}

type Shared = axum::extract::State<Arc<App>>;

/// Everything that is served.
pub(crate) struct Front {
    app: Arc<App>,
    routes: Router,
}

impl Front {
    /// What a collector serves.
    pub(crate) fn new(app: App) -> Front {
        let app = Arc::new(app);
        Front { routes: routes(app.clone()), app }
    }

    /// Answers what a peer asks.
    pub(crate) async fn answer(&self, peer: SocketAddr, request: Request<Incoming>) -> Response {
        let mut request = request.map(Body::new);
        // Nearly all that a busy collector is asked: the way through the table of routes would take
        // as long as everything else that is done for a response.
        if request.method() == Method::POST && request.uri().path() == RESPONSES {
            let post = |request| self.post(peer, request);
            return edge::around(&self.app, RESPONSES.into(), request, post).await;
        }
        request.extensions_mut().insert(peer);
        self.routes.clone().oneshot(request).await.into_response()
    }

    async fn post(&self, peer: SocketAddr, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let client = Client(self.app.proxies.client(peer.ip(), &head.headers));
        let app = State(self.app.clone());
        ingest::post(app, client, head.headers, body).await.into_response()
    }
}

fn routes(app: Arc<App>) -> Router {
    let respondent = get(respondents::get).delete(respondents::delete);
    let site_file = get(admin::site).put(admin::put_site).delete(admin::delete_site);
    Router::new()
        .route(RESPONSES, post(ingest::post).options(public::preflight))
        .route("/api/v1/due", post(due::post).options(public::preflight))
        .route("/api/v1/forget", post(respondents::forget).options(public::preflight))
        .route("/assets/{file}", get(public::asset))
        .route("/schema/site.json", get(public::schema))
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
        .route("/{site}/{file}", get(page::site_file))
        .route("/{site}/{survey}/{id}", post(page::exclude).get(problem::no_such_page))
        .fallback(problem::no_such_page)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .layer(from_fn_with_state(app.clone(), edge::layer))
        .with_state(app)
}
