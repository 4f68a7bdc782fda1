//! Where a request comes from, as the gateway names it.

use std::{convert::Infallible, future::Ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use booked_identity::internal::CLIENT_ADDRESS_HEADER;

use crate::domain::Origin;

/// The network of the client.
pub(super) struct Client(pub(super) Origin);

impl FromRequest for Client {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let network = request.headers().get(CLIENT_ADDRESS_HEADER).and_then(|value| value.to_str().ok());
        std::future::ready(Ok(Self(Origin::parse(network))))
    }
}
