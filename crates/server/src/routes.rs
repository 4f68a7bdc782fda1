//! How services write their tables of routes.

use actix_web::{Resource, guard, web};

/// A resource that is read: by GET, and by HEAD, which is answered like GET.
#[must_use]
pub fn read(path: &str) -> Resource {
    web::resource(path).guard(guard::Any(guard::Get()).or(guard::Head()))
}
