//! Phase 3, address: the client's address, as far as our own proxies report it.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str,
    sync::Once,
};

use actix_http::Request;
use actix_web::{HttpMessage as _, http::header::HeaderMap};

const FORWARDED_FOR: &str = "x-forwarded-for";
/// The IPv6 network of one customer, in which they have as many addresses as they like.
const IPV6_NETWORK_BITS: u32 = 64;

#[derive(Debug)]
pub(crate) struct ClientAddresses {
    trusted_proxies: usize,
    proxy_warning: Once,
}

impl ClientAddresses {
    pub(crate) fn new(trusted_proxies: usize) -> Self {
        Self { trusted_proxies, proxy_warning: Once::new() }
    }

    /// The client's address; for IPv6 that of its whole network.
    pub(crate) fn of(&self, request: &Request) -> IpAddr {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        if self.trusted_proxies == 0 && request.headers().contains_key(FORWARDED_FOR) {
            self.proxy_warning.call_once(|| {
                tracing::warn!(
                    %peer,
                    "a request came with X-Forwarded-For, which is not trusted: if a proxy of yours is in front, all its \
                     clients count as one address until TRUSTED_PROXIES is set"
                );
            });
        }
        network(client_address(request.headers(), peer, self.trusted_proxies))
    }
}

/// Every proxy appends the address that it saw, so the entry of our outermost proxy is as many places from the end as we have
/// proxies; the client may have made up whatever is before it. An unreadable entry counts as a place too.
fn client_address(headers: &HeaderMap, peer: IpAddr, trusted_proxies: usize) -> IpAddr {
    let Some(place) = trusted_proxies.checked_sub(1) else { return peer };
    let lines: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).map(|line| line.as_bytes()).collect();
    let entry = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')).nth(place);
    entry.and_then(parse).unwrap_or(peer)
}

fn parse(entry: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(entry).ok()?.trim();
    let address = text.parse().ok();
    address.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// The address that stands for all the addresses of one customer.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - IPV6_NETWORK_BITS))))
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    const PEER: &str = "10.0.0.1";

    fn seen(lines: &[&[u8]], trusted_proxies: usize) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HeaderName::from_static(FORWARDED_FOR), HeaderValue::from_bytes(line).unwrap());
        }
        client_address(&headers, PEER.parse().unwrap(), trusted_proxies).to_string()
    }

    #[test]
    fn without_a_proxy_of_ours_the_header_is_not_trusted() {
        assert_eq!(seen(&[b"203.0.113.9"], 0), PEER);
    }

    #[test]
    fn what_our_outermost_proxy_saw_counts_and_not_what_the_client_made_up() {
        assert_eq!(seen(&[b"198.51.100.1, 203.0.113.9"], 1), "203.0.113.9");
        assert_eq!(seen(&[b"198.51.100.1, 203.0.113.9, 10.0.0.7"], 2), "203.0.113.9");
        assert_eq!(seen(&[b"198.51.100.1", b"203.0.113.9", b"10.0.0.7"], 2), "203.0.113.9");
        assert_eq!(seen(&[b"203.0.113.9:4711"], 1), "203.0.113.9");
    }

    #[test]
    fn an_unreadable_entry_keeps_its_place() {
        assert_eq!(seen(&[b"198.51.100.1", b"\xff, 203.0.113.9"], 1), "203.0.113.9");
        assert_eq!(seen(&[b"198.51.100.1", b"203.0.113.9, \xff"], 2), "203.0.113.9");
        assert_eq!(seen(&[b"198.51.100.1, 203.0.113.9", b"\xff"], 1), PEER);
    }

    #[test]
    fn if_the_proxies_report_nothing_usable_the_peer_counts() {
        assert_eq!(seen(&[], 1), PEER);
        assert_eq!(seen(&[b"203.0.113.9"], 2), PEER);
        assert_eq!(seen(&[b"unknown"], 1), PEER);
    }

    #[test]
    fn all_addresses_of_one_ipv6_network_count_together() {
        let network_of = |text: &str| network(text.parse().unwrap());
        assert_eq!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:2:ffff::9"));
        assert_ne!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
        assert_eq!(network_of("::ffff:203.0.113.9"), network_of("203.0.113.9"));
    }
}
