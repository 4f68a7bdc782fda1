//! Everything that is wrong with a configuration, to be reported at once.

use std::{fmt, fs, path::Path};

use secrecy::SecretString;

/// Everything that is wrong with a configuration.
#[derive(Debug, Default)]
pub struct ConfigErrors(Vec<String>);

impl ConfigErrors {
    /// Notes what is wrong with a setting. Never give it a secret's value.
    pub fn add(&mut self, setting: &str, what: impl fmt::Display) {
        self.0.push(format!("{setting} {what}"));
    }

    /// Takes the value of a setting, or notes what is wrong with it.
    pub fn noted<T>(&mut self, setting: &str, value: Result<T, impl fmt::Display>) -> Option<T> {
        value.map_err(|what| self.add(setting, what)).ok()
    }

    /// Takes a secret that is given as itself or, better, as a file that holds it.
    pub fn secret(
        &mut self,
        setting: &str,
        value: Option<&str>,
        file: Option<&Path>,
    ) -> Option<SecretString> {
        match (value.filter(|value| !value.is_empty()), file) {
            (Some(_), Some(_)) => self.add(setting, format!("is given twice, also as {setting}_FILE")),
            (Some(value), None) => return Some(SecretString::from(value)),
            (None, Some(file)) => match fs::read_to_string(file) {
                Ok(text) => return Some(SecretString::from(text.trim_end_matches(['\n', '\r']))),
                Err(error) => self.add(&format!("{setting}_FILE"), format!("cannot be read: {error}")),
            },
            (None, None) => {}
        }
        None
    }

    /// The configuration, if nothing was wrong.
    ///
    /// # Errors
    ///
    /// All mistakes, a line each.
    pub fn finish<T>(self, config: Option<T>) -> Result<T, Self> {
        match config {
            Some(config) if self.0.is_empty() => Ok(config),
            _ => Err(self),
        }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has mistakes:")?;
        self.0.iter().try_for_each(|error| write!(f, "\n  {error}"))
    }
}

impl std::error::Error for ConfigErrors {}
