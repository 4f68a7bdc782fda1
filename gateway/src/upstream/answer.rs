//! A service's answer: read whole where it is not too long, else handed on piece by piece.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::{sync::mpsc, time::timeout};

use super::{Failure, connection::Connection};

/// Up to here an answer is read whole: the connection to the service is free again however slowly the client reads, and
/// an answer that breaks off can still become an error.
const WHOLE_BYTES_MAX: usize = 16 << 20;
/// How long the client, or the service, may pause in the middle of a longer one.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// Pieces of a longer answer that wait for the client.
const PIECES_WAITING_MAX: usize = 16;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) body: AnswerBody,
}

impl Answer {
    /// The same answer for somebody else; none where it is too long to be read whole.
    pub(crate) fn share(&self) -> Option<Self> {
        let AnswerBody::Whole(body) = &self.body else { return None };
        let body = AnswerBody::Whole(body.clone());
        Some(Self { status: self.status, headers: Arc::clone(&self.headers), body })
    }
}

#[derive(Debug)]
pub(crate) enum AnswerBody {
    Whole(Bytes),
    Long(LongBody),
}

/// The pieces of a long answer, in order; `None` is its end.
#[derive(Debug)]
pub(crate) struct LongBody(mpsc::Receiver<Option<Bytes>>);

/// A long answer broke off.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the service's answer broke off")]
pub(crate) struct BrokenOff;

impl LongBody {
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, BrokenOff>> + 'static {
        stream::unfold(Some(self.0), |pieces| async move {
            let mut pieces = pieces?;
            match pieces.recv().await {
                Some(Some(piece)) => Some((Ok(piece), Some(pieces))),
                Some(None) => None,
                // Whoever sent the pieces went away before the end: the client must not take this for the whole.
                None => Some((Err(BrokenOff), None)),
            }
        })
    }
}

/// Reads what follows the head.
pub(super) async fn read(response: Response<Incoming>, connection: Connection) -> Result<Answer, Failure> {
    let (parts, mut incoming) = response.into_parts();
    let mut pieces = Pieces::default();
    loop {
        match next(&mut incoming).await {
            Some(Ok(piece)) => pieces.push(piece),
            Some(Err(error)) => return Err(Failure::Lost(error.to_string())),
            None => break,
        }
        if pieces.bytes > WHOLE_BYTES_MAX {
            let (sender, receiver) = mpsc::channel(PIECES_WAITING_MAX);
            actix_web::rt::spawn(hand_on(pieces.join(), incoming, connection, sender));
            let body = AnswerBody::Long(LongBody(receiver));
            return Ok(Answer { status: parts.status, headers: Arc::new(parts.headers), body });
        }
    }
    connection.give_back();
    Ok(Answer {
        status: parts.status,
        headers: Arc::new(parts.headers),
        body: AnswerBody::Whole(pieces.join()),
    })
}

/// Hands on a long answer at the client's pace, as long as there is one. Wherever this ends early, both connections are
/// closed.
async fn hand_on(
    first: Bytes,
    mut incoming: Incoming,
    connection: Connection,
    client: mpsc::Sender<Option<Bytes>>,
) {
    let mut piece = first;
    loop {
        let Ok(Ok(())) = timeout(PAUSE_MAX, client.send(Some(piece))).await else { return };
        piece = match timeout(PAUSE_MAX, next(&mut incoming)).await {
            Ok(Some(Ok(piece))) => piece,
            Ok(Some(Err(_))) | Err(_) => return,
            Ok(None) => break,
        };
    }
    connection.give_back();
    // The client may have gone meanwhile.
    let _ = timeout(PAUSE_MAX, client.send(None)).await;
}

/// The next piece of the body; trailers are passed over.
async fn next(incoming: &mut Incoming) -> Option<Result<Bytes, hyper::Error>> {
    loop {
        match incoming.frame().await? {
            Ok(frame) => {
                if let Ok(piece) = frame.into_data() {
                    return Some(Ok(piece));
                }
            }
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Most answers come in one piece, which is then not copied.
#[derive(Default)]
struct Pieces {
    all: Vec<Bytes>,
    bytes: usize,
}

impl Pieces {
    fn push(&mut self, piece: Bytes) {
        self.bytes += piece.len();
        self.all.push(piece);
    }

    fn join(mut self) -> Bytes {
        match self.all.len() {
            0 | 1 => self.all.pop().unwrap_or_default(),
            _ => self
                .all
                .iter()
                .fold(BytesMut::with_capacity(self.bytes), |mut whole, piece| {
                    whole.extend_from_slice(piece);
                    whole
                })
                .freeze(),
        }
    }
}
