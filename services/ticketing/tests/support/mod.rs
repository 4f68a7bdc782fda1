//! A sale for a test: ticketing in the test's own process, on a database and a Valkey database that nobody else has, with
//! an event service that is nothing but a feed, and buyers as the gateway hands them on.

#![allow(dead_code, unused_imports, reason = "every test program uses a part of it")]

mod answer;
mod buyer;
mod event_service;
mod figures;
mod late_join;
mod notifiers;
mod sale;
mod servers;
mod waiting;

pub(crate) use self::{
    answer::Answer,
    buyer::{Buyer, ask, json_ids, seats},
    event_service::{EventService, Feeding, unknown_event},
    figures::{figure, measure},
    late_join::{LateJoin, WithLateJoin},
    notifiers::Recorder,
    sale::{CREDENTIAL, Instance, Sale, SetUp},
    servers::{SalePostgres, SaleValkey},
    waiting::{PATIENCE, eventually},
};
