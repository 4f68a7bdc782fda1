//! The secret that the gateway and the services share.

use std::fmt;

use aws_lc_rs::digest::{Digest, SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use subtle::{Choice, ConstantTimeEq};

/// The minimum length of a secret in bytes.
pub const SECRET_BYTES_MIN: usize = 32;

/// One or more secrets: the first is sent, all are accepted.
///
/// To rotate without rejecting a request: give every process `old,new`, then every process `new,old`, then `new`.
#[derive(Clone)]
pub struct Credential {
    sent: SecretString,
    accepted: Vec<Digest>,
}

impl Credential {
    /// Reads secrets from a list separated by commas; white space around them is ignored.
    ///
    /// There is no `FromStr`, since a parser of flags would show the text that it rejected.
    ///
    /// # Errors
    ///
    /// A secret is too short, or contains what a header cannot.
    pub fn parse(text: &str) -> Result<Self, CredentialError> {
        let secrets: Vec<&str> = text.split(',').map(str::trim).collect();
        for (index, secret) in secrets.iter().enumerate() {
            let position = index + 1;
            if secret.len() < SECRET_BYTES_MIN {
                return Err(CredentialError::TooShort { position });
            }
            if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(CredentialError::NotPlain { position });
            }
        }
        let sent = secrets.first().copied().unwrap_or_default().into();
        Ok(Self { sent, accepted: secrets.iter().map(|secret| digest(&SHA256, secret.as_bytes())).collect() })
    }

    /// The value of the credential's header. It is a secret: mark the header as sensitive when you set it.
    #[must_use]
    pub fn to_send(&self) -> &str {
        self.sent.expose_secret()
    }

    /// Whether this is one of the secrets. The time that this takes reveals nothing about them: hashes are compared,
    /// so that lengths do not show, and each one is compared to its end.
    #[must_use]
    pub fn accepts(&self, presented: &[u8]) -> bool {
        let presented = digest(&SHA256, presented);
        let accepts = |known: &Digest| known.as_ref().ct_eq(presented.as_ref());
        self.accepted.iter().map(accepts).fold(Choice::from(0), |any, this| any | this).into()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credential([redacted])")
    }
}

/// Why the text is not a credential. It says which secret is wrong, and reveals nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Too easily guessed.
    #[error("secret {position} is shorter than {SECRET_BYTES_MIN} bytes")]
    TooShort {
        /// Which one, from 1.
        position: usize,
    },
    /// It contains white space, control characters or letters beyond ASCII.
    #[error("secret {position} holds something else than printable ASCII")]
    NotPlain {
        /// Which one, from 1.
        position: usize,
    },
}
