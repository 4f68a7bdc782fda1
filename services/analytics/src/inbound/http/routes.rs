//! The table of the service's routes.

use actix_web::{guard, web};
use utoipa::OpenApi;

use super::{
    context::Context,
    list_analytics::{self, list_analytics},
    list_cancellation_rates::{self, list_cancellation_rates},
};

/// The service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(list_analytics::list_analytics, list_cancellation_rates::list_cancellation_rates))]
pub struct ApiDoc;

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
