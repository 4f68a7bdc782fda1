//! The table of the service's routes, and what all endpoints share.

use std::sync::Arc;

use actix_web::{guard, web};
use booked_contract::Code;
use booked_postgres::{Database, ReadFailure};
use booked_server::{ApiError, Clock};
use utoipa::OpenApi;

use super::{
    list_analytics::{self, list_analytics},
    list_cancellation_rates::{self, list_cancellation_rates},
};

/// The service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(list_analytics::list_analytics, list_cancellation_rates::list_cancellation_rates))]
pub struct ApiDoc;

/// What the endpoints need.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) database: Database,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The routes. HEAD is answered like GET.
pub(crate) fn routes(context: Context) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let context = web::Data::new(context);
    move |config| {
        let read = |path| web::resource(path).guard(guard::Any(guard::Get()).or(guard::Head()));
        config
            .app_data(context.clone())
            .service(read("/analytics/").to(list_analytics))
            .service(read("/analytics/cancellation_rates/").to(list_cancellation_rates));
    }
}

/// What a read that failed means for the client.
pub(super) fn read_failed(failure: ReadFailure) -> ApiError {
    match failure {
        ReadFailure::Unavailable(_) => ApiError::because(Code::Unavailable, &failure),
        ReadFailure::Refused(_) => ApiError::because(Code::ReadFailed, &failure),
    }
}
