//! What the end-to-end tests stand on: a collector that runs as its users run it, and a browser.
//!
//! Everything waits on conditions and names what it waited for; ports come from the kernel; files
//! live in temporary folders.

mod browser;
mod collector;
mod disk;
pub mod gallery;
mod lines;
mod post;
mod proxy;
mod raw;
mod visitors;
mod wait;

pub use browser::{Browser, Engine};
pub use collector::{Collector, TOKEN, nabz, program, refusal};
pub use disk::{Fault, Order};
pub use post::{Reply, answered, id_made_at, new_id, now_ms, response, signed};
pub use proxy::Proxy;
pub use raw::{Crowd, raw};
pub use visitors::{Ledger, Visitors, check_ledger, lost};
pub use wait::{wait_for, wait_until};

/// Makes a test in each browser of every function named: `chromium::name` and `firefox::name`.
#[macro_export]
macro_rules! in_each_browser {
    ($($test:ident),+ $(,)?) => {
        mod chromium {
            $($crate::in_browser!(Chromium, $test);)+
        }
        mod firefox {
            $($crate::in_browser!(Firefox, $test);)+
        }
    };
}

/// Makes a test in one browser of a function.
#[macro_export]
macro_rules! in_browser {
    ($engine:ident, $test:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            super::$test($crate::Engine::$engine).await;
        }
    };
}

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
