//! The clients' accounts: created once, found again by their emails, with their tokens stored for the next run. Logging
//! in is slow on purpose, so a run that finds tokens starts immediately.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use booked_checker::history::{Op, Outcome};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    client::{CallError, Gateway, RetryPolicy, Session, now_us},
    options::AccountOptions,
    progress::Progress,
};

/// Only the owner may read and write the file.
const PRIVATE: u32 = 0o600;
/// A stored token is used only if it is valid for longer than any run takes.
const LASTS_MIN_S: u64 = 3 * 3600;
const UNAUTHORIZED: u16 = 401;
/// A log-in may be repeated, and whether a registration was done shows in the log-in after it.
const RETRIES: RetryPolicy =
    RetryPolicy { attempts_max: 100, pause: Duration::from_millis(200), retries_unanswered: false };

/// Accounts that iterations lease.
pub(crate) struct Accounts {
    all: Vec<Account>,
    password: String,
    free: Mutex<Vec<usize>>,
    next: AtomicUsize,
}

pub(crate) struct Account {
    pub(crate) email: String,
    pub(crate) session: Session,
}

/// An account that belongs to one iteration, unless there are more iterations than accounts.
pub(crate) struct LeasedAccount {
    accounts: Arc<Accounts>,
    index: usize,
    is_exclusive: bool,
}

impl Accounts {
    /// Logs in all accounts without a stored token, and registers those that do not exist yet.
    pub(crate) async fn prepare(
        gateway: &Gateway,
        options: &AccountOptions,
        on_progress: &(dyn Fn(Progress<'_>) + Send + Sync),
    ) -> anyhow::Result<Arc<Self>> {
        let mut stored = StoredTokens::read(gateway, options.tokens.as_deref()).await;
        let emails: Vec<String> = (0..options.count).map(|number| email(options, number)).collect();
        let missing: Vec<String> =
            emails.iter().filter(|email| !stored.0.contains_key(*email)).cloned().collect();
        let count = missing.len();
        let logging_in = stream::iter(missing).map(|email| async move {
            let session = log_in_or_register(gateway, &email, &options.password).await;
            let session = session.with_context(|| format!("the account {email}"))?;
            anyhow::Ok((email, session))
        });
        let mut logging_in = std::pin::pin!(logging_in.buffer_unordered(options.concurrency.max(1)));
        let mut done = 0;
        while let Some((email, session)) = logging_in.try_next().await? {
            done += 1;
            on_progress(Progress::Step(&format!("Logging in or creating accounts: {done} of {count}")));
            stored.0.insert(email, session);
        }
        if let Some(path) = &options.tokens {
            stored
                .write(gateway, path)
                .with_context(|| format!("cannot store tokens in {}", path.display()))?;
        }
        let account = |email: String| {
            let session = stored.0.get(&email)?.clone();
            Some(Account { email, session })
        };
        let all: Vec<Account> = emails.into_iter().filter_map(account).collect();
        let free = (0..all.len()).collect();
        let password = options.password.clone();
        Ok(Arc::new(Self { all, password, free: Mutex::new(free), next: AtomicUsize::default() }))
    }

    pub(crate) fn all(&self) -> &[Account] {
        &self.all
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// An account that no other iteration has; if all are leased, they are shared in turn.
    pub(crate) fn lease(self: &Arc<Self>) -> LeasedAccount {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let shared = || self.next.fetch_add(1, Ordering::Relaxed) % self.all.len();
        LeasedAccount {
            accounts: Arc::clone(self),
            index: free.unwrap_or_else(shared),
            is_exclusive: free.is_some(),
        }
    }
}

impl LeasedAccount {
    pub(crate) fn session(&self) -> &Session {
        &self.accounts.all[self.index].session
    }

    /// In all accounts.
    pub(crate) fn index(&self) -> usize {
        self.index
    }
}

impl Drop for LeasedAccount {
    fn drop(&mut self) {
        if self.is_exclusive {
            self.accounts.free.lock().unwrap_or_else(PoisonError::into_inner).push(self.index);
        }
    }
}

fn email(options: &AccountOptions, number: usize) -> String {
    format!("{}-{number}@load.example", options.prefix)
}

/// Registers first if there is no such account.
async fn log_in_or_register(gateway: &Gateway, email: &str, password: &str) -> Result<Session, CallError> {
    match RETRIES.run(|| gateway.log_in(email, password)).await {
        Err(refused) if refused.status == Some(UNAUTHORIZED) => {
            let registered = RETRIES.run(|| gateway.register("Load", email, password)).await;
            let logged_in = RETRIES.run(|| gateway.log_in(email, password)).await;
            if logged_in.is_err() { registered.and(logged_in) } else { logged_in }
        }
        other => other,
    }
}

/// This gateway's sessions by email. The file has tokens by email, by the gateway's URL.
struct StoredTokens(BTreeMap<String, Session>);

type Tokens = BTreeMap<String, BTreeMap<String, String>>;

impl StoredTokens {
    /// The stored tokens that are still valid. Only one of them is tried, since all were signed with the same keys.
    async fn read(gateway: &Gateway, path: Option<&Path>) -> Self {
        let mut tokens = path.map(read_tokens).unwrap_or_default();
        let of_this_gateway = tokens.remove(gateway.url()).unwrap_or_default().into_iter();
        let until_s = now_us() / 1_000_000 + LASTS_MIN_S;
        let sessions: BTreeMap<String, Session> = of_this_gateway
            .filter_map(|(email, token)| Some((email, gateway.resume(&token)?)))
            .filter(|(_, session)| session.expires_unix_s() > until_s)
            .collect();
        let is_valid = match sessions.values().next() {
            Some(session) => is_valid(session).await,
            None => true,
        };
        if is_valid { Self(sessions) } else { Self(BTreeMap::new()) }
    }

    fn write(&self, gateway: &Gateway, path: &Path) -> anyhow::Result<()> {
        let mut tokens = read_tokens(path);
        let of_this_gateway = self
            .0
            .iter()
            .filter_map(|(email, session)| Some((email.clone(), session.token()?.to_owned())))
            .collect();
        tokens.insert(gateway.url().to_owned(), of_this_gateway);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        // Written next to it and then renamed, since a run that is interrupted must not leave half a file.
        let temporary = path.with_extension("new");
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(PRIVATE).open(&temporary);
        file?.write_all(&serde_json::to_vec_pretty(&tokens)?)?;
        Ok(fs::rename(&temporary, path)?)
    }
}

async fn is_valid(session: &Session) -> bool {
    let call = session.call(Op::ListBookings).await;
    !matches!(call.outcome, Outcome::Fail { status: UNAUTHORIZED, .. })
}

/// A missing or unreadable file has no tokens.
fn read_tokens(path: &Path) -> Tokens {
    fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}
