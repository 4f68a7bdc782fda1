//! What admins see of the sale.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How well an event sells.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct EventAnalytics {
    /// The event.
    pub event_id: Uuid,
    /// How many seats there are.
    pub total_seats: u32,
    /// How many tickets are booked now.
    pub sold_tickets: u32,
    /// `sold_tickets` over `total_seats`.
    #[schema(minimum = 0, maximum = 1)]
    pub capacity_utilisation: f64,
    /// How many of the tickets booked now were booked on the current UTC day.
    pub today_booked_tickets: u32,
}

/// How many of an event's tickets come back.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct EventCancellations {
    /// The event.
    pub event_id: Uuid,
    /// Tickets cancelled over tickets ever booked; 0 if none were.
    #[schema(minimum = 0, maximum = 1)]
    pub cancellation_rate: f64,
}
