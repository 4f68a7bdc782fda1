//! A sale: one or several instances of ticketing and what they stand on.

use std::sync::Arc;

use booked_contract::{internal::Occupied, sale::SaleTerms};
use booked_feed::Position;
use booked_identity::internal::CREDENTIAL_HEADER;
use booked_ids::EventId;
use booked_server::Lifecycle;
use booked_telemetry::Metrics;
use booked_ticketing::{app, config::ServeArgs, ports::Notifier, usecases::Context};
use clap::Parser;
use reqwest::Client;
use serde_json::{Value, json};

use super::{
    answer::Answer,
    buyer::{Buyer, ask},
    event_service::EventService,
    servers::{SalePostgres, SaleValkey},
    user_service::UserService,
    waiting::eventually,
};

pub(crate) const CREDENTIAL: &str = "a-secret-of-the-tests-32-bytes-long";

/// What a busy machine must not make a test fail by. Tests of time limits take the service's own.
const PATIENT: [(&str, &str); 8] = [
    ("--request-timeout-ms", "30000"),
    ("--valkey-timeout-ms", "10000"),
    ("--database-acquire-timeout-ms", "10000"),
    ("--database-timeout-ms", "10000"),
    ("--booking-queue-wait-max-ms", "10000"),
    ("--claim-ttl-ms", "60000"),
    ("--load-lease-ms", "20000"),
    ("--contention-wait-max-ms", "10000"),
];
const QUICK: [(&str, &str); 1] = [("--janitor-interval-ms", "100")];

/// How a sale is to be.
pub(crate) struct SetUp {
    flags: Vec<(&'static str, String)>,
    instances: usize,
    own_postgres: bool,
    valkey: fn() -> SaleValkey,
    has_user_service: bool,
    replace: Arc<dyn Fn(Context) -> Context>,
}

impl SetUp {
    /// With a flag of the command line.
    pub(crate) fn flag(mut self, name: &'static str, value: impl ToString) -> Self {
        self.flags.retain(|(other, _)| *other != name);
        self.flags.push((name, value.to_string()));
        self
    }

    /// With several instances of ticketing.
    pub(crate) fn instances(self, instances: usize) -> Self {
        Self { instances, ..self }
    }

    /// With a Postgres that can be stopped.
    pub(crate) fn own_postgres(self) -> Self {
        Self { own_postgres: true, ..self }
    }

    /// Without having been told where the user service is.
    pub(crate) fn without_user_service(self) -> Self {
        Self { has_user_service: false, ..self }
    }

    /// With a Valkey that can be stopped.
    pub(crate) fn own_valkey(self) -> Self {
        Self { valkey: SaleValkey::own, ..self }
    }

    /// With a Valkey that can be stopped and keeps its data.
    pub(crate) fn durable_valkey(self) -> Self {
        Self { valkey: SaleValkey::durable, ..self }
    }

    /// With the service's own time limits.
    pub(crate) fn with_limits_of_production(mut self) -> Self {
        self.flags.retain(|(name, _)| PATIENT.iter().all(|(other, _)| other != name));
        self
    }

    /// With a notifier of the test's.
    pub(crate) fn notifier(self, notifier: Arc<dyn Notifier>) -> Self {
        self.replace(move |context| Context { notifier: Arc::clone(&notifier), ..context })
    }

    /// With some of the adapters replaced.
    pub(crate) fn replace(self, replace: impl Fn(Context) -> Context + 'static) -> Self {
        let before = self.replace;
        Self { replace: Arc::new(move |context| replace(before(context))), ..self }
    }

    /// Starts it all, and waits until it is ready.
    pub(crate) async fn start(self) -> Sale {
        let Self { mut flags, instances, own_postgres, valkey, has_user_service, replace } = self;
        let users = UserService::start();
        if has_user_service {
            flags.push(("--user-url", users.url().to_owned()));
        }
        let mut sale = Sale {
            instances: Vec::new(),
            client: Client::builder().no_proxy().build().unwrap(),
            flags,
            replace,
            events: EventService::start(),
            users,
            postgres: if own_postgres { SalePostgres::own() } else { SalePostgres::shared() },
            valkey: valkey(),
        };
        for _ in 0..instances {
            let instance = sale.start_instance().await;
            instance.until_ready().await;
            sale.instances.push(instance);
        }
        sale
    }
}

/// A running sale.
pub(crate) struct Sale {
    // In the order in which they end.
    pub(crate) instances: Vec<Instance>,
    client: Client,
    flags: Vec<(&'static str, String)>,
    replace: Arc<dyn Fn(Context) -> Context>,
    pub(crate) events: EventService,
    pub(crate) users: UserService,
    pub(crate) valkey: SaleValkey,
    pub(crate) postgres: SalePostgres,
}

impl Sale {
    /// One instance, patient limits, everything else as in production.
    pub(crate) async fn start() -> Self {
        Self::set_up().start().await
    }

    /// The same, to be changed before it is started.
    pub(crate) fn set_up() -> SetUp {
        let flags = PATIENT.iter().chain(&QUICK).map(|(name, value)| (*name, (*value).to_owned()));
        SetUp {
            flags: flags.collect(),
            instances: 1,
            own_postgres: false,
            valkey: SaleValkey::shared,
            has_user_service: true,
            replace: Arc::new(|context| context),
        }
    }

    /// Another instance on the same servers; it may not be ready yet.
    pub(crate) async fn start_instance(&self) -> Instance {
        self.start_instance_with(&[]).await
    }

