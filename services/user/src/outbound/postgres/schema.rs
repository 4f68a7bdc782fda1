//! The tables, as the migrations make them.

diesel::table! {
    users (id) {
        id -> Uuid,
        name -> Text,
        email -> Text,
        email_key -> Text,
        password_hash -> Text,
        role -> Text,
        created_at -> Timestamptz,
        password_changed_at -> Timestamptz,
    }
}
