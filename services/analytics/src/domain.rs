//! What analytics knows: facts add up to counts ([`Tally`]), and counts are shown as figures ([`Sales`]).

mod sales;
mod tally;

pub use sales::{Sales, best_selling_first};
pub use tally::{EventTally, OnSale, Tally};
