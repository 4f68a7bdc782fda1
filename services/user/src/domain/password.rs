//! Passwords and what is kept of them. Neither shows in `Debug`, and both are wiped when dropped.

use secrecy::{ExposeSecret as _, SecretString};

/// The most bytes of a password: bcrypt would cut the rest, and then two passwords would be one.
pub const PASSWORD_BYTES_MAX: usize = 72;

/// A password that an account may have.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

/// Why a text is no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Not a character.
    #[error("the password is empty")]
    Empty,
    /// Longer than bcrypt looks at.
    #[error("the password is longer than {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
}

impl Password {
    /// Takes 1 to [`PASSWORD_BYTES_MAX`] bytes.
    ///
    /// # Errors
    ///
    /// It is empty or too long.
    pub fn parse(text: impl Into<SecretString>) -> Result<Self, PasswordRefused> {
        let text = text.into();
        match text.expose_secret().len() {
            0 => Err(PasswordRefused::Empty),
            1..=PASSWORD_BYTES_MAX => Ok(Self(text)),
            _ => Err(PasswordRefused::TooLong),
        }
    }

    /// The password, for the one that hashes it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A password's hash, with its salt and cost.
#[derive(Clone, Debug)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// A hash that a hasher made.
    #[must_use]
    pub fn new(text: impl Into<SecretString>) -> Self {
        Self(text.into())
    }

    /// The hash, for those that store and compare it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_1_to_72_bytes() {
        assert_eq!(Password::parse(String::new()).unwrap_err(), PasswordRefused::Empty);
        assert!(Password::parse(" ").is_ok());
        assert!(Password::parse("ä".repeat(36)).is_ok());
        assert_eq!(Password::parse("ä".repeat(37)).unwrap_err(), PasswordRefused::TooLong);
    }

    #[test]
    fn debug_shows_neither_password_nor_hash() {
        let shown = format!("{:?} {:?}", Password::parse("open sesame"), PasswordHash::new("$2b$04$x"));
        assert!(!shown.contains("sesame") && !shown.contains("$2b$"), "{shown}");
    }
}
