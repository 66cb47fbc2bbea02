//! What the values of flags may be.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{anyhow, bail};
use axum::http::uri::Authority;
use ipnet::IpNet;

use crate::serve::{self, TlsFiles};

/// The two files of TLS. That they belong together is not left to the parser, for which what a
/// settings file says is a default, and defaults need nothing.
pub(super) fn tls_files(
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
) -> anyhow::Result<Option<TlsFiles>> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (None, None) => Ok(None),
        (Some(_), None) => bail!("--tls-certificate needs its key: name that with --tls-key too"),
        (None, Some(_)) => {
            bail!("--tls-key needs its certificate: name that with --tls-certificate too")
        }
    }
}

/// An origin as browsers write it: in lower case, without the scheme's usual port.
pub(super) fn public_url(text: &str) -> anyhow::Result<String> {
    let wrong = || anyhow!("use scheme and host only, such as https://feedback.acme.com");
    let (scheme, rest) = text.trim().split_once("://").ok_or_else(wrong)?;
    let scheme = scheme.to_ascii_lowercase();
    let usual = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => return Err(wrong()),
    };
    let authority: Authority = rest.trim_end_matches('/').parse().map_err(|_| wrong())?;
    let host = authority.host().to_ascii_lowercase();
    match authority.port_u16() {
        None if authority.as_str().len() == host.len() => Ok(format!("{scheme}://{host}")),
        Some(port) if authority.as_str().starts_with(authority.host()) => match port == usual {
            true => Ok(format!("{scheme}://{host}")),
            false => Ok(format!("{scheme}://{host}:{port}")),
        },
        _ => Err(wrong()),
    }
}

/// One of several files between commas, after which a space does no harm.
#[expect(clippy::unnecessary_wraps, reason = "what reads an argument may fail")]
pub(super) fn listed(text: &str) -> anyhow::Result<PathBuf> {
    Ok(PathBuf::from(text.trim()))
}

/// An address or a network.
pub(super) fn network(text: &str) -> anyhow::Result<IpNet> {
    let text = text.trim();
    // An IPv4 address that is written as an IPv6 one is the same address.
    let address = || text.parse::<IpAddr>().map(|it| IpNet::from(it.to_canonical()));
    text.parse::<IpNet>()
        .or_else(|_| address())
        .map_err(|_| anyhow!("use an address or a network, such as 127.0.0.1 or 10.0.0.0/8"))
}

/// A limit.
pub(super) fn number(text: &str) -> anyhow::Result<u32> {
    text.trim().parse().map_err(|_| anyhow!("use a whole number, such as 20, or 0 for no limit"))
}

/// How many connections there may be.
pub(super) fn connections(text: &str) -> anyhow::Result<usize> {
    let count = text.trim().parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| anyhow!("use a whole number from 1 on, such as {}", serve::CONNECTIONS_MAX))
}

/// A secret that opens something.
pub(super) fn token(text: &str) -> anyhow::Result<String> {
    match text.trim() {
        "" => bail!(
            "an empty token would let everybody in: choose a long random one, or leave the flag out"
        ),
        token => Ok(token.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_see_is_written_as_they_write_it() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(public_url(text).ok().as_deref(), expected, "{text}");
        };
        check("https://fb.example.com", Some("https://fb.example.com"));
        check("HTTPS://FB.Example.com:443/", Some("https://fb.example.com"));
        check("http://[::1]:8080", Some("http://[::1]:8080"));
        check("http://localhost:80", Some("http://localhost"));
        check("https://localhost:80", Some("https://localhost:80"));
        for wrong in [
            "fb.example.com",
            "ftp://fb.example.com",
            "https://",
            "https:///",
            "https://a/b",
            "https://a?x",
            "https://a#x",
            "https://u:p@a",
            "https://a:b",
            "https://a:99999",
            "https://a .com\"",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn networks_between_commas_may_have_spaces_and_be_mapped() {
        let check = |text: &str, expected: &str| {
            assert_eq!(network(text).unwrap().to_string(), expected, "{text}");
        };
        check(" ::1 ", "::1/128");
        check("::ffff:127.0.0.1", "127.0.0.1/32");
        check("10.0.0.0/8", "10.0.0.0/8");
    }
}
