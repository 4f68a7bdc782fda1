//! How those who waited are told.

use std::sync::Arc;

use booked_server::config::Mistakes;
use clap::Args;

use super::LogNotifier;
use crate::ports::Notifier;

/// How those who waited are told.
#[derive(Args, Clone, Debug)]
pub struct NotifierArgs {}

/// What [`NotifierArgs`] says, checked.
#[derive(Clone, Debug)]
pub struct NotifierSettings {}

impl NotifierArgs {
    /// Checks the settings.
    pub fn check(&self, _mistakes: &mut Mistakes) -> Option<NotifierSettings> {
        Some(NotifierSettings {})
    }
}

impl NotifierSettings {
    /// The adapter that the settings ask for.
    ///
    /// # Errors
    ///
    /// Where it cannot be built.
    pub fn notifier(&self) -> anyhow::Result<Arc<dyn Notifier>> {
        Ok(Arc::new(LogNotifier))
    }
}
