//! The way in. What a busy collector is asked all the time goes past the table of routes: the way
//! through it would take as long as everything else that is done for an answer.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use tower::ServiceExt as _;

use super::client::Client;
use super::{ASSET, App, RESPONSES, SITE_FILE, edge, ingest, public, routes};

/// Everything that is served.
pub(crate) struct Front {
    app: Arc<App>,
    routes: Router,
}

/// What is asked all the time.
enum Usual<'a> {
    Responses,
    Asset(&'a str),
    /// The loader of a site.
    Loader(&'a str),
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
        let route = match usual(&request) {
            Some(Usual::Responses) => RESPONSES,
            Some(Usual::Asset(_)) => ASSET,
            Some(Usual::Loader(_)) => SITE_FILE,
            None => {
                request.extensions_mut().insert(peer);
                return self.routes.clone().oneshot(request).await.into_response();
            }
        };
        let answer = |request| self.usual(peer, request);
        edge::around(&self.app, route.into(), request, answer).await
    }

    async fn usual(&self, peer: SocketAddr, request: Request) -> Response {
        match usual(&request) {
            Some(Usual::Asset(name)) => public::asset(name, request.headers()).into_response(),
            Some(Usual::Loader(site)) => {
                public::loader(&self.app, site, request.headers()).await.into_response()
            }
            _ => {
                let (head, body) = request.into_parts();
                let client = Client(self.app.proxies.client(peer.ip(), &head.headers));
                let app = State(self.app.clone());
                ingest::post(app, client, head.headers, body).await.into_response()
            }
        }
    }
}

/// What a request asks, if that is something usual in its usual form.
fn usual(request: &Request) -> Option<Usual<'_>> {
    let path = request.uri().path();
    if request.method() == Method::POST && path == RESPONSES {
        return Some(Usual::Responses);
    }
    let is_plain = request.uri().query().is_none() && !path.contains('%');
    if request.method() != Method::GET || !is_plain {
        return None;
    }
    match path.strip_prefix('/')?.split_once('/')? {
        ("assets", name) if !name.contains('/') => Some(Usual::Asset(name)),
        (site, "nabz.js") => Some(Usual::Loader(site)),
        _ => None,
    }
}
