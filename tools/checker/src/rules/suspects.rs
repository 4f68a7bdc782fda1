//! Seats that look wrong when Valkey is held against Postgres. The two cannot be read at the same moment, so a single look
//! proves nothing on a system that moves: what counts is what looks wrong in the same way at every look.

use std::{collections::BTreeSet, fmt};

use booked_ids::EventId;
use uuid::Uuid;

use crate::{
    case::{clock, us_of_ms},
    evidence::{Look, SeatMap, SeatsSeen},
};

/// Something that looks wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suspect {
    /// There is a map of an event that is deleted, or that ticketing does not know.
    MapOfNoEvent,
    /// The map has another capacity.
    Capacity { valkey: i64, postgres: u32 },
    /// The count of taken seats is wrong by so many.
    Miscounted { by: i64 },
    /// A free seat is below the hint, where no search begins.
    HintTooHigh,
    /// A bit is set, or a seat held or settling, beyond the capacity.
    Beyond { seat: u32 },
    /// A bit is set, and the seat is neither held nor settling nor sold.
    TakenByNobody { seat: u32 },
    /// A sold seat's bit is clear.
    SoldButFree { seat: u32, booking: Uuid },
    /// A sold seat is held.
    SoldButHeld { seat: u32, booking: Uuid },
    /// A held or settling seat's bit is clear.
    HeldButFree { seat: u32 },
    /// A seat is both held and settling, or settling without a claim, or claimed without a deadline.
    TornClaim { seat: u32 },
    /// A seat is held, and nobody knows for whom.
    HeldForNobody { seat: u32, expiry: i64 },
    /// A hold has run out and was not taken back.
    OverdueHold { seat: u32, expiry: i64 },
    /// A claim is past its deadline and was not settled.
    OverdueClaim { seat: u32, deadline: i64 },
}

impl Suspect {
    /// Whether it is about a seat that should have come back.
    pub(crate) fn is_overdue(&self) -> bool {
        matches!(self, Self::OverdueHold { .. } | Self::OverdueClaim { .. })
    }
}

/// The events in which the same looks wrong at every look.
pub(crate) fn events_to_look_at_again(looks: &[Look]) -> BTreeSet<EventId> {
    lasting(looks).into_iter().map(|(event, _)| event).collect()
}

/// What looks wrong in the same way at every look.
pub(crate) fn lasting(looks: &[Look]) -> BTreeSet<(EventId, Suspect)> {
    let mut looks = looks.iter().map(suspects);
    let first = looks.next().unwrap_or_default();
    looks.fold(first, |lasting, look| lasting.intersection(&look).cloned().collect())
}

/// How much looked wrong at first and does not last.
pub(crate) fn passing(looks: &[Look]) -> usize {
    looks.first().map_or(0, |first| suspects(first).len()) - lasting(looks).len()
}

/// An event at the last look that was taken at it.
pub(crate) fn last_look(looks: &[Look], event: EventId) -> Option<&SeatsSeen> {
    looks.iter().rev().find_map(|look| look.events.get(&event))
}

fn suspects(look: &Look) -> BTreeSet<(EventId, Suspect)> {
    let mut suspects = BTreeSet::new();
    for (event, seen) in &look.events {
        let mut found = Vec::new();
        match seen.row.filter(|row| !row.deleted) {
            None => found.push(Suspect::MapOfNoEvent),
            Some(row) => {
                if seen.map.meta.capacity != i64::from(row.seat_count) {
                    let valkey = seen.map.meta.capacity;
                    found.push(Suspect::Capacity { valkey, postgres: row.seat_count });
                }
                counts(&seen.map, &mut found);
                taken(seen, &mut found);
                holds(&seen.map, &mut found);
                claims(&seen.map, &mut found);
            }
        }
        suspects.extend(found.into_iter().map(|suspect| (*event, suspect)));
    }
    suspects
}

fn counts(map: &SeatMap, found: &mut Vec<Suspect>) {
    let set = i64::try_from(map.taken.len()).unwrap_or(i64::MAX);
    if map.meta.taken != set {
        found.push(Suspect::Miscounted { by: map.meta.taken - set });
    }
    let first_free = (1..).find(|seat| !map.taken.contains(seat)).map_or(0, |seat: u32| seat - 1);
    if map.meta.hint > i64::from(first_free) {
        found.push(Suspect::HintTooHigh);
    }
}

