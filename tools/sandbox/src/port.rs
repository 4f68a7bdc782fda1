//! Free ports on loopback.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};
use rand::Rng;

/// Below the ports that systems give to outgoing connections: a client that redials a server which is down could
/// otherwise be given the server's own port, and the server could not come back to it.
const CANDIDATES: std::ops::Range<u16> = 10_000..30_000;
const ATTEMPTS_MAX: usize = 200;

/// A port of 127.0.0.1 that was free a moment ago; whoever uses it must be ready to ask for another one.
///
/// # Errors
///
/// Where none was found.
pub fn free() -> Result<u16> {
    let mut random = rand::rng();
    for _ in 0..ATTEMPTS_MAX {
        let port = random.random_range(CANDIDATES);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port found on 127.0.0.1 in {ATTEMPTS_MAX} attempts")
}
