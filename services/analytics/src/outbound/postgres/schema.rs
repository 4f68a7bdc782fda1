//! The tables, as the migrations make them.

diesel::table! {
    events (event_id) {
        event_id -> Uuid,
        version -> BigInt,
        deleted -> Bool,
        total_seats -> Nullable<Integer>,
        ever_booked -> BigInt,
        cancelled -> BigInt,
    }
}

diesel::table! {
    booked_by_day (event_id, day) {
        event_id -> Uuid,
        day -> Date,
        booked_now -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(events, booked_by_day);
