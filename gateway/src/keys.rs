//! The keys that tokens are verified by: fetched from the user service, looked at again on a clock, kept while it is away.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use booked_identity::{
    Jwks, VerifiedTokens, Verifier,
    internal::{CREDENTIAL_HEADER, Credential},
};
use booked_server::Lifecycle;
use reqwest::{Client, redirect::Policy};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};

use crate::config::{ServiceSettings, ServiceUrl};

const JWKS_PATH: &str = "/internal/jwks";
const FETCH_TIMEOUT: Duration = Duration::from_secs(1);
/// Between two looks, however many tokens name unknown keys: anybody can make up such a name.
const PAUSE_MIN: Duration = Duration::from_millis(200);
/// How long a token with an unknown key waits for a look. With the look it holds the whole answer within 3 seconds.
const LOOK_WAIT_MAX: Duration = Duration::from_millis(400);

type Seen = Option<Arc<VerifiedTokens>>;

/// The keys that were seen last; clones are the same.
#[derive(Clone)]
pub(crate) struct TokenKeys {
    seen: watch::Receiver<Seen>,
    wanted: Arc<Notify>,
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
        let (publish, seen) = watch::channel(None);
        let wanted = Arc::new(Notify::new());
        let job = Job {
            client,
            credential: credential.clone(),
            replicas: settings.user.clone(),
            refresh: settings.jwks_refresh,
            verified_tokens_max: settings.verified_tokens_max,
            wanted: Arc::clone(&wanted),
            publish,
        };
        lifecycle.spawn_job(job.run());
        Ok(Self { seen, wanted })
    }

    /// The keys that were seen last; none where the user service never answered yet.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Has the keys fetched again and waits for them, a short time; then what was seen last.
    pub(crate) async fn look_again(&self) -> Seen {
        let mut seen = self.seen.clone();
        seen.mark_unchanged();
        self.wanted.notify_one();
        // In either case there is what was seen before.
        let _ = timeout(LOOK_WAIT_MAX, seen.changed()).await;
        seen.borrow().clone()
    }
}

struct Job {
    client: Client,
    credential: Credential,
    replicas: Vec<ServiceUrl>,
    refresh: Duration,
    verified_tokens_max: usize,
    wanted: Arc<Notify>,
    publish: watch::Sender<Seen>,
}

impl Job {
    async fn run(self) {
        let mut known: Option<Jwks> = None;
        let mut answered = true;
        loop {
            match self.fetch().await {
                Ok(jwks) => {
                    self.take(jwks, &mut known);
                    answered = true;
                }
                Err(error) => {
                    if answered {
                        tracing::warn!(error = format!("{error:#}"), "the public keys cannot be fetched");
                    }
                    answered = false;
                }
            }
            let pause = if known.is_some() { self.refresh } else { PAUSE_MIN };
            sleep(PAUSE_MIN).await;
            // A wish from before the pause still counts.
            let _ = timeout(pause.saturating_sub(PAUSE_MIN), self.wanted.notified()).await;
        }
    }

    /// Publishes the keys, also the same ones again: somebody may be waiting for the look itself. An unchanged set keeps
    /// the tokens that were found good by it.
    fn take(&self, jwks: Jwks, known: &mut Option<Jwks>) {
        if known.as_ref() == Some(&jwks) {
            self.publish.send_modify(|_| {});
            return;
        }
        match Verifier::new(&jwks) {
            Ok(verifier) => {
                let kids: Vec<&str> = jwks.keys.iter().map(|key| key.kid.as_str()).collect();
                tracing::info!(?kids, "tokens are verified by these keys from now on");
                self.publish
                    .send_replace(Some(Arc::new(VerifiedTokens::new(verifier, self.verified_tokens_max))));
                *known = Some(jwks);
            }
            Err(error) => tracing::warn!(%error, "the user service publishes keys that cannot be used"),
        }
    }

    /// The first replica that answers is enough: all publish the same set.
    async fn fetch(&self) -> anyhow::Result<Jwks> {
        let mut outcome = Err(anyhow::anyhow!("no replica"));
        for replica in &self.replicas {
            outcome = self.fetch_from(replica).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    async fn fetch_from(&self, replica: &ServiceUrl) -> anyhow::Result<Jwks> {
        let url = format!("http://{}{JWKS_PATH}", replica.authority());
        let request = self.client.get(url).header(CREDENTIAL_HEADER, self.credential.to_send());
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}
