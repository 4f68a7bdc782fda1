//! Email addresses: which are taken, and which are the same.

use std::fmt;

use email_address::{EmailAddress, Options};
use unicase::UniCase;

/// The most bytes of an address that mail can be sent to (RFC 5321, erratum 1690).
pub const EMAIL_BYTES_MAX: usize = 254;

/// An address that mail can be sent to, as it was given, without outer white space. Its `Debug` does not show it.
#[derive(Clone)]
pub struct Email(String);

/// What addresses are compared by: one key for all ways to write an address that differ in case alone.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailKey(String);

/// Why a text is no email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailRefused {
    /// Nothing but white space.
    #[error("the email is empty")]
    Empty,
    /// It is not of the form `local@domain`.
    #[error("the email is not of the form local@domain, or longer than {EMAIL_BYTES_MAX} bytes")]
    Invalid,
}

impl Email {
    /// Reads `local@domain` by the rules that the mailer has too: what is taken here can be written to.
    ///
    /// # Errors
    ///
    /// It is empty or not of that form. White space and control characters are refused even where quotes would allow
    /// them, and so are display names and domains that are numbers in brackets.
    pub fn parse(text: &str) -> Result<Self, EmailRefused> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailRefused::Empty);
        }
        let plain = !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
        let rules = Options::default().without_display_text().without_domain_literal();
        if text.len() > EMAIL_BYTES_MAX || !plain || EmailAddress::parse_with_options(text, rules).is_err() {
            return Err(EmailRefused::Invalid);
        }
        Ok(Self(text.to_owned()))
    }

    /// An address that was parsed before it was stored.
    #[must_use]
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is compared by.
    #[must_use]
    pub fn key(&self) -> EmailKey {
        EmailKey::fold(&self.0)
    }
}

impl EmailKey {
    /// The key of whatever somebody logs in with; no account has that of a text which is no address.
    ///
    /// # Errors
    ///
    /// [`EmailRefused::Empty`] and no other.
    pub fn parse(text: &str) -> Result<Self, EmailRefused> {
        let text = text.trim();
        if text.is_empty() { Err(EmailRefused::Empty) } else { Ok(Self::fold(text)) }
    }

    /// Unicode's case folding and not its lower case: that has two small letters for one capital (Σ is σ or ς by
    /// where it stands), and may change with a new version of Unicode, which foldings never do.
    fn fold(text: &str) -> Self {
        Self(UniCase::unicode(text).to_folded_case())
    }

    /// The key as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email([redacted])")
    }
}

impl fmt::Debug for EmailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_case_and_loses_its_outer_white_space() {
        assert_eq!(Email::parse(" \tAda@Example.com\n").unwrap().as_str(), "Ada@Example.com");
    }

    #[test]
    fn addresses_that_differ_in_case_alone_have_one_key() {
        for (one, other) in [
            ("ada@example.com", "ADA@EXAMPLE.COM"),
            ("jürgen@example.com", "JÜRGEN@example.com"),
            ("νικος@example.com", "ΝΙΚΟΣ@example.com"),
            ("νικοσ@example.com", "νικος@example.com"),
        ] {
            assert_eq!(Email::parse(one).unwrap().key(), Email::parse(other).unwrap().key(), "{one} {other}");
        }
        assert_ne!(
            Email::parse("mike@example.com").unwrap().key(),
            Email::parse("mıke@example.com").unwrap().key()
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "   ", "\u{a0}"] {
            assert_eq!(Email::parse(text).unwrap_err(), EmailRefused::Empty, "{text:?}");
        }
        let long = format!("{}@{}.com", "a".repeat(64), "d".repeat(186));
        for text in [
            "ada",
            "@",
            "ada@",
            "@example.com",
            "ada@@example.com",
            "a da@example.com",
            "ada@exa mple.com",
            "ada\n@example.com",
            "\"a da\"@example.com",
            "Ada <ada@example.com>",
            "ada@[127.0.0.1]",
            "ada@example..com",
            "ada@-example.com",
            &long,
        ] {
            assert_eq!(Email::parse(text).unwrap_err(), EmailRefused::Invalid, "{text:?}");
        }
    }
}
