//! The one table of routes, and phase 2, route: method, path, handler, who has access, what a request costs, how large its
//! body may be, how long it may take, whether it is retried.

use std::{borrow::Cow, fmt, time::Duration};

use booked_server::MAX_BODY_BYTES;
use percent_encoding::percent_decode_str;

use self::{
    Access::{Admins, Anyone, Users},
    Handler::{Local, Service},
    LocalEndpoint::{Docs, Health, OpenApi, PageFile, PublicKeys},
    Method::{Delete, Get, Post},
    Retry::{Never, Once, WithKey},
};
use crate::services::ServiceName::{self, Analytics, Event, Ticketing, User};

/// A client waits 3 seconds at most, whatever is unavailable; this leaves room for what the gateway itself does.
const TIMEOUT: Duration = Duration::from_millis(2_500);

/// What a read costs; a request that no route matches costs the same. Costs count against the rate limits of the
/// client's address and of its user.
pub const READ: u32 = 1;
pub const WRITE: u32 = 5;
/// What a registration or a log-in costs: the hash of a password takes a quarter of a second of a core.
pub const PASSWORD: u32 = 50;

/// No body is used; if one comes, it is read and dropped.
const NONE: usize = 0;
/// A few fields: the longest valid name, email and password fit in, even with every character escaped.
const SMALL: usize = 16 << 10;
/// Ids of tickets: three times as many as are allowed, or all that are with every character escaped.
const TICKETS: usize = 256 << 10;
/// An event: only admins send it.
const LARGE: usize = MAX_BODY_BYTES;

/// Every path ends in a slash here; the same path without it is the same route. Literal segments go before `{…}`.
pub const ROUTES: &[Route] = &[
    route(Get, "/health/", Local(Health), Anyone, READ, NONE, Never),
    route(Get, "/openapi.json/", Local(OpenApi), Anyone, READ, NONE, Never),
    route(Get, "/docs/", Local(Docs), Anyone, READ, NONE, Never),
    route(Get, "/docs/{file}/", Local(Docs), Anyone, READ, NONE, Never),
    route(Get, "/", Local(LocalEndpoint::Page(Page::Sale)), Anyone, READ, NONE, Never),
    route(Get, "/admin/", Local(LocalEndpoint::Page(Page::Admin)), Anyone, READ, NONE, Never),
    route(Get, "/pages/{digest}/{file}/", Local(PageFile), Anyone, READ, NONE, Never),
    route(Get, "/.well-known/jwks.json/", Local(PublicKeys), Anyone, READ, NONE, Never),
    route(Post, "/user/register/", Service(User), Anyone, PASSWORD, SMALL, Never),
    route(Post, "/user/login/", Service(User), Anyone, PASSWORD, SMALL, Never),
    route(Get, "/user/bookings/", Service(Ticketing), Users, READ, NONE, Once),
    route(Get, "/user/tickets/", Service(Ticketing), Users, READ, NONE, Once),
    route(Post, "/event/", Service(Event), Admins, WRITE, LARGE, WithKey),
    route(Get, "/event/", Service(Event), Anyone, READ, NONE, Once),
    route(Delete, "/event/", Service(Event), Admins, WRITE, NONE, WithKey),
    route(Post, "/event/update/", Service(Event), Admins, WRITE, LARGE, WithKey),
    route(Post, "/event/cancel/", Service(Event), Admins, WRITE, SMALL, WithKey),
    route(Get, "/event/{id}/", Service(Event), Anyone, READ, NONE, Once),
    route(Post, "/ticket/reserve/", Service(Ticketing), Users, WRITE, SMALL, WithKey),
    route(Post, "/ticket/book/", Service(Ticketing), Users, WRITE, TICKETS, WithKey).high_priority(),
    route(Post, "/ticket/release/", Service(Ticketing), Users, WRITE, TICKETS, WithKey).high_priority(),
    route(Post, "/ticket/cancel/", Service(Ticketing), Users, WRITE, SMALL, WithKey).high_priority(),
    route(Post, "/ticket/cancel_tickets/", Service(Ticketing), Users, WRITE, TICKETS, WithKey)
        .high_priority(),
    route(Get, "/ticket/holds/", Service(Ticketing), Users, READ, NONE, Once),
    route(Get, "/waitlist/", Service(Ticketing), Admins, READ, NONE, Once),
    route(Post, "/waitlist/add/", Service(Ticketing), Users, WRITE, SMALL, WithKey),
    route(Get, "/analytics/", Service(Analytics), Admins, READ, NONE, Once),
    route(Get, "/analytics/cancellation_rates/", Service(Analytics), Admins, READ, NONE, Once),
];

