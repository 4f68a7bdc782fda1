//! How people are told: a line in the log, or a mail.

mod config;
mod log;

pub use config::{NotifierArgs, NotifierSettings};
pub use log::LogNotifier;
