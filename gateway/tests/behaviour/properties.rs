//! In front of a service that answers everything, no request ends in a 5xx, a hang or a dropped connection.

use booked_gateway::routes::{Handler, NotFound, ROUTES, find};
use proptest::{prelude::*, test_runner::TestRunner};
use tokio::runtime::Handle;

use crate::fixtures::{Gateway, RawClient, admin_token};

/// Known and unknown methods.
fn method() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["GET", "POST", "DELETE"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["HEAD", "PUT", "OPTIONS", "TRACE", "PATCH"]).prop_map(str::to_owned),
        1 => "[A-Z!*+.^_`|~-]{1,12}".prop_filter("CONNECT takes no path", |method| method != "CONNECT"),
    ]
}

/// Valid paths by RFC 3986, close to those of the table.
fn path() -> impl Strategy<Value = String> {
    let known: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    let segment = "([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}){0,20}";
    prop_oneof![
        4 => prop::sample::select(known).prop_map(|path| path.replace(['{', '}'], "")),
        2 => segment.prop_map(|segment| format!("/event/{segment}")),
        1 => prop::collection::vec(segment, 0..5).prop_map(|segments| format!("/{}", segments.join("/"))),
    ]
}

fn query() -> impl Strategy<Value = String> {
    prop_oneof!["", r"\?([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2}){0,200}"]
}

/// Header lines whose values have any bytes that HTTP allows.
fn headers() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let special = prop::sample::select(vec![
        "Authorization",
        "X-Request-Id",
        "Idempotency-Key",
        "X-Booked-Credential",
        "X-Booked-User-Role",
        "X-Forwarded-For",
        "Traceparent",
        "Tracestate",
        "Origin",
        "Content-Type",
        "Cookie",
        "Accept",
        "If-None-Match",
        "Range",
    ]);
    let name = prop_oneof![special.prop_map(str::to_owned), "X-[A-Za-z0-9-]{1,20}"];
    let byte = prop_oneof![b' '..=b'~', 0x80..=0xff_u8];
    prop::collection::vec((name, prop::collection::vec(byte, 0..60)), 0..10)
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    Chunked,
}

fn request() -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![Just(Vec::new()), prop::collection::vec(any::<u8>(), 0..2000)];
    let framing = prop_oneof![Just(Framing::Length), Just(Framing::Chunked)];
    (method(), path(), query(), headers(), body, framing, any::<bool>()).prop_map(
        |(method, path, query, headers, body, framing, with_token)| {
            let mut request = format!("{method} {path}{query} HTTP/1.1\r\nHost: x\r\n").into_bytes();
            for (name, value) in headers {
                request.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
            }
            if with_token {
                request.extend(format!("Authorization: Bearer {}\r\n", admin_token()).into_bytes());
            }
            match framing {
                Framing::Length => {
                    request.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
                    request.extend(body);
                }
                Framing::Chunked => {
                    request.extend(b"Transfer-Encoding: chunked\r\n\r\n");
                    for chunk in body.chunks(300) {
                        request.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                        request.extend([chunk, b"\r\n"].concat());
                    }
                    request.extend(b"0\r\n\r\n");
                }
            }
            request
        },
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn any_well_formed_request_gets_a_response_and_so_does_the_next_one_on_its_connection() {
    let gateway = Gateway::start().await;

    tokio::task::block_in_place(|| {
        TestRunner::new(ProptestConfig {
            cases: 500,
            failure_persistence: None,
            ..ProptestConfig::default()
        })
        .run(&request(), |request| {
            Handle::current().block_on(async {
                let mut raw: RawClient = gateway.raw().await;
                raw.write(&request).await;
                let answer = match request.starts_with(b"HEAD ") {
                    true => raw.answer_without_body().await,
                    false => raw.answer().await,
                };
                let status = answer.as_ref().map(|answer| answer.status);
                // What is no id, or no idempotency key.
                let is_malformed = answer.as_ref().is_some_and(|answer| {
                    let has = |code| answer.body.contains(code);
                    answer.status == 400
                        && (request.starts_with(b"HEAD ") || has("EVENT-02") || has("IDEM-01"))
                });
                prop_assert!(is_malformed || matches!(status, Some(200 | 401 | 404 | 405)), "{answer:?}");
                prop_assert!(answer.is_some_and(|answer| answer.has_request_id()));
                let next = raw.exchange("GET /health/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
                prop_assert_eq!(next.status, 200);
                Ok(())
            })
        })
        .unwrap();
    });
}

proptest! {
    #[test]
    fn only_paths_of_the_table_lead_to_a_service(method in method(), path in path()) {
        match find(&method, &path) {
            Ok(found) => {
                prop_assert!(ROUTES.iter().any(|route| route.path == found.route.path));
                prop_assert!(found.path.ends_with('/'));
                if let Handler::Service(_) = found.route.handler {
                    prop_assert!(!found.path.starts_with("/internal"));
                }
            }
            // Pages are there for GET and nobody else.
            Err(NotFound::Path) => {
                prop_assert!(find("POST", &path).is_err());
                prop_assert!(find("GET", &path).map_or(true, |found| found.route.is_of_pages()));
            }
            Err(NotFound::Method { allowed }) => prop_assert!(!allowed.to_string().is_empty()),
        }
    }

    #[test]
    fn a_trailing_slash_changes_nothing(method in method(), path in path()) {
        let without = path.strip_suffix('/').unwrap_or(&path);
        // `//` is an empty segment and a slash, not a path with a trailing slash.
        prop_assume!(!without.is_empty() && !without.ends_with('/'));
        let with = format!("{without}/");
        match (find(&method, without), find(&method, &with)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one.path, other.path),
            (Err(one), Err(other)) => prop_assert_eq!(one, other),
            (one, other) => prop_assert!(false, "{:?} but {:?}", one, other),
        }
    }
}
