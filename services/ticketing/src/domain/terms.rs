//! The terms of an event's sale, as far as ticketing carries them out.

/// The terms of an event's sale. The default sells at once, to everybody, without an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The version of the event that these are the terms of: the newest count.
    pub version: i64,
    /// From when on seats can be reserved, in Unix seconds.
    pub on_sale_unix_time: Option<i64>,
    /// From when on seats can no longer be reserved, in Unix seconds.
    pub off_sale_unix_time: Option<i64>,
    /// Whether nothing can be reserved for now.
    pub paused: bool,
    /// Whether the event will not take place.
    pub cancelled: bool,
    /// How many tickets one user may hold and have; none: the deployment's default.
    pub max_per_buyer: Option<u32>,
}
