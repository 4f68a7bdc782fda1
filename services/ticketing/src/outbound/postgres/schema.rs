//! The tables as diesel sees them; the truth is in the migrations.

diesel::table! {
    events (id) {
        id -> Uuid,
        version -> BigInt,
        deleted -> Bool,
        purged -> Bool,
        seat_count -> Integer,
        details -> Jsonb,
        sale -> Jsonb,
    }
}

diesel::table! {
    event_changes (event_id) {
        event_id -> Uuid,
        version -> BigInt,
        state -> Json,
        since -> Timestamptz,
    }
}

diesel::table! {
    tickets (id) {
        id -> Uuid,
        event_id -> Uuid,
        user_id -> Uuid,
        booking_id -> Uuid,
        booked_at -> Timestamptz,
    }
}

diesel::table! {
    waitlists (event_id) {
        event_id -> Uuid,
        watermark_epoch -> Nullable<Text>,
        watermark_freed -> Nullable<BigInt>,
    }
}

diesel::table! {
    waitlist_entries (event_id, user_id) {
        event_id -> Uuid,
        user_id -> Uuid,
        number -> BigInt,
        email -> Text,
        wanted -> SmallInt,
    }
}

diesel::table! {
    notifications (number) {
        number -> BigInt,
        id -> Uuid,
        event_id -> Uuid,
        event_name -> Text,
        user_id -> Uuid,
        email -> Text,
        seats -> Integer,
        next_try_at -> Timestamptz,
        done_at -> Nullable<Timestamptz>,
        sent -> Nullable<Bool>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(events, tickets);
diesel::allow_tables_to_appear_in_same_query!(waitlists, waitlist_entries);
