//! A sale for a test: ticketing in the test's own process, on a database and a Valkey database that nobody else has, with
//! an event service that is nothing but a feed, a user service that is nothing but addresses, and buyers as the gateway hands them on.

mod answer;
mod buyer;
mod event_service;
mod figures;
mod late_join;
mod notifiers;
mod own_process;
mod sale;
mod servers;
mod user_service;
mod waiting;

pub(crate) use self::{
    answer::Answer,
    buyer::{Buyer, ask, json_ids, seats},
    event_service::{Feeding, unknown_event},
    figures::{figure, measure},
    late_join::{LateJoin, WithLateJoin},
    notifiers::Recorder,
    own_process::ran_in_own_process,
    sale::{CREDENTIAL, Sale, SetUp},
    waiting::{PATIENCE, eventually},
};
