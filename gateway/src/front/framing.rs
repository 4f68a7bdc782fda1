//! Where a request ends in the bytes of its connection, by RFC 9112: a head at its empty line, a body as its head declares.
//! Whether they are valid is for the server to decide, which parses them; this only has to find the same end.

use actix_http::Request;
use actix_web::{HttpMessage as _, http::header};

/// The length of a body as its head declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyLength {
    Empty,
    Bytes(u64),
    /// Transfer-Encoding: chunked.
    Chunked,
}

impl BodyLength {
    /// What the head says. The end of the payload stream would not do: after `Upgrade: websocket` it never comes.
    pub(crate) fn declared(request: &Request) -> Self {
        if request.chunked().unwrap_or(false) {
            return Self::Chunked;
        }
        let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        match length.and_then(|length| length.trim().parse().ok()) {
            None | Some(0) => Self::Empty,
            Some(bytes) => Self::Bytes(bytes),
        }
    }

    /// What is left after this many bytes of it have come.
    pub(crate) fn after(self, bytes: usize) -> Self {
        match self {
            Self::Empty | Self::Chunked => self,
            Self::Bytes(left) => match left.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX)) {
                0 => Self::Empty,
                left => Self::Bytes(left),
            },
        }
    }
}

/// Finds the end of a head. Empty lines before a head belong to it, and a line ends with LF, with or without a CR before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum HeadScanner {
    #[default]
    Before,
    InLine,
    LineEnded,
    LineEndedThenCr,
}

impl HeadScanner {
    /// How many of these bytes are the head's, if it ends within them. If not, all are.
    pub(super) fn end_in(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            *self = match (*self, byte) {
                (Self::LineEnded | Self::LineEndedThenCr, b'\n') => return Some(at),
                (Self::Before, b'\r' | b'\n') => Self::Before,
                (Self::InLine, b'\n') => Self::LineEnded,
                (Self::LineEnded, b'\r') => Self::LineEndedThenCr,
                _ => {
                    // Most of a head is scanned here.
                    at += memchr::memchr(b'\n', bytes.get(at..)?).unwrap_or(bytes.len() - at);
                    Self::InLine
                }
            };
        }
        None
    }
}

/// Finds the end of a body: what is still to come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyScanner {
    Bytes(u64),
    Chunks(ChunkState),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChunkState {
    /// In the digits of a size.
    Size(u64),
    /// After the digits, up to the end of their line.
    SizeLine(u64),
    /// This many bytes before the next size: the rest of a chunk and its end of line.
    Data(u64),
    /// At the start of a line after the last chunk.
    TrailerStart,
    TrailerLine,
    TrailerLineThenCr,
    /// In the empty line after the last chunk.
    LastLine,
}

impl BodyScanner {
    /// None if there is no body.
    pub(super) fn new(length: BodyLength) -> Option<Self> {
        match length {
            BodyLength::Empty => None,
            BodyLength::Bytes(bytes) => Some(Self::Bytes(bytes)),
            BodyLength::Chunked => Some(Self::Chunks(ChunkState::Size(0))),
        }
    }

    /// How many of these bytes are the body's, and what is still to come after them.
    pub(super) fn scan(self, bytes: &[u8]) -> (usize, Option<Self>) {
        match self {
            Self::Bytes(left) => {
                let (taken, left) = up_to(left, bytes);
                (taken, (left > 0).then_some(Self::Bytes(left)))
            }
            Self::Chunks(chunk) => {
                let (taken, chunk) = chunk.scan(bytes);
                (taken, chunk.map(Self::Chunks))
            }
        }
    }
}

impl ChunkState {
    fn scan(mut self, bytes: &[u8]) -> (usize, Option<Self>) {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            self = match (self, byte) {
                (Self::Size(size), digit) if digit.is_ascii_hexdigit() => {
                    Self::Size(size.saturating_mul(16).saturating_add(hex(*digit)))
                }
                (Self::Size(0) | Self::SizeLine(0), b'\n') => Self::TrailerStart,
                (Self::Size(size) | Self::SizeLine(size), b'\n') => Self::Data(size.saturating_add(2)),
                (Self::Size(size) | Self::SizeLine(size), _) => Self::SizeLine(size),
                (Self::Data(left), _) => {
                    let (more, left) = up_to(left - 1, bytes.get(at..).unwrap_or_default());
                    at += more;
                    if left > 0 { Self::Data(left) } else { Self::Size(0) }
                }
                (Self::TrailerStart, b'\r') => Self::LastLine,
                (Self::TrailerLine, b'\r') => Self::TrailerLineThenCr,
                (Self::TrailerStart | Self::TrailerLine, _) => Self::TrailerLine,
                (Self::TrailerLineThenCr, _) => Self::TrailerStart,
                // Whatever the byte is: LF, or the server rejects it.
                (Self::LastLine, _) => return (at, None),
            };
        }
        (at, Some(self))
    }
}