#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// HEAD goes where GET goes.
    pub method: Method,
    /// A segment in braces stands for any one that is not empty.
    pub path: &'static str,
    pub handler: Handler,
    pub access: Access,
    /// What a request costs.
    pub cost: u32,
    /// The largest body that is accepted; 0 if none is used.
    pub body_bytes_max: usize,
    pub priority: Priority,
    /// How long the response may take.
    pub timeout: Duration,
    pub retry: Retry,
}

const fn route(
    method: Method,
    path: &'static str,
    handler: Handler,
    access: Access,
    cost: u32,
    body_bytes_max: usize,
    retry: Retry,
) -> Route {
    let priority = Priority::Normal;
    Route { method, path, handler, access, cost, body_bytes_max, priority, timeout: TIMEOUT, retry }
}

impl Route {
    const fn high_priority(self) -> Self {
        Self { priority: Priority::High, ..self }
    }

    /// Whether it is a page for people, or a file of one.
    #[must_use]
    pub const fn is_of_pages(&self) -> bool {
        matches!(self.handler, Local(LocalEndpoint::Page(_) | PageFile))
    }
}

/// What is served first under overload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// What begins something.
    Normal,
    /// What finishes something that was begun, or gives it back: seats that are held and cannot be booked were reserved for
    /// nobody.
    High,
}

/// A method that some route has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Delete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler {
    /// The gateway itself.
    Local(LocalEndpoint),
    Service(ServiceName),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalEndpoint {
    Health,
    /// The OpenAPI document.
    OpenApi,
    /// The OpenAPI document as a page.
    Docs,
    /// A page, for clients that accept HTML.
    Page(Page),
    /// A file that a page needs.
    PageFile,
    /// The keys that tokens are verified with.
    PublicKeys,
}

/// A page for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Sale,
    Admin,
}

/// Who may use a route. An admin may do what a user may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Tokens are ignored.
    Anyone,
    Users,
    Admins,
}

/// Whether a request whose response was lost may be sent again. One that surely was not sent always may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It may have been done, and must not be done twice.
    Never,
    /// It only reads: once, to another replica if there is one.
    Once,
    /// It changes something, and the service recognizes the idempotency key of a request: once, to another replica if
    /// there is one, if the request has a key; never without one.
    WithKey,
}

impl Retry {
    /// What this means for one request.
    pub(crate) fn for_request(self, has_key: bool) -> Self {
        match self {
            WithKey if !has_key => Never,
            own => own,
        }
    }
}

/// The route that matches a request.
#[derive(Clone, Debug)]
pub struct RouteMatch<'p> {
    pub route: &'static Route,
    /// The path as the service knows it: with a slash at the end, literal segments spelled as in the table.
    pub path: Cow<'static, str>,
    /// The segment in the place of the (last) braces, as the client sent it.
    pub parameter: Option<&'p str>,
}

impl RouteMatch<'_> {
    /// Whether the segment in the place of the braces is one plain segment, whoever decodes it and however often: a proxy
    /// between the gateway and the service must not see another path than the gateway does. No id has any of these.
    #[must_use]
    pub fn has_plain_parameter(&self) -> bool {
        self.parameter.is_none_or(|parameter| {
            let decoded = || percent_decode_str(parameter);
            let is_special = |byte: u8| matches!(byte, b'/' | b'\\' | b'%');
            !decoded().any(is_special) && !decoded().all(|byte| byte == b'.')
        })
    }
}

