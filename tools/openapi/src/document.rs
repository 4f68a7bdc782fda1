//! The document: what each service says of its handlers, and what the gateway adds to it.

use booked_gateway::routes::{Access, Handler, Method, ROUTES, Retry};
use utoipa::{
    OpenApi,
    openapi::{
        InfoBuilder, RefOr, Server,
        path::{Operation, PathItem},
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use crate::{
    idempotency_keys,
    responses::{error, seconds},
};

const DESCRIPTION: &str = "Sells seats: every seat at most once, nothing acknowledged is lost. Every path is served with \
    and without its last slash. Every error has the shape of `ErrorBody`.\n\n\
    Clients must accept members of answers, headers, error codes and values of enumerations that they do not know: more of \
    them may come at any time.\n\n\
    Where a rate is limited, answers have `RateLimit-Policy` and `RateLimit` \
    ([draft-ietf-httpapi-ratelimit-headers-11](https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11)), \
    with the policies `address` and `user`. They count in costs: a read is 1, a write 5, a registration or log-in 50, and for \
    a user each KiB of a body 1 more.\n\n\
    A client that sends a POST or DELETE with a token should give it an `Idempotency-Key`: a new one, such as a random UUID, for each \
    thing to be done, and the same one whenever the same request is sent again, above all after no answer or 504. Then nothing \
    is done twice: the answer is the first one again, with `Idempotency-Replayed: true`. Kept for a key, for at least 24 hours, \
    are successes and refusals that name a state; after 401, 429 or 5xx the request is tried anew. A key that comes with \
    another request is refused (422 IDEM-02). While the first request is under way, the second waits for its \
    outcome, and at last is told to try again (409 IDEM-03). Different users and different routes never share a key. Without \
    a key a request is never repeated on the way; with one it may be, if a server dies.";

/// What the gateway may answer in place of any service: status, codes, and whether it comes with `Retry-After`.
const GATEWAYS_OWN: [(&str, &str, bool); 4] = [
    ("413", "SYS-09: the body is larger than its route uses.", false),
    ("429", "SYS-06: too many requests.", true),
    ("503", "SYS-07: nothing was done, try again.", true),
    ("504", "SYS-08: it may have been done.", false),
];

/// The whole document, as the gateway serves it.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    let mut document = booked_gateway::ApiDoc::openapi();
    for part in [
        booked_user::ApiDoc::openapi(),
        booked_event::ApiDoc::openapi(),
        booked_ticketing::ApiDoc::openapi(),
        booked_analytics::ApiDoc::openapi(),
    ] {
        document.merge(part);
    }
    document.info = InfoBuilder::new()
        .title("booked")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .build();
    document.servers = Some(vec![Server::new("/")]);
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("JWT".to_owned());
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for route in ROUTES.iter().filter(|route| matches!(route.handler, Handler::Service(_))) {
        let item = document.paths.paths.get_mut(route.path);
        let operation = item.and_then(|item| operation_of(item, route.method).as_mut());
        if let Some(operation) = operation {
            if route.retry == Retry::WithKey {
                idempotency_keys::add(operation);
            }
            add_gateways_own(operation, route.access);
        }
    }
    document
}

/// What a service says of the same status stays: it knows more.
fn add_gateways_own(operation: &mut Operation, access: Access) {
    let unauthorised = match access {
        Access::Anyone => None,
        Access::Users => Some("USER-06: token missing or invalid."),
        Access::Admins => Some("USER-06: token missing or invalid. USER-01: not an admin."),
    };
    let unauthorised = unauthorised.map(|description| ("401", description, false));
    for (status, description, retry_after) in GATEWAYS_OWN.into_iter().chain(unauthorised) {
        let responses = &mut operation.responses.responses;
        responses
            .entry(status.to_owned())
            .or_insert_with(|| RefOr::T(error(description, retry_after.then(|| seconds("In seconds.")))));
    }
}

/// What the document says of this method of a path.
pub(crate) fn operation_of(item: &mut PathItem, method: Method) -> &mut Option<Operation> {
    match method {
        Method::Get => &mut item.get,
        Method::Post => &mut item.post,
        Method::Delete => &mut item.delete,
    }
}
