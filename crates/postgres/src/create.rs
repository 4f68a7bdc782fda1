//! Creates a service's database on a server that has none of its name, so that a fresh server needs nothing but a
//! migration.

use std::sync::Arc;

use diesel_async::RunQueryDsl as _;
use rustls::ClientConfig;
use tokio_postgres::{Config, NoTls, error::SqlState};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{DatabaseSettings, connect::connect};

/// The database that every server has, to connect to while the service's own does not exist yet.
const MAINTENANCE_DATABASE: &str = "postgres";

/// Creates the database if the server says that it is missing; if the server cannot be reached, connecting to the
/// database will say why.
pub(crate) async fn create_if_missing(settings: &DatabaseSettings) -> anyhow::Result<()> {
    let (config, tls) = (&settings.postgres(), settings.tls());
    let Some(name) = config.get_dbname() else { return Ok(()) };
    if !is_missing(config, tls).await {
        return Ok(());
    }
    let mut maintenance = config.clone();
    maintenance.dbname(MAINTENANCE_DATABASE);
    let mut connection = connect(&maintenance, tls).await?;
    let create = format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\""));
    let created = diesel::sql_query(create).execute(&mut connection).await;
    // Another process may have created it meanwhile.
    if is_missing(config, tls).await {
        created?;
    }
    tracing::info!(database = name, "the database is made");
    Ok(())
}

async fn is_missing(config: &Config, tls: Option<&Arc<ClientConfig>>) -> bool {
    let failure = match tls {
        None => config.connect(NoTls).await.err(),
        Some(tls) => config.connect(MakeRustlsConnect::new(ClientConfig::clone(tls))).await.err(),
    };
    failure.is_some_and(|error| error.code() == Some(&SqlState::INVALID_CATALOG_NAME))
}
