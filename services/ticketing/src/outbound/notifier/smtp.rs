//! Tells by mail.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use lettre::{
    Message as Mail,
    message::Mailbox,
    transport::smtp::{
        Error,
        authentication::DEFAULT_MECHANISMS,
        client::{AsyncSmtpConnection, Tls},
        commands,
        extension::ClientId,
        response::Category,
    },
};
use tokio::{sync::Mutex, time::timeout};

use super::{mail, smtp_url::SmtpServer};
use crate::ports::{Message, Notifier, NotifyFailure};

/// By which server mails are sent, and how.
#[derive(Clone)]
pub struct SmtpSettings {
    pub(super) server: SmtpServer,
    /// Who sends them.
    pub(super) from: Mailbox,
    /// Longest time that a mail takes, connecting included.
    pub(super) timeout: Duration,
}

/// Sends mails, one after the other over one connection. It speaks to the server step by step instead of through
/// lettre's transport: what fails before the mail is about the server and may work later, what fails with it is about
/// the mail; and a connection that was left in the middle of a mail must never be used again.
pub struct SmtpNotifier {
    settings: SmtpSettings,
    /// Left by the mail before.
    idle: Mutex<Option<AsyncSmtpConnection>>,
}

impl SmtpNotifier {
    /// It connects with the first mail.
    #[must_use]
    pub fn new(settings: SmtpSettings) -> Self {
        if matches!(settings.server.tls, Tls::None) && settings.server.credentials.is_some() {
            tracing::warn!("the mail server's password is sent in the clear");
        }
        Self { settings, idle: Mutex::default() }
    }

    async fn send(&self, mail: &Mail) -> Result<(), NotifyFailure> {
        let mut idle = self.idle.lock().await;
        // Taken out while it is used: where this is given up half-way, the connection goes with it.
        let mut connection = match still_good(idle.take()).await {
            Some(connection) => connection,
            None => self.connect().await.map_err(|error| NotifyFailure::Later(told(&error)))?,
        };
        if let Err(error) = connection.send(mail.envelope(), &mail.formatted()).await {
            return Err(self.judged(refused(&error, mail)).await);
        }
        *idle = Some(connection);
        Ok(())
    }

    /// What is refused for ever may be refused because of who sends it: that is about us, and all mails wait until somebody
    /// has put it right. The server is asked that alone, since lettre does not say at which step it refused.
    async fn judged(&self, failure: NotifyFailure) -> NotifyFailure {
        let NotifyFailure::Never(why) = failure else { return failure };
        match self.takes_our_sender().await {
            Ok(()) => NotifyFailure::Never(why),
            Err(error) => {
                let error = told(&error);
                tracing::error!(error, from = %self.settings.from, "the mail server does not take our sender");
                NotifyFailure::Later(error)
            }
        }
    }

    async fn takes_our_sender(&self) -> Result<(), Error> {
        let mut connection = self.connect().await?;
        let sender = self.settings.from.email.clone();
        let answer = connection.command(commands::Mail::new(Some(sender), Vec::new())).await;
        // It goes away either way.
        let _ = connection.quit().await;
        answer.map(drop)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let SmtpServer { host, port, tls, credentials } = &self.settings.server;
        let name = ClientId::default();
        let (from_the_start, after_hello) = match tls.clone() {
            Tls::Wrapper(tls) => (Some(tls), None),
            Tls::Required(tls) | Tls::Opportunistic(tls) => (None, Some(tls)),
            Tls::None => (None, None),
        };
        let address = (host.as_str(), *port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, None, &name, from_the_start, None).await?;
        if let Some(tls) = after_hello {
            connection.starttls(tls, &name).await?;
        }
        if let Some(credentials) = credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

#[async_trait]
impl Notifier for SmtpNotifier {
    async fn notify(&self, message: &Message) -> Result<(), NotifyFailure> {
        let mail = mail::write(message, &self.settings.from).map_err(NotifyFailure::Never)?;
        let sent = timeout(self.settings.timeout, self.send(&mail)).await;
        sent.unwrap_or_else(|_| {
            Err(NotifyFailure::Later("the mail server did not answer in time".to_owned()))
        })
    }
}

/// The connection, unless the server has left it meanwhile.
async fn still_good(connection: Option<AsyncSmtpConnection>) -> Option<AsyncSmtpConnection> {
    let mut connection = connection?;
    connection.test_connected().await.then_some(connection)
}

/// What the server's refusal of a mail means. 5xx is for ever, but for a server that wants us to authenticate first:
/// that is about us. An address that this server cannot take (lettre refuses it itself) will not do later either.
/// Servers like to repeat the address, which must not come into the log.
fn refused(error: &Error, mail: &Mail) -> NotifyFailure {
    let addresses = mail.envelope().to().iter();
    let why = addresses.fold(told(error), |why, address| why.replace(AsRef::<str>::as_ref(address), "…"));
    let is_about_us = error.status().is_some_and(|code| code.category == Category::Unspecified3);
    if error.is_client() || (error.is_permanent() && !is_about_us) {
        NotifyFailure::Never(why)
    } else {
        NotifyFailure::Later(why)
    }
}

/// The error with its causes, since lettre's own text names only the outermost.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSettings").field("from", &self.from).finish_non_exhaustive()
    }
}
