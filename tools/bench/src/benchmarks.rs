//! How each benchmark is measured, one file for each.

pub(super) mod book;
pub(super) mod browse;
pub(super) mod gateway_hop;
pub(super) mod log_in;
pub(super) mod memory;
pub(super) mod on_sale;
pub(super) mod reserve;
pub(super) mod reserve_with_key;
pub(super) mod reserve_with_limit;
pub(super) mod search;
pub(super) mod size_of_catalog;
pub(super) mod size_of_event;
pub(super) mod start;
