//! Phase 3, address limit: how fast one address may ask, whoever it is.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::{HttpRequest, http::header::HeaderMap};

use crate::{rate::RateLimit, refusal::Refusal};

const FORWARDED_FOR: &str = "x-forwarded-for";
/// An IPv6 network of one customer: within it he has as many addresses as he likes.
const IPV6_NETWORK_BITS: u32 = 64;

/// Counts a request of its address.
pub(crate) fn check(
    limit: Option<&RateLimit<IpAddr>>,
    trusted_proxies: usize,
    request: &HttpRequest,
) -> Result<(), Refusal> {
    let Some(limit) = limit else { return Ok(()) };
    let Some(peer) = request.peer_addr() else { return Ok(()) };
    let address = client_address(request.headers(), peer.ip(), trusted_proxies);
    limit
        .check(&network(address))
        .map_err(|too_fast| Refusal::TooManyRequests { retry_after_s: too_fast.retry_after_s })
}

/// Every proxy appends whom it saw, so the entry that our outermost proxy wrote stands as many places from the end as
/// we have proxies; whatever is before it, the client may have made up.
fn client_address(headers: &HeaderMap, peer: IpAddr, trusted_proxies: usize) -> IpAddr {
    let Some(place) = trusted_proxies.checked_sub(1) else { return peer };
    let lines: Vec<&str> = headers.get_all(FORWARDED_FOR).filter_map(|line| line.to_str().ok()).collect();
    let entry = lines.iter().rev().flat_map(|line| line.rsplit(',')).nth(place);
    entry.and_then(|entry| parse(entry.trim())).unwrap_or(peer)
}

fn parse(text: &str) -> Option<IpAddr> {
    let address = text.parse().ok();
    address.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

fn network(address: IpAddr) -> IpAddr {
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

    fn seen(lines: &[&'static str], trusted_proxies: usize) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HeaderName::from_static(FORWARDED_FOR), HeaderValue::from_static(line));
        }
        client_address(&headers, PEER.parse().unwrap(), trusted_proxies).to_string()
    }

    #[test]
    fn without_a_proxy_of_ours_the_header_is_not_believed() {
        assert_eq!(seen(&["203.0.113.9"], 0), PEER);
    }

    #[test]
    fn what_our_outermost_proxy_saw_counts_and_not_what_the_client_made_up() {
        assert_eq!(seen(&["198.51.100.1, 203.0.113.9"], 1), "203.0.113.9");
        assert_eq!(seen(&["198.51.100.1, 203.0.113.9, 10.0.0.7"], 2), "203.0.113.9");
        assert_eq!(seen(&["198.51.100.1", "203.0.113.9", "10.0.0.7"], 2), "203.0.113.9");
        assert_eq!(seen(&["203.0.113.9:4711"], 1), "203.0.113.9");
    }

    #[test]
    fn where_the_proxies_said_nothing_of_use_the_peer_counts() {
        assert_eq!(seen(&[], 1), PEER);
        assert_eq!(seen(&["203.0.113.9"], 2), PEER);
        assert_eq!(seen(&["unknown"], 1), PEER);
    }

    #[test]
    fn all_addresses_of_one_ipv6_network_count_together() {
        let network_of = |text: &str| network(text.parse().unwrap());
        assert_eq!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:2:ffff::9"));
        assert_ne!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
        assert_eq!(network_of("::ffff:203.0.113.9"), network_of("203.0.113.9"));
    }
}
