//! The one table of routes, and phase 2, route: method, path, who answers, who may ask, what it costs, how large its body
//! may be, how long it may take, whether it is repeated.

use std::{borrow::Cow, fmt, time::Duration};

use booked_server::MAX_BODY_BYTES;
use percent_encoding::percent_decode_str;

use crate::services::ServiceName::{self, Analytics, Event, Ticketing, User};

use self::{
    Answerer::{Own, Service},
    Method::{Delete, Get, Post},
    Page::{Docs, Health, OpenApi},
    Retry::{Never, Once},
    Who::{Admins, Anyone, Users},
};

/// A client waits at most 3 seconds, whatever is away; this leaves room for what the gateway itself does.
const TIMEOUT: Duration = Duration::from_millis(2_500);

/// What a look costs, and what leads nowhere. Costs are counted against the rates of its address and its user.
pub const LOOK: u32 = 1;
/// What a change costs.
pub const WRITE: u32 = 5;
/// What a registration or a log-in costs: a quarter of a second of a core, for a password.
pub const ACCOUNT: u32 = 50;

/// No body is used; one that comes is read and not kept.
const NONE: usize = 0;
/// A few fields: the longest name, email and password that are taken, with every character escaped, fit in.
const SMALL: usize = 16 << 10;
/// Ids of tickets: three times as many as are taken, or all that are with every character escaped.
const TICKETS: usize = 256 << 10;
/// An event: admins alone send it.
const LARGE: usize = MAX_BODY_BYTES;

/// Every path ends in a slash here; the same path without it is the same route, and literal segments go before `{…}`.
pub const ROUTES: &[Route] = &[
    route(Get, "/health/", Own(Health), Anyone, LOOK, NONE, Never),
    route(Get, "/openapi.json/", Own(OpenApi), Anyone, LOOK, NONE, Never),
    route(Get, "/docs/", Own(Docs), Anyone, LOOK, NONE, Never),
    route(Get, "/docs/{file}/", Own(Docs), Anyone, LOOK, NONE, Never),
    route(Post, "/user/register/", Service(User), Anyone, ACCOUNT, SMALL, Never),
    route(Post, "/user/login/", Service(User), Anyone, ACCOUNT, SMALL, Never),
    route(Get, "/user/bookings/", Service(Ticketing), Users, LOOK, NONE, Once),
    route(Post, "/event/", Service(Event), Admins, WRITE, LARGE, Never),
    route(Get, "/event/", Service(Event), Anyone, LOOK, NONE, Once),
    route(Delete, "/event/", Service(Event), Admins, WRITE, NONE, Never),
    route(Post, "/event/update/", Service(Event), Admins, WRITE, LARGE, Never),
    route(Get, "/event/{id}/", Service(Event), Anyone, LOOK, NONE, Once),
    route(Post, "/ticket/reserve/", Service(Ticketing), Users, WRITE, SMALL, Never),
    route(Post, "/ticket/book/", Service(Ticketing), Users, WRITE, TICKETS, Never).first(),
    route(Post, "/ticket/release/", Service(Ticketing), Users, WRITE, TICKETS, Never).first(),
    route(Post, "/ticket/cancel/", Service(Ticketing), Users, WRITE, SMALL, Never).first(),
    route(Post, "/waitlist/add/", Service(Ticketing), Users, WRITE, SMALL, Never),
    route(Get, "/analytics/", Service(Analytics), Admins, LOOK, NONE, Once),
    route(Get, "/analytics/cancellation_rates/", Service(Analytics), Admins, LOOK, NONE, Once),
];

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method; HEAD goes where GET goes.
    pub method: Method,
    /// The path; a segment in braces stands for any one that is not empty.
    pub path: &'static str,
    /// Who answers.
    pub answerer: Answerer,
    /// Who may ask.
    pub who: Who,
    /// What a request costs.
    pub cost: u32,
    /// The largest body that is taken, in bytes; 0 where none is used.
    pub body_bytes_max: usize,
    /// Who goes first where more is asked than fits.
    pub priority: Priority,
    /// Longest time that the answer may take.
    pub timeout: Duration,
    /// Whether a request that got lost on its way to a service is sent again.
    pub retry: Retry,
}

const fn route(
    method: Method,
    path: &'static str,
    answerer: Answerer,
    who: Who,
    cost: u32,
    body_bytes_max: usize,
    retry: Retry,
) -> Route {
    let priority = Priority::Normal;
    Route { method, path, answerer, who, cost, body_bytes_max, priority, timeout: TIMEOUT, retry }
}

impl Route {
    const fn first(self) -> Self {
        Self { priority: Priority::High, ..self }
    }
}

/// Who goes first where more is asked than fits.
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
    /// Reads.
    Get,
    /// Makes or changes.
    Post,
    /// Removes.
    Delete,
}

/// Who answers a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answerer {
    /// The gateway itself.
    Own(Page),
    /// A service.
    Service(ServiceName),
}

/// What the gateway itself answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// That it is alive.
    Health,
    /// The OpenAPI document.
    OpenApi,
    /// The document, readable.
    Docs,
}

/// Who may ask. An admin may do what a user may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody; a token is not looked at.
    Anyone,
    /// Whoever is logged in.
    Users,
    /// Admins.
    Admins,
}

/// Whether a request that got lost may be sent again. What surely was never sent may always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It may have been done, and must not be done twice.
    Never,
    /// It only reads: once, to another replica where there is one.
    Once,
}

/// A route that was found, and where its service has it.
#[derive(Clone, Debug)]
pub struct Found<'p> {
    /// The row of the table.
    pub route: &'static Route,
    /// The path as the service knows it: with the slash at the end, literal segments spelled as in the table.
    pub path: Cow<'static, str>,
    /// What stands in the place of the segment in braces, as the client sent it.
    pub parameter: Option<&'p str>,
}

impl Found<'_> {
    /// Whether what stands in the place of braces is one plain segment, whoever decodes it and how often: a proxy between
    /// us and the service must not see another path than we do. No id has any of these.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.parameter.is_none_or(|parameter| {
            let decoded = || percent_decode_str(parameter);
            let is_special = |byte: u8| matches!(byte, b'/' | b'\\' | b'%');
            !decoded().any(is_special) && !decoded().all(|byte| byte == b'.')
        })
    }
}

/// Why there is no route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// No route has this path.
    Path,
    /// Some have, with other methods.
    Method {
        /// These.
        allowed: Methods,
    },
}

/// The methods of a path. Its text is the value of an `Allow` header.
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

/// Finds the route of a request by its method and its path as it was sent.
///
/// # Errors
///
/// [`NotFound`].
pub fn find<'p>(method: &str, path: &'p str) -> Result<Found<'p>, NotFound> {
    let method = Method::named(method);
    // As most requests are: spelled as in the table.
    let spelled =
        ROUTES.iter().find(|route| route.path == path && Some(route.method) == method && is_literal(route));
    if let Some(route) = spelled {
        return Ok(Found { route, path: Cow::Borrowed(route.path), parameter: None });
    }
    let matches = routes_of(path);
    match matches.iter().find(|(route, _)| Some(route.method) == method) {
        Some((route, parameter)) => {
            Ok(Found { route, path: service_path(route, *parameter), parameter: *parameter })
        }
        None if matches.is_empty() => Err(NotFound::Path),
        None => Err(NotFound::Method {
            allowed: Methods(matches.iter().map(|(route, _)| route.method).collect()),
        }),
    }
}

/// The routes of a path, of all methods.
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

/// `Some` where the path is the pattern's, with what stands in the place of the braces.
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
