//! How services write their tables of routes.
//!
//! The method is a guard of the resource, not of a route within it: to any other method, actix itself would answer an
//! empty 405, which is no error of the contract. So it is answered as a path that no route has.

use actix_web::{Resource, guard, web};

/// A resource that is read: by GET, and by HEAD, which is answered like GET.
#[must_use]
pub fn read(path: &str) -> Resource {
    web::resource(path).guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// A resource that is written: by POST.
#[must_use]
pub fn write(path: &str) -> Resource {
    web::resource(path).guard(guard::Post())
}
