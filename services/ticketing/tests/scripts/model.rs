//! An event's seats as a plain model: what the scripts must do, said once more and without cleverness.

use std::collections::{BTreeMap, BTreeSet};

use booked_ids::UserId;
use booked_ticketing::domain::seat::{AttemptId, ClaimKind};

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// As many seats a user may hold.
    pub(crate) held_max: usize,
    /// So long a hold counts after its end.
    pub(crate) cooldown_ms: i64,
    /// None: there is no inventory.
    pub(crate) map: Option<Map>,
    /// Pairs may be left of an inventory that was lost.
    pub(crate) pairs: BTreeMap<u32, UserId>,
    /// What users hold, or held lately, by the end of each hold; it outlives an inventory.
    pub(crate) held_lately: BTreeMap<UserId, BTreeMap<u32, i64>>,
    /// Before this no hold was made: an expiry that is older has passed.
    pub(crate) began_unix_ms: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Map {
    pub(crate) capacity: u32,
    pub(crate) freed: i64,
    pub(crate) bits: BTreeSet<u32>,
    /// Held seats and when their holds end.
    pub(crate) holds: BTreeMap<u32, i64>,
    pub(crate) claims: BTreeMap<u32, Claimed>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claimed {
    pub(crate) attempt: AttemptId,
    pub(crate) kind: ClaimKind,
    pub(crate) hold: Option<(UserId, i64)>,
    pub(crate) canceller: Option<UserId>,
    pub(crate) is_overdue: bool,
}

impl Claimed {
    /// Whose booking or cancel it is for.
    pub(crate) fn user(&self) -> Option<UserId> {
        self.canceller.or(self.hold.map(|(user, _)| user))
    }
}

/// A seat's hold as it was read: its holder, where the pair is there still, and its expiry.
pub(crate) type HoldRead = Option<(Option<UserId>, i64)>;

/// How a script that may be refused ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended<T> {
    NotLoaded,
    Refused,
    Done(T),
}

impl Map {
    pub(crate) fn of(capacity: u32, sold: impl IntoIterator<Item = u32>) -> Self {
        let bits = sold.into_iter().collect();
        Self { capacity, freed: 0, bits, holds: BTreeMap::new(), claims: BTreeMap::new() }
    }

    pub(crate) fn looks_sold(&self, seat: u32) -> bool {
        self.bits.contains(&seat) && !self.holds.contains_key(&seat) && !self.claims.contains_key(&seat)
    }

    fn free(&mut self, seat: u32) {
        self.freed += i64::from(self.bits.remove(&seat));
    }

    fn claimed_by(&self, attempt: AttemptId, seats: &[u32]) -> Vec<u32> {
        let is_mine = |seat: &&u32| self.claims.get(seat).is_some_and(|claim| claim.attempt == attempt);
        seats.iter().filter(is_mine).copied().collect()
    }

    /// The free seats, in runs of neighbours.
    fn runs(&self) -> Vec<Vec<u32>> {
        let mut runs: Vec<Vec<u32>> = Vec::new();
        for seat in (1..=self.capacity).filter(|seat| !self.bits.contains(seat)) {
            match runs.last_mut() {
                Some(run) if run.last() == Some(&(seat - 1)) => run.push(seat),
                _ => runs.push(vec![seat]),
            }
        }
        runs
    }
}

impl Model {
    pub(crate) fn has_passed(&self, expiry: i64) -> bool {
        expiry < self.began_unix_ms
    }

    fn is_held(&self, map: &Map, seat: u32, user: UserId) -> bool {
        let good = map.holds.get(&seat).is_some_and(|expiry| !self.has_passed(*expiry));
        good && self.pairs.get(&seat) == Some(&user) && !map.claims.contains_key(&seat)
    }

    fn all_held(&self, map: &Map, seats: &[u32], user: UserId) -> bool {
        seats.iter().all(|seat| self.is_held(map, *seat, user))
    }

    fn end_passed_holds(&mut self, limit: usize) -> u32 {
        let Some(map) = &self.map else { return 0 };
        let mut passed: Vec<(i64, String, u32)> = map
            .holds
            .iter()
            .filter(|(_, expiry)| self.has_passed(**expiry))
            .map(|(seat, expiry)| (*expiry, seat.to_string(), *seat))
            .collect();
        passed.sort();
        passed.truncate(limit);
        let Some(map) = &mut self.map else { return 0 };
        for (_, _, seat) in &passed {
            map.holds.remove(seat);
            map.free(*seat);
            self.pairs.remove(seat);
        }
        u32::try_from(passed.len()).unwrap()
    }

    /// The holds' expiry comes from Valkey's clock.
    pub(crate) fn reserve(&mut self, user: UserId, count: u16, expiry: i64) -> Ended<Vec<u32>> {
        let count = usize::from(count);
        let free = |map: &Map| usize::try_from(map.capacity).unwrap() - map.bits.len();
        if self.map.as_ref().is_some_and(|map| free(map) < count) {
            self.end_passed_holds(count);
        }
        let mine = self.held_lately.entry(user).or_default();
        let Some(map) = &mut self.map else { return Ended::NotLoaded };
        let runs = map.runs();
        // So few seats lie in one window of the search.
        let neighbours = runs.iter().find(|run| run.len() >= count);
        let granted: Vec<u32> = match neighbours {
            Some(run) => run[..count].to_vec(),
            None => runs.iter().flatten().take(count).copied().collect(),
        };
        if granted.len() < count {
            return Ended::Refused;
        }
        for seat in &granted {
            map.bits.insert(*seat);
            map.holds.insert(*seat, expiry);
            self.pairs.insert(*seat, user);
            mine.insert(*seat, expiry);
        }
        Ended::Done(granted)
    }