/// How many of these bytes are among the `left` next ones, and how many are left after them.
fn up_to(left: u64, bytes: &[u8]) -> (usize, u64) {
    match usize::try_from(left) {
        Ok(left) if left <= bytes.len() => (left, 0),
        _ => (bytes.len(), left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX))),
    }
}

fn hex(digit: u8) -> u64 {
    char::from(digit).to_digit(16).map_or(0, u64::from)
}

#[cfg(test)]
mod tests {
    use actix_http::h1::{Codec, Message};
    use actix_web::web::BytesMut;
    use proptest::{collection::vec, prelude::*};
    use tokio_util::codec::Decoder as _;

    use super::*;

    /// A body as it is sent, with the header line that declares it.
    fn body() -> impl Strategy<Value = (String, Vec<u8>)> {
        let chunk = (vec(any::<u8>(), 1..40), prop_oneof![Just(""), Just(" "), Just(";a=0b")]);
        let trailer = prop_oneof![Just(""), Just("X: 0\r\n"), Just("A: \n\r\nB: b\r\n")];
        let chunked = (vec(chunk, 0..4), trailer).prop_map(|(chunks, trailer)| {
            let mut bytes = Vec::new();
            for (data, extension) in chunks {
                bytes.extend_from_slice(format!("{:X}{extension}\r\n", data.len()).as_bytes());
                bytes.extend_from_slice(&data);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(format!("00\r\n{trailer}\r\n").as_bytes());
            ("Transfer-Encoding: chunked\r\n".to_owned(), bytes)
        });
        let whole =
            vec(any::<u8>(), 0..40).prop_map(|bytes| (format!("Content-Length: {}\n", bytes.len()), bytes));
        prop_oneof![Just((String::new(), Vec::new())), whole, chunked]
    }

    fn request() -> impl Strategy<Value = Vec<u8>> {
        let before = prop_oneof![Just(""), Just("\r\n"), Just("\n\n")];
        let line_end = prop_oneof![Just("\r\n"), Just("\n")];
        (before, line_end, body()).prop_map(|(before, end, (declared, body))| {
            let head = format!("{before}POST / HTTP/1.1{end}Host: x\r\n{declared}{end}");
            [head.as_bytes(), &body].concat()
        })
    }

    /// What the server parses from these bytes, up to where it needs more.
    fn parse(server: &mut Codec, buffer: &mut BytesMut, requests: &mut Vec<Request>) {
        while let Some(message) = server.decode(buffer).unwrap() {
            if let Message::Item(request) = message {
                requests.push(request);
            }
        }
    }

    proptest! {
        #[test]
        fn the_end_of_a_request_is_where_the_server_finds_it(
            requests in vec(request(), 1..5), piece_bytes in 1..50_usize,
        ) {
            // The server's codec starts a timer task, which is not needed here.
            let tasks = tokio::task::LocalSet::new();
            let _entered = tasks.enter();
            let sent = requests.concat();
            let (mut left, mut server, mut buffer) = (&sent[..], Codec::default(), BytesMut::new());
            for request in &requests {
                let (mut head, mut parsed) = (HeadScanner::default(), Vec::new());
                loop {
                    let piece = &left[..left.len().min(piece_bytes)];
                    let end = head.end_in(piece);
                    prop_assert!(parsed.is_empty(), "the head ended before");
                    buffer.extend_from_slice(&piece[..end.unwrap_or(piece.len())]);
                    left = &left[end.unwrap_or(piece.len())..];
                    parse(&mut server, &mut buffer, &mut parsed);
                    if end.is_some() { break }
                }
                prop_assert_eq!(parsed.len(), 1, "the head ends here: {:?}", request);

                let mut scanner = BodyScanner::new(BodyLength::declared(&parsed[0]));
                while let Some(body) = scanner {
                    let piece = &left[..left.len().min(piece_bytes)];
                    prop_assert!(!piece.is_empty(), "it ended before: {:?}", request);
                    let (taken, more) = body.scan(piece);
                    (scanner, left) = (more, &left[taken..]);
                    buffer.extend_from_slice(&piece[..taken]);
                    parse(&mut server, &mut buffer, &mut parsed);
                }
                prop_assert_eq!((parsed.len(), buffer.len()), (1, 0), "all of it, and nothing else: {:?}", request);
            }
            prop_assert!(left.is_empty());
        }
    }
}
