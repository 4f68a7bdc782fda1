//! What each attack does, one ill will a file.

mod cancels;
mod different_pages;
mod guessing;
mod half_heads;
mod hoarding;
mod idle_connections;
mod large_bodies;
mod log_ins;
mod made_up_events;
mod overload;
mod retries_in_step;
mod slow_bodies;
mod talk;
mod unread_answers;
mod waitlist;

use std::sync::Arc;

use super::{attack::Attack, besiegers::Ground};

/// Attacks until nothing is left to do, or whoever runs it ends it.
pub(super) async fn run(attack: Attack, ground: Arc<Ground>) {
    match attack {
        Attack::HalfHeads => half_heads::run(ground).await,
        Attack::IdleConnections => idle_connections::run(ground).await,
        Attack::SlowBodies => slow_bodies::run(ground).await,
        Attack::LargeBodies => large_bodies::run(ground).await,
        Attack::UnreadAnswers => unread_answers::run(ground).await,
        Attack::LogInFlood => log_ins::run(ground, log_ins::Emails::MadeUp).await,
        Attack::AccountFlood => log_ins::run(ground, log_ins::Emails::Real).await,
        Attack::Guessing => guessing::run(ground).await,
        Attack::HoardingByOne => hoarding::run(ground, 1).await,
        Attack::HoardingByMany => hoarding::run(ground, usize::MAX).await,
        Attack::CancelsOfOne => cancels::run(ground).await,
        Attack::WaitlistOfOne => waitlist::run(ground).await,
        Attack::MadeUpEvents => made_up_events::run(ground).await,
        Attack::Overload => overload::run(ground).await,
        Attack::RetriesInStep => retries_in_step::run(ground).await,
        Attack::DifferentPages => different_pages::run(ground).await,
    }
}
