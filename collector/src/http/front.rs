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
enum Usual {
    Responses,
    Asset(String),
    /// The loader of a site.
    Loader(String),
}

impl Usual {
    /// The route that it counts as.
    fn route(&self) -> &'static str {
        match self {
            Usual::Responses => RESPONSES,
            Usual::Asset(_) => ASSET,
            Usual::Loader(_) => SITE_FILE,
        }
    }
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
        let Some(usual) = usual(&request) else {
            request.extensions_mut().insert(peer);
            return Box::pin(self.routes.clone().oneshot(request)).await.into_response();
        };
        let route = usual.route().into();
        // What is done within limits is moved several times before it starts: boxed, it is small.
        let answer = |request| Box::pin(self.usual(usual, peer, request));
        edge::around(&self.app, route, request, answer).await
    }

    async fn usual(&self, usual: Usual, peer: SocketAddr, request: Request) -> Response {
        let (head, body) = request.into_parts();
        match usual {
            Usual::Asset(name) => public::asset(&name, &head.headers).into_response(),
            Usual::Loader(site) => {
                public::loader(&self.app, &site, &head.headers).await.into_response()
            }
            Usual::Responses => {
                let client = Client(self.app.proxies.client(peer.ip(), &head.headers));
                let app = State(self.app.clone());
                ingest::post(app, client, head.headers, body).await.into_response()
            }
        }
    }
}

/// What a request asks, if that is something usual in its usual form.
fn usual(request: &Request) -> Option<Usual> {
    let path = request.uri().path();
    if request.method() == Method::POST && path == RESPONSES {
        return Some(Usual::Responses);
    }
    let is_plain = request.uri().query().is_none() && !path.contains('%');
    if request.method() != Method::GET || !is_plain {
        return None;
    }
    match path.strip_prefix('/')?.split_once('/')? {
        ("assets", name) if !name.contains('/') => Some(Usual::Asset(name.to_owned())),
        (site, "nabz.js") => Some(Usual::Loader(site.to_owned())),
        _ => None,
    }
}
