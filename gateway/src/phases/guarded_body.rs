//! The body of a response on its way to the client, with what must live until the client has it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    web::Bytes,
};

/// The server copies what it is given into a buffer of the connection, however slowly the client reads. A body that many
/// clients share is given to it in chunks, so that it is not copied as a whole for each of them.
const CHUNK_BYTES: usize = 64 << 10;

/// A response body that keeps its guard until the client has nearly all of it. The unread body of the request can be such a
/// guard: as long as somebody holds it, the server means to close the connection after the response; once it is dropped, the
/// server would read on without end.
pub(crate) struct GuardedBody<Guard> {
    body: BoxBody,
    chunk: Bytes,
    _guard: Guard,
}

impl<Guard: Unpin + 'static> GuardedBody<Guard> {
    pub(crate) fn wrap(response: HttpResponse, guard: Guard) -> HttpResponse {
        response.map_body(|_, body| BoxBody::new(Self { body, chunk: Bytes::new(), _guard: guard }))
    }
}

impl<Guard: Unpin> MessageBody for GuardedBody<Guard> {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.chunk.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(cx)) {
                Some(Ok(chunk)) => self.chunk = chunk,
                other => return Poll::Ready(other),
            }
        }
        let bytes = self.chunk.len().min(CHUNK_BYTES);
        Poll::Ready(Some(Ok(self.chunk.split_to(bytes))))
    }
}
