//! What each attack does, one file for each.

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
mod raw_http;
mod retries_in_step;
mod slow_bodies;
mod unread_answers;
mod waitlist;

use std::sync::Arc;

use super::{attack::Attack, context::AttackContext};

/// Attacks until `calls_max` is reached, or its runtime ends it.
pub(super) async fn run(attack: Attack, context: Arc<AttackContext>) {
    match attack {
        Attack::HalfHeads => half_heads::run(context).await,
        Attack::IdleConnections => idle_connections::run(context).await,
        Attack::SlowBodies => slow_bodies::run(context).await,
        Attack::LargeBodies => large_bodies::run(context).await,
        Attack::UnreadAnswers => unread_answers::run(context).await,
        Attack::LogInFlood => log_ins::run(context, log_ins::Emails::MadeUp).await,
        Attack::AccountFlood => log_ins::run(context, log_ins::Emails::Real).await,
        Attack::Guessing => guessing::run(context).await,
        Attack::HoardingByOne => hoarding::run(context, 1).await,
        Attack::HoardingByMany => hoarding::run(context, usize::MAX).await,
        Attack::CancelsOfOne => cancels::run(context).await,
        Attack::WaitlistOfOne => waitlist::run(context).await,
        Attack::MadeUpEvents => made_up_events::run(context).await,
        Attack::Overload => overload::run(context).await,
        Attack::RetriesInStep => retries_in_step::run(context).await,
        Attack::DifferentPages => different_pages::run(context).await,
    }
}
