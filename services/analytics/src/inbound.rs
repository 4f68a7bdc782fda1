//! How facts come in (ticketing's feed) and figures go out (HTTP), and how the program is told what to do.

pub(crate) mod commands;
pub(crate) mod feed;
pub(crate) mod http;
