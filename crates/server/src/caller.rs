//! Who is asking, as the gateway passes it on. That it was the gateway that said so is checked before any endpoint is
//! reached.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use booked_contract::Code;
use booked_identity::{Identity, Role, internal::read_identity};

use crate::ApiError;

/// A caller who is logged in.
#[derive(Clone, Debug)]
pub struct User(pub Identity);

/// A caller who is logged in and an admin.
#[derive(Clone, Debug)]
pub struct Admin(pub Identity);

impl FromRequest for User {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identity(request).map(Self))
    }
}

impl FromRequest for Admin {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identity(request).and_then(|identity| match identity.role {
            Role::Admin => Ok(Self(identity)),
            Role::User => Err(Code::RoleNotAllowed.into()),
        }))
    }
}

fn identity(request: &HttpRequest) -> Result<Identity, ApiError> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match read_identity(header) {
        Ok(Some(identity)) => Ok(identity),
        Ok(None) => Err(Code::TokenInvalid.into()),
        Err(error) => Err(ApiError::because(Code::TokenInvalid, &error)),
    }
}
