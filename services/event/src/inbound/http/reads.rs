//! Reads of events by a crowd: equal reads share one fetch and its bytes, no matter who asks.

use std::{future::Future, time::Duration};

use actix_web::{HttpResponse, web::Bytes};
use booked_contract::{Code, event};
use booked_ids::EventId;
use booked_server::{ApiError, Lifecycle, SingleFlight};
use serde::Serialize;

use super::fields::to_wire;
use crate::{
    config::ReadSettings,
    domain::{Listing, Offer, Page},
    usecases::{self, Context},
};

/// The reads that are in flight.
pub(crate) struct Reads {
    context: Context,
    pages: SingleFlight<Listing, Result<Bytes, ApiError>>,
    events: SingleFlight<EventId, Result<Bytes, ApiError>>,
    timeout: Duration,
}

impl Reads {
    pub(crate) fn new(context: Context, settings: ReadSettings, lifecycle: &Lifecycle) -> Self {
        Self {
            context,
            pages: SingleFlight::new("listings", settings.reads_max, lifecycle),
            events: SingleFlight::new("events", settings.reads_max, lifecycle),
            timeout: settings.timeout,
        }
    }

    pub(super) async fn page(&self, listing: Listing) -> Result<HttpResponse, ApiError> {
        let context = self.context.clone();
        let fetch = || async move {
            let page = usecases::list_events(&context, listing).await?;
            to_bytes(&page_to_wire(page))
        };
        self.answer(async { self.pages.get(listing, fetch).await? }).await
    }

    pub(super) async fn event(&self, id: EventId) -> Result<HttpResponse, ApiError> {
        let context = self.context.clone();
        let fetch = || async move {
            let offer = usecases::get_event(&context, id).await?;
            to_bytes(&to_wire(offer.ok_or_else(|| ApiError::new(Code::NoSuchEvent))?))
        };
        self.answer(async { self.events.get(id, fetch).await? }).await
    }

    async fn answer(
        &self,
        bytes: impl Future<Output = Result<Bytes, ApiError>>,
    ) -> Result<HttpResponse, ApiError> {
        match tokio::time::timeout(self.timeout, bytes).await {
            Ok(bytes) => Ok(HttpResponse::Ok().content_type("application/json").body(bytes?)),
            Err(late) => Err(ApiError::because(Code::Unavailable, &late)),
        }
    }
}

fn page_to_wire(page: Page) -> event::EventPage {
    let next_time_to_fetch = page.next_time_to_fetch();
    let events = page.offers.into_iter().map(|offer: Offer| to_wire(offer)).collect();
    event::EventPage { next_time_to_fetch, events }
}

fn to_bytes(body: &impl Serialize) -> Result<Bytes, ApiError> {
    let bytes = serde_json::to_vec(body).map_err(|error| ApiError::because(Code::Unknown, &error))?;
    Ok(Bytes::from(bytes))
}
