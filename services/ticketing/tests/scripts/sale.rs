//! An event in a Valkey database of its own: the pool that is tested, and a raw connection that sees and changes every
//! key behind its back.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use booked_ids::{EventId, SeatNumber, UserId};
use booked_sandbox::test_valkey_url;
use booked_server::settings::Unchecked;
use booked_ticketing::{
    domain::{
        count::SeatsWanted,
        seat::{AttemptId, SeatState},
        terms::Terms,
    },
    outbound::valkey::{HoldLimit, Lifetimes, Valkey, ValkeySeats, ValkeySettings},
    ports::{
        Claimed, Claims as _, EventRecord, Holds as _, Inventory as _, LeaseNonce, Reserved, Settlement,
    },
};
use redis::aio::MultiplexedConnection;
use tokio::runtime::Handle;
use uuid::Uuid;

pub(crate) const HOLD: Duration = Duration::from_secs(600);
const FIXED_KEYS: [&str; 6] = ["taken", "holds", "settling", "claims", "meta", "load"];

pub(crate) struct Sale {
    pub(crate) pool: ValkeySeats,
    pub(crate) event: EventId,
    raw: MultiplexedConnection,
}

/// Everything that Valkey keeps of an event, seats by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// None: there is no inventory.
    pub(crate) bits: Option<BTreeSet<u32>>,
    pub(crate) holds: BTreeMap<u32, i64>,
    pub(crate) settling: BTreeMap<u32, i64>,
    pub(crate) claims: BTreeMap<u32, String>,
    pub(crate) pairs: BTreeMap<u32, UserId>,
    pub(crate) meta: BTreeMap<String, String>,
    /// What users hold, or held lately, by the end of each hold.
    pub(crate) held_lately: BTreeMap<UserId, BTreeMap<u32, i64>>,
}

pub(crate) fn seat(number: u32) -> SeatNumber {
    SeatNumber::new(number).unwrap()
}

pub(crate) fn seats(numbers: impl IntoIterator<Item = u32>) -> Vec<SeatNumber> {
    numbers.into_iter().map(seat).collect()
}

pub(crate) fn numbers(seats: &[SeatNumber]) -> Vec<u32> {
    seats.iter().map(|seat| seat.get()).collect()
}

pub(crate) fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn attempt(number: u128) -> AttemptId {
    AttemptId(Uuid::from_u128(0xa_0000 + number))
}

pub(crate) fn event(number: u8) -> EventId {
    EventId::new(1_900_000_000_000, [number; 16])
}

pub(crate) fn settled(numbers: impl IntoIterator<Item = u32>, sold: bool) -> Vec<Settlement> {
    numbers.into_iter().map(|number| Settlement { seat: seat(number), sold }).collect()
}

impl Sale {
    /// An event without an inventory.
    pub(crate) async fn not_loaded() -> Self {
        let url = test_valkey_url();
        let raw = redis::Client::open(url.as_str()).unwrap();
        let raw = raw.get_multiplexed_async_connection().await.unwrap();
        let texts = [("VALKEY_URL", url.as_str()), ("VALKEY_TIMEOUT_MS", "10000")];
        let settings = Unchecked::<ValkeySettings>::of(texts).check().unwrap();
        let lifetimes =
            Lifetimes { hold: HOLD, claim: Duration::from_secs(60), load_lease: Duration::from_secs(60) };
        let pool = ValkeySeats::new(Valkey::new(settings, Handle::current()), lifetimes);
        Self { pool, event: event(1), raw }
    }

    /// The same event, of which a user may hold this many seats, and holds that ended lately count.
    pub(crate) fn limited(self, seats: u32, cooldown: Duration) -> Self {
        Self { pool: self.pool.limited(HoldLimit { seats, cooldown, max_per_buyer: 0 }), ..self }
    }

    /// An event with this many seats, of which these are sold.
    pub(crate) async fn with(capacity: u32, sold: impl IntoIterator<Item = u32>) -> Self {
        let sale = Self::not_loaded().await;
        sale.publish(capacity, sold).await;
        sale
    }

