//! A server's configuration file. It contains the password, because everyone can read a command line.

use std::path::PathBuf;

use anyhow::Result;

use super::options::{Ports, ValkeyOptions};
use crate::{home::Home, tls::write_private};

/// How long a node may be silent until the cluster regards it as failed.
const CLUSTER_NODE_TIMEOUT_MS: u32 = 2_000;

/// Writes the file for the server in `home` and returns its path.
pub(super) fn write(home: &Home, options: &ValkeyOptions, ports: Ports) -> Result<PathBuf> {
    let path = home.path.join("valkey.conf");
    write_private(&path, &text(home, options, ports))?;
    home.account.take_ownership(&path)?;
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
            // Clients have no certificates, so the server needs no authority to verify them.
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
            // If a node fails, the others must still serve their slots.
            "cluster-require-full-coverage no".to_owned(),
        ]),
        None => lines.push(format!("databases {}", options.databases)),
    }
    lines.join("\n") + "\n"
}

fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// A value with the quotes and escapes of the file format.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
