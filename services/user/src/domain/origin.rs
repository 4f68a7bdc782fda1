//! Where a request comes from.

use std::net::IpAddr;

/// The network of a client, as the gateway names it. All requests for which the gateway names none share one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin(Option<IpAddr>);

impl Origin {
    /// The network that this text names; the unknown one if it names none.
    #[must_use]
    pub fn told_by(text: Option<&str>) -> Self {
        Self(text.and_then(|text| text.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_told_apart_and_whatever_is_none_is_one() {
        let told = |text| Origin::told_by(Some(text));
        assert_ne!(told("203.0.113.9"), told("203.0.113.10"));
        assert_eq!(told("2001:db8::"), told("2001:db8:0::"));
        assert_eq!(told("nonsense"), Origin::told_by(None));
    }
}
