//! What an event is, and which changes it allows.

mod coordinates;
mod event;
mod listing;
mod sale;
mod search;
mod seat_count;
mod texts;
mod unix_time;

pub use coordinates::{Coordinates, InvalidCoordinates, Latitude, Longitude};
pub use event::{ChangeRefused, Event, EventChange, EventDetails};
pub use listing::{EventFilter, LIMIT_MAX, Listing, Offer, Page};
pub use sale::{
    BuyerLimit, CancelReason, Cancellation, Edit, InvalidReason, InvalidTerms, SaleTerms, SaleWindow,
    TermsChange,
};
pub use search::SearchText;
pub use seat_count::{InvalidSeatCount, SeatCount};
pub use texts::{Address, Description, EventName, InvalidText};
pub use unix_time::{EVENTS_A_SECOND_MAX, FullSecond, InvalidTime, UnixTime};
