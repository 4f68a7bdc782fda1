//! The tables, as the migrations make them.

diesel::table! {
    events (id) {
        id -> Uuid,
        version -> BigInt,
        name -> Text,
        unix_time -> BigInt,
        address -> Text,
        description -> Text,
        latitude -> Nullable<Double>,
        longitude -> Nullable<Double>,
        seat_count -> Integer,
        created_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        on_sale_unix_time -> Nullable<BigInt>,
        off_sale_unix_time -> Nullable<BigInt>,
        paused -> Bool,
        max_per_buyer -> Nullable<Integer>,
        cancelled -> Bool,
        cancel_reason -> Nullable<Text>,
    }
}
