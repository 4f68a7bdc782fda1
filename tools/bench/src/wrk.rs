//! wrk: sends the same request again and again.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, bail};

use super::{
    settings::CLIENTS,
    tools::{Tool, Tools, output},
};

pub(super) struct Wrk<'a> {
    pub(super) tools: &'a Tools,
    /// For the script with the request.
    pub(super) folder: &'a Path,
    pub(super) path: &'a str,
    /// If none is given, the request is a GET.
    pub(super) post: Option<Post<'a>>,
}

#[derive(Clone, Copy)]
pub(super) struct Post<'a> {
    pub(super) token: &'a str,
    pub(super) body: &'a str,
}

impl Wrk<'_> {
    /// Responses per second.
    ///
    /// # Errors
    ///
    /// If any response was not a success.
    pub(super) async fn run(&self, url: &str, slice_s: u64) -> Result<f64> {
        let mut args: Vec<String> =
            [format!("-c{CLIENTS}"), format!("-d{slice_s}s"), "-t1".to_owned()].into();
        if let Some(post) = self.post {
            let script = self.folder.join("request.lua");
            fs::write(&script, post.script())
                .with_context(|| format!("cannot write {}", script.display()))?;
            args.extend(["-s".to_owned(), script.display().to_string()]);
        }
        args.push(format!("{url}{}", self.path));
        let output = output(&self.tools.of(Tool::Wrk)?, &args, Duration::from_secs(slice_s)).await?;
        per_second(&output).with_context(|| format!("requesting {url}{}", self.path))
    }
}

impl Post<'_> {
    fn script(self) -> String {
        let Self { token, body } = self;
        format!(
            "wrk.method = \"POST\"\nwrk.body = [[{body}]]\nwrk.headers[\"Content-Type\"] = \"application/json\"\n\
             wrk.headers[\"Authorization\"] = \"Bearer {token}\"\n"
        )
    }
}

fn per_second(output: &str) -> Result<f64> {
    let after = |label: &str| output.lines().find_map(|line| line.trim().strip_prefix(label));
    if let Some(count) = after("Non-2xx or 3xx responses:") {
        bail!("{} responses were errors", count.trim());
    }
    if let Some(errors) = after("Socket errors:") {
        bail!("connections failed: {}", errors.trim());
    }
    let rate = after("Requests/sec:").with_context(|| format!("wrk reported no rate:\n{output}"))?;
    rate.trim().parse().with_context(|| format!("wrk reported {rate:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "Running 2s test @ http://x\n  64 connections\n  100 requests in 2.00s, 1MB read\n";

    #[test]
    fn the_rate_is_read() {
        let rate = per_second(&format!("{OUTPUT}Requests/sec:  51234.50\nTransfer/sec: 1MB\n")).unwrap();
        assert!((rate - 51_234.5).abs() < 1e-9);
        assert!(per_second(OUTPUT).is_err());
    }

    #[test]
    fn a_single_error_fails_the_measurement() {
        for error in ["Non-2xx or 3xx responses: 3", "Socket errors: connect 0, read 1, write 0, timeout 0"] {
            assert!(per_second(&format!("{OUTPUT}  {error}\nRequests/sec: 5.0\n")).is_err(), "{error}");
        }
    }
}
