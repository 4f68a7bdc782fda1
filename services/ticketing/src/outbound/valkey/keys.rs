//! The names of an event's keys.

use booked_ids::EventId;

/// An event's fixed keys, in the order in which every script takes them, and what its pairs begin with.
pub(super) struct EventKeys {
    tag: String,
    event: String,
}

impl EventKeys {
    const FIXED: [&'static str; 7] = ["taken", "holds", "settling", "claims", "meta", "load", "never"];
    /// The length of an event id's text without the seat.
    const UNSEATED: usize = 28;

    pub(super) fn of(event: EventId) -> Self {
        let event = event.to_string();
        Self { tag: format!("{{{event}}}:"), event }
    }

    pub(super) fn fixed(&self) -> impl Iterator<Item = String> {
        Self::FIXED.iter().map(|name| format!("{}{name}", self.tag))
    }

    pub(super) fn taken(&self) -> String {
        format!("{}taken", self.tag)
    }

    pub(super) fn holds(&self) -> String {
        format!("{}holds", self.tag)
    }

    pub(super) fn meta(&self) -> String {
        format!("{}meta", self.tag)
    }

    pub(super) fn load(&self) -> String {
        format!("{}load", self.tag)
    }

    /// What a pair's key begins with; the seat's eight hexadecimal digits follow.
    pub(super) fn pair_prefix(&self) -> String {
        format!("{}{}", self.tag, self.event.get(..Self::UNSEATED).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use booked_ids::SeatNumber;

    use super::*;

    #[test]
    fn the_scripts_make_the_pairs_key_from_the_prefix() {
        let event = EventId::new(1_900_000_000_000, [7; 16]);
        let seat = SeatNumber::new(0xabc).unwrap();
        let made = format!("{}{:08x}", EventKeys::of(event).pair_prefix(), seat.get());
        assert_eq!(made, format!("{{{event}}}:{}", event.ticket(seat)));
    }
}
