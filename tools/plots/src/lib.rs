//! Reports for people: numbers with their units, plots as SVG, and pages that load nothing.

pub mod figures;
mod page;
mod plot;

pub use page::{document, escape, section, table};
pub use plot::{Axis, Curve, Plot, legend_of};
