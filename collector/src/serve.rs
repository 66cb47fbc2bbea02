//! A collector from start to shutdown.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::http::{Access, App, Limiter, SIGN_IN_PATH, router};
use crate::sites::{SiteError, Sites};
use crate::store::Store;
use crate::watch::Watch;

/// Connections served at the same time; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 8_192;
/// Longest time for a client to send the head of a request.
const HEADER_TIME_MAX: Duration = Duration::from_secs(10);
/// Longest time that requests have to finish once the collector is told to stop.
const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(20);

/// How a collector is to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Site files to load and to watch.
    pub files: Vec<PathBuf>,
    /// The address to listen at; port 0 picks a free one.
    pub listen: String,
    /// The address as browsers see it; made from the listening address when left out.
    pub public_url: Option<String>,
    /// The database's URL.
    pub database: String,
    /// The admin token; without one there is a sign-in link.
    pub admin_token: Option<String>,
    /// Responses a second and client; 0 for no limit.
    pub rate_limit: u32,
}

/// A collector that is running.
#[derive(Debug)]
pub struct Running {
    /// The address it listens at.
    pub address: SocketAddr,
    /// The address as browsers see it, without a slash at its end.
    pub public_url: String,
    /// A link that signs in once, when no token was given.
    pub sign_in_link: Option<String>,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    store: Store,
}

/// Starts a collector.
///
/// # Errors
/// Says what is wrong with the database, a site file or the address, and what to do.
pub async fn start(options: Options) -> anyhow::Result<Running> {
    let store = Store::open(&options.database).await?;
    let sites = Sites::load(store.clone()).await?;
    load_files(&sites, &options.files).await?;
    let listener = listen(&options.listen).await?;
    let address = listener.local_addr()?;
    if address.ip().is_unspecified() && options.public_url.is_none() {
        tracing::warn!("no browser reaches http://{address}: say with --public-url what does");
    }
    let public_url = options.public_url.unwrap_or_else(|| format!("http://{address}"));
    let public_url = public_url.trim_end_matches('/').to_owned();
    let access = Access::new(options.admin_token.as_deref(), &public_url);
    let sign_in_link = match options.admin_token {
        Some(_) => None,
        None => Some(format!("{public_url}{SIGN_IN_PATH}?key={}", access.new_link_key()?)),
    };
    let limiter = Limiter::new(options.rate_limit);
    let app = App {
        sites: sites.clone(),
        store: store.clone(),
        access,
        limiter,
        public_url: public_url.clone(),
    };
    let (stop, stopped) = watch::channel(false);
    Watch::new(options.files, sites).spawn(stopped.clone());
    let server = tokio::spawn(accept(listener, router(Arc::new(app)), stopped));
    Ok(Running { address, public_url, sign_in_link, stop, server, store })
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => {
            anyhow!("{address} is in use: stop what uses it, or choose another with --listen")
        }
        ErrorKind::PermissionDenied => {
            anyhow!("this user may not listen at {address}: choose a port above 1023 with --listen")
        }
        _ => anyhow!(
            "{address} is no address to listen at ({error}): use one such as 127.0.0.1:8080"
        ),
    })
}

impl Running {
    /// Stops accepting, finishes what was accepted, and closes the store.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.server.await;
        self.store.close().await;
    }
}

/// Loads site files; one that is wrong stops the start, where its owner is still looking.
async fn load_files(sites: &Sites, files: &[PathBuf]) -> anyhow::Result<()> {
    let mut loaded: Vec<String> = Vec::new();
    for path in files {
        let file = path.display();
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the site file {file} cannot be read"))?;
        match sites.load_file(&text).await {
            Ok((site, _)) if loaded.contains(&site) => {
                bail!("{file} is a second file of site {site:?}: give each site one file")
            }
            Ok((site, warnings)) => {
                warnings.iter().for_each(|warning| tracing::warn!("{file}: {warning}"));
                loaded.push(site);
            }
            Err(SiteError::Problems(problems)) => {
                let lines: Vec<String> =
                    problems.iter().map(|problem| format!("{file}: {problem}")).collect();
                bail!("{}", lines.join("\n"))
            }
            Err(error) => return Err(error).with_context(|| format!("cannot load {file}")),
        }
    }
    Ok(())
}

/// Accepts connections until told to stop, then lets them finish.
async fn accept(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = graceful.watch(serve(stream, peer, router.clone()));
                tokio::spawn(async move {
                    // Clients hang up as they please; that is no error of ours.
                    let _ = connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of file handles, most likely: others have to end first.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN_TIME_MAX, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

type Connection = http1::Connection<
    TokioIo<TcpStream>,
    TowerToHyperService<
        tower::util::BoxCloneSyncService<
            Request<Incoming>,
            axum::response::Response,
            std::convert::Infallible,
        >,
    >,
>;

fn serve(stream: TcpStream, peer: SocketAddr, router: Router) -> Connection {
    // Answers are small and complete: waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.map(Body::new)
    });
    let service = TowerToHyperService::new(tower::util::BoxCloneSyncService::new(service));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_MAX)
        .serve_connection(TokioIo::new(stream), service)
}
