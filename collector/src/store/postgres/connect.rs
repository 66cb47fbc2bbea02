//! Connections to a PostgreSQL server, and whether it is one that can be used.

use std::fmt;
use std::str::FromStr as _;
use std::time::Duration;

use deadpool_postgres::{
    Client, Hook, HookError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::{OpenError, StoreError};
use super::tls::Encryption;
use super::{sql, tls};

/// Longest time to wait for a connection, be it a new one or one of the pool.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// After this time without an acknowledgement a connection counts as lost.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// The oldest major release that is supported.
const OLDEST: i32 = 13;
/// What to do when nothing better is known.
const REACH_IT: &str = "Check that the server runs there and can be reached from here";
/// What to do when the database cannot be written to.
const WRITE: &str =
    "If it is a replica, name the primary with --database, and the replica with --read-database";

/// A database of a server.
#[derive(Clone)]
pub(in crate::store) struct Target {
    config: Box<Config>,
    tls: MakeRustlsConnect,
}

impl Target {
    /// The database that a URL names.
    pub(in crate::store) fn parse(url: &str) -> Result<Target, OpenError> {
        let (encryption, url) = Encryption::split(url);
        let mut config =
            Config::from_str(&url).map_err(|error| OpenError::WrongUrl(said(&error)))?;
        if config.get_hosts().is_empty() || config.get_dbname().is_none() {
            return Err(OpenError::WrongUrl("it names no database of a server".to_owned()));
        }
        config.ssl_mode(encryption.mode()?);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIME_MAX);
        }
        if config.get_application_name().is_none() {
            config.application_name("nabz");
        }
        config.tcp_user_timeout(SILENCE_MAX);
        config.keepalives_idle(SILENCE_MAX).keepalives_interval(SILENCE_MAX / 5);
        Ok(Target { config: Box::new(config), tls: encryption.connector()? })
    }

    /// At most so many connections to it, made when needed.
    pub(super) fn pool(&self, size: usize) -> Pool {
        // A connection may have died since it was used last; asking is cheap beside a failure.
        let recycling_method = RecyclingMethod::Verified;
        let (config, tls) = self.config();
        let manager = Manager::from_config(config, tls, ManagerConfig { recycling_method });
        let settle = Hook::async_fn(|client, _| {
            Box::pin(
                async move { client.batch_execute(sql::SETTLE).await.map_err(HookError::Backend) },
            )
        });
        let pool = Pool::builder(manager)
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(CONNECT_TIME_MAX))
            .create_timeout(Some(CONNECT_TIME_MAX))
            .recycle_timeout(Some(CONNECT_TIME_MAX))
            .post_create(settle);
        // It only fails without a runtime, and that is named two lines above.
        pool.build().expect("a pool with a runtime can have time limits")
    }

    /// The configuration of a connection outside the pool.
    pub(super) fn config(&self) -> (Config, MakeRustlsConnect) {
        ((*self.config).clone(), self.tls.clone())
    }

    /// Refuses a server that lacks what is needed, and one that only reads when it has to `write`.
    pub(super) async fn recognize(&self, client: &Client, write: bool) -> Result<(), OpenError> {
        let failed = |error: tokio_postgres::Error| self.unreachable(&error);
        let row = client.query_one(sql::SERVER, &[]).await.map_err(failed)?;
        let found: String = row.get("version");
        let number: i32 = row.get("number");
        let genuine = found.starts_with("PostgreSQL ") && !found.contains("-YB-");
        if !genuine || number / 10_000 < OLDEST {
            let found = found.split(" on ").next().unwrap_or_default().to_owned();
            return Err(OpenError::Unsupported { place: self.to_string(), found, oldest: OLDEST });
        }
        if write && row.get::<_, &str>("read_only") == "on" {
            let reason = "it is read-only".to_owned();
            return Err(OpenError::Unreachable { place: self.to_string(), reason, remedy: WRITE });
        }
        if write && row.get::<_, &str>("fsync") == "off" {
            tracing::warn!("the server runs with fsync=off: a power cut would lose answers");
        }
        Ok(())
    }

    /// Says why the database cannot be used, and what to do.
    pub(super) fn unreachable(&self, error: &tokio_postgres::Error) -> OpenError {
        let remedy = match error.code() {
            Some(&SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
                "Check user and password, and that pg_hba.conf lets it in"
            }
            Some(&SqlState::INVALID_CATALOG_NAME) => "Create it with createdb",
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                "Let this user create a schema: GRANT CREATE ON DATABASE … TO …"
            }
            Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => WRITE,
            Some(&SqlState::TOO_MANY_CONNECTIONS) => "Raise its max_connections",
            _ => tls::remedy(error).unwrap_or(REACH_IT),
        };
        OpenError::Unreachable { place: self.to_string(), reason: said(error), remedy }
    }

    /// A connection of a pool, or why the database cannot be opened.
    pub(super) async fn first(&self, pool: &Pool) -> Result<Client, OpenError> {
        pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                self.unreachable(&error)
            }
            error => OpenError::Unreachable {
                place: self.to_string(),
                reason: pool_said(&error),
                remedy: REACH_IT,
            },
        })
    }
}

/// User, host and database; never the password.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = &self.config;
        write!(f, "postgres://")?;
        if let Some(user) = config.get_user() {
            write!(f, "{user}@")?;
        }
        for (at, host) in config.get_hosts().iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            match host {
                Host::Tcp(name) if name.contains(':') => write!(f, "{comma}[{name}]")?,
                Host::Tcp(name) => write!(f, "{comma}{name}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{comma}{}", path.display())?,
            }
            let ports = config.get_ports();
            write!(f, ":{}", ports.get(at).or(ports.first()).unwrap_or(&5432))?;
        }
        write!(f, "/{}", config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What a server or a connection says is wrong, in one line.
pub(super) fn said(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return error.message().to_owned();
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(deeper) = source {
        text = format!("{text}: {deeper}");
        source = deeper.source();
    }
    text
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> StoreError {
        StoreError::Database(said(&error))
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> StoreError {
        StoreError::Database(pool_said(&error))
    }
}

/// Why a pool has no connection, in one line.
pub(super) fn pool_said(error: &PoolError) -> String {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            said(error)
        }
        PoolError::Timeout(_) => "no connection to it was there in time".to_owned(),
        _ => error.to_string(),
    }
}
