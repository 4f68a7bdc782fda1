//! Free ports of 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};
use rand::Rng;

/// Below the ports that operating systems assign to outgoing connections. Otherwise a client that reconnects to a server
/// which is down could be assigned the server's own port, and the server could not restart.
const CANDIDATES: std::ops::Range<u16> = 10_000..30_000;
const ATTEMPTS_MAX: usize = 200;

/// A port that was free a moment ago. A caller must be prepared to choose another one.
///
/// # Errors
///
/// If none was found.
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
