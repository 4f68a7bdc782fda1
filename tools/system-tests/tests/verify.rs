//! The history checker on a real system: nothing is found in what buyers did, and everything that is then damaged by hand.

#![expect(clippy::panic, clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::time::Duration;

use booked_checker::{
    Limits, Report, Sources,
    history::{Call, Line, Op, Outcome, Response},
    verify,
};
use booked_load::client::{Gateway, KeyedCall, Session, Timeouts};
use booked_system_tests::{World, eventually};
use futures_util::future::{join, join_all};
use uuid::Uuid;

const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(5), response: Duration::from_secs(20) };
const SETTLES: Duration = Duration::from_secs(20);
const SEATS: u32 = 40;
const BUYERS: usize = 4;
/// Judged while buyers are at work.
const LOOKS_MEANWHILE: u32 = 3;
const TICKETING: &str = "booked_ticketing";

/// A client and what it recorded.
struct Client {
    session: Session,
    calls: Vec<Call>,
}

impl Client {
    async fn log_in(gateway: &Gateway, email: &str, password: &str) -> Self {
        Self { session: gateway.log_in(email, password).await.unwrap(), calls: Vec::new() }
    }

    async fn call(&mut self, op: Op) -> Outcome {
        let call = self.session.call(op).await;
        self.calls.push(call.clone());
        call.outcome
    }

