//! Accepts connections and serves them until told to stop.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::counted::Counted;
use super::patient::{Patience, Patient};
use super::places::{Call, Place, Places, Tenant};
use super::serving::{Answer, Serving};
use super::tls::Tls;
use crate::http::{Front, no_place};

/// Longest time to wait for a client. Between two requests it is longer than the minute that proxies
/// commonly keep a connection for: who closes first must not be the one who is written to.
const PATIENCE: Patience = Patience {
    idle: Duration::from_secs(75),
    head: Duration::from_secs(10),
    write: Duration::from_secs(30),
};
/// Most bytes of the head of a request, and most that are kept of what was not looked at yet.
const HEAD_BYTES_MAX: usize = 32 * 1024;
const UNREAD_BYTES_MAX: usize = 64 * 1024;
/// Longest time that requests have to finish once the collector is told to stop.
const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(20);
/// Longest time to tell a client that there is no place for it.
const REFUSAL_TIME_MAX: Duration = Duration::from_secs(1);

/// Accepts connections until told to stop, then lets them finish.
pub(super) async fn accept(
    listener: TcpListener,
    front: Arc<Front>,
    places: Arc<Places>,
    tls: Option<Arc<Tls>>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = tasks.join_next(), if !tasks.is_empty() => continue,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Answers are small and complete: waiting to fill a packet would only delay them.
                let _ = stream.set_nodelay(true);
                let acceptor = tls.as_ref().map(|tls| tls.acceptor());
                let Some(tenant) = places.take() else {
                    // Within TLS there is no place for a word either.
                    if acceptor.is_none() {
                        tasks.spawn(refuse(stream));
                    }
                    continue;
                };
                let connection = Connection { peer, tenant, front: front.clone() };
                tasks.spawn(connection.start(stream, acceptor));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of file handles, most likely: others have to end first.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    places.close();
    let finished = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(SHUTDOWN_TIME_MAX, finished).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// A connection to be served.
struct Connection {
    peer: SocketAddr,
    tenant: Tenant,
    front: Arc<Front>,
}

impl Connection {
    /// Serves a stream, or what TLS makes of it.
    async fn start(self, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
        let stream = Counted::new(stream, self.tenant.0.clone());
        let Some(acceptor) = acceptor else { return self.serve(stream).await };
        let hello = tokio::time::timeout(PATIENCE.head, acceptor.accept(stream));
        let stream = tokio::select! {
            stream = hello => stream,
            _ = self.tenant.0.called() => return,
        };
        // Somebody who does not speak TLS, or does not trust us: no error of ours.
        if let Ok(Ok(stream)) = stream {
            self.serve(stream).await;
        }
    }

    /// Serves requests until the client or the collector ends the connection.
    async fn serve<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let Connection { peer, tenant, front } = self;
        let place = tenant.0.clone();
        let stream = Patient::new(stream, place.clone(), PATIENCE);
        let service =
            service_fn(move |request| answer(request, peer, place.clone(), front.clone()));
        let connection = http1::Builder::new()
            .max_header_size(HEAD_BYTES_MAX)
            .max_buf_size(UNREAD_BYTES_MAX)
            // A client may say that it has sent everything and still read the answer.
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        loop {
            // Clients hang up as they please; that is no error of ours.
            let call = tokio::select! {
                biased;
                _ = connection.as_mut() => return,
                call = tenant.0.called() => call,
            };
            match call {
                Call::Leave => return,
                Call::Finish => connection.as_mut().graceful_shutdown(),
            }
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    place: Arc<Place>,
    front: Arc<Front>,
) -> Result<Response<Answer>, Infallible> {
    let serving = Serving::begin(place, &request);
    let answer = front.answer(peer, request).await;
    Ok(serving.answered(answer))
}

/// Says that there is no place, as far as the client listens.
async fn refuse(mut stream: TcpStream) {
    let tell = async {
        stream.write_all(no_place().as_bytes()).await?;
        stream.shutdown().await?;
        // Closing before the request was read would make the answer unreadable.
        let mut unread = [0; 1024];
        while stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    let _ = tokio::time::timeout(REFUSAL_TIME_MAX, tell).await;
}
