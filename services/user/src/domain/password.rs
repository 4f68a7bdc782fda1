//! Passwords and their hashes. Neither appears in `Debug` output, and both are wiped from memory when dropped.

use secrecy::{ExposeSecret as _, SecretString};
use unicode_normalization::UnicodeNormalization as _;

/// The longest password, in bytes: bcrypt would ignore the rest, and then two passwords would be the same.
pub const PASSWORD_BYTES_MAX: usize = 72;

/// A password that an account may have, in Unicode's normalization form C: the same text is the same password, however
/// a keyboard composes its letters.
#[derive(Clone, Debug)]
pub struct Password {
    text: SecretString,
    /// The text as it was given, if it differs: earlier releases hashed that.
    given: Option<SecretString>,
}

/// Why a text is not accepted as a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// It has no character.
    #[error("the password is empty")]
    Empty,
    /// bcrypt would ignore a part of it.
    #[error("the password is longer than {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
}

impl Password {
    /// Accepts 1 to [`PASSWORD_BYTES_MAX`] bytes, counted in the normalized form. The few texts that fit only as they
    /// were given, not in that form, are accepted as they are.
    ///
    /// # Errors
    ///
    /// It is empty or too long.
    pub fn parse(text: impl Into<SecretString>) -> Result<Self, PasswordRefused> {
        let given = text.into();
        if given.expose_secret().is_empty() {
            return Err(PasswordRefused::Empty);
        }
        let fits = |text: &SecretString| text.expose_secret().len() <= PASSWORD_BYTES_MAX;
        if given.expose_secret().is_ascii() {
            return if fits(&given) {
                Ok(Self { text: given, given: None })
            } else {
                Err(PasswordRefused::TooLong)
            };
        }
        let normal = SecretString::from(given.expose_secret().nfc().collect::<String>());
        let is_other = normal.expose_secret() != given.expose_secret();
        match (fits(&normal), fits(&given)) {
            (true, fits_as_given) => {
                Ok(Self { text: normal, given: Some(given).filter(|_| is_other && fits_as_given) })
            }
            (false, true) => Ok(Self { text: given, given: None }),
            (false, false) => Err(PasswordRefused::TooLong),
        }
    }

    /// The password as it was given, if that differs from the normalized form.
    #[must_use]
    pub fn as_given(&self) -> Option<Self> {
        self.given.clone().map(|text| Self { text, given: None })
    }

    /// The password itself; only for hashing.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

/// The hash of a password, with its salt and cost.
#[derive(Clone, Debug)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// For a hash that a hasher made.
    #[must_use]
    pub fn new(text: impl Into<SecretString>) -> Self {
        Self(text.into())
    }

    /// The hash, for storing and comparing it.
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
    fn one_text_is_one_password_in_whatever_form_it_is_given() {
        let (composed, decomposed) = ("ma\u{f1}ana", "man\u{303}ana");
        let password = Password::parse(decomposed).unwrap();
        assert_eq!(password.expose(), composed);
        assert_eq!(password.as_given().unwrap().expose(), decomposed);
        assert!(Password::parse(composed).unwrap().as_given().is_none());
    }

    #[test]
    fn the_bytes_of_the_normal_form_count_unless_only_what_was_given_fits() {
        let decomposed = "a\u{308}".repeat(36);
        assert_eq!(Password::parse(decomposed).unwrap().expose(), "ä".repeat(36));
        assert_eq!(Password::parse("a\u{308}".repeat(37)).unwrap_err(), PasswordRefused::TooLong);
        // Its normalized form has two letters.
        let longer_in_normal_form = "\u{958}".repeat(24);
        assert_eq!(Password::parse(longer_in_normal_form.clone()).unwrap().expose(), longer_in_normal_form);
    }

    #[test]
    fn debug_shows_neither_password_nor_hash() {
        let shown = format!("{:?} {:?}", Password::parse("open sesame"), PasswordHash::new("$2b$04$x"));
        assert!(!shown.contains("sesame") && !shown.contains("$2b$"), "{shown}");
    }
}
