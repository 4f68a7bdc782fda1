//! A connection to Postgres, in plain text or over TLS that checks the server's certificate and name.

use std::{error::Error as _, path::Path, sync::Arc};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres::{Config, NoTls, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

/// Reads a URL, including `sslmode` and `sslrootcert`, which tokio-postgres does not know. The text of an error
/// repeats nothing of the URL.
pub(crate) fn parse(text: &str) -> Result<(Config, Option<Arc<ClientConfig>>), String> {
    let mut url = Url::parse(text).map_err(|_| "is not a URL".to_owned())?;
    let given = |wanted: &str| {
        url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let (ssl_mode, root_certificate) = (given("sslmode"), given("sslrootcert"));
    // The other parameters stay as they were written: encoding them again would turn a blank into a plus, which only
    // forms decode.
    let known = |pair: &&str| !matches!(pair.split('=').next(), Some("sslmode" | "sslrootcert"));
    let others = url.query().unwrap_or_default().split('&').filter(known).collect::<Vec<_>>().join("&");
    url.set_query(Some(&others).filter(|others| !others.is_empty()).map(String::as_str));
    let mut config: Config = url.as_str().parse().map_err(|_| "is not a URL of a database".to_owned())?;
    let tls = match ssl_mode.as_deref() {
        None | Some("disable") => None,
        Some("verify-full") => Some(tls(root_certificate.as_deref().map(Path::new))?),
        Some(_) => return Err("has an sslmode that is neither disable nor verify-full".to_owned()),
    };
    config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
    Ok((config, tls))
}

fn tls(root_certificate: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    // Given explicitly, since rustls refuses to choose if another crate of the build brings a second provider.
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("asks for TLS, which cannot be used: {error}"))?;
    let Some(file) = root_certificate else {
        let system = config.with_platform_verifier().map_err(|error| {
            format!("asks for TLS, but the system's certificates cannot be used: {error}")
        })?;
        return Ok(Arc::new(system.with_no_client_auth()));
    };
    let unusable = |error: &dyn std::fmt::Display| format!("has an sslrootcert that cannot be used: {error}");
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))?;
    for certificate in certificates {
        roots.add(certificate.map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))?;
    }
    if roots.is_empty() {
        return Err(unusable(&"it holds no certificate"));
    }
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// Opens a connection. The runtime that this runs on drives it.
pub(crate) async fn connect(
    config: &Config,
    tls: Option<&Arc<ClientConfig>>,
) -> ConnectionResult<AsyncPgConnection> {
    let mut connection = match tls {
        None => {
            let (client, connection) = config.connect(NoTls).await.map_err(|error| unreachable(&error))?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        }
        Some(tls) => {
            let tls = MakeRustlsConnect::new(ClientConfig::clone(tls));
            let (client, connection) = config.connect(tls).await.map_err(|error| unreachable(&error))?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        }
    }?;
    if let Err(refusal) = connection.batch_execute(SPEAK_ENGLISH).await {
        tracing::warn!(
            %refusal,
            "the database tells failures in a language that is not read here; some that pass are told as final until \
             its superuser sets lc_messages to C for this role"
        );
    }
    Ok(connection)
}

/// Some failures are recognized by their words. This is not among the options of the connection, since a role that
/// may not set it could then not connect at all.
const SPEAK_ENGLISH: &str = "SELECT set_config('lc_messages', 'C', false) \
     WHERE current_setting('lc_messages') !~* '^(|C|POSIX|en(_.*)?)$'";

/// The error with its causes, since its own text only says that it could not connect.
fn unreachable(error: &tokio_postgres::Error) -> ConnectionError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    ConnectionError::BadConnection(text)
}
