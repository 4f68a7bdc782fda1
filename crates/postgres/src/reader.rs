//! A bare client for programs that read a database from outside a service, such as the history checker: the same
//! URLs, and a statement limit of its own.

use std::time::Duration;

use anyhow::Context as _;
use rustls::ClientConfig;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::connect;

/// Connects to the database of a URL. The server ends every statement, and every pause between two statements of a
/// transaction, after `limit`, which is also the longest that connecting may take. The task drives the connection
/// until the client is dropped.
///
/// # Errors
///
/// If the text is not a URL, or the server cannot be reached in time. The error repeats nothing of the URL.
pub async fn open_reader(url: &str, limit: Duration) -> anyhow::Result<(Client, JoinHandle<()>)> {
    let (mut config, tls) = connect::parse(url).map_err(|mistake| anyhow::anyhow!("the URL {mistake}"))?;
    let given = config.get_options().unwrap_or_default();
    let ms = limit.as_millis();
    let options = format!("{given} -c statement_timeout={ms} -c idle_in_transaction_session_timeout={ms}");
    config.options(options.trim()).connect_timeout(limit);
    let connected = async {
        Ok::<_, tokio_postgres::Error>(match tls {
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                (client, tokio::spawn(async { drop(connection.await) }))
            }
            Some(tls) => {
                let tls = MakeRustlsConnect::new(ClientConfig::clone(&tls));
                let (client, connection) = config.connect(tls).await?;
                (client, tokio::spawn(async { drop(connection.await) }))
            }
        })
    };
    let connected = tokio::time::timeout(limit, connected).await.context("no connection in time")?;
    connected.context("cannot connect")
}
