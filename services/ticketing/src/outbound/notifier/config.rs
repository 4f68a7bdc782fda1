//! How those who waited are notified: by mail if a mail server is given, otherwise in the log.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use booked_server::{
    config::ConfigErrors,
    settings::{Setting, Settings, Texts, parsed},
};
use lettre::{message::Mailbox, transport::smtp::client::Certificate};
use secrecy::{ExposeSecret as _, SecretString};

use super::{LogNotifier, SmtpNotifier, SmtpSettings, smtp_url};
use crate::ports::Notifier;

booked_server::settings! {
    /// A mail server; none of it counts unless its URL is given.
    struct MailServer {
        /// URL of a mail server, by which those who wait are notified: smtps://user:password@host:port with TLS from the first
        /// byte, smtp://…?tls=required with STARTTLS, or smtp://… in the clear. Without it they are notified by a line in the log.
        url: Option<SecretString> = optional "SMTP_URL";
        /// Sender of the mails, for instance "Tickets <tickets@example.com>".
        from: Option<String> = optional "SMTP_FROM";
        /// File of the certificates that the mail server's is checked against, in PEM; without it the system's count.
        ca_file: Option<PathBuf> = optional "SMTP_CA_FILE";
    }
}

booked_server::settings! {
    struct MailTimeout {
        /// Longest time that sending a mail takes, in milliseconds, connecting included.
        timeout: Duration = "SMTP_TIMEOUT_MS", default 5000, range 1..=60_000;
    }
}

/// How those who waited are notified.
#[derive(Clone, Debug)]
pub enum NotifierSettings {
    /// A line in the log.
    Log,
    /// A mail.
    Smtp(SmtpSettings),
}

impl Settings for NotifierSettings {
    fn describe() -> Vec<Setting> {
        [MailServer::describe(), MailTimeout::describe()].concat()
    }

    fn read(texts: &Texts, errors: &mut ConfigErrors) -> Option<Self> {
        let timeout = MailTimeout::read(texts, errors);
        let MailServer { url, from, ca_file } = MailServer::read(texts, errors)?;
        let Some(url) = url else { return timeout.map(|_| Self::Log) };
        let certificates = errors.noted("SMTP_CA_FILE", certificates(ca_file));
        let from = errors.noted("SMTP_FROM", sender(from.as_deref()));
        let server = smtp_url::parse(url.expose_secret(), certificates.clone().flatten());
        let server = errors.noted("SMTP_URL", server);
        certificates?;
        Some(Self::Smtp(SmtpSettings { server: server?, from: from?, timeout: timeout?.timeout }))
    }
}

fn sender(text: Option<&str>) -> Result<Mailbox, String> {
    text.ok_or("is missing".to_owned()).and_then(parsed)
}

/// What the server's certificate is checked against; none if the system's certificates count.
fn certificates(file: Option<PathBuf>) -> Result<Option<Certificate>, String> {
    let Some(file) = file else { return Ok(None) };
    let pem = fs::read(file).map_err(|error| format!("cannot be used: {error}"))?;
    Certificate::from_pem(&pem).map(Some).map_err(|error| format!("cannot be used: {error}"))
}

impl NotifierSettings {
    /// The adapter that the settings ask for.
    ///
    /// # Errors
    ///
    /// If it cannot be built.
    pub fn notifier(&self) -> anyhow::Result<Arc<dyn Notifier>> {
        Ok(match self {
            Self::Log => Arc::new(LogNotifier),
            Self::Smtp(settings) => Arc::new(SmtpNotifier::new(settings.clone())),
        })
    }
}
