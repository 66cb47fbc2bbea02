//! What the end-to-end tests stand on: a collector that runs as its users run it, and a browser.
//!
//! Everything waits on conditions and names what it waited for; ports come from the kernel; files
//! live in temporary folders.

mod browser;
mod collector;
mod post;
mod proxy;
mod wait;

pub use browser::Browser;
pub use collector::{Collector, TOKEN, nabz};
pub use post::{Reply, answered, new_id, response};
pub use proxy::Proxy;
pub use wait::{wait_for, wait_until};

/// A port of the kernel's choice, and its address.
///
/// # Panics
/// When there is none.
pub async fn listen() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a listener has an address");
    (listener, format!("http://{address}"))
}

/// Serves pages on an origin of their own, and returns it.
///
/// # Panics
/// When there is no free port.
pub async fn host(pages: axum::Router) -> String {
    let (listener, url) = listen().await;
    tokio::spawn(async move { axum::serve(listener, pages).await });
    url
}