    /// The same, with other values for some flags.
    pub(crate) async fn start_instance_with(&self, others: &[(&'static str, &str)]) -> Instance {
        let given = [
            ("--database-url", self.postgres.url()),
            ("--valkey-url", self.valkey.url()),
            ("--event-url", self.events.url().to_owned()),
            ("--internal-credential", CREDENTIAL.to_owned()),
        ];
        let is_other = |name: &str| others.iter().any(|(other, _)| *other == name);
        let kept = self.flags.iter().filter(|(name, _)| !is_other(name)).cloned();
        let others = others.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let given: Vec<(&str, String)> = given.into_iter().chain(kept).chain(others).collect();
        let words = given.iter().flat_map(|(name, value)| [(*name).to_owned(), value.clone()]);
        let line = CommandLine::try_parse_from(std::iter::once("test".to_owned()).chain(words)).unwrap();
        let config = line.serve.check().unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let lifecycle = Lifecycle::new();
        let replace = Arc::clone(&self.replace);
        let bound =
            app::bind_with(config, lifecycle.clone(), Metrics::default(), move |context| replace(context));
        let application = bound.await.unwrap();
        let url = format!("http://{}", application.bound().traffic);
        tokio::spawn(application.serve());
        Instance { lifecycle, url }
    }

    /// The address of the first instance.
    pub(crate) fn url(&self) -> &str {
        &self.instances.first().expect("the sale has no instance").url
    }

    /// A new user, who buys at the first instance.
    pub(crate) fn buyer(&self, name: &str) -> Buyer {
        self.registered(Buyer::new(name, self.url(), self.client.clone()))
    }

    /// Many new users, who buy at the instances in turn.
    pub(crate) fn crowd(&self, count: usize) -> Vec<Buyer> {
        let urls = self.instances.iter().map(|instance| &instance.url).cycle();
        let people = (1..=count).zip(urls);
        let new = |(n, url): (usize, &String)| Buyer::new(&format!("buyer {n}"), url, self.client.clone());
        people.map(|person| self.registered(new(person))).collect()
    }

    fn registered(&self, buyer: Buyer) -> Buyer {
        self.users.register(&buyer.identity);
        buyer
    }

    /// A new event that is on sale.
    pub(crate) async fn create_event(&self, seats: u32) -> EventId {
        let (event, position) = self.events.create(seats).await;
        self.catch_up_to(position, event).await;
        event
    }

    /// The event has this many seats from now on.
    pub(crate) async fn grow(&self, event: EventId, seats: u32) {
        let position = self.events.change(event, |state| state.seat_count = seats).await;
        self.catch_up_to(position, event).await;
    }

    /// The terms of the event's sale are these from now on.
    pub(crate) async fn sell(&self, event: EventId, terms: SaleTerms) {
        let position = self.events.change(event, |state| state.sale = Some(terms)).await;
        self.catch_up_to(position, event).await;
    }

    /// The event is no more.
    pub(crate) async fn delete(&self, event: EventId) {
        let position = self.events.change(event, |state| state.deleted = true).await;
        self.catch_up_to(position, event).await;
    }

    /// As the event service does it after a change of this event, but for as long as it takes.
    pub(crate) async fn catch_up_to(&self, position: Position, event: EventId) {
        let body = json!({ "position": position.to_string(), "event_id": event.to_string() });
        eventually(&format!("ticketing has caught up to {position}"), async || {
            self.internal("/internal/catch-up", &body).await.status == 200
        })
        .await;
    }

    pub(crate) async fn catch_up(&self, position: &str) -> Answer {
        self.internal("/internal/catch-up", &json!({ "position": position })).await
    }

    /// What the event service is told about these events.
    pub(crate) async fn availability(&self, events: &[EventId]) -> Answer {
        let ids: Vec<String> = events.iter().map(ToString::to_string).collect();
        self.internal("/internal/availability", &json!({ "event_ids": ids })).await
    }

    /// How many of an event's seats are sold or held.
    pub(crate) async fn occupied(&self, event: EventId) -> Option<u32> {
        let answer = self.availability(&[event]).await.says("200");
        serde_json::from_str::<Occupied>(&answer.text).unwrap().occupied[0]
    }

    /// What the other services say to the first instance.
    pub(crate) async fn internal(&self, path: &str, body: &Value) -> Answer {
        let request = self.client.post(format!("{}{path}", self.url()));
        let request = request.header(CREDENTIAL_HEADER, CREDENTIAL).body(body.to_string());
        ask(format!("the event service's POST {path} {body}"), request).await
    }

    /// A GET of another part of the system, on nobody's behalf.
    pub(crate) async fn internal_get(&self, path: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.url())).header(CREDENTIAL_HEADER, CREDENTIAL);
        ask(format!("the gateway's GET {path}"), request).await
    }

    /// As somebody who is no part of the system.
    pub(crate) async fn as_a_stranger(&self, path: &str, body: &Value) -> Answer {
        let request = self.client.post(format!("{}{path}", self.url())).body(body.to_string());
        ask(format!("a stranger's POST {path}"), request).await
    }

    /// The payloads of this kind in the own outbox, in the order of the feed.
    pub(crate) fn told<T: serde::de::DeserializeOwned>(&self, kind: &str) -> Vec<T> {
        let query = format!("SELECT data FROM outbox WHERE kind = '{kind}' ORDER BY id");
        self.postgres.execute(&query).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    serve: ServeArgs,
}

/// One process of ticketing, within the test's.
pub(crate) struct Instance {
    pub(crate) lifecycle: Lifecycle,
    pub(crate) url: String,
}

impl Instance {
    pub(crate) async fn until_ready(&self) {
        eventually("the instance is ready", async || self.lifecycle.is_ready()).await;
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.lifecycle.end();
    }
}