    /// Whether the user may hold this many more seats; what ended long ago is forgotten where they may not.
    pub(crate) fn may_hold(&mut self, user: UserId, count: u16) -> bool {
        let (count, forgotten) = (usize::from(count), self.began_unix_ms - self.cooldown_ms);
        let mine = self.held_lately.entry(user).or_default();
        if self.map.is_some() && mine.len() + count > self.held_max {
            mine.retain(|_, end| *end > forgotten);
        }
        self.map.is_none() || mine.len() + count <= self.held_max
    }

    /// The model knows no clock: what ends now ends at the beginning.
    fn ends_now(&mut self, user: UserId, seat: u32) {
        if let Some(end) = self.held_lately.entry(user).or_default().get_mut(&seat) {
            *end = self.began_unix_ms;
        }
    }

    pub(crate) fn claim(&mut self, user: UserId, attempt: AttemptId, seats: &[u32]) -> Ended<()> {
        let Some(map) = &self.map else { return Ended::NotLoaded };
        if !self.all_held(map, seats, user) {
            return Ended::Refused;
        }
        let map = self.map.as_mut().unwrap();
        for seat in seats {
            let hold = map.holds.remove(seat).map(|expiry| (user, expiry));
            let claim = Claimed { attempt, kind: ClaimKind::Book, hold, canceller: None, is_overdue: false };
            map.claims.insert(*seat, claim);
        }
        Ended::Done(())
    }

    pub(crate) fn finish(&mut self, attempt: AttemptId, seats: &[u32]) {
        let Some(map) = &mut self.map else { return };
        for seat in map.claimed_by(attempt, seats) {
            if let Some((user, _)) = map.claims.remove(&seat).and_then(|claim| claim.hold) {
                self.held_lately.entry(user).or_default().remove(&seat);
            }
            self.pairs.remove(&seat);
        }
    }

    pub(crate) fn restore_hold(&mut self, attempt: AttemptId, seats: &[u32]) {
        let began = self.began_unix_ms;
        let Some(map) = &mut self.map else { return };
        for seat in map.claimed_by(attempt, seats) {
            let hold = map.claims.remove(&seat).and_then(|claim| claim.hold);
            match hold.filter(|(_, expiry)| *expiry >= began) {
                Some((user, expiry)) => {
                    map.holds.insert(seat, expiry);
                    self.pairs.insert(seat, user);
                }
                None => {
                    self.pairs.remove(&seat);
                    map.free(seat);
                }
            }
        }
    }

    pub(crate) fn release(&mut self, user: UserId, seats: &[u32]) -> Ended<()> {
        let Some(map) = &self.map else { return Ended::NotLoaded };
        if !self.all_held(map, seats, user) {
            return Ended::Refused;
        }
        for seat in seats {
            let map = self.map.as_mut().unwrap();
            map.holds.remove(seat);
            self.pairs.remove(seat);
            map.free(*seat);
            self.ends_now(user, *seat);
        }
        Ended::Done(())
    }

    pub(crate) fn claim_sold(
        &mut self,
        attempt: AttemptId,
        canceller: Option<UserId>,
        seats: &[u32],
    ) -> Vec<u32> {
        let kind = if canceller.is_some() { ClaimKind::Cancel } else { ClaimKind::Check };
        let Some(map) = &mut self.map else { return Vec::new() };
        let mine: Vec<u32> = seats.iter().filter(|seat| map.looks_sold(**seat)).copied().collect();
        for seat in &mine {
            map.claims.insert(*seat, Claimed { attempt, kind, hold: None, canceller, is_overdue: false });
        }
        mine
    }

    pub(crate) fn settle(&mut self, attempt: AttemptId, seats: &[(u32, bool)]) {
        for (seat, is_sold) in seats {
            let Some(map) = &mut self.map else { return };
            if map.claimed_by(attempt, &[*seat]).is_empty() {
                continue;
            }
            let claim = map.claims.remove(seat);
            self.pairs.remove(seat);
            if !is_sold {
                map.free(*seat);
                if let Some((user, _)) = claim.and_then(|claim| claim.hold) {
                    self.ends_now(user, *seat);
                }
            }
        }
    }

    /// Holds taken back, and holds and claims that are left.
    pub(crate) fn expire_holds(&mut self, limit: u32) -> (u32, u32) {
        let ended = self.end_passed_holds(usize::try_from(limit).unwrap());
        let left = self.map.as_ref().map_or(0, |map| map.holds.len() + map.claims.len());
        (ended, u32::try_from(left).unwrap())
    }

    pub(crate) fn grow(&mut self, capacity: u32) {
        let Some(map) = &mut self.map else { return };
        map.freed += i64::from(capacity.saturating_sub(map.capacity));
        map.capacity = map.capacity.max(capacity);
    }

    pub(crate) fn repair(&mut self, as_read: &[(u32, HoldRead)]) -> u32 {
        let Some(map) = &mut self.map else { return 0 };
        let mut repaired = 0;
        for (seat, hold) in as_read {
            let now = map.holds.get(seat).map(|expiry| (self.pairs.get(seat).copied(), *expiry));
            let is_free = !map.bits.contains(seat);
            if map.claims.contains_key(seat) || now != *hold || (hold.is_none() && !is_free) {
                continue;
            }
            map.holds.remove(seat);
            self.pairs.remove(seat);
            map.bits.insert(*seat);
            repaired += 1;
        }
        repaired
    }

    pub(crate) fn occupied(&self) -> Option<u32> {
        let map = self.map.as_ref()?;
        let passed = map.holds.values().filter(|expiry| self.has_passed(**expiry)).count();
        Some(u32::try_from(map.bits.len() - passed).unwrap())
    }
}
