//! How those who waited are told: by mail where a mail server is given, else in the log.

use std::{fmt, fs, path::PathBuf, sync::Arc};

use booked_server::config::Mistakes;
use clap::Args;
use lettre::{message::Mailbox, transport::smtp::client::Certificate};
use secrecy::ExposeSecret as _;

use super::{LogNotifier, SmtpNotifier, SmtpSettings, smtp_url};
use crate::ports::Notifier;

/// How those who waited are told.
#[derive(Args, Clone)]
pub struct NotifierArgs {
    /// URL of a mail server, by which those who wait are told: smtps://user:password@host:port with TLS from the first
    /// byte, smtp://…?tls=required with STARTTLS, or smtp://… in the clear. Without it a line in the log tells them.
    #[arg(long, env = "SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<String>,
    /// File that holds the mail server's URL.
    #[arg(long, env = "SMTP_URL_FILE", value_name = "FILE")]
    pub smtp_url_file: Option<PathBuf>,
    /// Sender of the mails, for instance "Tickets <tickets@example.com>".
    #[arg(long, env = "SMTP_FROM", value_name = "ADDRESS")]
    pub smtp_from: Option<String>,
    /// File of the certificates that the mail server's is checked against, in PEM; without it the system's count.
    #[arg(long, env = "SMTP_CA_FILE", value_name = "FILE")]
    pub smtp_ca_file: Option<PathBuf>,
    /// Longest time that sending a mail takes, in milliseconds, connecting included.
    #[arg(long, env = "SMTP_TIMEOUT_MS", default_value = "5000", value_name = "MS")]
    pub smtp_timeout_ms: String,
}

/// What [`NotifierArgs`] says, checked.
#[derive(Clone, Debug)]
pub enum NotifierSettings {
    /// A line in the log.
    Log,
    /// A mail.
    Smtp(SmtpSettings),
}

impl NotifierArgs {
    /// Checks the settings. Nothing of the URL is repeated: it may hold a password.
    pub fn check(&self, mistakes: &mut Mistakes) -> Option<NotifierSettings> {
        const SETTING: &str = "SMTP_URL";
        let timeout = mistakes.millis("SMTP_TIMEOUT_MS", &self.smtp_timeout_ms, 1..=60_000);
        if self.smtp_url.as_deref().is_none_or(str::is_empty) && self.smtp_url_file.is_none() {
            return timeout.map(|_| NotifierSettings::Log);
        }
        let certificates = self.certificates(mistakes);
        let from = mistakes.required("SMTP_FROM", &self.smtp_from);
        let from: Option<Mailbox> = from.and_then(|from| mistakes.parse("SMTP_FROM", from));
        let url = mistakes.secret(SETTING, self.smtp_url.as_deref(), self.smtp_url_file.as_deref())?;
        let server = smtp_url::parse(url.expose_secret(), certificates);
        let server = server.map_err(|mistake| mistakes.add(SETTING, mistake)).ok()?;
        Some(NotifierSettings::Smtp(SmtpSettings { server, from: from?, timeout: timeout? }))
    }

    /// What the server's certificate is checked against; none if the system's certificates count.
    fn certificates(&self, mistakes: &mut Mistakes) -> Option<Certificate> {
        let pem = fs::read(self.smtp_ca_file.as_ref()?).map_err(|error| error.to_string());
        pem.and_then(|pem| Certificate::from_pem(&pem).map_err(|error| error.to_string()))
            .map_err(|error| mistakes.add("SMTP_CA_FILE", format!("cannot be used: {error}")))
            .ok()
    }
}

impl NotifierSettings {
    /// The adapter that the settings ask for.
    ///
    /// # Errors
    ///
    /// Where it cannot be built.
    pub fn notifier(&self) -> anyhow::Result<Arc<dyn Notifier>> {
        Ok(match self {
            Self::Log => Arc::new(LogNotifier),
            Self::Smtp(settings) => Arc::new(SmtpNotifier::new(settings.clone())),
        })
    }
}

impl fmt::Debug for NotifierArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotifierArgs").finish_non_exhaustive()
    }
}
