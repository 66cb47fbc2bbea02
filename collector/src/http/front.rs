//! The way in. What a busy collector is asked all the time goes past the table of routes: the way
//! through it would take as long as everything else that is done for an answer.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use futures_util::future::Either;
use hyper::body::Incoming;
use tower::ServiceExt as _;

use super::client::Client;
use super::{ASSET, App, RESPONSES, SITE_FILE, edge, ingest, public, routes};

/// An answer that is being made.
type Boxed<'a> = Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

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
    pub(crate) fn answer(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response> {
        let mut request = request.map(Body::new);
        let Some(usual) = usual(&request) else {
            request.extensions_mut().insert(peer);
            let answer = self.routes.clone().oneshot(request);
            return Either::Left(Box::pin(answer.map(IntoResponse::into_response)));
        };
        let route = usual.route().into();
        let answer = move |request| self.usual(usual, peer, request);
        Either::Right(edge::around(&self.app, route, request, answer))
    }

    /// Boxed, because it is moved several times before it starts.
    fn usual(&self, usual: Usual, peer: SocketAddr, request: Request) -> Boxed<'_> {
        let (Parts { headers, .. }, body) = request.into_parts();
        match usual {
            Usual::Asset(name) => {
                Box::pin(async move { public::asset(&name, &headers).into_response() })
            }
            Usual::Loader(site) => {
                Box::pin(
                    async move { public::loader(&self.app, &site, &headers).await.into_response() },
                )
            }
            Usual::Responses => {
                let client = Client(self.app.proxies.client(peer.ip(), &headers));
                let answer = ingest::post(State(self.app.clone()), client, headers, body);
                Box::pin(answer.map(IntoResponse::into_response))
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
