//! Phase 6, role: whether who is asking may ask this.

use booked_identity::Role;

use super::identity::Caller;
use crate::{refusal::Refusal, routes::Who};

/// Lets a caller pass whose role is enough for the route.
pub(crate) fn check(who: Who, caller: Option<&Caller>) -> Result<(), Refusal> {
    match (who, caller.map(|caller| caller.identity().role)) {
        (Who::Anyone, _)
        | (Who::Users, Some(Role::User | Role::Admin))
        | (Who::Admins, Some(Role::Admin)) => Ok(()),
        (Who::Admins, Some(Role::User)) => Err(Refusal::RoleNotAllowed),
        (Who::Users | Who::Admins, None) => Err(Refusal::TokenInvalid),
    }
}
