//! wrk: sends the same request again and again.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, bail};

use crate::{
    settings::CLIENTS,
    tools::{Tool, Tools, output},
    turns::Done,
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
    /// A line of Lua that runs before each request, which is then made anew. `count` is the number of the request.
    pub(super) each_time: Option<&'a str>,
}

/// What wrk measured.
pub(super) struct Measured {
    pub(super) done: Done,
    /// All but 1% of the responses took at most this long, in milliseconds.
    pub(super) p99_ms: f64,
}

impl Wrk<'_> {
    /// # Errors
    ///
    /// If any response was not a success.
    pub(super) async fn run(&self, url: &str, slice_s: u64) -> Result<Done> {
        self.measure(url, slice_s).await.map(|measured| measured.done)
    }

    /// # Errors
    ///
    /// If any response was not a success.
    pub(super) async fn measure(&self, url: &str, slice_s: u64) -> Result<Measured> {
        let (clients, seconds) = (format!("-c{CLIENTS}"), format!("-d{slice_s}s"));
        let mut args = vec![clients, seconds, "-t1".to_owned(), "--latency".to_owned()];
        if let Some(post) = self.post {
            let script = self.folder.join("request.lua");
            fs::write(&script, post.script())
                .with_context(|| format!("cannot write {}", script.display()))?;
            args.extend(["-s".to_owned(), script.display().to_string()]);
        }
        args.push(format!("{url}{}", self.path));
        let output = output(&self.tools.of(Tool::Wrk)?, &args, Duration::from_secs(slice_s)).await?;
        measured(&output).with_context(|| format!("requesting {url}{}", self.path))
    }
}

impl Post<'_> {
    fn script(self) -> String {
        let Self { token, body, each_time } = self;
        let each_time = each_time.map_or_else(String::new, |line| {
            format!("local count, unused = 0\nrequest = function()\ncount = count + 1\n{line}\nreturn wrk.format()\nend\n")
        });
        format!(
            "{each_time}wrk.method = \"POST\"\nwrk.body = [[{body}]]\nwrk.headers[\"Content-Type\"] = \"application/json\"\n\
             wrk.headers[\"Authorization\"] = \"Bearer {token}\"\n"
        )
    }
}

fn measured(output: &str) -> Result<Measured> {
    let after = |label: &str| output.lines().find_map(|line| line.trim().strip_prefix(label));
    if let Some(count) = after("Non-2xx or 3xx responses:") {
        bail!("{} responses were errors", count.trim());
    }
    if let Some(errors) = after("Socket errors:") {
        bail!("connections failed: {}", errors.trim());
    }
    let rate = after("Requests/sec:").with_context(|| format!("wrk reported no rate:\n{output}"))?;
    let rate: f64 = rate.trim().parse().with_context(|| format!("wrk reported {rate:?}"))?;
    let calls = output.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse().ok());
    let calls: u32 = calls.with_context(|| format!("wrk reported no requests:\n{output}"))?;
    let done = Done::at_rate(calls, rate)?;
    let p99 = after("99%").with_context(|| format!("wrk reported no latency:\n{output}"))?;
    let p99_ms = milliseconds(p99.trim()).with_context(|| format!("wrk reported {p99:?}"))?;
    Ok(Measured { done, p99_ms })
}

/// From `812.00us`, `4.50ms` or `1.20s`.
fn milliseconds(text: &str) -> Option<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 6e4)];
    let (number, unit) = units.iter().find_map(|(unit, ms)| Some((text.strip_suffix(unit)?, ms)))?;
    Some(number.parse::<f64>().ok()? * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "Running 2s test @ http://x\n  64 connections\n  Latency Distribution\n     90%    1.10ms\n     99%  \
                          812.00us\n  100 requests in 2.00s, 1MB read\n";

    #[test]
    fn rate_and_latency_are_read() {
        let output = format!("{OUTPUT}Requests/sec:  51234.50\nTransfer/sec: 1MB\n");
        let Measured { done, p99_ms } = measured(&output).unwrap();
        assert_eq!(done.calls, 100);
        assert!((done.per_second().unwrap() - 51_234.5).abs() < 0.1);
        assert!((p99_ms - 0.812).abs() < 1e-9);
        assert!(measured(OUTPUT).is_err());
        assert!(measured(&output.replace("99%", "")).is_err());
        assert!(measured(&output.replace("100 requests", "0 requests")).is_err());
    }

    #[test]
    fn a_latency_has_one_of_four_units() {
        for (text, ms) in [("250.00us", 0.25), ("4.50ms", 4.5), ("1.20s", 1_200.0), ("1.00m", 60_000.0)] {
            assert!(milliseconds(text).is_some_and(|read| (read - ms).abs() < 1e-9), "{text}");
        }
        assert!(milliseconds("fast").is_none());
    }

    #[test]
    fn a_line_of_lua_runs_before_each_request() {
        let post = Post { token: "t", body: "{}", each_time: Some("header = count") };
        let script = post.script();
        assert!(script.contains("count = count + 1\nheader = count\nreturn wrk.format()"), "{script}");
        assert!(!Post { each_time: None, ..post }.script().contains("wrk.format"));
    }

    #[test]
    fn a_single_error_fails_the_measurement() {
        for error in ["Non-2xx or 3xx responses: 3", "Socket errors: connect 0, read 1, write 0, timeout 0"] {
            assert!(measured(&format!("{OUTPUT}  {error}\nRequests/sec: 5.0\n")).is_err(), "{error}");
        }
    }
}
