//! The clients' accounts: made once, found again by their emails, their tokens kept for the next run. Logging in is slow on
//! purpose, so a run that finds tokens begins at once.

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

/// For the owner alone.
const PRIVATE: u32 = 0o600;
/// A kept token is used only where it lasts longer than any run.
const LASTS_MIN_S: u64 = 3 * 3600;
const UNAUTHORIZED: u16 = 401;
/// A log-in may be repeated, and whether a registration was done shows in the log-in after it.
const RETRIES: RetryPolicy =
    RetryPolicy { attempts_max: 100, pause: Duration::from_millis(200), retries_unanswered: false };

/// Accounts to lend to iterations.
pub(crate) struct Accounts {
    all: Vec<Account>,
    password: String,
    free: Mutex<Vec<usize>>,
    next: AtomicUsize,
}

/// One account, logged in.
pub(crate) struct Account {
    pub(crate) email: String,
    pub(crate) session: Session,
}

/// An account that one iteration has for itself, unless there are more iterations than accounts.
pub(crate) struct Lent {
    accounts: Arc<Accounts>,
    index: usize,
    is_alone: bool,
}

impl Accounts {
    /// Logs all of them in, and registers those that are not there yet.
    pub(crate) async fn prepare(
        gateway: &Gateway,
        options: &AccountOptions,
        on_progress: &(dyn Fn(Progress<'_>) + Send + Sync),
    ) -> anyhow::Result<Arc<Self>> {
        let mut kept = Kept::read(gateway, options.tokens.as_deref()).await;
        let emails: Vec<String> = (0..options.count).map(|number| email(options, number)).collect();
        let missing: Vec<String> =
            emails.iter().filter(|email| !kept.0.contains_key(*email)).cloned().collect();
        let count = missing.len();
        let entering = stream::iter(missing).map(|email| async move {
            let session = enter(gateway, &email, &options.password).await;
            let session = session.with_context(|| format!("the account {email}"))?;
            anyhow::Ok((email, session))
        });
        let mut entering = std::pin::pin!(entering.buffer_unordered(options.concurrency.max(1)));
        let mut entered = 0;
        while let Some((email, session)) = entering.try_next().await? {
            entered += 1;
            on_progress(Progress::Step(&format!("Making or logging in accounts: {entered} of {count}")));
            kept.0.insert(email, session);
        }
        if let Some(path) = &options.tokens {
            kept.write(gateway, path).with_context(|| format!("cannot keep tokens in {}", path.display()))?;
        }
        let account = |email: String| {
            let session = kept.0.get(&email)?.clone();
            Some(Account { email, session })
        };
        let all: Vec<Account> = emails.into_iter().filter_map(account).collect();
        let free = (0..all.len()).collect();
        let password = options.password.clone();
        Ok(Arc::new(Self { all, password, free: Mutex::new(free), next: AtomicUsize::default() }))
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Account] {
        &self.all
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// An account for an iteration: one that nobody has; where all are lent, they are shared in turn.
    pub(crate) fn lend(self: &Arc<Self>) -> Lent {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let shared = || self.next.fetch_add(1, Ordering::Relaxed) % self.all.len();
        Lent { accounts: Arc::clone(self), index: free.unwrap_or_else(shared), is_alone: free.is_some() }
    }
}

impl Lent {
    pub(crate) fn session(&self) -> &Session {
        &self.accounts.all[self.index].session
    }

    /// Its place among all accounts.
    pub(crate) fn index(&self) -> usize {
        self.index
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.is_alone {
            self.accounts.free.lock().unwrap_or_else(PoisonError::into_inner).push(self.index);
        }
    }
}

fn email(options: &AccountOptions, number: usize) -> String {
    format!("{}-{number}@load.example", options.prefix)
}

/// Logs in, and registers first where there is no such account.
async fn enter(gateway: &Gateway, email: &str, password: &str) -> Result<Session, CallError> {
    match RETRIES.run(|| gateway.log_in(email, password)).await {
        Err(refused) if refused.status == Some(UNAUTHORIZED) => {
            let registered = RETRIES.run(|| gateway.register("Load", email, password)).await;
            let entered = RETRIES.run(|| gateway.log_in(email, password)).await;
            if entered.is_err() { registered.and(entered) } else { entered }
        }
        other => other,
    }
}

/// Sessions by email, of this gateway. In the file, tokens by email by the gateway's URL.
struct Kept(BTreeMap<String, Session>);

type Tokens = BTreeMap<String, BTreeMap<String, String>>;

impl Kept {
    /// Those of the file that are good still: one of them is tried, since all were signed by the same keys.
    async fn read(gateway: &Gateway, path: Option<&Path>) -> Self {
        let mut tokens = path.map(read_tokens).unwrap_or_default();
        let of_this_gateway = tokens.remove(gateway.url()).unwrap_or_default().into_iter();
        let until_s = now_us() / 1_000_000 + LASTS_MIN_S;
        let sessions: BTreeMap<String, Session> = of_this_gateway
            .filter_map(|(email, token)| Some((email, gateway.resume(&token)?)))
            .filter(|(_, session)| session.expires_unix_s() > until_s)
            .collect();
        let is_good = match sessions.values().next() {
            Some(session) => is_good(session).await,
            None => true,
        };
        if is_good { Self(sessions) } else { Self(BTreeMap::new()) }
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
        // Beside it and then renamed: a run that is interrupted must not leave half a file.
        let unfinished = path.with_extension("new");
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(PRIVATE).open(&unfinished);
        file?.write_all(&serde_json::to_vec_pretty(&tokens)?)?;
        Ok(fs::rename(&unfinished, path)?)
    }
}

async fn is_good(session: &Session) -> bool {
    let call = session.call(Op::ListBookings).await;
    !matches!(call.outcome, Outcome::Fail { status: UNAUTHORIZED, .. })
}

/// A file that is missing or none of ours keeps no tokens.
fn read_tokens(path: &Path) -> Tokens {
    fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}