    pub(crate) async fn publish(&self, capacity: u32, sold: impl IntoIterator<Item = u32>) {
        let nonce = LeaseNonce(Uuid::from_u128(7));
        assert!(self.pool.acquire_load(self.event, nonce).await.unwrap());
        assert!(
            self.pool.publish(EventRecord::new(self.event, capacity), nonce, &seats(sold)).await.unwrap()
        );
    }

    /// The terms of the sale are these.
    pub(crate) async fn sell(&self, terms: Terms) {
        let capacity = u32::try_from(self.raw::<i64>("HGET E:meta capacity").await).unwrap();
        self.pool.follow(EventRecord { id: self.event, capacity, terms }).await.unwrap();
    }

    /// The capacity rises to this.
    pub(crate) async fn follow(&self, capacity: u32) {
        self.pool.follow(EventRecord::new(self.event, capacity)).await.unwrap();
    }

    pub(crate) async fn reserve(&self, user: UserId, count: i64) -> Reserved {
        self.pool.reserve(self.event, user, SeatsWanted::new(count).unwrap(), None).await.unwrap().what
    }

    /// Reserves, and answers the seats' numbers.
    pub(crate) async fn hold(&self, user: UserId, count: i64) -> Vec<u32> {
        match self.reserve(user, count).await {
            Reserved::Held { seats, .. } => numbers(&seats),
            other => panic!("{count} seats were to be held: {other:?}"),
        }
    }

    pub(crate) async fn claim(&self, user: UserId, attempt: AttemptId, numbers: &[u32]) -> Claimed {
        self.pool.claim(self.event, user, attempt, &seats(numbers.iter().copied())).await.unwrap()
    }

    pub(crate) async fn claim_sold(&self, attempt: AttemptId, asked: &[u32]) -> Vec<u32> {
        let asked = seats(asked.iter().copied());
        numbers(&self.pool.claim_sold(self.event, attempt, Some(user(9)), &asked).await.unwrap())
    }

    pub(crate) async fn inspect(&self, numbers: &[u32]) -> Vec<SeatState> {
        let asked = seats(numbers.iter().copied());
        self.pool.inspect(self.event, &asked).await.unwrap().expect("there is a map").seats
    }

    pub(crate) async fn occupied(&self) -> Option<u32> {
        self.pool.occupied(&[self.event]).await.unwrap()[0]
    }

    /// Sends a command that is written as it would be in a shell; `E:` stands for what the event's keys begin with.
    pub(crate) async fn raw<T: redis::FromRedisValue>(&self, command: &str) -> T {
        let mut words = command.split(' ');
        let mut built = redis::cmd(words.next().unwrap());
        for word in words {
            built.arg(word.strip_prefix("E:").map_or(word.to_owned(), |name| self.key(name)));
        }
        built.query_async(&mut self.raw.clone()).await.unwrap()
    }

    /// Sets when a hold ends; its pair stays or goes, as Valkey's own expiry may be early or late.
    pub(crate) async fn move_hold(&self, number: u32, unix_ms: i64, is_pair_gone: bool) {
        let moved: u32 = self.raw(&format!("ZADD E:holds XX CH {unix_ms} {number}")).await;
        assert_eq!(moved, 1, "seat {number} has no hold");
        if is_pair_gone {
            let _: u32 = self.raw(&format!("DEL E:{}", self.event.ticket(seat(number)))).await;
        }
    }

    /// Makes a claim overdue.
    pub(crate) async fn make_overdue(&self, number: u32) {
        let moved: u32 = self.raw(&format!("ZADD E:settling XX CH {number} {number}")).await;
        assert_eq!(moved, 1, "seat {number} has no claim, or one that is overdue already");
    }

    pub(crate) fn key(&self, name: &str) -> String {
        format!("{{{}}}:{name}", self.event)
    }

