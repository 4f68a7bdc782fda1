//! `GET /internal/jwks`, for the gateway: the public keys that verify tokens. It needs no database.

use actix_web::{Responder, web};

use crate::outbound::signing_keys::FolderKeys;

pub(super) async fn read_jwks(keys: web::Data<FolderKeys>) -> impl Responder {
    web::Json(keys.jwks())
}
