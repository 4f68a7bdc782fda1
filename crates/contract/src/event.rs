//! Events.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    json::{integer_or_zero, optional_integer, optional_text, text_or_empty},
    sale::EventStatus,
};

/// A new event.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct NewEvent {
    /// What takes place.
    #[serde(default, deserialize_with = "text_or_empty")]
    #[schema(required, min_length = 1, max_length = 200, example = "Last night of the Proms")]
    pub name: String,
    /// When, in Unix seconds.
    #[serde(default, deserialize_with = "optional_integer")]
    #[schema(
        required,
        nullable = false,
        minimum = 1,
        maximum = 253_402_300_799_i64,
        example = 1_900_000_000_i64
    )]
    pub unix_time: Option<i64>,
    /// Where, for a person.
    #[serde(default, deserialize_with = "text_or_empty")]
    #[schema(required, min_length = 1, max_length = 500, example = "Royal Albert Hall, London")]
    pub address: String,
    /// More about it.
    #[serde(default, deserialize_with = "text_or_empty")]
    #[schema(required, min_length = 1, max_length = 10_000, example = "With the BBC Symphony Orchestra")]
    pub description: String,
    /// Where, in degrees north; given with `longitude` or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -90, maximum = 90, example = 51.5009)]
    pub latitude: Option<f64>,
    /// Where, in degrees east; given with `latitude` or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -180, maximum = 180, example = -0.1774)]
    pub longitude: Option<f64>,
    /// How many seats go on sale.
    #[serde(default, deserialize_with = "integer_or_zero")]
    #[schema(required, minimum = 1, maximum = 1_000_000, example = 100)]
    pub seat_count: i64,
    /// From when on its seats can be reserved, in Unix seconds; without it, from the beginning.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 253_402_300_799_i64)]
    pub on_sale_unix_time: Option<i64>,
    /// From when on its seats can no longer be reserved, in Unix seconds; without it, never.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 253_402_300_799_i64)]
    pub off_sale_unix_time: Option<i64>,
    /// Whether nothing can be reserved for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub paused: Option<bool>,
    /// How many tickets one user may hold and have; without it, what the deployment sets.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 100)]
    pub max_per_buyer: Option<i64>,
}

/// A change of an event: only the fields that are given change.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct EventChange {
    /// The event to change.
    #[serde(default, deserialize_with = "text_or_empty")]
    #[schema(required, format = "uuid")]
    pub id: String,
    /// What takes place.
    #[serde(default, deserialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// When, in Unix seconds.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 253_402_300_799_i64)]
    pub unix_time: Option<i64>,
    /// Where, for a person.
    #[serde(default, deserialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub address: Option<String>,
    /// More about it.
    #[serde(default, deserialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 10_000)]
    pub description: Option<String>,
    /// Where, in degrees north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: Option<f64>,
    /// Where, in degrees east.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: Option<f64>,
    /// How many seats there are from now on; no fewer than before.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub seat_count: Option<i64>,
    /// From when on its seats can be reserved, in Unix seconds; 0 takes the time away.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 253_402_300_799_i64)]
    pub on_sale_unix_time: Option<i64>,
    /// From when on its seats can no longer be reserved, in Unix seconds; 0 takes the time away.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 253_402_300_799_i64)]
    pub off_sale_unix_time: Option<i64>,
    /// Whether nothing can be reserved for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// How many tickets one user may hold and have; 0 takes the limit away.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub max_per_buyer: Option<i64>,
}

/// An event to cancel.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct EventToCancel {
    /// Which.
    #[serde(default, deserialize_with = "text_or_empty")]
    #[schema(required, format = "uuid")]
    pub id: String,
    /// Why, for those who have tickets or wait.
    #[serde(default, deserialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub reason: Option<String>,
}

/// An event with the seats that are free.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct Event {
    /// The event's id; ends in eight zeros.
    pub id: Uuid,
    /// What takes place.
    pub name: String,
    /// When, in Unix seconds.
    pub unix_time: i64,
    /// Where, for a person.
    pub address: String,
    /// More about it.
    pub description: String,
    /// How many seats there are.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub seat_count: u32,
    /// How many of them are neither sold nor held.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub available_seats_count: u32,
    /// Where, in degrees north.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub latitude: Option<f64>,
    /// Where, in degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub longitude: Option<f64>,
    /// From when on its seats can be reserved, in Unix seconds, if that was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub on_sale_unix_time: Option<i64>,
    /// From when on its seats can no longer be reserved, in Unix seconds, if that was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub off_sale_unix_time: Option<i64>,
    /// `true` while nothing can be reserved for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub paused: Option<bool>,
    /// How many tickets one user may hold and have, if that was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 100)]
    pub max_per_buyer: Option<u32>,
    /// Where it stands.
    pub status: EventStatus,
}

/// What people are shown of an event; no rule depends on it. The event service checks it; other services store it and
/// pass it on as one document, so that a new field changes nothing but this type and the event service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct EventDetails {
    /// What takes place.
    pub name: String,
    /// When, in Unix seconds.
    pub unix_time: i64,
    /// Where, for a person.
    pub address: String,
    /// More about it.
    pub description: String,
    /// Where, in degrees north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Where, in degrees east.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
}

/// A page of events, by time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct EventPage {
    /// The `timestamp` that asks for the next page: the time of the page's last event, 0 if the page is empty.
    pub next_time_to_fetch: i64,
    /// The events.
    pub events: Vec<Event>,
}
