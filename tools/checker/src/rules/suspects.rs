//! Seats that look wrong when Valkey is compared with Postgres. The two cannot be read at the same moment, so a single
//! inspection of a busy system proves nothing: only what looks wrong in the same way at every inspection counts.

use std::{collections::BTreeSet, fmt};

use booked_ids::EventId;
use uuid::Uuid;

use crate::{
    case::{clock, us_of_ms},
    evidence::{InspectedEvent, Inspection, Inventory},
};

/// Something that looks wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suspect {
    /// The event is deleted, or unknown to ticketing.
    InventoryWithoutEvent,
    Capacity {
        valkey: i64,
        postgres: u32,
    },
    /// The count of taken seats is not the number of set bits.
    Miscounted {
        by: i64,
    },
    /// A free seat is below the hint, where no search begins.
    HintTooHigh,
    /// A bit is set, or a seat held or settling, beyond the capacity.
    Beyond {
        seat: u32,
    },
    /// A bit is set, and the seat is neither held nor settling nor sold.
    TakenByNobody {
        seat: u32,
    },
    SoldButFree {
        seat: u32,
        booking: Uuid,
    },
    SoldButHeld {
        seat: u32,
        booking: Uuid,
    },
    /// A held or settling seat's bit is clear.
    HeldButFree {
        seat: u32,
    },
    /// A seat is both held and settling, or settling without a claim, or claimed without a deadline.
    TornClaim {
        seat: u32,
    },
    /// A hold whose pair is missing.
    HeldForNobody {
        seat: u32,
        expiry: i64,
    },
    OverdueHold {
        seat: u32,
        expiry: i64,
    },
    OverdueClaim {
        seat: u32,
        deadline: i64,
    },
}

impl Suspect {
    /// Whether it is about a seat that should have become free.
    pub(crate) fn is_overdue(&self) -> bool {
        matches!(self, Self::OverdueHold { .. } | Self::OverdueClaim { .. })
    }
}

/// The events in which the same looks wrong at every inspection.
pub(crate) fn suspect_events(inspections: &[Inspection]) -> BTreeSet<EventId> {
    persistent(inspections).into_iter().map(|(event, _)| event).collect()
}

/// What looks wrong in the same way at every inspection.
pub(crate) fn persistent(inspections: &[Inspection]) -> BTreeSet<(EventId, Suspect)> {
    let mut inspections = inspections.iter().map(suspects);
    let first = inspections.next().unwrap_or_default();
    inspections.fold(first, |persistent, inspection| persistent.intersection(&inspection).cloned().collect())
}

/// How much looked wrong only at first.
pub(crate) fn transient(inspections: &[Inspection]) -> usize {
    inspections.first().map_or(0, |first| suspects(first).len()) - persistent(inspections).len()
}

/// As the event was inspected last.
pub(crate) fn last_inspection(inspections: &[Inspection], event: EventId) -> Option<&InspectedEvent> {
    inspections.iter().rev().find_map(|inspection| inspection.events.get(&event))
}

fn suspects(inspection: &Inspection) -> BTreeSet<(EventId, Suspect)> {
    let mut suspects = BTreeSet::new();
    for (event, inspected) in &inspection.events {
        let (inventory, mut found) = (&inspected.inventory, Vec::new());
        match inspected.row.filter(|row| !row.deleted) {
            None => found.push(Suspect::InventoryWithoutEvent),
            Some(row) => {
                let valkey = inventory.meta.capacity;
                if valkey != i64::from(row.seat_count) {
                    found.push(Suspect::Capacity { valkey, postgres: row.seat_count });
                }
                counts(inventory, &mut found);
                taken(inspected, &mut found);
                holds(inventory, &mut found);
                claims(inventory, &mut found);
            }
        }
        suspects.extend(found.into_iter().map(|suspect| (*event, suspect)));
    }
    suspects
}

fn counts(inventory: &Inventory, found: &mut Vec<Suspect>) {
    let Inventory { taken, meta, .. } = inventory;
    let set = i64::try_from(taken.len()).unwrap_or(i64::MAX);
    if meta.taken != set {
        found.push(Suspect::Miscounted { by: meta.taken - set });
    }
    let first_free = (1..).find(|seat| !taken.contains(seat)).map_or(0, |seat: u32| seat - 1);
    if meta.hint > i64::from(first_free) {
        found.push(Suspect::HintTooHigh);
    }
}

fn taken(inspected: &InspectedEvent, found: &mut Vec<Suspect>) {
    let Inventory { taken, holds, settling, claims, meta, .. } = &inspected.inventory;
    let beyond = |seat: &u32| i64::from(*seat) > meta.capacity;
    let all = taken.iter().chain(holds.keys()).chain(settling.keys());
    found.extend(all.filter(|seat| beyond(seat)).map(|seat| Suspect::Beyond { seat: *seat }));
    for seat in taken {
        let is_known = holds.contains_key(seat) || claims.contains_key(seat);
        if !is_known && !inspected.sold.contains_key(seat) {
            found.push(Suspect::TakenByNobody { seat: *seat });
        }
    }
    for (seat, booking) in &inspected.sold {
        let (seat, booking) = (*seat, *booking);
        if !taken.contains(&seat) {
            found.push(Suspect::SoldButFree { seat, booking });
        }
        if holds.contains_key(&seat) {
            found.push(Suspect::SoldButHeld { seat, booking });
        }
    }
}

fn holds(inventory: &Inventory, found: &mut Vec<Suspect>) {
    for (seat, expiry) in &inventory.holds {
        let (seat, expiry) = (*seat, *expiry);
        if !inventory.taken.contains(&seat) {
            found.push(Suspect::HeldButFree { seat });
        }
        if expiry <= inventory.now_unix_ms {
            found.push(Suspect::OverdueHold { seat, expiry });
        } else if inventory.holders.get(&seat).is_none_or(Option::is_none) {
            found.push(Suspect::HeldForNobody { seat, expiry });
        }
    }
}

fn claims(inventory: &Inventory, found: &mut Vec<Suspect>) {
    let Inventory { taken, holds, settling, claims, .. } = inventory;
    for seat in claims.keys().chain(settling.keys()) {
        let seat = *seat;
        let is_whole = claims.contains_key(&seat) && settling.contains_key(&seat);
        if !is_whole || holds.contains_key(&seat) {
            found.push(Suspect::TornClaim { seat });
        }
        if !taken.contains(&seat) {
            found.push(Suspect::HeldButFree { seat });
        }
    }
    for (seat, deadline) in settling {
        if *deadline <= inventory.now_unix_ms {
            found.push(Suspect::OverdueClaim { seat: *seat, deadline: *deadline });
        }
    }
}

impl fmt::Display for Suspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InventoryWithoutEvent => {
                write!(f, "has an inventory in Valkey, and is deleted or unknown in Postgres")
            }
            Self::Capacity { valkey, postgres } => {
                write!(f, "has {valkey} seats in Valkey and {postgres} in Postgres")
            }
            Self::Miscounted { by } => write!(f, "Valkey's count of taken seats is wrong by {by}"),
            Self::HintTooHigh => write!(f, "a free seat is below Valkey's hint, and is never found"),
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
                write!(
                    f,
                    "seat {seat} has a claim without a deadline, a deadline without a claim, or a hold as well"
                )
            }
            Self::HeldForNobody { seat, expiry } => {
                write!(
                    f,
                    "seat {seat} is held until {}, and it is unknown for whom",
                    clock(us_of_ms(*expiry))
                )
            }
            Self::OverdueHold { seat, expiry } => {
                write!(
                    f,
                    "the hold of seat {seat} expired at {}, and the seat is not free",
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
