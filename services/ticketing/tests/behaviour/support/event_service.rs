//! An event service that is nothing but its feed, over an outbox of its own.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{
    App, Error, HttpResponse, HttpServer,
    body::MessageBody,
    dev::{ServerHandle, ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    web,
};
use booked_contract::{event::EventDetails, feed::EventState};
use booked_feed::{Feed, NewEntry, Position, outbox};
use booked_ids::EventId;
use booked_postgres::{Database, DatabaseSettings, TransactionError};
use booked_sandbox::{TestDatabase, test_database};
use booked_server::{Lifecycle, Random as _, SystemRandom};
use tokio::runtime::Handle;

const OUTBOX: [&str; 4] = [
    include_str!("../../../../../crates/feed/sql/outbox.sql"),
    include_str!("../../../../../crates/feed/sql/outbox_horizon.sql"),
    include_str!("../../../../../crates/feed/sql/outbox_partitions.sql"),
    include_str!("../../../../../crates/feed/sql/outbox_archive.sql"),
];
/// When all events were made, as their ids say.
const MADE_UNIX_MS: u64 = 1_800_000_000_000;
/// How long the long polls of consumers wait; what waits less is a pull that somebody waits for.
const LONG_POLL: &str = "timeout=3000";

/// How the feed behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feeding {
    /// As it should.
    Serving,
    /// It answers 503.
    Away,
    /// It takes requests and does not answer.
    Silent,
}

/// The feed, and all events as they were told last.
pub(crate) struct EventService {
    lifecycle: Lifecycle,
    database: Database,
    feed: Feed,
    gate: Arc<Gate>,
    url: String,
    handle: ServerHandle,
    events: Mutex<HashMap<EventId, EventState>>,
    // Last, so that nobody uses it when it goes.
    place: TestDatabase,
}

#[derive(Default)]
struct Gate {
    feeding: AtomicU8,
    pulls: AtomicUsize,
}

impl EventService {
    pub(crate) fn start() -> Self {
        let place = test_database("events", |_| {});
        OUTBOX.iter().for_each(|sql| drop(place.execute(sql)));
        let lifecycle = Lifecycle::new();
        let settings = DatabaseSettings::for_url(&place.url()).unwrap();
        let database = Database::new(&settings, &Handle::current()).unwrap();
        let feed = Feed::start("event", database.clone(), &lifecycle);
        let gate = Arc::new(Gate::default());
        let (routes, shared) = (feed.routes(), web::Data::from(Arc::clone(&gate)));
        let server = HttpServer::new(move || {
            App::new().app_data(shared.clone()).configure(routes.clone()).wrap(from_fn(pass))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { lifecycle, database, feed, gate, url, handle, events: Mutex::default(), place }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on.
    pub(crate) fn feeds(&self, feeding: Feeding) {
        let number = match feeding {
            Feeding::Serving => 0,
            Feeding::Away => 1,
            Feeding::Silent => 2,
        };
        self.gate.feeding.store(number, Ordering::Relaxed);
    }

    /// How many pulls were begun that somebody waits for.
    pub(crate) fn pulls(&self) -> usize {
        self.gate.pulls.load(Ordering::Relaxed)
    }

    /// Makes an event, and says where in the feed it stands.
    pub(crate) async fn create(&self, seats: u32) -> (EventId, Position) {
        let event = unknown_event();
        let state = EventState {
            event_id: event.as_uuid(),
            version: 1,
            deleted: false,
            details: EventDetails {
                name: format!("Event of {seats} seats"),
                unix_time: 1_900_000_000,
                address: "Royal Albert Hall, London".to_owned(),
                description: "With the BBC Symphony Orchestra".to_owned(),
                latitude: Some(51.5009),
                longitude: Some(-0.1774),
            },
            seat_count: seats,
            sale: None,
        };
        (event, self.publish(event, state).await)
    }

    /// Changes an event, and says where in the feed the change stands.
    pub(crate) async fn change(&self, event: EventId, change: impl FnOnce(&mut EventState)) -> Position {
        let mut state = self.state(event);
        state.version += 1;
        change(&mut state);
        self.publish(event, state).await
    }

    /// Runs a statement in the event service's database.
    pub(crate) fn write(&self, sql: &str) {
        self.place.execute(sql);
        self.feed.signal().notify();
    }

    /// The event as it was told last.
    pub(crate) fn state(&self, event: EventId) -> EventState {
        self.events.lock().unwrap().get(&event).expect("the event was never made").clone()
    }

    /// Tells this state, whatever was told before.
    pub(crate) async fn publish(&self, event: EventId, state: EventState) -> Position {
        let entry = NewEntry::new(EventState::KIND, event.as_uuid(), &state).unwrap();
        let told = self
            .database
            .transaction(async move |connection| Ok(outbox::append(connection, &[entry]).await?))
            .await;
        let position = told.map_err(|failure: TransactionError<()>| failure.to_string()).unwrap();
        self.feed.signal().notify();
        self.events.lock().unwrap().insert(event, state);
        position
    }
}

/// An id that an event could have and none has.
pub(crate) fn unknown_event() -> EventId {
    EventId::new(MADE_UNIX_MS, SystemRandom.bytes())
}

async fn pass(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let gate = request.app_data::<web::Data<Gate>>().unwrap().clone();
    if !request.query_string().contains(LONG_POLL) {
        gate.pulls.fetch_add(1, Ordering::Relaxed);
    }
    while gate.feeding.load(Ordering::Relaxed) == 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    if gate.feeding.load(Ordering::Relaxed) == 1 {
        let away = HttpResponse::ServiceUnavailable().finish();
        return Ok(request.into_response(away).map_into_boxed_body());
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

impl Drop for EventService {
    fn drop(&mut self) {
        self.feeds(Feeding::Serving);
        self.lifecycle.end();
        // Sends the word at once; nobody needs to wait for the end.
        drop(self.handle.stop(false));
    }
}
