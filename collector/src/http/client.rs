//! Whose request it is, behind the proxies that are trusted to say so. The address is used for
//! limits and kept nowhere else.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use super::App;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The address of the client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client(pub(super) IpAddr);

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Client, Infallible> {
        Ok(Client(app.proxies.client(peer(parts), &parts.headers)))
    }
}

/// Whether the client speaks TLS with a proxy that is trusted to say so.
#[derive(Debug, Clone, Copy)]
pub(super) struct OverTls(pub(super) bool);

impl FromRequestParts<Arc<App>> for OverTls {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<OverTls, Infallible> {
        Ok(OverTls(app.proxies.is_over_tls(peer(parts), &parts.headers)))
    }
}

fn peer(parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<SocketAddr>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), SocketAddr::ip)
}

/// The proxies that are trusted to say for whom they ask.
#[derive(Debug)]
pub(crate) struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Those with an address in one of these networks.
    pub(crate) fn new(networks: Vec<IpNet>) -> Proxies {
        Proxies(networks)
    }

    /// The client of a request that came from `peer`: behind trusted proxies the last address they
    /// name that is not one of them. What is further to the left the client may have made up.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let of = |name: &HeaderName, address: fn(&str) -> Option<&str>| {
            headers.contains_key(name).then(|| self.last(peer, &hops(headers, name), address))
        };
        match (of(&header::FORWARDED, forwarded_for), of(&X_FORWARDED_FOR, |item| Some(item))) {
            // A proxy writes one of them and may pass on the other, as the client made it up.
            (Some(forwarded), Some(x_forwarded_for)) if forwarded != x_forwarded_for => peer,
            (Some(client), _) | (None, Some(client)) => client,
            (None, None) => peer,
        }
    }

    /// Whether the client of a request that came from `peer` speaks TLS. What is said of the first
    /// hop may be the client's own invention: it is good for nothing but its own cookie.
    fn is_over_tls(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let first = |name: &HeaderName| hops(headers, name).first().copied();
        let forwarded = first(&header::FORWARDED).and_then(|item| forwarded("proto", item));
        let said = [forwarded, first(&X_FORWARDED_PROTO)];
        let is_tls = |scheme: &str| scheme.eq_ignore_ascii_case("https");
        self.trusts(peer.to_canonical()) && said.into_iter().flatten().any(is_tls)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Goes from proxy to proxy, as far as they are trusted and name an address.
    fn last(&self, peer: IpAddr, hops: &[&str], address: fn(&str) -> Option<&str>) -> IpAddr {
        let mut client = peer;
        for hop in hops.iter().rev() {
            let Some(next) = address(hop).and_then(parse) else { break };
            client = next;
            if !self.trusts(client) {
                break;
            }
        }
        client
    }
}

/// The items of all headers of a name, in order.
fn hops<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(str::trim).collect()
}

fn forwarded_for(item: &str) -> Option<&str> {
    forwarded("for", item)
}

/// What stands behind a name and `=` in an item of a Forwarded header (RFC 7239).
fn forwarded<'a>(wanted: &str, item: &'a str) -> Option<&'a str> {
    item.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case(wanted).then(|| value.trim_matches('"'))
    })
}

/// An address, which may have a port behind it; that of IPv6 may stand in brackets.
fn parse(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|text| text.split_once(']'));
    let host = bracketed.map_or(text, |(host, _)| host);
    let address = host.parse::<IpAddr>();
    let address = address.or_else(|_| host.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn proxies() -> Proxies {
        Proxies(["10.0.0.0/8", "::1/128"].map(|network| network.parse().unwrap()).to_vec())
    }

    fn map(headers: &[(&str, &str)]) -> HeaderMap {
        let parsed = headers.iter().map(|(name, value)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        });
        let mut map = HeaderMap::new();
        parsed.for_each(|(name, value)| _ = map.append(name, value));
        map
    }

    /// The peer, the headers it sends, and whose request that is.
    fn check(peer: &str, headers: &[(&str, &str)], expected: &str) {
        let found = proxies().client(peer.parse().unwrap(), &map(headers));
        assert_eq!(found.to_string(), expected, "{peer} {headers:?}");
    }

    #[test]
    fn the_last_address_that_no_proxy_has_is_the_client() {
        let forwarded = "forwarded";
        let x = "x-forwarded-for";
        check("203.0.113.9", &[(x, "198.51.100.1")], "203.0.113.9");
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &[(x, "198.51.100.1")], "198.51.100.1");
        check("::ffff:10.0.0.1", &[(x, "::ffff:198.51.100.1")], "198.51.100.1");
        check("10.0.0.1", &[(x, "1.2.3.4, 198.51.100.1,10.0.0.7")], "198.51.100.1");
        check("10.0.0.1", &[(x, "1.2.3.4"), (x, "198.51.100.1")], "198.51.100.1");
        check("10.0.0.1", &[(x, "10.0.0.8, 10.0.0.7")], "10.0.0.8");
        check("10.0.0.1", &[(x, "198.51.100.1, nonsense, 10.0.0.7")], "10.0.0.7");
        check("10.0.0.1", &[(x, "")], "10.0.0.1");
        check("::1", &[(x, "198.51.100.1:4711")], "198.51.100.1");
        check("::1", &[(forwarded, "for=198.51.100.1;proto=https")], "198.51.100.1");
        check("::1", &[(forwarded, "For=\"[2001:db8::7]:4711\"")], "2001:db8::7");
        check("::1", &[(forwarded, "for=1.2.3.4, proto=http;for=198.51.100.1")], "198.51.100.1");
        check("::1", &[(forwarded, "for=_hidden, for=10.0.0.9")], "10.0.0.9");
        check("::1", &[(forwarded, "proto=https")], "::1");
    }

    #[test]
    fn a_trusted_proxy_says_whether_its_client_speaks_tls() {
        let check = |peer: &str, headers: &[(&str, &str)], expected: bool| {
            let found = proxies().is_over_tls(peer.parse().unwrap(), &map(headers));
            assert_eq!(found, expected, "{peer} {headers:?}");
        };
        let x = "x-forwarded-proto";
        check("10.0.0.1", &[], false);
        check("10.0.0.1", &[(x, "https")], true);
        check("::ffff:10.0.0.1", &[(x, "HTTPS")], true);
        check("10.0.0.1", &[(x, "http")], false);
        check("10.0.0.1", &[(x, "https, http")], true);
        check("10.0.0.1", &[(x, "http, https")], false);
        check("203.0.113.9", &[(x, "https")], false);
        check("::1", &[("forwarded", "for=198.51.100.1;Proto=\"https\"")], true);
        check("::1", &[("forwarded", "proto=http")], false);
        check("203.0.113.9", &[("forwarded", "proto=https")], false);
    }

    #[test]
    fn a_header_that_the_proxy_only_passed_on_gains_nothing() {
        let made_up = ("forwarded", "for=1.2.3.4");
        check("10.0.0.1", &[made_up, ("x-forwarded-for", "198.51.100.1")], "10.0.0.1");
        check("10.0.0.1", &[made_up, ("x-forwarded-for", "1.2.3.4")], "1.2.3.4");
    }
}