/// Why no route matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// No route has this path.
    Path,
    /// Routes have this path, with other methods.
    Method { allowed: Methods },
}

/// The methods of a path. It displays as the value of an `Allow` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Methods(Vec<Method>);

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, method) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let name = match method {
                Get => "GET, HEAD",
                Post => "POST",
                Delete => "DELETE",
            };
            write!(f, "{comma}{name}")?;
        }
        Ok(())
    }
}

impl Method {
    fn named(name: &str) -> Option<Self> {
        match name {
            "GET" | "HEAD" => Some(Get),
            "POST" => Some(Post),
            "DELETE" => Some(Delete),
            _ => None,
        }
    }
}

/// Finds the route of a request by its method and its path, both as they were sent.
///
/// # Errors
///
/// [`NotFound`].
pub fn find<'p>(method: &str, path: &'p str) -> Result<RouteMatch<'p>, NotFound> {
    let method = Method::named(method);
    // Most requests spell the path as the table does.
    let spelled =
        ROUTES.iter().find(|route| route.path == path && Some(route.method) == method && is_literal(route));
    if let Some(route) = spelled {
        return Ok(RouteMatch { route, path: Cow::Borrowed(route.path), parameter: None });
    }
    let matches = routes_of(path);
    match matches.iter().find(|(route, _)| Some(route.method) == method) {
        Some((route, parameter)) => {
            Ok(RouteMatch { route, path: service_path(route, *parameter), parameter: *parameter })
        }
        // Before there were pages, nothing was there, with any method.
        None if matches.iter().all(|(route, _)| route.is_of_pages()) => Err(NotFound::Path),
        None => Err(NotFound::Method {
            allowed: Methods(matches.iter().map(|(route, _)| route.method).collect()),
        }),
    }
}

/// The routes that have the path, with any method.
fn routes_of(path: &str) -> Vec<(&'static Route, Option<&str>)> {
    let matching = |literal: bool| {
        let routes = ROUTES.iter().filter(move |route| is_literal(route) == literal);
        routes.filter_map(|route| Some((route, matches(route.path, path)?))).collect()
    };
    let literal: Vec<_> = matching(true);
    if literal.is_empty() { matching(false) } else { literal }
}

fn is_literal(route: &Route) -> bool {
    !route.path.contains('{')
}

/// `Some` if the path matches the pattern, with the segment in the place of the braces.
fn matches<'p>(pattern: &str, path: &'p str) -> Option<Option<&'p str>> {
    let (mut patterns, mut segments) = (segments(pattern)?, segments(path)?);
    let mut parameter = None;
    loop {
        match (patterns.next(), segments.next()) {
            (None, None) => return Some(parameter),
            (Some(pattern), Some(segment)) if pattern.starts_with('{') && !segment.is_empty() => {
                parameter = Some(segment);
            }
            (Some(pattern), Some(segment)) if is_spelled(segment, pattern) => {}
            _ => return None,
        }
    }
}

fn segments(path: &str) -> Option<std::str::Split<'_, char>> {
    let path = path.strip_prefix('/')?;
    Some(path.strip_suffix('/').unwrap_or(path).split('/'))
}

/// `%65vent` spells `event` too (RFC 3986, 6.2.2.2); a service that decodes it must not see another route than we do.
fn is_spelled(segment: &str, literal: &str) -> bool {
    segment == literal
        || (segment.contains('%') && percent_decode_str(segment).eq(literal.as_bytes().iter().copied()))
}

fn service_path(route: &Route, parameter: Option<&str>) -> Cow<'static, str> {
    let Some(parameter) = parameter else { return Cow::Borrowed(route.path) };
    let before = route.path.split('{').next().unwrap_or_default();
    Cow::Owned(format!("{before}{parameter}/"))
}
