//! An answer's body on its way to the client.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    web::Bytes,
};

/// The server writes what it is given into a buffer of the connection, however slowly the client reads; an answer that
/// many share is given to it in pieces, so that it is not there once for each of them.
const PIECE_BYTES: usize = 64 << 10;

/// An answer's body that keeps what must live until the client has nearly all of it. An unread body of the request is
/// such: as long as somebody holds it, the server means to close the connection behind the answer; once dropped, it would
/// read on without end.
pub(crate) struct Keeping<Kept> {
    body: BoxBody,
    piece: Bytes,
    _kept: Kept,
}

impl<Kept: Unpin + 'static> Keeping<Kept> {
    pub(crate) fn put(response: HttpResponse, kept: Kept) -> HttpResponse {
        response.map_body(|_, body| BoxBody::new(Self { body, piece: Bytes::new(), _kept: kept }))
    }
}

impl<Kept: Unpin> MessageBody for Keeping<Kept> {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.piece.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(cx)) {
                Some(Ok(piece)) => self.piece = piece,
                other => return Poll::Ready(other),
            }
        }
        let bytes = self.piece.len().min(PIECE_BYTES);
        Poll::Ready(Some(Ok(self.piece.split_to(bytes))))
    }
}
