//! A collector from start to shutdown.

mod connections;
mod counted;
mod handles;
mod patient;
mod places;
mod serving;
mod tls;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use axum::http::Uri;
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::places::Places;
use self::tls::Tls;
pub use self::tls::TlsFiles;
use crate::http::{Access, App, Doubts, Front, Limiter, Metrics, Proxies, SIGN_IN_PATH};
use crate::sites::{SiteError, Sites};
use crate::store::Store;
use crate::watch::Watch;

/// Connections served at the same time, unless told otherwise.
pub const CONNECTIONS_MAX: usize = 16_384;
/// Connections that the system may keep until they are accepted; of more, the clients try again
/// after a second. Systems allow less than that where their owner has said so.
#[cfg(unix)]
const BACKLOG: i32 = 4_096;
/// An admin token of fewer bytes is warned about.
const TOKEN_BYTES_MIN: usize = 12;

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
    /// The URL of a replica of it, from which summaries and lists are read.
    pub read_database: Option<String>,
    /// The admin token; without one there is a sign-in link.
    pub admin_token: Option<String>,
    /// Responses a second and client; 0 for no limit.
    pub rate_limit: u32,
    /// Responses a second and site; 0 for no limit.
    pub site_rate_limit: u32,
    /// A token that opens the metrics and nothing else.
    pub metrics_token: Option<String>,
    /// Networks whose proxies are trusted to say for whom they ask.
    pub trusted_proxies: Vec<IpNet>,
    /// Connections served at the same time.
    pub connections: usize,
    /// Certificate and key, to speak TLS.
    pub tls: Option<TlsFiles>,
}

impl Default for Options {
    /// A collector on any free port of this machine, as `nabz serve` would run it.
    fn default() -> Options {
        Options {
            files: Vec::new(),
            listen: "127.0.0.1:0".to_owned(),
            public_url: None,
            database: "sqlite:nabz.db".to_owned(),
            read_database: None,
            admin_token: None,
            rate_limit: 20,
            site_rate_limit: 0,
            metrics_token: None,
            trusted_proxies: Vec::new(),
            connections: CONNECTIONS_MAX,
            tls: None,
        }
    }
}

/// A collector that is running.
#[derive(Debug)]
pub struct Running {
    /// The address it listens at.
    pub address: SocketAddr,
    /// The same as a URL.
    pub url: String,
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
    let (stop, stopped) = watch::channel(false);
    let tls = options.tls.map(|files| Tls::start(files, stopped.clone())).transpose()?;
    let replica = options.read_database.as_deref();
    let store = Store::open_with_replica(&options.database, replica).await?;
    let sites = Sites::load(store.clone()).await?;
    load_files(&sites, &options.files).await?;
    sites.follow();
    let listener = listen(&options.listen).await?;
    let address = listener.local_addr()?;
    let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    store.sign(&url)?;
    if address.ip().is_unspecified() && options.public_url.is_none() {
        tracing::warn!("no browser reaches {url}: say with --public-url what does");
    }
    let public_url = options.public_url.unwrap_or_else(|| url.clone());
    let public_url = public_url.trim_end_matches('/').to_owned();
    if options.admin_token.as_ref().is_some_and(|token| token.len() < TOKEN_BYTES_MIN) {
        tracing::warn!("a short admin token can be guessed: choose a long random one");
    }
    let access =
        Access::new(options.admin_token.as_deref(), options.metrics_token.as_deref(), &public_url);
    let sign_in_link = match options.admin_token {
        Some(_) => None,
        None => Some(format!("{public_url}{SIGN_IN_PATH}?key={}", access.new_link_key()?)),
    };
    let app = App {
        sites: sites.clone(),
        store: store.clone(),
        access,
        proxies: Proxies::new(options.trusted_proxies),
        limiter: Limiter::new(options.rate_limit, options.site_rate_limit),
        doubts: Doubts::default(),
        metrics: Metrics::new(),
        tls_only: tls.is_some() && has_usual_port(&public_url),
        public_url: public_url.clone(),
    };
    Watch::new(options.files, sites).spawn(stopped.clone());
    let places = Places::new(handles::connections(options.connections), &app.metrics);
    let serving = connections::accept(listener, Arc::new(Front::new(app)), places, tls, stopped);
    let server = tokio::spawn(serving);
    Ok(Running { address, url, public_url, sign_in_link, stop, server, store })
}

/// Whether a URL is of TLS at its usual port. Another one stands beside others of the same host,
/// which may speak anything.
fn has_usual_port(url: &str) -> bool {
    let is_usual = |url: Uri| url.scheme_str() == Some("https") && url.port().is_none();
    url.parse().is_ok_and(is_usual)
}

/// Listens at an address, or at the socket that a service manager has opened for us.
async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    #[cfg(unix)]
    if let Some(socket) = handed_over()? {
        socket.set_nonblocking(true)?;
        return Ok(TcpListener::from_std(socket)?);
    }
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => {
            anyhow!("{address} is in use: stop what uses it, or choose another with --listen")
        }
        ErrorKind::PermissionDenied => {
            anyhow!("this user may not listen at {address}: choose a port above 1023 with --listen")
        }
        _ => anyhow!(
            "{address} is no address to listen at ({error}): use one such as 127.0.0.1:8080"
        ),
    })?;
    #[cfg(unix)]
    rustix::net::listen(&listener, BACKLOG).context("the socket cannot be listened at")?;
    Ok(listener)
}

/// The socket that a service manager has opened for us, if it has.
#[cfg(unix)]
fn handed_over() -> anyhow::Result<Option<std::net::TcpListener>> {
    let mut sockets = listenfd::ListenFd::from_env();
    if sockets.len() > 1 {
        bail!(
            "{} sockets were handed over, and one is listened at: keep one ListenStream=",
            sockets.len()
        );
    }
    sockets.take_tcp_listener(0).context(
        "the socket that was handed over is none of TCP: use one such as ListenStream=127.0.0.1:8080",
    )
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
