//! The URLs of a system's data, stored for the commands that read it while the system runs.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use booked_checker::Sources;
use serde_json::{Value, json};

use crate::{
    Service,
    data_folder::{DataFolder, Secret},
    servers::RunningServers,
};

/// Only the owner can read the file, since the URLs contain passwords.
pub(crate) fn store(folder: &DataFolder, servers: &RunningServers) -> Result<()> {
    let urls = json!({
        "ticketing": servers.database_url(Service::Ticketing)?,
        "event": servers.database_url(Service::Event)?,
        "analytics": servers.database_url(Service::Analytics)?,
        "valkey": servers.valkey_url(),
    });
    folder.store(Secret::DataUrls, &urls.to_string())
}

/// The sources of the system that runs, or ran last, in this folder.
///
/// # Errors
///
/// If nothing ever ran there, or the stored URLs cannot be read.
pub fn sources_of(data_dir: &Path) -> Result<Sources> {
    let file = DataFolder::secret_file_in(data_dir, Secret::DataUrls);
    let text = fs::read_to_string(&file).with_context(|| {
        format!("no system runs in {}: {} cannot be read", data_dir.display(), file.display())
    })?;
    let urls: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))?;
    let url = |name: &str| urls[name].as_str().map(ToOwned::to_owned);
    Ok(Sources {
        ticketing_database_url: url("ticketing"),
        event_database_url: url("event"),
        analytics_database_url: url("analytics"),
        valkey_url: url("valkey"),
        ..Sources::default()
    })
}
