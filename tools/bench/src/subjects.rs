//! How each subject is measured, one a file.

pub(super) mod book;
pub(super) mod browse;
pub(super) mod gateway_hop;
pub(super) mod log_in;
pub(super) mod memory;
pub(super) mod on_sale;
pub(super) mod reserve;
pub(super) mod size_of_catalogue;
pub(super) mod size_of_event;
pub(super) mod start;
