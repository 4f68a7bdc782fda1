//! How a gateway passes on who is asking, and from where: headers that are trusted only together with the internal
//! credential.
//!
//! The gateway builds the head of each call itself, so these headers never come from a client: it sets the credential,
//! and [`identity_headers`] if it knows who is asking. Every caller also says how long it waits ([`DEADLINE_HEADER`]). A
//! service first checks [`Credential::accepts`]; only then does it call [`read_identity`].

mod credential;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use booked_ids::UserId;

pub use self::credential::{Credential, CredentialError, SECRET_BYTES_MIN};
use crate::{Identity, Role};

/// The secret by which a service recognizes the gateway, or another service.
pub const CREDENTIAL_HEADER: &str = "x-booked-credential";
/// The user's id, a UUID.
pub const USER_HEADER: &str = "x-booked-user-id";
/// The user's email, base64url without padding, since an email may contain what a header may not.
pub const EMAIL_HEADER: &str = "x-booked-user-email";
/// The user's role, as [`Role::as_str`] writes it.
pub const ROLE_HEADER: &str = "x-booked-user-role";

/// The address that the request came from, as text, an IPv6 address cut to its network of 64 bits. It is set on
/// requests to the user service, which divides its time fairly among addresses.
pub const CLIENT_ADDRESS_HEADER: &str = "x-booked-client-address";
/// How many more milliseconds the caller waits for the answer.
pub const DEADLINE_HEADER: &str = "x-booked-deadline-ms";

/// The headers that say who is asking.
#[must_use]
pub fn identity_headers(identity: &Identity) -> [(&'static str, String); 3] {
    [
        (USER_HEADER, identity.user.to_string()),
        (EMAIL_HEADER, URL_SAFE_NO_PAD.encode(&identity.email)),
        (ROLE_HEADER, identity.role.as_str().to_owned()),
    ]
}

/// Reads what [`identity_headers`] wrote; `get` returns the value of a header. `None`: nobody is logged in.
///
/// # Errors
///
/// Some of the headers are present but not all, or one cannot be read: the sender is not our gateway.
pub fn read_identity<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Option<Identity>, BadIdentity> {
    match (get(USER_HEADER), get(EMAIL_HEADER), get(ROLE_HEADER)) {
        (None, None, None) => Ok(None),
        (Some(user), Some(email), Some(role)) => parse(user, email, role).map(Some),
        _ => Err(BadIdentity::Incomplete),
    }
}

fn parse(user: &str, email: &str, role: &str) -> Result<Identity, BadIdentity> {
    let user: UserId = user.parse().map_err(|_| BadIdentity::User)?;
    let role: Role = role.parse().map_err(|_| BadIdentity::Role)?;
    let email = URL_SAFE_NO_PAD.decode(email).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(Identity { user, email: email.ok_or(BadIdentity::Email)?, role })
}

/// Why the headers identify nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadIdentity {
    /// One or two of the three headers are missing.
    #[error("identity headers incomplete")]
    Incomplete,
    /// [`USER_HEADER`] is not a UUID.
    #[error("{USER_HEADER} malformed")]
    User,
    /// [`EMAIL_HEADER`] is not base64url of UTF-8.
    #[error("{EMAIL_HEADER} malformed")]
    Email,
    /// [`ROLE_HEADER`] is not a role.
    #[error("{ROLE_HEADER} malformed")]
    Role,
}
