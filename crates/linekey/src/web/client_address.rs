//! Where a request came from: the peer, or what a trusted proxy says of it. Anyone can write a header.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;

use crate::app::App;

/// The client's address.
pub fn of(app: &App, parts: &Parts) -> IpAddr {
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
    behind(peer.to_canonical(), &parts.headers, &app.config.portal.trusted_proxies)
}

/// The last hop that no proxy of ours added. `X-Forwarded-For` first; `Forwarded` (RFC 7239) where it is absent.
fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_ours = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_ours(&peer) {
        return peer;
    }
    let listed = |name: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .map(|hop| hop.trim().to_owned())
            .collect::<Vec<_>>()
    };
    let mut hops = listed("x-forwarded-for");
    if hops.is_empty() {
        hops = listed("forwarded")
            .iter()
            .map(|element| forwarded_for(element))
            .collect();
    }
    let mut last = peer;
    for hop in hops.iter().rev() {
        // What cannot be read was not written by a proxy of ours: the hop before it is the last that is known.
        let Some(address) = address(hop) else { return last };
        last = address;
        if !is_ours(&address) {
            break;
        }
    }
    last
}

fn forwarded_for(element: &str) -> String {
    let parameters = element
        .split(';')
        .filter_map(|parameter| parameter.trim().split_once('='));
    let value = parameters
        .filter(|(name, _)| name.eq_ignore_ascii_case("for"))
        .map(|(_, value)| value)
        .next();
    value.unwrap_or_default().trim_matches('"').to_owned()
}

/// `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop
        .parse::<IpAddr>()
        .or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()));
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    bare.ok().or_else(bracketed).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        let trusted = [
            "10.0.0.0/8".parse().expect("a network"),
            "::1/128".parse().expect("a network"),
        ];
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header value"));
        }
        behind(peer.parse().expect("an address"), &map, &trusted).to_string()
    }

    #[test]
    fn a_header_is_believed_from_a_trusted_proxy_alone_and_only_to_its_last_untrusted_hop() {
        assert_eq!(
            seen("203.0.113.7", &[("x-forwarded-for", "198.51.100.1")]),
            "203.0.113.7"
        );
        assert_eq!(seen("10.0.0.1", &[("x-forwarded-for", "198.51.100.1")]), "198.51.100.1");
        assert_eq!(
            seen("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, 198.51.100.1, 10.0.0.2")]),
            "198.51.100.1"
        );
        assert_eq!(
            seen(
                "10.0.0.1",
                &[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2")]
            ),
            "2.2.2.2"
        );
        assert_eq!(
            seen("::1", &[("x-forwarded-for", "::ffff:198.51.100.1")]),
            "198.51.100.1"
        );
        assert_eq!(
            seen(
                "10.0.0.1",
                &[("forwarded", "for=1.1.1.1, for=\"[2001:db8::9]:4711\";proto=https")]
            ),
            "2001:db8::9"
        );
        assert_eq!(seen("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, unknown")]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }
}
