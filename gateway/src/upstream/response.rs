//! A service's response: buffered if it is short enough, otherwise streamed to the client.

use std::{sync::Arc, time::Duration};

use actix_http::ResponseHead;
use actix_web::http::{StatusCode, header::HeaderMap};
use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream};
use tokio::{sync::mpsc, time::timeout};

use super::{error::CallError, pool::Connection};

/// A body of up to this many bytes is buffered: however slowly the client reads it, the connection to the service is free
/// again, and a body that breaks off can still become an error.
const BUFFERED_BYTES_MAX: usize = 16 << 20;
/// How long the client, or the service, may pause in the middle of a streamed body.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// Chunks of a streamed body that wait for the client.
const QUEUED_CHUNKS_MAX: usize = 16;

#[derive(Debug)]
pub(crate) struct UpstreamResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) body: ResponseBody,
    /// The same request, which changes something, was sent before, and its response was lost: it may have been done then.
    pub(crate) follows_lost_write: bool,
}

impl UpstreamResponse {
    fn new(head: ResponseHead, body: ResponseBody) -> Self {
        let headers = Arc::new(head.headers);
        Self { status: head.status, headers, body, follows_lost_write: false }
    }

    /// The same response for another client; none if its body is streamed.
    pub(crate) fn share(&self) -> Option<Self> {
        let ResponseBody::Buffered(body) = &self.body else { return None };
        let body = ResponseBody::Buffered(body.clone());
        let (status, headers) = (self.status, Arc::clone(&self.headers));
        Some(Self { status, headers, body, follows_lost_write: self.follows_lost_write })
    }
}

#[derive(Debug)]
pub(crate) enum ResponseBody {
    Buffered(Bytes),
    Streamed(StreamedBody),
}

/// The chunks of a body, in order; `None` is its end.
#[derive(Debug)]
pub(crate) struct StreamedBody(mpsc::Receiver<Option<Bytes>>);

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the service's response broke off")]
pub(crate) struct BodyTruncated;

impl StreamedBody {
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, BodyTruncated>> + 'static {
        stream::unfold(Some(self.0), |chunks| async move {
            let mut chunks = chunks?;
            match chunks.recv().await {
                Some(Some(chunk)) => Some((Ok(chunk), Some(chunks))),
                Some(None) => None,
                // The sender was dropped before the end: the client must not take this for the whole body.
                None => Some((Err(BodyTruncated), None)),
            }
        })
    }
}

/// Reads the body that follows the head.
pub(super) async fn read(
    head: ResponseHead,
    mut connection: Connection,
) -> Result<UpstreamResponse, CallError> {
    let mut chunks = Chunks::default();
    while let Some(chunk) = connection.get().next_chunk().await.map_err(CallError::Lost)? {
        chunks.push(chunk);
        if chunks.bytes > BUFFERED_BYTES_MAX {
            let (sender, receiver) = mpsc::channel(QUEUED_CHUNKS_MAX);
            actix_web::rt::spawn(relay(chunks.join(), connection, sender));
            let body = ResponseBody::Streamed(StreamedBody(receiver));
            return Ok(UpstreamResponse::new(head, body));
        }
    }
    connection.return_to_pool();
    Ok(UpstreamResponse::new(head, ResponseBody::Buffered(chunks.join())))
}

/// Relays a long body at the client's pace, as long as there is a client. If this ends early, both connections are closed.
async fn relay(first: Bytes, mut connection: Connection, client: mpsc::Sender<Option<Bytes>>) {
    let mut chunk = first;
    loop {
        let Ok(Ok(())) = timeout(PAUSE_MAX, client.send(Some(chunk))).await else { return };
        chunk = match timeout(PAUSE_MAX, connection.get().next_chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Err(_)) | Err(_) => return,
            Ok(Ok(None)) => break,
        };
    }
    connection.return_to_pool();
    // The client may have gone in the meantime.
    let _ = timeout(PAUSE_MAX, client.send(None)).await;
}

/// Most bodies come in one chunk, which is then not copied.
#[derive(Default)]
struct Chunks {
    all: Vec<Bytes>,
    bytes: usize,
}

impl Chunks {
    fn push(&mut self, chunk: Bytes) {
        self.bytes += chunk.len();
        self.all.push(chunk);
    }

    fn join(mut self) -> Bytes {
        match self.all.len() {
            0 | 1 => self.all.pop().unwrap_or_default(),
            _ => self
                .all
                .iter()
                .fold(BytesMut::with_capacity(self.bytes), |mut whole, chunk| {
                    whole.extend_from_slice(chunk);
                    whole
                })
                .freeze(),
        }
    }
}
