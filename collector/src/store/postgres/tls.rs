//! Encrypted connections: what the URL says about them, which the library does not read.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use super::super::OpenError;

/// What a URL says about encryption.
#[derive(Debug, Default)]
pub(super) struct Encryption {
    mode: Option<String>,
    /// Authorities to trust instead of those that browsers trust, in PEM.
    root: Option<PathBuf>,
}

impl Encryption {
    /// Takes what is said about encryption out of a URL; also the rest.
    pub(super) fn split(url: &str) -> (Encryption, String) {
        let mut encryption = Encryption::default();
        // A password may hold a question mark.
        let host = url.find('@').unwrap_or(0);
        let Some(query) = url[host..].find('?').map(|at| host + at) else {
            return (encryption, url.to_owned());
        };
        let decoded = |value| percent_encoding::percent_decode_str(value).decode_utf8_lossy();
        let mut others: Vec<&str> = Vec::new();
        for pair in url[query + 1..].split('&') {
            match pair.split_once('=') {
                Some(("sslmode", mode)) => encryption.mode = Some(decoded(mode).into_owned()),
                Some(("sslrootcert", path)) => {
                    encryption.root = Some(PathBuf::from(decoded(path).as_ref()));
                }
                _ => others.push(pair),
            }
        }
        let rest = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
        (encryption, format!("{}{rest}", &url[..query]))
    }

    /// Whether to encrypt. Where it is done, it is done whole: without a look at the certificate,
    /// whoever is in between could read the password.
    pub(super) fn mode(&self) -> Result<SslMode, OpenError> {
        match self.mode.as_deref() {
            Some("verify-full" | "require") => Ok(SslMode::Require),
            None | Some("disable") if self.root.is_none() => Ok(SslMode::Disable),
            None | Some("disable") => {
                Err(OpenError::WrongUrl("sslrootcert needs sslmode=verify-full".to_owned()))
            }
            Some(mode) => Err(OpenError::WrongUrl(format!(
                "there is no sslmode={mode}: it is verify-full, require (which is the same here), \
                 or disable"
            ))),
        }
    }

    /// What makes connections that trust the authorities of the URL.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, OpenError> {
        let roots = match &self.root {
            Some(_) => self.read_root()?,
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            // It only fails when a provider lacks what this one has.
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }

    fn read_root(&self) -> Result<RootCertStore, OpenError> {
        let path = self.root.clone().unwrap_or_default();
        let wrong = |reason: String| OpenError::NoAuthority { path: path.clone(), reason };
        let text = std::fs::read(&path).map_err(|error| wrong(error.to_string()))?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(wrong("it holds no certificate in PEM".to_owned()));
        }
        Ok(roots)
    }
}

/// What to do about an error, if it is one of encryption.
pub(super) fn remedy(error: &tokio_postgres::Error) -> Option<&'static str> {
    let source = std::error::Error::source(error)?;
    let of_certificate = source
        .downcast_ref::<std::io::Error>()
        .and_then(|error| error.get_ref()?.downcast_ref::<rustls::Error>())
        .is_some();
    if of_certificate {
        return Some(
            "Name the host as its certificate does, and with sslrootcert=FILE who issued that",
        );
    }
    let has_none = source.to_string().contains("does not support TLS");
    has_none.then_some("Set ssl = on in its postgresql.conf, or leave sslmode out of the URL")
}