fn taken(seen: &SeatsSeen, found: &mut Vec<Suspect>) {
    let map = &seen.map;
    let beyond = |seat: &u32| i64::from(*seat) > map.meta.capacity;
    let all = map.taken.iter().chain(map.holds.keys()).chain(map.settling.keys());
    found.extend(all.filter(|seat| beyond(seat)).map(|seat| Suspect::Beyond { seat: *seat }));
    for seat in &map.taken {
        let is_known = map.holds.contains_key(seat) || map.claims.contains_key(seat);
        if !is_known && !seen.sold.contains_key(seat) {
            found.push(Suspect::TakenByNobody { seat: *seat });
        }
    }
    for (seat, booking) in &seen.sold {
        let (seat, booking) = (*seat, *booking);
        if !map.taken.contains(&seat) {
            found.push(Suspect::SoldButFree { seat, booking });
        }
        if map.holds.contains_key(&seat) {
            found.push(Suspect::SoldButHeld { seat, booking });
        }
    }
}

fn holds(map: &SeatMap, found: &mut Vec<Suspect>) {
    for (seat, expiry) in &map.holds {
        let (seat, expiry) = (*seat, *expiry);
        if !map.taken.contains(&seat) {
            found.push(Suspect::HeldButFree { seat });
        }
        if expiry <= map.now_unix_ms {
            found.push(Suspect::OverdueHold { seat, expiry });
        } else if map.holders.get(&seat).is_none_or(Option::is_none) {
            found.push(Suspect::HeldForNobody { seat, expiry });
        }
    }
}

fn claims(map: &SeatMap, found: &mut Vec<Suspect>) {
    for seat in map.claims.keys().chain(map.settling.keys()) {
        let seat = *seat;
        let is_whole = map.claims.contains_key(&seat) && map.settling.contains_key(&seat);
        if !is_whole || map.holds.contains_key(&seat) {
            found.push(Suspect::TornClaim { seat });
        }
        if !map.taken.contains(&seat) {
            found.push(Suspect::HeldButFree { seat });
        }
    }
    for (seat, deadline) in &map.settling {
        if *deadline <= map.now_unix_ms {
            found.push(Suspect::OverdueClaim { seat: *seat, deadline: *deadline });
        }
    }
}

impl fmt::Display for Suspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MapOfNoEvent => write!(f, "has a map in Valkey, and is deleted or unknown in Postgres"),
            Self::Capacity { valkey, postgres } => {
                write!(f, "has {valkey} seats in Valkey and {postgres} in Postgres")
            }
            Self::Miscounted { by } => write!(f, "Valkey's count of taken seats is wrong by {by}"),
            Self::HintTooHigh => write!(f, "a free seat is below Valkey's hint, and is not found again"),
            Self::Beyond { seat } => write!(f, "seat {seat} is taken, and is beyond the capacity"),
            Self::TakenByNobody { seat } => {
                write!(f, "seat {seat} is taken, and neither held nor settling nor sold")
            }
            Self::SoldButFree { seat, booking } => {
                write!(f, "seat {seat} is sold (attempt {booking}), and free in Valkey")
            }
            Self::SoldButHeld { seat, booking } => {
                write!(f, "seat {seat} is sold (attempt {booking}), and held in Valkey")
            }
            Self::HeldButFree { seat } => write!(f, "seat {seat} is held or settling, and its bit is clear"),
            Self::TornClaim { seat } => {
                write!(f, "seat {seat} has a claim without a deadline, or the other way, or a hold as well")
            }
            Self::HeldForNobody { seat, expiry } => {
                write!(f, "seat {seat} is held until {}, and nobody knows for whom", clock(us_of_ms(*expiry)))
            }
            Self::OverdueHold { seat, expiry } => {
                write!(
                    f,
                    "the hold of seat {seat} ran out at {}, and was not taken back",
                    clock(us_of_ms(*expiry))
                )
            }
            Self::OverdueClaim { seat, deadline } => {
                write!(
                    f,
                    "the claim of seat {seat} was due at {}, and is not settled",
                    clock(us_of_ms(*deadline))
                )
            }
        }
    }
}
