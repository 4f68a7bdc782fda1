//! Tells by mail.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use lettre::{
    Address, Message as Mail,
    message::Mailbox,
    transport::smtp::{
        Error,
        authentication::DEFAULT_MECHANISMS,
        client::{AsyncSmtpConnection, Tls},
        commands,
        extension::{ClientId, Extension, MailBodyParameter, MailParameter, ServerInfo},
        response::Category,
    },
};
use tokio::time::{Instant, timeout_at};

use super::{mail, smtp_url::SmtpServer};
use crate::ports::{Notification, Notifier, NotifyFailure};

/// By which server mails are sent, and how.
#[derive(Clone)]
pub struct SmtpSettings {
    pub(super) server: SmtpServer,
    /// Who sends them.
    pub(super) from: Mailbox,
    /// Longest time that a mail takes, connecting included.
    pub(super) timeout: Duration,
}

/// Sends mails, each over a connection of its own at the time, which the next one uses again. It speaks to the server step
/// by step instead of through lettre's transport: what fails before the server has taken our sender is about the server or
/// us, and no other mail would do better; what fails afterwards is about the mail. And a connection that was left in the
/// middle of a mail must never be used again.
pub struct SmtpNotifier {
    settings: SmtpSettings,
    /// Left by the mails before: as many as were sent at the same time.
    idle: Mutex<Vec<AsyncSmtpConnection>>,
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

    /// A connection whose server takes our sender for this mail. What it says of one that needs an extension may be about
    /// the extension.
    async fn begin(&self, mail: &Mail) -> Result<AsyncSmtpConnection, NotifyFailure> {
        let away = |error: Error| NotifyFailure::Away(told(&error));
        let mut connection = match self.left_idle().await {
            Some(connection) => connection,
            None => self.connect().await.map_err(away)?,
        };
        let extensions = extensions(mail, connection.server_info()).map_err(NotifyFailure::Never)?;
        let is_plain = extensions.is_empty();
        let sender = commands::Mail::new(mail.envelope().from().cloned(), extensions);
        match connection.command(sender).await {
            Ok(_) => Ok(connection),
            Err(error) if is_plain => Err(away(error)),
            Err(error) => Err(NotifyFailure::Later(told(&error))),
        }
    }

    /// Names the recipients and sends the text.
    async fn hand_over(connection: &mut AsyncSmtpConnection, mail: &Mail) -> Result<(), NotifyFailure> {
        let refused = |error| refused(&error, mail);
        for address in mail.envelope().to() {
            let recipient = commands::Rcpt::new(address.clone(), Vec::new());
            connection.command(recipient).await.map_err(refused)?;
        }
        connection.command(commands::Data).await.map_err(refused)?;
        connection.message(&mail.formatted()).await.map_err(refused)?;
        Ok(())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<AsyncSmtpConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that a mail before has left, unless the server has left it meanwhile. Taken out while it is used:
    /// if a mail is given up half-way, its connection goes with it.
    async fn left_idle(&self) -> Option<AsyncSmtpConnection> {
        let mut connection = self.idle().pop()?;
        connection.test_connected().await.then_some(connection)
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
    async fn notify(&self, message: &Notification) -> Result<(), NotifyFailure> {
        const LATE: &str = "the mail server did not answer in time";
        let mail = mail::write(message, &self.settings.from).map_err(NotifyFailure::Never)?;
        let deadline = Instant::now() + self.settings.timeout;
        let begun = timeout_at(deadline, self.begin(&mail)).await;
        let mut connection = begun.unwrap_or_else(|_| Err(NotifyFailure::Away(LATE.to_owned())))?;
        let sent = timeout_at(deadline, Self::hand_over(&mut connection, &mail)).await;
        sent.unwrap_or_else(|_| Err(NotifyFailure::Later(LATE.to_owned())))?;
        self.idle().push(connection);
        Ok(())
    }
}

/// What the mail needs of the server beyond the original protocol.
fn extensions(mail: &Mail, server: &ServerInfo) -> Result<Vec<MailParameter>, String> {
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if mail.envelope().to().iter().chain(mail.envelope().from()).all(is_ascii) {
        return Ok(Vec::new());
    }
    if !server.supports_feature(Extension::SmtpUtfEight) {
        return Err("the mail server takes no address beyond ASCII".to_owned());
    }
    Ok(vec![MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)])
}

/// What the server's refusal of a mail means. 5xx is for ever, but for a server that wants us to authenticate first
/// (x3x) and for what is against its policy (5.7.x): that may be about us, and an operator may put it right. Servers like
/// to repeat the address, which must not come into the log.
fn refused(error: &Error, mail: &Mail) -> NotifyFailure {
    let addresses = mail.envelope().to().iter();
    let told = told(error);
    let may_be_about_us =
        error.status().is_some_and(|code| code.category == Category::Unspecified3) || told.contains(": 5.7.");
    let why = addresses.fold(told, |why, address| why.replace(AsRef::<str>::as_ref(address), "…"));
    if error.is_permanent() && !may_be_about_us {
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
