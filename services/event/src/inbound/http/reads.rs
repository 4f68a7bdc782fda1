//! Reads of events by a crowd: equal reads share one fetch and its bytes, no matter who asks.

use std::{future::Future, time::Duration};

use actix_web::{
    HttpResponse,
    http::header::{CacheControl, CacheDirective, ETag, EntityTag},
    web::Bytes,
};
use aws_lc_rs::digest::{SHA256, digest};
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

/// How much of a body's digest is its tag.
const TAG_BYTES: usize = 16;

/// The reads that are in flight.
pub(crate) struct Reads {
    context: Context,
    pages: SingleFlight<Listing, Result<Read, ApiError>>,
    events: SingleFlight<EventId, Result<Read, ApiError>>,
    timeout: Duration,
}

/// What was read, as JSON.
#[derive(Clone)]
struct Read {
    body: Bytes,
    /// Equal bodies have equal tags, whichever replica sends them.
    tag: String,
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
        let (context, asked) = (self.context.clone(), listing.clone());
        let fetch = || async move {
            let page = usecases::list_events(&context, asked).await?;
            Read::of(&page_to_wire(page))
        };
        self.answer(async { self.pages.get(listing, fetch).await? }).await
    }

    pub(super) async fn event(&self, id: EventId) -> Result<HttpResponse, ApiError> {
        let context = self.context.clone();
        let fetch = || async move {
            let offer = usecases::get_event(&context, id).await?;
            Read::of(&to_wire(offer.ok_or_else(|| ApiError::new(Code::NoSuchEvent))?))
        };
        self.answer(async { self.events.get(id, fetch).await? }).await
    }

    async fn answer(
        &self,
        read: impl Future<Output = Result<Read, ApiError>>,
    ) -> Result<HttpResponse, ApiError> {
        match tokio::time::timeout(self.timeout, read).await {
            Ok(read) => Ok(read?.answer()),
            Err(late) => Err(ApiError::because(Code::Unavailable, &late)),
        }
    }
}

fn page_to_wire(page: Page) -> event::EventPage {
    let next_time_to_fetch = page.next_time_to_fetch();
    let events = page.offers.into_iter().map(|offer: Offer| to_wire(offer)).collect();
    event::EventPage { next_time_to_fetch, events }
}

impl Read {
    fn of(body: &impl Serialize) -> Result<Self, ApiError> {
        let bytes = serde_json::to_vec(body).map_err(|error| ApiError::because(Code::Unknown, &error))?;
        let digest = digest(&SHA256, &bytes);
        let tag = digest.as_ref().iter().take(TAG_BYTES).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { body: Bytes::from(bytes), tag })
    }

    /// Who keeps this has to ask whether it is still so, since seats are sold at any time. The gateway compares the tags.
    fn answer(self) -> HttpResponse {
        HttpResponse::Ok()
            .content_type("application/json")
            .insert_header(ETag(EntityTag::new_strong(self.tag)))
            .insert_header(CacheControl(vec![CacheDirective::NoCache]))
            .body(self.body)
    }
}
