//! The good clients: buyers read an event, reserve and book a seat at a steady pace, and retry when they are asked to;
//! members log in.

use std::time::{Duration, Instant};

use booked_checker::history::{Call, Op, Outcome, Response};
use booked_load::client::Session;
use futures_util::future::{join, join_all};
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

use super::{
    accounts::PASSWORD,
    figures::{Attempts, Figures},
    options::Shopping,
    testbed::{Member, Testbed},
};

/// If a response does not tell how long to wait.
const PAUSE: Duration = Duration::from_millis(500);
/// Purchases for each log-in. A log-in takes a core for a quarter of a second, so there are fewer of them.
const PURCHASES_PER_LOG_IN: u32 = 5;

impl Shopping {
    /// No purchase starts after that.
    fn end(&self, start: Instant) -> Instant {
        start + self.every * self.purchases + self.patience
    }
}

/// The good clients of a turn.
pub(super) struct Clients<'a> {
    pub(super) testbed: &'a Testbed,
    pub(super) event: Uuid,
    pub(super) members: &'a [Member],
}

pub(super) struct TurnResult {
    pub(super) purchases: Figures,
    pub(super) log_ins: Figures,
    pub(super) calls: Vec<Call>,
}

impl Clients<'_> {
    /// Runs a whole turn.
    pub(super) async fn run(&self, shopping: &Shopping) -> TurnResult {
        let buyers = &self.testbed.buyers;
        let shares = u32::try_from(buyers.len()).unwrap_or(u32::MAX).max(1);
        let now = Instant::now();
        // Spread evenly, so that good clients are never synchronized.
        let starts = (0..shares).map(|number| now + shopping.every * number / shares);
        let buying = buyers.iter().zip(starts).map(|(session, start)| {
            let buyer = Buyer { session: session.clone(), calls: Vec::new(), purchases: Attempts::default() };
            buyer.run(self.event, start, shopping)
        });
        let logging_in = self.members.iter().map(|member| log_in(member, now, shopping));
        let (buyers, members) = join(join_all(buying), join_all(logging_in)).await;
        let mut turn =
            TurnResult { purchases: Figures::default(), log_ins: Figures::default(), calls: Vec::new() };
        for buyer in buyers {
            turn.purchases.add(buyer.purchases, buyer.calls.iter().map(took));
            turn.calls.extend(buyer.calls);
        }
        for (log_ins, calls) in members {
            turn.log_ins.add(log_ins, calls.into_iter());
        }
        turn
    }
}

/// Whether the call succeeded, and how long it took.
fn took(call: &Call) -> (bool, Duration) {
    let took = Duration::from_micros(call.ended_us.saturating_sub(call.sent_us));
    (matches!(call.outcome, Outcome::Ok(_)), took)
}

struct Buyer {
    session: Session,
    calls: Vec<Call>,
    purchases: Attempts,
}

impl Buyer {
    async fn run(mut self, event: Uuid, start: Instant, shopping: &Shopping) -> Self {
        for number in 0..shopping.purchases {
            self.purchases.offered += 1;
            let due = start + shopping.every * number;
            sleep_until(due.into()).await;
            let now = Instant::now();
            // A buyer that is so late was prevented from buying.
            if now < shopping.end(start) && self.buy(event, now + shopping.patience).await.is_some() {
                self.purchases.good += 1;
            }
        }
        self
    }

    async fn buy(&mut self, event_id: Uuid, until: Instant) -> Option<()> {
        // New connections each time: an attack does not keep out a client that is connected already.
        self.session = self.session.over_new_connections();
        self.call(Op::ReadEvent { event_id }, until).await?;
        let held = self.call(Op::Reserve { event_id, count: 1 }, until).await?;
        let Response::Held { ticket_ids, .. } = held else { return None };
        self.call(Op::Book { ticket_ids }, until).await.map(drop)
    }

    /// Repeats the call until it is done, definitely refused or out of time, and waits in between as long as it is told to.
    async fn call(&mut self, op: Op, until: Instant) -> Option<Response> {
        loop {
            let (call, pause) = self.session.call_with_pause(op.clone()).await;
            let outcome = call.outcome.clone();
            self.calls.push(call);
            match outcome {
                Outcome::Ok(response) => return Some(response).filter(|_| Instant::now() <= until),
                Outcome::Fail { status: 429 | 503, .. } | Outcome::Unknown { .. } => {}
                Outcome::Fail { .. } => return None,
            }
            if !wait(pause, until).await {
                return None;
            }
        }
    }
}

/// The log-ins of one member, and for each call whether it succeeded and how long it took.
async fn log_in(member: &Member, start: Instant, shopping: &Shopping) -> (Attempts, Vec<(bool, Duration)>) {
    let (mut log_ins, mut calls) = (Attempts::default(), Vec::new());
    for number in 0..shopping.purchases.div_ceil(PURCHASES_PER_LOG_IN) {
        log_ins.offered += 1;
        sleep_until((start + shopping.every * PURCHASES_PER_LOG_IN * number).into()).await;
        if Instant::now() >= shopping.end(start) {
            continue;
        }
        let until = Instant::now() + shopping.patience;
        let gateway = member.gateway.over_new_connections();
        loop {
            let sent = Instant::now();
            let response = gateway.send_log_in(&member.email, PASSWORD).await;
            let done = response.as_ref().is_ok_and(|response| response.status.is_success());
            calls.push((done, sent.elapsed()));
            if done {
                log_ins.good += u32::from(Instant::now() <= until);
                break;
            }
            if !wait(response.ok().and_then(|response| response.retry_after()), until).await {
                break;
            }
        }
    }
    (log_ins, calls)
}

/// Waits before the next attempt; false if there is no time for it.
async fn wait(pause: Option<Duration>, until: Instant) -> bool {
    let pause = pause.unwrap_or(PAUSE);
    if Instant::now() + pause > until {
        return false;
    }
    sleep(pause).await;
    true
}