    /// The names of all the event's keys, without what they begin with.
    pub(crate) async fn key_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.raw::<Vec<String>>("KEYS E:*").await;
        names.iter_mut().for_each(|name| *name = name.split_off(self.key("").len()));
        names.sort();
        names
    }

    pub(crate) async fn kept(&self) -> Kept {
        let names = self.key_names().await;
        let users = names.iter().filter_map(|name| name.strip_prefix("of:"));
        let users: Vec<UserId> = users.map(|user| user.parse().unwrap()).collect();
        let mut held_lately = BTreeMap::new();
        for user in users {
            let held: Vec<(u32, i64)> = self.raw(&format!("ZRANGE E:of:{user} 0 -1 WITHSCORES")).await;
            held_lately.insert(user, held.into_iter().collect());
        }
        let is_ticket = |name: &&String| {
            !FIXED_KEYS.contains(&name.as_str()) && !name.starts_with("of:") && !name.starts_with("buyer:")
        };
        let tickets: Vec<&String> = names.iter().filter(is_ticket).collect();
        let mut pipe = redis::pipe();
        pipe.get(self.key("taken")).zrange_withscores(self.key("holds"), 0, -1);
        pipe.zrange_withscores(self.key("settling"), 0, -1);
        pipe.hgetall(self.key("claims")).hgetall(self.key("meta"));
        pipe.cmd("MGET").arg(self.key("nobody"));
        tickets.iter().for_each(|name| {
            pipe.arg(self.key(name));
        });
        type Answers = (
            Option<Vec<u8>>,
            Vec<(u32, i64)>,
            Vec<(u32, i64)>,
            BTreeMap<u32, String>,
            BTreeMap<String, String>,
            Vec<Option<String>>,
        );
        let (bytes, holds, settling, claims, meta, users): Answers =
            pipe.query_async(&mut self.raw.clone()).await.unwrap();
        let pairs = tickets.iter().zip(users.into_iter().skip(1)).filter_map(|(name, user)| {
            let number = u32::from_str_radix(&name[28..], 16).expect("a ticket's id");
            Some((number, user?.parse().unwrap()))
        });
        Kept {
            bits: bytes.map(|bytes| bits_of(&bytes)),
            holds: holds.into_iter().collect(),
            settling: settling.into_iter().collect(),
            claims,
            pairs: pairs.collect(),
            meta,
            held_lately,
        }
    }
}

fn bits_of(bytes: &[u8]) -> BTreeSet<u32> {
    let bits = bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0));
    (1..).zip(bits).filter_map(|(number, is_set)| is_set.then_some(number)).collect()
}

impl Kept {
    fn meta(&self, field: &str) -> i64 {
        self.meta.get(field).unwrap_or_else(|| panic!("meta has no {field}")).parse().unwrap()
    }

    /// What must be true after every step, whatever came before.
    pub(crate) fn assert_whole(&self) {
        let Some(bits) = &self.bits else { return };
        let capacity = self.meta("capacity");
        assert_eq!(self.meta("taken"), i64::try_from(bits.len()).unwrap(), "the count of taken seats");
        assert!(bits.last().is_none_or(|last| i64::from(*last) <= capacity), "a seat beyond the capacity");
        let lowest_free = (1..).find(|number| !bits.contains(number)).unwrap();
        assert!(self.meta("hint") < i64::from(lowest_free), "the hint is above free seat {lowest_free}");
        let claimed: Vec<_> = self.claims.keys().collect();
        assert_eq!(claimed, self.settling.keys().collect::<Vec<_>>(), "claims and settling seats");
        for number in self.holds.keys().chain(self.claims.keys()) {
            assert!(bits.contains(number), "seat {number} is held or claimed, and its bit is not set");
        }
        for number in self.holds.keys() {
            assert!(!self.claims.contains_key(number), "seat {number} is both held and claimed");
        }
    }

    pub(crate) fn freed(&self) -> Option<(String, i64)> {
        self.bits.as_ref()?;
        Some((self.meta.get("epoch").unwrap().clone(), self.meta("freed")))
    }
}
