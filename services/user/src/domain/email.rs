//! Email addresses: which are accepted, and which are the same.

use std::{borrow::Cow, fmt};

use email_address::{EmailAddress, Options};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicase::UniCase;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The longest address that mail can be sent to, in bytes (RFC 5321, erratum 1690).
pub const EMAIL_BYTES_MAX: usize = 254;

/// The most bytes before the @ (RFC 5321).
const LOCAL_BYTES_MAX: usize = 64;

/// An address that mail can be sent to, as it was given, without surrounding white space and in Unicode's normalization
/// form C. Its `Debug` output does not contain it.
#[derive(Clone)]
pub struct Email(String);

/// What addresses are compared by: all spellings of an address that differ only in case, in the Unicode form of the
/// text, or in how the domain is written have the same key.
#[derive(Clone)]
pub struct EmailKey {
    key: String,
    earlier: Option<String>,
}

/// Why a text is not an email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailRefused {
    /// It is nothing but white space.
    #[error("the email is empty")]
    Empty,
    /// It does not have the form `local@domain`.
    #[error("the email is not of the form local@domain, or longer than {EMAIL_BYTES_MAX} bytes")]
    Invalid,
}

impl Email {
    /// Parses `local@domain`: mail can be sent to whatever is accepted here.
    ///
    /// # Errors
    ///
    /// It is empty or does not have that form. White space and control characters are refused even if quotes would
    /// allow them, and so are display names, domains that are numbers in brackets, and domains that cannot be
    /// registered.
    pub fn parse(text: &str) -> Result<Self, EmailRefused> {
        let text: String = text.trim().nfc().collect();
        if text.is_empty() {
            return Err(EmailRefused::Empty);
        }
        let plain = !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
        let rules = Options::default().without_display_text().without_domain_literal();
        let is_of_the_form = EmailAddress::parse_with_options(&without_marks(&text), rules).is_ok();
        let parts = text.rsplit_once('@');
        let can_be_sent = parts
            .is_some_and(|(local, domain)| local.len() <= LOCAL_BYTES_MAX && ascii_domain(domain).is_some());
        if text.len() > EMAIL_BYTES_MAX || !plain || !is_of_the_form || !can_be_sent {
            return Err(EmailRefused::Invalid);
        }
        Ok(Self(text))
    }

    /// For an address that was parsed before it was stored.
    #[must_use]
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn key(&self) -> EmailKey {
        EmailKey::of(&self.0)
    }
}

/// Many letters are written with combining marks, which the rules for letters do not know: they are part of the letter
/// before them.
fn without_marks(text: &str) -> String {
    let mut in_letter = false;
    let is_kept = |letter: &char| {
        let is_mark = is_combining_mark(*letter);
        in_letter = letter.is_alphanumeric() || (is_mark && in_letter);
        !(is_mark && in_letter)
    };
    text.chars().filter(is_kept).collect()
}

/// The domain as DNS knows it (IDNA 2008 by UTS 46, so ß is a letter of its own); `None` if it has no such form.
fn ascii_domain(domain: &str) -> Option<String> {
    let looked_up = Uts46::new().to_ascii(
        domain.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        DnsLength::Verify,
    );
    looked_up.ok().map(Cow::into_owned)
}

/// Unicode's simple case folding of a letter, in which no letter becomes several. It unites the cases of a letter, even
/// if one capital has two small letters (σ and ς), and keeps ß and ﬃ different from ss and ffi. Foldings never change
/// between versions of Unicode.
fn fold(letter: char) -> char {
    let single = |mut letters: &mut dyn Iterator<Item = char>| match ((&mut letters).next(), letters.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    };
    let mut bytes = [0; 4];
    let full = UniCase::unicode(&*letter.encode_utf8(&mut bytes)).to_folded_case();
    single(&mut full.chars()).or_else(|| single(&mut letter.to_lowercase())).unwrap_or(letter)
}

