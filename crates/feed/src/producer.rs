//! The producing side: the outbox over HTTP, with long polling.

mod archive;
pub(crate) mod rows;
mod upkeep;
mod watcher;

use std::time::Duration;

use actix_web::{HttpResponse, web};
use booked_contract::Code;
use booked_postgres::Database;
use booked_server::{ApiError, Lifecycle};
use serde::Deserialize;
use tokio::time::Instant;

use self::watcher::Watcher;
use crate::{
    Position,
    wire::{CONTENT_TYPE, CloudEvent, HEAD_HEADER, INCARNATION_HEADER, LIMIT_MAX, PATH},
};

pub use self::{archive::ArchiveArgs, watcher::FeedSignal};

/// The longest that a request waits; a longer `timeout` is cut to this.
const WAIT_MAX: Duration = Duration::from_secs(20);
const LIMIT_DEFAULT: u32 = 100;

/// A service's feed. Clones are the same feed.
#[derive(Clone, Debug)]
pub struct Feed {
    source: &'static str,
    database: Database,
    watcher: Watcher,
    lifecycle: Lifecycle,
}

impl Feed {
    /// The feed of the outbox in this database; `source` names the service in every entry. It starts the jobs that a
    /// feed needs: they wake long polls, add partitions, and measure what holds the feed back.
    #[must_use]
    pub fn start(source: &'static str, database: Database, lifecycle: &Lifecycle) -> Self {
        let watcher = Watcher::new();
        lifecycle.spawn_job(watcher.clone().run(database.clone()));
        lifecycle.spawn_job(upkeep::add_partitions(database.clone()));
        lifecycle.spawn_job(upkeep::measure_horizon(database.clone()));
        Self { source, database, watcher, lifecycle: lifecycle.clone() }
    }

    /// The signal that producers notify after a commit.
    #[must_use]
    pub fn signal(&self) -> FeedSignal {
        self.watcher.signal()
    }

    /// The route `GET /internal/feed?lastEventId=&timeout=<ms>&limit=`.
    pub fn routes(&self) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + use<> {
        let feed = web::Data::new(self.clone());
        move |config| {
            config.app_data(feed.clone()).route(PATH, web::get().to(read_feed));
        }
    }

    /// Whether to read again for rows after this position; `false` at the deadline, or if the process is about to
    /// end.
    async fn has_more(&self, after: Position, deadline: Instant) -> bool {
        tokio::select! {
            has_more = self.watcher.row_after(after, deadline) => has_more,
            () = self.lifecycle.ended() => false,
        }
    }
}

/// The query, as it is sent.
#[derive(Deserialize)]
struct Query {
    #[serde(default, rename = "lastEventId")]
    last_event_id: String,
    #[serde(default)]
    timeout: u64,
    limit: Option<u32>,
}

async fn read_feed(
    feed: web::Data<Feed>,
    query: Result<web::Query<Query>, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let (after, timeout, limit) = parse(query)?;
    let deadline = Instant::now() + timeout;
    loop {
        let page =
            feed.database.read(async move |connection| rows::read_page(connection, after, limit).await).await;
        let page = page?;
        // Nothing is held during the wait: no transaction, no connection.
        if page.entries.is_empty() && feed.has_more(after, deadline).await {
            continue;
        }
        let events = page.entries.into_iter().map(|entry| CloudEvent::of(entry, feed.source));
        let body = serde_json::to_vec(&events.collect::<Vec<_>>())
            .map_err(|error| ApiError::because(Code::Unknown, &error))?;
        return Ok(HttpResponse::Ok()
            .content_type(CONTENT_TYPE)
            .insert_header((INCARNATION_HEADER, page.incarnation))
            .insert_header((HEAD_HEADER, page.head.to_string()))
            .body(body));
    }
}

fn parse(query: Result<web::Query<Query>, actix_web::Error>) -> Result<(Position, Duration, u32), ApiError> {
    let bad = |what: &str| ApiError::new(Code::BodyUndecodable).with_detail(what);
    let query = query.map_err(|_| bad("query"))?.into_inner();
    let after = match query.last_event_id.as_str() {
        "" => Position::START,
        id => id.parse().map_err(|_| bad("lastEventId"))?,
    };
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(bad("limit"));
    }
    Ok((after, Duration::from_millis(query.timeout).min(WAIT_MAX), limit))
}
