//! The good buyers: each looks, reserves and books a seat now and then, and comes again where they are asked to.

use std::time::{Duration, Instant};

use booked_checker::history::{Call, Op, Outcome, Response};
use booked_load::client::Session;
use futures_util::future::{join, join_all};
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

use super::{
    figures::{Figures, Visits},
    stage::{Stage, Visitor, password},
};

/// Where an answer does not say how long to wait.
const PAUSE: Duration = Duration::from_millis(500);
/// A log-in costs a quarter of a second of a core, so they come less often than purchases.
const LOG_IN_EVERY: u32 = 5;

/// What each buyer does in a turn.
#[derive(Clone, Copy, Debug)]
pub struct Shopping {
    /// So many purchases.
    pub purchases: u32,
    /// They begin so far apart, however long each takes.
    pub every: Duration,
    /// How long a purchase may take, with all its attempts; a longer one was none.
    pub patience: Duration,
}

impl Shopping {
    /// From then on nothing begins.
    fn ends(&self, began: Instant) -> Instant {
        began + self.every * self.purchases + self.patience
    }
}

/// The good ones of a turn.
pub(super) struct Crowd<'a> {
    pub(super) stage: &'a Stage,
    pub(super) event: Uuid,
    /// Whether some log in meanwhile.
    pub(super) victims: bool,
    /// Whether these all are the owner of the account that is guessed.
    pub(super) guessed: bool,
}

/// What came of a turn.
pub(super) struct Turn {
    pub(super) purchases: Figures,
    pub(super) log_ins: Figures,
    pub(super) calls: Vec<Call>,
}

impl Crowd<'_> {
    /// A turn from its beginning to its end.
    pub(super) async fn shops(&self, shopping: &Shopping) -> Turn {
        let buyers = &self.stage.buyers;
        let shares = u32::try_from(buyers.len()).unwrap_or(u32::MAX).max(1);
        let began = Instant::now();
        // Evenly spread, so that they do not come in step by themselves.
        let begins = (0..shares).map(|number| began + shopping.every * number / shares);
        let buying = buyers.iter().zip(begins).map(|(session, begins)| {
            let buyer = Buyer { session: session.clone(), calls: Vec::new(), visits: Visits::default() };
            buyer.buys(self.event, begins, shopping)
        });
        let visitors = match (self.victims, self.guessed) {
            (false, _) => &[][..],
            (true, false) => &self.stage.visitors,
            (true, true) => &self.stage.guessed,
        };
        let entering = visitors.iter().map(|visitor| log_in(visitor, began, shopping));
        let (bought, entered) = join(join_all(buying), join_all(entering)).await;
        let mut turn = Turn { purchases: Figures::default(), log_ins: Figures::default(), calls: Vec::new() };
        for buyer in bought {
            turn.purchases.add(buyer.visits, buyer.calls.iter().map(took));
            turn.calls.extend(buyer.calls);
        }
        for (visits, took) in entered {
            turn.log_ins.add(visits, took.into_iter());
        }
        turn
    }
}

/// Whether it was done, and how long it took.
fn took(call: &Call) -> (bool, Duration) {
    let took = Duration::from_micros(call.ended_us.saturating_sub(call.sent_us));
    (matches!(call.outcome, Outcome::Ok(_)), took)
}

struct Buyer {
    session: Session,
    calls: Vec<Call>,
    visits: Visits,
}

impl Buyer {
    async fn buys(mut self, event: Uuid, begins: Instant, shopping: &Shopping) -> Self {
        for number in 0..shopping.purchases {
            self.visits.offered += 1;
            let due = begins + shopping.every * number;
            sleep_until(due.into()).await;
            let now = Instant::now();
            // Who is that late has been kept from buying.
            if now < shopping.ends(begins) && self.buys_one(event, now + shopping.patience).await.is_some() {
                self.visits.good += 1;
            }
        }
        self
    }

    async fn buys_one(&mut self, event_id: Uuid, until: Instant) -> Option<()> {
        // Each time anew: who is there already is not shut out.
        self.session = self.session.over_new_connections();
        self.ask(Op::ReadEvent { event_id }, until).await?;
        let held = self.ask(Op::Reserve { event_id, count: 1 }, until).await?;
        let Response::Held { ticket_ids, .. } = held else { return None };
        self.ask(Op::Book { ticket_ids }, until).await.map(drop)
    }

    /// Asks until it is done or refused for good, as long as there is time; again only when it may.
    async fn ask(&mut self, op: Op, until: Instant) -> Option<Response> {
        loop {
            let (call, pause) = self.session.call_with_pause(op.clone()).await;
            let outcome = call.outcome.clone();
            self.calls.push(call);
            match outcome {
                Outcome::Ok(answer) => return Some(answer).filter(|_| Instant::now() <= until),
                Outcome::Fail { status: 429 | 503, .. } | Outcome::Unknown { .. } => {}
                Outcome::Fail { .. } => return None,
            }
            if !waits(pause, until).await {
                return None;
            }
        }
    }
}

/// Log-ins of one person, and how long each call took.
async fn log_in(visitor: &Visitor, begins: Instant, shopping: &Shopping) -> (Visits, Vec<(bool, Duration)>) {
    let (mut visits, mut all) = (Visits::default(), Vec::new());
    for number in 0..shopping.purchases.div_ceil(LOG_IN_EVERY) {
        visits.offered += 1;
        sleep_until((begins + shopping.every * LOG_IN_EVERY * number).into()).await;
        if Instant::now() >= shopping.ends(begins) {
            continue;
        }
        let until = Instant::now() + shopping.patience;
        let gateway = visitor.gateway.over_new_connections();
        loop {
            let sent = Instant::now();
            let answered = gateway.ask_log_in(&visitor.email, password()).await;
            let done = answered.as_ref().is_ok_and(|answer| answer.status.is_success());
            all.push((done, sent.elapsed()));
            if done {
                visits.good += u32::from(Instant::now() <= until);
                break;
            }
            if !waits(answered.ok().and_then(|answer| answer.retry_after), until).await {
                break;
            }
        }
    }
    (visits, all)
}

/// Waits before the next attempt; no where there is no time for it.
async fn waits(pause: Option<Duration>, until: Instant) -> bool {
    let pause = pause.unwrap_or(PAUSE);
    if Instant::now() + pause > until {
        return false;
    }
    sleep(pause).await;
    true
}