impl EmailKey {
    /// The key of any text that a client tries to log in with. No account has the key of a text that is not an address.
    ///
    /// # Errors
    ///
    /// Only [`EmailRefused::Empty`].
    pub fn parse(text: &str) -> Result<Self, EmailRefused> {
        let text = text.trim();
        if text.is_empty() { Err(EmailRefused::Empty) } else { Ok(Self::of(text)) }
    }

    fn of(text: &str) -> Self {
        let normal: String = text.nfc().collect();
        let folded = |text: &str| text.chars().map(fold).nfc().collect::<String>();
        let key = match normal.rsplit_once('@') {
            Some((local, domain)) => {
                let domain = ascii_domain(domain).unwrap_or_else(|| folded(domain));
                format!("{}@{domain}", folded(local))
            }
            None => folded(&normal),
        };
        let earlier = UniCase::unicode(text).to_folded_case();
        Self { earlier: Some(earlier).filter(|earlier| *earlier != key), key }
    }

    /// The key as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.key
    }

    /// The key that earlier releases stored for this text, if it differs. In earlier releases, some different addresses
    /// have the same key, so a caller that finds an account by it must compare the account's address, too.
    #[must_use]
    pub fn earlier(&self) -> Option<&str> {
        self.earlier.as_deref()
    }
}

/// Only the key counts, not how the text was written.
impl PartialEq for EmailKey {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for EmailKey {}

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

    fn key(text: &str) -> EmailKey {
        Email::parse(text).unwrap_or_else(|refused| panic!("{text}: {refused}")).key()
    }

    #[test]
    fn addresses_that_differ_in_how_they_are_written_alone_have_one_key() {
        for (one, other) in [
            ("ada@example.com", "ADA@EXAMPLE.COM"),
            ("jürgen@example.com", "JÜRGEN@example.com"),
            ("νικος@example.com", "ΝΙΚΟΣ@example.com"),
            ("νικοσ@example.com", "νικος@example.com"),
            ("stra\u{1e9e}e@example.com", "straße@example.com"),
            ("jos\u{e9}@example.com", "JOSE\u{301}@example.com"),
            // By Unicode's normalization, the kelvin sign is the letter K.
            ("\u{212a}ada@example.com", "kada@example.com"),
            ("ada@bücher.example", "ADA@XN--BCHER-KVA.example"),
            ("ada@BÜCHER.example", "ada@bu\u{308}cher.example"),
            ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ] {
            assert_eq!(key(one).as_str(), key(other).as_str(), "{one} {other}");
        }
    }

    #[test]
    fn addresses_that_are_not_the_same_have_different_keys() {
        for (one, other) in [
            ("straße@example.com", "strasse@example.com"),
            ("o\u{fb03}ce@example.com", "office@example.com"),
            ("mike@example.com", "mıke@example.com"),
            ("ada@straße.example", "ada@strasse.example"),
            ("ada@bücher.example", "ada@bucher.example"),
        ] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn letters_that_are_written_with_marks_are_taken() {
        for text in [
            "संपर्क@डाटामेल.भारत",
            "தமிழ்@உதாரணம்.example",
            "jose\u{301}@example.com",
            "ಸಂಪರ್ಕ@ಡೇಟಾಮೇಲ್.ಭಾರತ",
            "người@example.com",
            "ສະບາຍດີ@example.com",
        ] {
            assert!(Email::parse(text).is_ok(), "{text}");
            assert_eq!(key(text), EmailKey::parse(text).unwrap(), "{text}");
        }
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
            "ada@example-.com",
            "ada@xn--a.example",
            "\u{94d}@example.com",
            "a.\u{301}b@example.com",
            "ada@\u{301}example.com",
            &format!("{}@example.com", "क\u{94d}".repeat(11)),
            &long,
        ] {
            assert_eq!(Email::parse(text).unwrap_err(), EmailRefused::Invalid, "{text:?}");
        }
    }
}
