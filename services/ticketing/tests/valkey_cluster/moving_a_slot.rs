//! A slot moves to another node while its event is sold: scripts are refused whole until it has moved, and nothing is
//! half done.

use std::time::Duration;

use booked_failure::Failure;
use booked_ids::EventId;
use booked_sandbox::ValkeyServer;
use booked_ticketing::{
    domain::{
        count::SeatsWanted,
        seat::{AttemptId, SeatState},
    },
    ports::{EventRecord, LeaseNonce, Settlement},
    usecases::{Context, ReserveError},
};
use uuid::Uuid;

use crate::world::{CAPACITY, World, user};

/// A slot on its way from one node to another.
struct Move<'a> {
    world: &'a World,
    slot: String,
    from: usize,
    to: usize,
}

impl Move<'_> {
    fn node(&self, index: usize) -> &ValkeyServer {
        &self.world.cluster.nodes()[index]
    }

    fn id_of(&self, index: usize) -> String {
        self.node(index).command(&["CLUSTER", "MYID"]).unwrap()
    }

    fn set(&self, index: usize, state: &str, other: usize) {
        self.node(index).command(&["CLUSTER", "SETSLOT", &self.slot, state, &self.id_of(other)]).unwrap();
    }

    fn begin(&self) {
        self.set(self.to, "IMPORTING", self.from);
        self.set(self.from, "MIGRATING", self.to);
    }

    /// Moves those keys of the slot that are still where they were and whose names end so.
    fn carry(&self, ending: &str) {
        let keys = self.node(self.from).command(&["CLUSTER", "GETKEYSINSLOT", &self.slot, "1000"]).unwrap();
        let port = self.node(self.to).port().to_string();
        for key in keys.lines().map(str::trim).filter(|key| key.ends_with(ending)) {
            let done = self.node(self.from).command(&["MIGRATE", "127.0.0.1", &port, key, "0", "5000"]);
            assert_eq!(done.unwrap(), "OK", "{key}");
        }
    }

    fn end(&self) {
        for index in [self.to, self.from, 3 - self.to - self.from] {
            self.set(index, "NODE", self.to);
        }
    }

    /// All keys of the slot with their content, wherever they are.
    fn kept(&self) -> Vec<String> {
        let mut kept = Vec::new();
        for index in [self.from, self.to] {
            let keys = self.node(index).command(&["CLUSTER", "GETKEYSINSLOT", &self.slot, "1000"]).unwrap();
            for key in keys.lines().map(str::trim).filter(|key| !key.is_empty()) {
                // Both may answer for a slot that moves.
                let read = "redis.setresp(3) local kind = redis.call('TYPE', KEYS[1]).ok
                    if kind == 'string' then return redis.call('GET', KEYS[1]) end
                    if kind == 'zset' then return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES') end
                    local all = redis.call('HGETALL', KEYS[1]).map local fields = {}
                    for field, value in pairs(all) do fields[#fields + 1] = field .. '=' .. value end
                    table.sort(fields) return fields";
                let content = ask(self.node(index), &["EVAL", read, "1", key]);
                kept.push(format!("{key}: {content}"));
            }
        }
        kept.sort();
        kept
    }
}

/// A node that imports a slot answers for it only to who says that it was sent there.
fn ask(node: &ValkeyServer, words: &[&str]) -> String {
    let client = redis::Client::open(node.url()).unwrap();
    let mut connection = client.get_connection_with_timeout(Duration::from_secs(10)).unwrap();
    redis::cmd("ASKING").query::<()>(&mut connection).unwrap();
    let mut command = redis::Cmd::new();
    words.iter().for_each(|word| {
        command.arg(*word);
    });
    let value: redis::Value = command.query(&mut connection).unwrap();
    format!("{value:?}")
}

/// Takes every step that changes anything, and asserts that it was refused and surely did nothing.
async fn assert_refused(context: &Context, event: EventId, seats: &[SeatState]) {
    let (attempt, numbers) = (AttemptId(Uuid::from_u128(1)), [seats[0].seat]);
    let unsold = [Settlement { seat: seats[0].seat, sold: false }];
    let nonce = LeaseNonce(Uuid::from_u128(1));
    let outcomes = [
        context.holds.reserve(event, user(7), SeatsWanted::new(2).unwrap(), None).await.map(drop),
        context.claims.claim(event, user(1), attempt, &numbers).await.map(drop),
        context.claims.finish(event, attempt, None, &numbers).await.map(drop),
        context.claims.restore_hold(event, attempt, &numbers).await.map(drop),
        context.holds.release(event, user(1), &numbers, None).await.map(drop),
        context.claims.claim_sold(event, attempt, None, &numbers).await.map(drop),
        context.claims.settle(event, attempt, &unsold, None).await.map(drop),
        context.holds.expire_holds(event, 10).await.map(drop),
        context.inventory.follow(EventRecord::new(event, CAPACITY + 1)).await.map(drop),
        context.inventory.repair(event, seats).await.map(drop),
        context.inventory.publish(EventRecord::new(event, CAPACITY), nonce, &[]).await.map(drop),
        context.inventory.drop_event(event).await,
        context.inventory.occupied(&[event]).await.map(drop),
    ];
    for (number, outcome) in outcomes.into_iter().enumerate() {
        assert!(matches!(outcome, Err(Failure::NotDone(_))), "step {number}: {outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_its_slot_moves_an_event_waits_and_nothing_is_half_done() {
    let world = World::new().await;
    let by_node = world.events_on_every_node(1).await;
    let (event, other) = (by_node[0][0], by_node[1][0]);
    let tickets = world.reserve(user(1), event, 4).await.unwrap();
    world.book(user(1), &tickets[..2]).await.unwrap();
    let held = world
        .context
        .holds
        .inspect(event, &[tickets[2].seat(), tickets[3].seat()])
        .await
        .unwrap()
        .unwrap()
        .seats;
    let slot = world.slot_of(&format!("{{{event}}}:taken")).to_string();
    let moving = Move { world: &world, slot, from: 0, to: 1 };
    let before = moving.kept();

    moving.begin();
    for ending in ["nothing yet", "taken", "holds", "meta", "0003", ""] {
        moving.carry(ending);
        assert_refused(&world.context, event, &held).await;
        let reserved = world.reserve(user(2), event, 1).await;
        assert!(matches!(reserved, Err(ReserveError::Failed(Failure::NotDone(_)))), "{reserved:?}");
        assert_eq!(moving.kept(), before, "after the keys on {ending:?}");
        world.reserve(user(2), other, 1).await.expect("an event of another slot goes on");
    }
    moving.end();

    let more = world.reserve(user(2), event, 1).await.expect("it goes on at the other node");
    assert_eq!(more[0].seat().get(), 5);
    world.book(user(1), &tickets).await.expect("the hold is as good as before");
    assert_eq!(world.occupied(&[event]).await.unwrap(), [5]);
}
