//! Phase 6, role: whether the caller may use the route.

use booked_identity::Role;

use super::identity::Caller;
use crate::{rejection::Rejection, routes::Access};

pub(crate) fn check(access: Access, caller: Option<&Caller>) -> Result<(), Rejection> {
    match (access, caller.map(|caller| caller.identity().role)) {
        (Access::Anyone, _)
        | (Access::Users, Some(Role::User | Role::Admin))
        | (Access::Admins, Some(Role::Admin)) => Ok(()),
        (Access::Admins, Some(Role::User)) => Err(Rejection::RoleNotAllowed),
        (Access::Users | Access::Admins, None) => Err(Rejection::TokenInvalid),
    }
}
