//! How facts come in (ticketing's feed) and figures go out (HTTP).

pub(crate) mod feed;
pub(crate) mod http;
