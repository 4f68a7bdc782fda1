//! The names of an event's keys.

use std::sync::LazyLock;

use booked_ids::EventId;

use super::prelude::PRELUDE;

/// The names of the fixed keys, as the scripts' prelude gives them.
static FIXED: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let line = PRELUDE.lines().find_map(|line| line.strip_prefix("-- KEYS: "));
    line.unwrap_or_default().split(' ').collect()
});

/// An event's fixed keys, in the order in which every script takes them, and what its pairs begin with.
pub(super) struct EventKeys {
    tag: String,
    event: String,
}

impl EventKeys {
    /// The length of an event id's text without the seat.
    const UNSEATED: usize = 28;

    pub(super) fn of(event: EventId) -> Self {
        let event = event.to_string();
        Self { tag: format!("{{{event}}}:"), event }
    }

    pub(super) fn fixed(&self) -> impl Iterator<Item = String> {
        FIXED.iter().map(|name| format!("{}{name}", self.tag))
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
    fn the_fixed_keys_are_those_that_the_prelude_names() {
        let keys: Vec<String> = EventKeys { tag: "E:".to_owned(), event: String::new() }.fixed().collect();
        assert_eq!(keys, ["E:taken", "E:holds", "E:settling", "E:claims", "E:meta", "E:load", "E:never"]);
    }

    #[test]
    fn the_scripts_make_the_pairs_key_from_the_prefix() {
        let event = EventId::new(1_900_000_000_000, [7; 16]);
        let seat = SeatNumber::new(0xabc).unwrap();
        let made = format!("{}{:08x}", EventKeys::of(event).pair_prefix(), seat.get());
        assert_eq!(made, format!("{{{event}}}:{}", event.ticket(seat)));
    }
}
