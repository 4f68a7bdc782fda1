//! The keys that tokens are verified with: fetched from the user service, refreshed on a timer and on request, and kept while
//! the user service is unavailable.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use booked_identity::{
    Jwks, VerifiedTokens, Verifier,
    internal::{CREDENTIAL_HEADER, Credential},
};
use booked_server::{Endpoint, Endpoints, Lifecycle};
use reqwest::{Client, redirect::Policy};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};

use crate::{config::ServiceSettings, metrics::SCOPE, services::ServiceName};

const JWKS_PATH: &str = "/internal/jwks";
const FETCH_TIMEOUT: Duration = Duration::from_secs(1);
/// Between two refreshes, however many tokens name unknown keys: anybody can make up such a name.
const REFRESH_PAUSE_MIN: Duration = Duration::from_millis(100);
/// How long a token with an unknown key waits for a refresh. With this and the fetch, the whole response still comes within
/// 3 seconds.
const REFRESH_WAIT_MAX: Duration = Duration::from_millis(400);

/// The keys that were fetched last; clones share them.
#[derive(Clone)]
pub(crate) struct JwksCache {
    snapshot: watch::Receiver<Snapshot>,
    requests: Arc<RefreshRequests>,
}

/// The result of the last refresh.
#[derive(Clone)]
struct Snapshot {
    /// None if no refresh has succeeded yet.
    tokens: Option<Arc<VerifiedTokens>>,
    /// How many requests had been made when the refresh began: those are served.
    requests_served: u64,
    /// When the keys were fetched; when the process started, if they never were.
    fetched_at: Instant,
}

#[derive(Default)]
struct RefreshRequests {
    made: AtomicU64,
    notify: Notify,
}

impl JwksCache {
    /// Starts the job that fetches the keys.
    pub(crate) fn start(
        settings: &ServiceSettings,
        credential: &Credential,
        lifecycle: &Lifecycle,
    ) -> anyhow::Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(settings.connect_timeout)
            .timeout(FETCH_TIMEOUT)
            .build()
            .context("the HTTP client that fetches the public keys cannot be built")?;
        let (publisher, snapshot) =
            watch::channel(Snapshot { tokens: None, requests_served: 0, fetched_at: Instant::now() });
        let requests = Arc::new(RefreshRequests::default());
        register_age_gauge(snapshot.clone());
        let refresher = Refresher {
            client,
            credential: credential.clone(),
            endpoints: settings.endpoints(ServiceName::User).clone(),
            interval: settings.jwks_refresh,
            verified_tokens_max: settings.verified_tokens_max,
            requests: Arc::clone(&requests),
            publisher,
        };
        lifecycle.spawn_job(refresher.run());
        Ok(Self { snapshot, requests })
    }

    /// The keys that were fetched last; none if the user service has never answered.
    pub(crate) fn current(&self) -> Option<Arc<VerifiedTokens>> {
        self.snapshot.borrow().tokens.clone()
    }

    /// Waits, for a short time, for a refresh that begins after this call; then returns the current keys.
    pub(crate) async fn refresh(&self) -> Option<Arc<VerifiedTokens>> {
        let mine = self.requests.made.fetch_add(1, Ordering::SeqCst) + 1;
        self.requests.notify.notify_one();
        let mut snapshot = self.snapshot.clone();
        // If there is no refresh in time, the keys from before are still there.
        let _ =
            timeout(REFRESH_WAIT_MAX, snapshot.wait_for(|snapshot| snapshot.requests_served >= mine)).await;
        self.current()
    }
}

fn register_age_gauge(snapshot: watch::Receiver<Snapshot>) {
    opentelemetry::global::meter(SCOPE)
        .f64_observable_gauge("booked_gateway_jwks_age_seconds")
        .with_description("Time since the public keys were last fetched")
        .with_callback(move |gauge| {
            let fetched_at = snapshot.borrow().fetched_at;
            gauge.observe(fetched_at.elapsed().as_secs_f64(), &[]);
        })
        .build();
}

struct Refresher {
    client: Client,
    credential: Credential,
    endpoints: Endpoints,
    interval: Duration,
    verified_tokens_max: usize,
    requests: Arc<RefreshRequests>,
    publisher: watch::Sender<Snapshot>,
}

impl Refresher {
    async fn run(self) {
        let mut known: Option<Jwks> = None;
        let mut last_succeeded = true;
        loop {
            let requests_served = self.requests.made.load(Ordering::SeqCst);
            let fetched = self.fetch().await;
            if let Err(error) = &fetched
                && last_succeeded
            {
                tracing::warn!(error = format!("{error:#}"), "the public keys cannot be fetched");
            }
            last_succeeded = fetched.is_ok();
            let fetched = fetched.ok();
            let tokens = fetched.as_ref().and_then(|jwks| self.tokens_if_changed(jwks, &mut known));
            self.publisher.send_modify(|snapshot| {
                snapshot.requests_served = requests_served;
                if fetched.is_some() {
                    snapshot.fetched_at = Instant::now();
                }
                if tokens.is_some() {
                    snapshot.tokens = tokens;
                }
            });
            sleep(REFRESH_PAUSE_MIN).await;
            let pause = if known.is_some() { self.interval } else { REFRESH_PAUSE_MIN };
            // A request that was made during the pause still counts.
            let _ = timeout(pause.saturating_sub(REFRESH_PAUSE_MIN), self.requests.notify.notified()).await;
        }
    }

    /// None if the set is the same as before, so that the tokens that were verified with it are kept. A set says which keys are
    /// valid and that no others are, even if it is empty.
    fn tokens_if_changed(&self, jwks: &Jwks, known: &mut Option<Jwks>) -> Option<Arc<VerifiedTokens>> {
        if known.as_ref() == Some(jwks) {
            return None;
        }
        let verifier = Verifier::new(jwks);
        let kids: Vec<&str> = verifier.kids().collect();
        if kids.is_empty() {
            tracing::error!("the user service publishes no usable key: every token is rejected");
        } else {
            tracing::info!(?kids, "tokens are verified with these keys from now on");
        }
        *known = Some(jwks.clone());
        Some(Arc::new(VerifiedTokens::new(verifier, self.verified_tokens_max)))
    }

    /// The first replica that answers is enough: all publish the same set.
    async fn fetch(&self) -> anyhow::Result<Jwks> {
        let mut outcome = Err(anyhow::anyhow!("no replica"));
        for endpoint in self.endpoints.as_slice() {
            outcome = self.fetch_from(endpoint).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    async fn fetch_from(&self, endpoint: &Endpoint) -> anyhow::Result<Jwks> {
        let url = endpoint.url().join(JWKS_PATH)?;
        let request = self.client.get(url).header(CREDENTIAL_HEADER, self.credential.to_send());
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}
