//! Email addresses: which are taken, and which are the same.

use std::{borrow::Cow, fmt};

use email_address::{EmailAddress, Options};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicase::UniCase;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The most bytes of an address that mail can be sent to (RFC 5321, erratum 1690).
pub const EMAIL_BYTES_MAX: usize = 254;

/// The most bytes before the @ (RFC 5321).
const LOCAL_BYTES_MAX: usize = 64;

/// An address that mail can be sent to, as it was given, without outer white space and in Unicode's normal form C. Its `Debug`
/// does not show it.
#[derive(Clone)]
pub struct Email(String);

/// What addresses are compared by: one key for all ways to write an address that differ in case, in the form of the text, or
/// in how the domain is written.
#[derive(Clone)]
pub struct EmailKey {
    key: String,
    earlier: Option<String>,
}

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
    /// Reads `local@domain`: what is taken here can be written to.
    ///
    /// # Errors
    ///
    /// It is empty or not of that form. White space and control characters are refused even where quotes would allow
    /// them, and so are display names, domains that are numbers in brackets, and domains that cannot be registered.
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
        EmailKey::of(&self.0)
    }
}

/// Many letters are written with marks of their own, which the rules for letters do not know: they are part of the letter
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

/// The domain as it is looked up (IDNA 2008 by UTS 46, so ß is a letter of its own), where it can be.
fn ascii_domain(domain: &str) -> Option<String> {
    let looked_up = Uts46::new().to_ascii(
        domain.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        DnsLength::Verify,
    );
    looked_up.ok().map(Cow::into_owned)
}

/// Unicode's simple folding of a letter, which has no letter become several: it joins the cases of one letter, also where
/// there are two small ones for one capital (σ and ς), and leaves ß and ﬃ apart from ss and ffi. Foldings never change.
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
    /// The key of whatever somebody logs in with; no account has that of a text which is no address.
    ///
    /// # Errors
    ///
    /// [`EmailRefused::Empty`] and no other.
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

    /// The key that earlier releases stored for what was given, where that is another one. Of theirs, addresses have one key
    /// that are not the same: whoever finds an account by it looks at the account's address, too.
    #[must_use]
    pub fn earlier(&self) -> Option<&str> {
        self.earlier.as_deref()
    }
}

/// What was written does not count, only what it means.
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
            // The sign for kelvin is the letter, by Unicode's normal form.
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
