//! A server's configuration file. Passwords stand in it, not on the command line, which everybody can read.

use std::path::PathBuf;

use anyhow::Result;

use super::{Ports, ValkeyOptions};
use crate::{home::Home, tls::write_private};

/// Milliseconds until a Cluster takes a silent node for lost.
const CLUSTER_NODE_TIMEOUT_MS: u32 = 2_000;

/// Writes the file for the server in `home` and returns where it is.
pub(super) fn write(home: &Home, options: &ValkeyOptions, ports: Ports) -> Result<PathBuf> {
    let path = home.path.join("valkey.conf");
    write_private(&path, &text(home, options, ports))?;
    home.account.take(&path)?;
    Ok(path)
}

fn text(home: &Home, options: &ValkeyOptions, ports: Ports) -> String {
    let mut lines = vec![
        "bind 127.0.0.1".to_owned(),
        format!("dir {}", quoted(&home.path.display().to_string())),
        // Holds must never be evicted; a full Valkey refuses writes instead.
        "maxmemory-policy noeviction".to_owned(),
        "save \"\"".to_owned(),
        format!("appendonly {}", yes_no(options.append_only)),
        "appendfsync everysec".to_owned(),
    ];
    match &options.tls {
        Some(tls) => lines.extend([
            "port 0".to_owned(),
            format!("tls-port {}", ports.clients),
            format!("tls-cert-file {}", quoted(&tls.cert.display().to_string())),
            format!("tls-key-file {}", quoted(&tls.key.display().to_string())),
            // The clients show no certificate, so the server needs no authority to check them by.
            "tls-auth-clients no".to_owned(),
        ]),
        None => lines.push(format!("port {}", ports.clients)),
    }
    if let Some((user, password)) = &options.user_password {
        lines.push("user default off".to_owned());
        lines.push(format!("user {} on {} ~* &* +@all", quoted(user), quoted(&format!(">{password}"))));
    }
    match ports.bus {
        Some(bus) => lines.extend([
            "cluster-enabled yes".to_owned(),
            format!("cluster-port {bus}"),
            format!("cluster-node-timeout {CLUSTER_NODE_TIMEOUT_MS}"),
            // A node that is lost must not take the slots of the others with it.
            "cluster-require-full-coverage no".to_owned(),
        ]),
        None => lines.push(format!("databases {}", options.databases)),
    }
    lines.join("\n") + "\n"
}

fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// A value in the file's own quoting.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
