//! `GET /internal/jwks`, for the gateway: the keys by which tokens are checked. It asks nothing of the database.

use actix_web::{Responder, web};

use crate::outbound::signing_keys::FolderKeys;

pub(super) async fn read_jwks(keys: web::Data<FolderKeys>) -> impl Responder {
    web::Json(keys.jwks())
}
