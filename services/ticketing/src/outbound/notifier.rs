//! How people are notified: a line in the log, or a mail.

mod config;
mod log;
mod mail;
mod smtp;
mod smtp_url;

pub use config::NotifierSettings;
pub use log::LogNotifier;
pub use smtp::{SmtpNotifier, SmtpSettings};
