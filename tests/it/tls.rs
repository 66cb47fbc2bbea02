use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tests::{Collector, TOKEN, nabz, wait_until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::SITE;

/// Writes a new certificate for `localhost` and its key.
fn renew(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("certificate.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), KeyPair::serialize_pem(&signing_key)).unwrap();
    cert.der().clone()
}

/// What a client that trusts one certificate is answered.
async fn ask(address: &str, trusted: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).map_err(std::io::Error::other)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream.write_all(b"GET /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await?;
    Ok(reply)
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let files = tempfile::tempdir().unwrap();
    let first = renew(files.path());
    let paths = ["certificate.pem", "key.pem"].map(|name| files.path().join(name));
    let [certificate, key] = paths.each_ref().map(|path| path.to_str().unwrap());
    let arguments = ["--admin-token", TOKEN, "--tls-certificate", certificate, "--tls-key", key];
    let collector = Collector::start_with(SITE, &arguments);
    let address = collector.url.strip_prefix("https://").expect("it says that it speaks TLS");
    let reply = ask(address, &first).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    let plain =
        tests::raw(&format!("http://{address}"), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(!plain.starts_with("HTTP"), "no word without TLS: {plain}");

    std::fs::write(&paths[1], "half of a key").unwrap();
    wait_until("a word about the wrong key", async || {
        collector.log().contains("goes on with the certificate before")
    })
    .await;
    assert!(ask(address, &first).await.is_ok());
    let second = renew(files.path());
    wait_until("the new certificate", async || ask(address, &second).await.is_ok()).await;
    assert!(ask(address, &first).await.is_err());
    assert!(!collector.log().contains("PRIVATE"), "no key is in the log");
}

#[tokio::test]
async fn browsers_come_back_over_tls_where_nothing_else_is_at_that_address() {
    let files = tempfile::tempdir().unwrap();
    let trusted = renew(files.path());
    let paths = ["certificate.pem", "key.pem"].map(|name| files.path().join(name));
    let [certificate, key] = paths.each_ref().map(|path| path.to_str().unwrap());
    let tls = ["--tls-certificate", certificate, "--tls-key", key];
    for (url, expected) in [
        (Some("https://localhost"), true),
        (Some("https://localhost:8443"), false),
        (Some("http://localhost"), false),
        (None, false),
    ] {
        let url = url.map(|url| ["--public-url", url]);
        let arguments = [&["--admin-token", TOKEN][..], &tls, url.as_ref().map_or(&[], |it| it)];
        let collector = Collector::start_with(SITE, &arguments.concat());
        let address = collector.url.strip_prefix("https://").unwrap();
        let reply = ask(address, &trusted).await.unwrap();
        let told = reply.contains("strict-transport-security: max-age=31536000\r\n");
        assert_eq!(told, expected, "{url:?}: {reply}");
    }
    let arguments = ["--admin-token", TOKEN, "--public-url", "https://localhost"];
    let plain = Collector::start_with(SITE, &arguments).get("/sign-in").await;
    assert_eq!(plain.header("strict-transport-security"), "", "the proxy before it decides");
}

#[test]
fn files_that_are_no_certificate_are_named() {
    let files = tempfile::tempdir().unwrap();
    renew(files.path());
    std::fs::write(files.path().join("text.pem"), "text").unwrap();
    let check = |certificate: &str, key: &str, expected: &str| {
        let mut serve = Command::new(nabz());
        serve.args(["serve", "--listen", "127.0.0.1:0", "--tls-certificate", certificate]);
        let output = serve.args(["--tls-key", key]).current_dir(files.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(expected), "{said}");
    };
    check("none.pem", "key.pem", "none.pem cannot be read");
    check("text.pem", "key.pem", "--tls-certificate holds no certificate in PEM");
    check("certificate.pem", "text.pem", "--tls-key is no private key in PEM");
    check("certificate.pem", "certificate.pem", "--tls-key is no private key in PEM");
}
