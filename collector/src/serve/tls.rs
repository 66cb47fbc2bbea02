//! TLS with a certificate and a key from files, which are read again when they change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How often the files are read.
const EVERY: Duration = Duration::from_secs(1);

/// The files of a certificate and its key, in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate, and behind it those that lead to its issuer.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What the files held when they were last good.
pub(super) struct Tls {
    files: TlsFiles,
    acceptor: RwLock<TlsAcceptor>,
}

/// The content of both files.
#[derive(PartialEq)]
struct Content {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads the files and watches them until the collector stops.
    ///
    /// # Errors
    /// When they cannot be read, or do not belong together.
    pub(super) fn start(
        files: TlsFiles,
        stopped: watch::Receiver<bool>,
    ) -> anyhow::Result<Arc<Tls>> {
        let content = files.read()?;
        let acceptor = RwLock::new(content.acceptor()?);
        let tls = Arc::new(Tls { files, acceptor });
        tokio::spawn(tls.clone().watch(content, stopped));
        Ok(tls)
    }

    /// What makes a TLS stream of a connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        // Nothing panics while holding the lock.
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn watch(self: Arc<Self>, mut last: Content, mut stopped: watch::Receiver<bool>) {
        while tokio::time::timeout(EVERY, stopped.wait_for(|stopped| *stopped)).await.is_err() {
            let Ok(content) = self.files.read() else { continue };
            if content == last {
                continue;
            }
            match content.acceptor() {
                Ok(acceptor) => {
                    tracing::info!("a new certificate is used");
                    *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
                }
                // One of the two files may be written before the other.
                Err(error) => tracing::warn!("goes on with the certificate before: {error:#}"),
            }
            last = content;
        }
    }
}

impl TlsFiles {
    fn read(&self) -> anyhow::Result<Content> {
        let read = |path: &Path| {
            std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
        };
        Ok(Content { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }
}

impl Content {
    fn acceptor(&self) -> anyhow::Result<TlsAcceptor> {
        let certificates = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<Vec<_>, _>>()
            .context("--tls-certificate is no certificate in PEM")?;
        ensure!(!certificates.is_empty(), "--tls-certificate holds no certificate in PEM");
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .context("--tls-key is no private key in PEM")?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .context("--tls-certificate and --tls-key do not belong together")?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
