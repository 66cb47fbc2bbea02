//! Stands between a page and the collector: sees every request, and can be told to fail.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, header};
use serde_json::Value;
use tokio::sync::Barrier;

/// A proxy before a collector.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Its address, which the pages take for the collector's.
    pub url: String,
    collector: String,
    seen: Arc<Mutex<Vec<(String, String)>>>,
    failing: Arc<Mutex<bool>>,
    instead: Arc<Mutex<Option<(u16, &'static str)>>>,
    meeting: Arc<Mutex<Vec<Arc<Barrier>>>>,
}

impl Proxy {
    /// Starts a proxy before the collector at this address.
    ///
    /// # Panics
    /// When there is no port to be had.
    pub async fn start(collector: &str) -> Proxy {
        let (listener, url) = crate::listen().await;
        let proxy = Proxy {
            url,
            collector: collector.to_owned(),
            seen: Arc::default(),
            failing: Arc::default(),
            instead: Arc::default(),
            meeting: Arc::default(),
        };
        let router =
            Router::new().fallback(forward).with_state((proxy.clone(), reqwest::Client::new()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        proxy
    }

    /// Method and path of every request so far, with its body behind it.
    ///
    /// # Panics
    /// Never, unless a request panicked before.
    pub fn seen(&self) -> Vec<(String, String)> {
        self.seen.lock().expect("nothing panics while holding it").clone()
    }

    /// Every response posted so far, in order.
    ///
    /// # Panics
    /// When one is not JSON.
    pub fn responses(&self) -> Vec<Value> {
        let seen = self.seen().into_iter();
        let posts = seen.filter(|(line, _)| line == "POST /api/v1/responses");
        let lists = posts.map(|(_, body)| serde_json::from_str::<Value>(&body).expect("JSON"));
        lists.flat_map(|list| list.as_array().cloned().unwrap_or_else(|| vec![list])).collect()
    }

    /// From now on answers to posts get lost on their way: stored, but 503 is said.
    ///
    /// # Panics
    /// Never, unless a request panicked before.
    pub fn fail_posts(&self, failing: bool) {
        *self.failing.lock().expect("nothing panics while holding it") = failing;
    }

    /// The next so many posts wait for each other, and are passed on at once.
    ///
    /// # Panics
    /// Never, unless a request panicked before.
    pub fn gather_posts(&self, count: usize) {
        let barrier = Arc::new(Barrier::new(count));
        let places = std::iter::repeat_n(barrier, count).collect();
        *self.meeting.lock().expect("nothing panics while holding it") = places;
    }

    /// From now on nothing is passed on: every post is answered with this status and this
    /// Retry-After, and everything else is out of reach. A browser that sees status 0 sees no
    /// answer to its posts either.
    ///
    /// # Panics
    /// Never, unless a request panicked before.
    pub fn answer_instead(&self, answer: Option<(u16, &'static str)>) {
        *self.instead.lock().expect("nothing panics while holding it") = answer;
    }
}

async fn forward(
    State((proxy, client)): State<(Proxy, reqwest::Client)>,
    request: Request,
) -> Response<Body> {
    let is_failing = *proxy.failing.lock().expect("nothing panics while holding it");
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let line = format!("{} {}", head.method, head.uri);
    let text = String::from_utf8_lossy(&body).into_owned();
    proxy.seen.lock().expect("nothing panics while holding it").push((line, text));
    let is_post = head.method == "POST";
    let instead = *proxy.instead.lock().expect("nothing panics while holding it");
    if let Some((status, retry_after)) = instead {
        return if is_post && status > 0 { refusal(status, retry_after) } else { silence() };
    }
    let place = if is_post { proxy.meeting.lock().expect("nothing panics").pop() } else { None };
    if let Some(place) = place {
        place.wait().await;
    }
    let mut headers = head.headers;
    headers.remove(header::HOST);
    let url = format!("{}{}", proxy.collector, head.uri);
    let Ok(answer) = client.request(head.method, url).headers(headers).body(body).send().await
    else {
        return failure();
    };
    if is_post && is_failing {
        return failure();
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    *response.body_mut() = Body::from(answer.bytes().await.unwrap_or_default());
    response
}

/// An answer without the headers that let a page read it: to the page it is a broken connection.
fn silence() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}

fn refusal(status: u16, retry_after: &'static str) -> Response<Body> {
    let mut response = failure();
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static(retry_after));
    let expose = header::HeaderValue::from_static("retry-after");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, expose);
    response
}

fn failure() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let any = header::HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}
