//! How a gateway hands on who is asking, and from where: headers that are believed only beside the internal credential.
//!
//! The gateway strips [`INTERNAL_HEADERS`] from what a client sends, then sets the credential on every request and
//! [`identity_headers`] where it knows who asks. Whoever calls also tells how long it waits ([`DEADLINE_HEADER`]). A service
//! first asks [`Credential::accepts`]; only then does it look at [`read_identity`].

mod credential;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use booked_ids::UserId;

pub use self::credential::{Credential, CredentialError, SECRET_BYTES_MIN};
use crate::{Identity, Role};

/// The secret by which a service knows the gateway, or another service.
pub const CREDENTIAL_HEADER: &str = "x-booked-credential";
/// The user's id, a UUID.
pub const USER_HEADER: &str = "x-booked-user-id";
/// The user's email, base64url without padding, since an email may hold what a header may not.
pub const EMAIL_HEADER: &str = "x-booked-user-email";
/// The user's role, as [`Role::as_str`] has it.
pub const ROLE_HEADER: &str = "x-booked-user-role";

/// The address that the request came from, an IPv6 one cut to its network of 64 bits, as text; set where an account is
/// asked for, so that the user service can share its time out by address.
pub const CLIENT_ADDRESS_HEADER: &str = "x-booked-client-address";
/// For how many milliseconds more the caller waits for the answer.
pub const DEADLINE_HEADER: &str = "x-booked-deadline-ms";

/// All of them: what a gateway takes out of a client's request before anything else.
pub const INTERNAL_HEADERS: [&str; 6] =
    [CREDENTIAL_HEADER, USER_HEADER, EMAIL_HEADER, ROLE_HEADER, CLIENT_ADDRESS_HEADER, DEADLINE_HEADER];

/// The headers that say who is asking.
#[must_use]
pub fn identity_headers(identity: &Identity) -> [(&'static str, String); 3] {
    [
        (USER_HEADER, identity.user.to_string()),
        (EMAIL_HEADER, URL_SAFE_NO_PAD.encode(&identity.email)),
        (ROLE_HEADER, identity.role.as_str().to_owned()),
    ]
}

/// Reads what [`identity_headers`] wrote; `get` has the value of a header. `None`: nobody is logged in.
///
/// # Errors
///
/// Some of the headers are there and not all, or one cannot be read: whoever sent this is no gateway of ours.
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

/// Why the headers say nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadIdentity {
    /// One or two of the three headers are missing.
    #[error("identity headers incomplete")]
    Incomplete,
    /// [`USER_HEADER`] is no UUID.
    #[error("{USER_HEADER} malformed")]
    User,
    /// [`EMAIL_HEADER`] is not base64url of UTF-8.
    #[error("{EMAIL_HEADER} malformed")]
    Email,
    /// [`ROLE_HEADER`] names no role.
    #[error("{ROLE_HEADER} malformed")]
    Role,
}
