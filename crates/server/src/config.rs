//! Configuration: read by clap as texts, checked here, all mistakes reported at once.

use std::{
    fmt, fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use booked_identity::internal::Credential;
use booked_telemetry::LogFormat;
use clap::Args;
use secrecy::SecretString;

use crate::Endpoints;

/// Whether a host is this machine itself, so that nobody listens on the way.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Everything that is wrong with a configuration.
#[derive(Debug, Default)]
pub struct Mistakes(Vec<String>);

impl Mistakes {
    /// Notes what is wrong with a setting. Never give it a secret's value.
    pub fn add(&mut self, setting: &str, what: impl fmt::Display) {
        self.0.push(format!("{setting} {what}"));
    }

    /// Reads a setting's text.
    pub fn parse<T>(&mut self, setting: &str, text: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        text.parse().map_err(|error: T::Err| self.add(setting, format!("is {text:?}: {error}"))).ok()
    }

    /// Reads a number that must lie in a range.
    pub fn number<T>(&mut self, setting: &str, text: &str, range: std::ops::RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + fmt::Display,
        T::Err: fmt::Display,
    {
        let number: T = self.parse(setting, text)?;
        if range.contains(&number) {
            return Some(number);
        }
        self.add(setting, format!("is {number}, not within {} to {}", range.start(), range.end()));
        None
    }

    /// Reads a length of time in whole milliseconds that must lie in a range.
    pub fn millis(
        &mut self,
        setting: &str,
        text: &str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<Duration> {
        self.number(setting, text, range).map(Duration::from_millis)
    }

    /// Takes a setting that must be there.
    pub fn required<'a>(&mut self, setting: &str, value: &'a Option<String>) -> Option<&'a str> {
        let value = value.as_deref().filter(|value| !value.is_empty());
        if value.is_none() {
            self.add(setting, "is missing");
        }
        value
    }

    /// Reads where a service's replicas listen, which must be given.
    pub fn endpoints(&mut self, setting: &str, text: &Option<String>) -> Option<Endpoints> {
        let text = self.required(setting, text)?;
        // The text itself is not shown: somebody may have put a password into it.
        text.parse().map_err(|error| self.add(setting, format!("cannot be used: {error}"))).ok()
    }

    /// Takes a secret that is given as itself or, better, as a file that holds it.
    pub fn secret(
        &mut self,
        setting: &str,
        value: Option<&str>,
        file: Option<&Path>,
    ) -> Option<SecretString> {
        match (value.filter(|value| !value.is_empty()), file) {
            (Some(_), Some(_)) => self.add(setting, format!("is given twice, also as {setting}_FILE")),
            (Some(value), None) => return Some(SecretString::from(value)),
            (None, Some(file)) => match fs::read_to_string(file) {
                Ok(text) => return Some(SecretString::from(text.trim_end_matches(['\n', '\r']))),
                Err(error) => self.add(&format!("{setting}_FILE"), format!("cannot be read: {error}")),
            },
            (None, None) => {}
        }
        None
    }

    /// Takes a secret that must be there; see [`Mistakes::secret`].
    pub fn required_secret(
        &mut self,
        setting: &str,
        value: Option<&str>,
        file: Option<&Path>,
    ) -> Option<SecretString> {
        if value.is_none_or(str::is_empty) && file.is_none() {
            self.add(setting, "is missing");
        }
        self.secret(setting, value, file)
    }

    /// The configuration, if nothing was wrong.
    ///
    /// # Errors
    ///
    /// All mistakes, a line each.
    pub fn finish<T>(self, config: Option<T>) -> Result<T, Self> {
        match config {
            Some(config) if self.0.is_empty() => Ok(config),
            _ => Err(self),
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has mistakes:")?;
        self.0.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

impl std::error::Error for Mistakes {}

/// Where and how a process serves HTTP, and how it ends; the same for all five.
#[derive(Args, Clone, Debug)]
pub struct HttpArgs {
    /// Address that serves traffic.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub listen: String,
    /// Address that serves /livez, /readyz and /metrics.
    #[arg(long, env = "ADMIN_LISTEN", default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub admin_listen: String,
    /// Threads that serve HTTP.
    #[arg(long, env = "HTTP_WORKERS", default_value = "2", value_name = "COUNT")]
    pub http_workers: String,
    /// Time between falling readiness and closed listeners, in milliseconds, so that load balancers can look away. Each
    /// answer says meanwhile that its connection ends.
    #[arg(long, env = "DRAIN_DELAY_MS", default_value = "0", value_name = "MS")]
    pub drain_delay_ms: String,
    /// Longest time that requests under way get to finish at the end, in milliseconds.
    #[arg(long, env = "DRAIN_TIMEOUT_MS", default_value = "10000", value_name = "MS")]
    pub drain_timeout_ms: String,
}

/// How logs are written; the same for all five.
#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    /// How log lines are written: json or text. RUST_LOG filters them.
    #[arg(long, env = "LOG_FORMAT", default_value = "json", value_name = "FORMAT", global = true)]
    pub log_format: LogFormat,
}

/// The secret that the gateway and the services share.
#[derive(Args, Clone)]
pub struct CredentialArgs {
    /// Secret of at least 32 bytes that calls between the parts carry; "new,old" sends the first and accepts both.
    #[arg(long, env = "INTERNAL_CREDENTIAL", hide_env_values = true, value_name = "SECRET")]
    pub internal_credential: Option<String>,
    /// File that holds the internal credential.
    #[arg(long, env = "INTERNAL_CREDENTIAL_FILE", value_name = "FILE")]
    pub internal_credential_file: Option<PathBuf>,
}

/// What [`HttpArgs`] says, checked.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Address that serves traffic.
    pub listen: SocketAddr,
    /// Address that serves health and metrics.
    pub admin_listen: SocketAddr,
    /// Threads that serve HTTP.
    pub workers: usize,
    /// Time between falling readiness and closed listeners.
    pub drain_delay: Duration,
    /// Longest time that requests under way get to finish at the end.
    pub drain_timeout: Duration,
}

impl HttpArgs {
    /// Checks the settings.
    pub fn check(&self, mistakes: &mut Mistakes) -> Option<HttpSettings> {
        let listen = mistakes.parse("LISTEN", &self.listen);
        let admin_listen = mistakes.parse("ADMIN_LISTEN", &self.admin_listen);
        let workers = mistakes.number("HTTP_WORKERS", &self.http_workers, 1..=256);
        let drain_delay = mistakes.millis("DRAIN_DELAY_MS", &self.drain_delay_ms, 0..=300_000);
        let drain_timeout = mistakes.millis("DRAIN_TIMEOUT_MS", &self.drain_timeout_ms, 1..=300_000);
        Some(HttpSettings {
            listen: listen?,
            admin_listen: admin_listen?,
            workers: workers?,
            drain_delay: drain_delay?,
            drain_timeout: drain_timeout?,
        })
    }
}

impl CredentialArgs {
    /// Checks the settings.
    pub fn check(&self, mistakes: &mut Mistakes) -> Option<Credential> {
        const SETTING: &str = "INTERNAL_CREDENTIAL";
        let file = self.internal_credential_file.as_deref();
        let secret = mistakes.required_secret(SETTING, self.internal_credential.as_deref(), file)?;
        Credential::parse(secrecy::ExposeSecret::expose_secret(&secret))
            .map_err(|error| mistakes.add(SETTING, error))
            .ok()
    }
}

impl fmt::Debug for CredentialArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialArgs").finish_non_exhaustive()
    }
}
