//! The keys that tokens are verified by: fetched from the user service, looked at again on a clock, kept while it is away.

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

use crate::config::ServiceSettings;

const JWKS_PATH: &str = "/internal/jwks";
const FETCH_TIMEOUT: Duration = Duration::from_secs(1);
/// Between two looks, however many tokens name unknown keys: anybody can make up such a name.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// How long a token with an unknown key waits for a look. With the look it holds the whole answer within 3 seconds.
const LOOK_WAIT_MAX: Duration = Duration::from_millis(400);

/// The keys that were seen last; clones are the same.
#[derive(Clone)]
pub(crate) struct TokenKeys {
    looked: watch::Receiver<Looked>,
    wishes: Arc<Wishes>,
}

/// What came of the last look.
#[derive(Clone)]
struct Looked {
    /// None where no look succeeded yet.
    keys: Option<Arc<VerifiedTokens>>,
    /// How many wishes were there when it began: those are fulfilled.
    wishes_fulfilled: u64,
    /// When the keys were last fetched; when the process began, where they never were.
    succeeded: Instant,
}

/// Requests that wish for a look.
#[derive(Default)]
struct Wishes {
    made: AtomicU64,
    one_more: Notify,
}

impl TokenKeys {
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
            .context("the client that fetches keys cannot be made")?;
        let (publish, looked) =
            watch::channel(Looked { keys: None, wishes_fulfilled: 0, succeeded: Instant::now() });
        let wishes = Arc::new(Wishes::default());
        show_age(looked.clone());
        let job = Job {
            client,
            credential: credential.clone(),
            endpoints: settings.user.clone(),
            refresh: settings.jwks_refresh,
            verified_tokens_max: settings.verified_tokens_max,
            wishes: Arc::clone(&wishes),
            publish,
        };
        lifecycle.spawn_job(job.run());
        Ok(Self { looked, wishes })
    }

    /// The keys that were seen last; none where the user service never answered yet.
    pub(crate) fn seen(&self) -> Option<Arc<VerifiedTokens>> {
        self.looked.borrow().keys.clone()
    }

    /// Waits, a short time, for a look that begins after this was called; then the keys that were seen last.
    pub(crate) async fn look_again(&self) -> Option<Arc<VerifiedTokens>> {
        let mine = self.wishes.made.fetch_add(1, Ordering::SeqCst) + 1;
        self.wishes.one_more.notify_one();
        let mut looked = self.looked.clone();
        // Without a look in time there is still what was seen before.
        let _ = timeout(LOOK_WAIT_MAX, looked.wait_for(|looked| looked.wishes_fulfilled >= mine)).await;
        self.seen()
    }
}

/// Shows how old the keys are whenever somebody looks.
fn show_age(looked: watch::Receiver<Looked>) {
    opentelemetry::global::meter("booked-gateway")
        .f64_observable_gauge("booked_gateway_keys_age_seconds")
        .with_description("Time since the public keys were last fetched")
        .with_callback(move |gauge| {
            let succeeded = looked.borrow().succeeded;
            gauge.observe(succeeded.elapsed().as_secs_f64(), &[]);
        })
        .build();
}

struct Job {
    client: Client,
    credential: Credential,
    endpoints: Endpoints,
    refresh: Duration,
    verified_tokens_max: usize,
    wishes: Arc<Wishes>,
    publish: watch::Sender<Looked>,
}

impl Job {
    async fn run(self) {
        let mut known: Option<Jwks> = None;
        let mut answered = true;
        loop {
            let wishes_fulfilled = self.wishes.made.load(Ordering::SeqCst);
            let fetched = self.fetch().await;
            if let Err(error) = &fetched
                && answered
            {
                tracing::warn!(error = format!("{error:#}"), "the public keys cannot be fetched");
            }
            answered = fetched.is_ok();
            let fetched = fetched.ok();
            let keys = fetched.as_ref().and_then(|jwks| self.changed(jwks, &mut known));
            self.publish.send_modify(|looked| {
                looked.wishes_fulfilled = wishes_fulfilled;
                if fetched.is_some() {
                    looked.succeeded = Instant::now();
                }
                if keys.is_some() {
                    looked.keys = keys;
                }
            });
            sleep(PAUSE_MIN).await;
            let pause = if known.is_some() { self.refresh } else { PAUSE_MIN };
            // A wish from before the pause still counts.
            let _ = timeout(pause.saturating_sub(PAUSE_MIN), self.wishes.one_more.notified()).await;
        }
    }

    /// The keys, where they are others than before: an unchanged set keeps the tokens that were found good by it. A set says
    /// which keys are good and that no others are, also where it is empty.
    fn changed(&self, jwks: &Jwks, known: &mut Option<Jwks>) -> Option<Arc<VerifiedTokens>> {
        if known.as_ref() == Some(jwks) {
            return None;
        }
        let verifier = Verifier::new(jwks);
        let kids: Vec<&str> = verifier.kids().collect();
        if kids.is_empty() {
            tracing::error!("the user service publishes no key that can be used: every token is refused");
        } else {
            tracing::info!(?kids, "tokens are verified by these keys from now on");
        }
        *known = Some(jwks.clone());
        Some(Arc::new(VerifiedTokens::new(verifier, self.verified_tokens_max)))
    }

    /// The first replica that answers is enough: all publish the same set.
    async fn fetch(&self) -> anyhow::Result<Jwks> {
        let mut outcome = Err(anyhow::anyhow!("no replica"));
        for replica in self.endpoints.as_slice() {
            outcome = self.fetch_from(replica).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    async fn fetch_from(&self, replica: &Endpoint) -> anyhow::Result<Jwks> {
        let url = replica.url().join(JWKS_PATH)?;
        let request = self.client.get(url).header(CREDENTIAL_HEADER, self.credential.to_send());
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}
