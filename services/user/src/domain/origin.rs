//! Where a request comes from.

use std::net::IpAddr;

/// The network of a client, as the gateway names it. All requests for which the gateway names none share one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin(Option<IpAddr>);

impl Origin {
    /// The network that this text names; the unknown one if it names none.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Self {
        Self(text.and_then(|text| text.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_networks_differ_and_all_unknown_ones_are_the_same() {
        let network = |text| Origin::parse(Some(text));
        assert_ne!(network("203.0.113.9"), network("203.0.113.10"));
        assert_eq!(network("2001:db8::"), network("2001:db8:0::"));
        assert_eq!(network("nonsense"), Origin::parse(None));
    }
}