    async fn done(&mut self, op: Op) -> Response {
        match self.call(op).await {
            Outcome::Ok(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// Sends it twice, with one key.
    async fn done_once(&mut self, op: Op) {
        let mut call = KeyedCall::new(&self.session, op);
        call.send().await;
        call.send().await;
        let call = call.recorded();
        assert!(matches!(call.outcome, Outcome::Ok(_)), "{call:?}");
        self.calls.push(call);
    }

    async fn create(&mut self, seat_count: u32) -> Uuid {
        match self.done(Op::CreateEvent { seat_count, max_per_buyer: Some(100) }).await {
            Response::Created { event_id } => event_id,
            other => panic!("{other:?}"),
        }
    }

    async fn reserve(&mut self, event_id: Uuid, count: u32) -> Vec<Uuid> {
        match self.done(Op::Reserve { event_id, count }).await {
            Response::Held { ticket_ids, .. } => ticket_ids,
            other => panic!("{other:?}"),
        }
    }

    async fn buy(&mut self, event_id: Uuid, count: u32) {
        let ticket_ids = self.reserve(event_id, count).await;
        self.done(Op::Book { ticket_ids }).await;
    }

    /// A little of everything, none of it beyond the seats: at most seven at a time.
    async fn does_everything(&mut self, event_id: Uuid) {
        self.buy(event_id, 3).await;
        let ticket_ids = self.reserve(event_id, 2).await;
        self.done(Op::Book { ticket_ids: ticket_ids.clone() }).await;
        self.done(Op::Book { ticket_ids }).await;
        self.done(Op::ListBookings).await;
        self.done_once(Op::Cancel { event_id, count: 3 }).await;
        let ticket_ids = self.reserve(event_id, 2).await;
        self.done(Op::Book { ticket_ids: ticket_ids.clone() }).await;
        self.done_once(Op::CancelTickets { ticket_ids: vec![ticket_ids[1]] }).await;
        self.done_once(Op::CancelTickets { ticket_ids: vec![ticket_ids[0]] }).await;
        self.done(Op::ReadEvent { event_id }).await;
        let ticket_ids = self.reserve(event_id, 2).await;
        self.done(Op::Release { ticket_ids: ticket_ids.clone() }).await;
        let Outcome::Fail { .. } = self.call(Op::Book { ticket_ids }).await else {
            panic!("it was released")
        };
        self.done(Op::ListBookings).await;
        // Held to the end.
        self.reserve(event_id, 1).await;
    }
}

/// What buyers recorded, and the event at which they were.
async fn a_busy_minute(world: &World) -> (Uuid, Vec<Line>) {
    let gateway = Gateway::new(&world.system.gateway_url(), TIMEOUTS).unwrap();
    let admin = world.system.admin();
    let mut admin = Client::log_in(&gateway, &admin.email, &admin.password).await;
    let mut buyers = Vec::new();
    for _ in 0..BUYERS {
        let member = world.member().await.unwrap();
        buyers.push(Client::log_in(&gateway, &member.email, World::PASSWORD).await);
    }
    let event = admin.create(SEATS).await;
    join_all(buyers.iter_mut().map(|buyer| buyer.does_everything(event))).await;

    let small = admin.create(1).await;
    buyers[0].buy(small, 1).await;
    buyers[1].done(Op::AddToWaitlist { event_id: small, count: 1 }).await;
    buyers[0].done(Op::Cancel { event_id: small, count: 1 }).await;
    admin.done(Op::GrowEvent { event_id: small, seat_count: 2 }).await;
    eventually(SETTLES, "somebody is told", async || match rows(world, "SELECT FROM notifications") {
        1 => Ok(()),
        count => Err(format!("{count} messages")),
    })
    .await;
    let deleted = admin.create(2).await;
    buyers[0].buy(deleted, 1).await;
    admin.done(Op::DeleteEvent { event_id: deleted }).await;

    let calls = buyers.into_iter().chain([admin]).flat_map(|client| client.calls);
    (event, calls.map(Line::Call).collect())
}

fn rows(world: &World, query: &str) -> usize {
    let count = format!("SELECT count(*) FROM ({query}) AS counted");
    postgres(world, TICKETING, &count).trim().parse().unwrap()
}

fn postgres(world: &World, database: &str, sql: &str) -> String {
    world.system.postgres().unwrap().execute(database, sql).unwrap()
}

async fn judged(world: &World, history: &[Line], patience: Duration) -> Report {
    let limits = Limits { settle_timeout: patience, ..Limits::default() };
    let sources = Sources { limits, ..world.system.sources().unwrap() };
    verify(&sources, history.to_vec()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_buyers_did_is_valid_and_whatever_is_damaged_by_hand_is_found() {
    let world = World::start(&[]).await;
    let meanwhile = async {
        for _ in 0..LOOKS_MEANWHILE {
            let report = judged(&world, &[], SETTLES).await;
            assert!(report.valid, "while it moves: {report}");
        }
    };
    let ((event, history), ()) = join(a_busy_minute(&world), meanwhile).await;

    let report = judged(&world, &history, SETTLES).await;
    assert!(report.valid, "{report}");
    assert!(report.rules.iter().all(|rule| rule.checked.values().any(|count| *count > 0)), "{report}");

    let bit = format!("{{{event}}}:taken");
    let last = (SEATS - 1).to_string();
    world.system.valkey().unwrap().command(&["SETBIT", &bit, &last, "1"]).unwrap();
    let damages = [
        (TICKETING, "DELETE FROM tickets WHERE id IN (SELECT id FROM tickets LIMIT 1)"),
        (TICKETING, "UPDATE notifications SET seats = 99"),
        (TICKETING, "UPDATE bookings SET booked = false"),
        ("booked_analytics", "UPDATE events SET ever_booked = ever_booked + 1"),
        ("booked_event", "UPDATE events SET seat_count = seat_count + 1"),
    ];
    for (database, sql) in damages {
        postgres(&world, database, sql);
    }

    let report = judged(&world, &history, Duration::ZERO).await;
    let found = [
        (1, "is gone, though nobody cancelled it"),
        (3, "is taken, and neither held nor settling nor sold"),
        (3, "ticketing and the event service differ"),
        (4, "differ about event"),
        (6, "is void, and the ledger says otherwise"),
        (7, "more seats than requested"),
    ];
    for (rule, words) in found {
        let mut findings = report.rules.iter().filter(|it| it.number == rule).flat_map(|it| &it.findings);
        assert!(findings.any(|finding| finding.what.contains(words)), "no {words:?} in\n{report}");
    }

    postgres(&world, TICKETING, "DELETE FROM outbox WHERE kind = 'booked.ticketing.tickets_booked'");
    let report = judged(&world, &history, Duration::ZERO).await;
    assert!(report.rules[1].found > 0, "{report}");
}
