//! Where the replicas of a service listen, as a setting gives it: `http://host:port`, several separated by commas.

use std::str::FromStr;

use url::Url;

/// Where the replicas of one service listen: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints(Vec<Endpoint>);

/// Where one replica listens: `http://host` or `http://host:port`, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint(Url);

/// Why a text is not an endpoint. It never shows the text, which may contain a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// It is not a URL, or has no host.
    #[error("not http://host:port, or several of them separated by commas")]
    NotAUrl,
    /// Services talk to each other over plain HTTP only.
    #[error("does not begin with http://")]
    NotHttp,
    /// It has a user or a password.
    #[error("has a user; only host and port are allowed")]
    HasUser,
    /// It has a path, a query or a fragment.
    #[error("has a path; only host and port are allowed")]
    HasPath,
}

impl Endpoints {
    /// The endpoints in the order in which they were given, at least one.
    #[must_use]
    pub fn as_slice(&self) -> &[Endpoint] {
        &self.0
    }
}

impl FromStr for Endpoints {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Endpoint {
    const DEFAULT_PORT: u16 = 80;

    /// The URL, whose path is `/`.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The name or address to connect to; an IPv6 address has no brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.bracketed_host().trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, 80 unless another one is given.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port().unwrap_or(Self::DEFAULT_PORT)
    }

    /// Host and port as a `Host` header has them.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", self.bracketed_host(), self.port())
    }

    fn bracketed_host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidEndpoint::NotAUrl)?;
        if url.scheme() != "http" {
            return Err(InvalidEndpoint::NotHttp);
        }
        if !url.has_host() {
            return Err(InvalidEndpoint::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidEndpoint::HasUser);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidEndpoint::HasPath);
        }
        Ok(Self(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_urls_of_hosts_separated_by_commas() {
        let endpoints: Endpoints = "http://a:1, http://B/,http://[::1]:83".parse().unwrap();
        let parts: Vec<_> = endpoints.as_slice().iter().map(|it| (it.host(), it.port())).collect();
        assert_eq!(parts, [("a", 1), ("b", 80), ("::1", 83)]);
        let authorities: Vec<_> = endpoints.as_slice().iter().map(Endpoint::authority).collect();
        assert_eq!(authorities, ["a:1", "b:80", "[::1]:83"]);
    }

    #[test]
    fn what_is_more_or_less_than_host_and_port_is_refused() {
        for (text, why) in [
            ("", InvalidEndpoint::NotAUrl),
            (",", InvalidEndpoint::NotAUrl),
            ("a", InvalidEndpoint::NotAUrl),
            ("http://a,", InvalidEndpoint::NotAUrl),
            ("http://", InvalidEndpoint::NotAUrl),
            ("a:1", InvalidEndpoint::NotHttp),
            ("https://a", InvalidEndpoint::NotHttp),
            ("ftp://a", InvalidEndpoint::NotHttp),
            ("http://somebody@a", InvalidEndpoint::HasUser),
            ("http://:hunter2@a", InvalidEndpoint::HasUser),
            ("http://a/path", InvalidEndpoint::HasPath),
            ("http://a?x", InvalidEndpoint::HasPath),
            ("http://a#x", InvalidEndpoint::HasPath),
        ] {
            assert_eq!(text.parse::<Endpoints>(), Err(why), "{text}");
        }
    }
}
