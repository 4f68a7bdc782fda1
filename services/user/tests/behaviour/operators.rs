//! The program's commands, as an operator runs them.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Output, Stdio},
    thread::JoinHandle,
};

use booked_identity::{SigningKeys, internal::CREDENTIAL_HEADER};
use booked_sandbox::TestDatabase;
use serde_json::{Value, json};

use crate::support::{CREDENTIAL, PASSWORD, migrated};

const EMAIL: &str = "ada@example.com";

/// The outcome of a command.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    fn succeeded(self, said: &str) -> Self {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.printed(said)
    }

    #[track_caller]
    fn printed(self, said: &str) -> Self {
        assert!(self.out.contains(said), "{}", self.out);
        self
    }

    #[track_caller]
    fn ended_with(self, code: i32, said: &str) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.err);
        assert!(self.err.contains(said), "{}", self.err);
        self
    }
}

/// The program, with nothing of this process' environment except what it needs.
fn program(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_booked-user"));
    program.env_clear().args(arguments).envs(environment.iter().copied());
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    Ended::of(program(arguments, environment).output().unwrap())
}

/// Runs a command on this database, with this text on its standard input.
fn run_on(database: &TestDatabase, arguments: &[&str], input: &str) -> Ended {
    let environment = [("DATABASE_URL", &*database.url()), ("BCRYPT_COST", "4"), ("RUST_LOG", "warn")];
    let mut child = program(arguments, &environment).stdin(Stdio::piped()).spawn().unwrap();
    // The pipe is broken if the command does not read its input.
    let _ = child.stdin.take().map(|mut stdin: ChildStdin| stdin.write_all(input.as_bytes()));
    Ended::of(child.wait_with_output().unwrap())
}

fn account(database: &TestDatabase) -> String {
    database.execute("SELECT name, email, role FROM users ORDER BY email")
}

fn password_is(database: &TestDatabase, password: &str) -> bool {
    bcrypt::verify(password, &database.execute("SELECT password_hash FROM users")).unwrap()
}

#[test]
fn an_admin_is_made_with_a_password_from_standard_input_a_file_or_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let create = ["create-admin", "--email", EMAIL, "--name", "Ada Lovelace"];

    let piped = migrated();
    run_on(&piped, &create, &format!("{PASSWORD}\n")).succeeded("ada@example.com is an admin now");
    let in_file = migrated();
    let with_file = [&create[..], &["--password-file", file.to_str().unwrap()]].concat();
    run_on(&in_file, &with_file, "").succeeded("is an admin now");
    let in_environment = migrated();
    let environment =
        [("DATABASE_URL", &*in_environment.url()), ("ADMIN_PASSWORD", PASSWORD), ("RUST_LOG", "warn")];
    run(&create, &environment).succeeded("is an admin now");

    for database in [&piped, &in_file, &in_environment] {
        assert_eq!(account(database), "Ada Lovelace|ada@example.com|admin");
        assert!(password_is(database, PASSWORD));
    }
}

#[test]
fn who_has_an_account_becomes_an_admin_only_by_promoting() {
    let database = migrated();
    run_on(&database, &["create-admin", "--email", EMAIL, "--promote"], "").ended_with(3, "has no account");
    run_on(&database, &["create-admin", "--email", EMAIL, "--name", "Ada"], PASSWORD).succeeded("");
    database.execute("UPDATE users SET role = 'user'");

    let again = ["create-admin", "--email", "ADA@example.com", "--name", "Eve"];
    run_on(&database, &again, "another password").ended_with(3, "--promote");
    assert_eq!(account(&database), "Ada|ada@example.com|user");

    let promote = ["create-admin", "--email", "ADA@example.com", "--promote"];
    run_on(&database, &promote, "").succeeded("is an admin from the next log-in on");
    run_on(&database, &promote, "").succeeded("is an admin already");
    assert_eq!(account(&database), "Ada|ada@example.com|admin");
    assert!(password_is(&database, PASSWORD));
}

#[test]
fn an_admin_is_revoked_and_revoking_again_does_no_harm() {
    let database = migrated();
    run_on(&database, &["create-admin", "--email", EMAIL, "--name", "Ada"], PASSWORD).succeeded("");

    run_on(&database, &["revoke-admin", "--email", EMAIL], "").succeeded("is no longer an admin");
    run_on(&database, &["revoke-admin", "--email", EMAIL], "").succeeded("is not an admin");

    assert_eq!(account(&database), "Ada|ada@example.com|user");
    run_on(&database, &["revoke-admin", "--email", "bob@example.com"], "").ended_with(3, "has no account");
}

#[test]
fn a_password_is_set_and_the_time_of_it_noted() {
    let database = migrated();
    run_on(&database, &["create-admin", "--email", EMAIL, "--name", "Ada"], PASSWORD).succeeded("");

    run_on(&database, &["set-password", "--email", EMAIL], "another password\n").succeeded("new password");

    assert!(password_is(&database, "another password"));
    assert_eq!(database.execute("SELECT password_changed_at > created_at FROM users"), "t");
    run_on(&database, &["set-password", "--email", "bob@example.com"], "x").ended_with(3, "has no account");
}

#[test]
fn what_cannot_be_used_is_said_at_once_without_showing_a_password() {
    let database = migrated();
    let long = "p4ssword".repeat(10);

    let refused = run_on(&database, &["create-admin", "--email", "ada", "--name", ""], &long)
        .ended_with(1, "--email cannot be used")
        .ended_with(1, "--name cannot be used")
        .ended_with(1, "the password cannot be used: the password is longer than 72 bytes");
    run_on(&database, &["set-password", "--email", EMAIL], "").ended_with(1, "the password is empty");
    run(&["create-admin", "--email", EMAIL], &[]).ended_with(2, "--name");
    run(&["create-admin", "--email", EMAIL, "--name", "Ada"], &[]).ended_with(1, "DATABASE_URL is missing");

    assert!(!refused.err.contains("p4ssword"), "{}", refused.err);
    assert_eq!(account(&database), "");
}

#[test]
fn the_first_key_signs_and_the_next_is_only_published() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let new_key = || run(&["new-key", "--keys-dir", keys.to_str().unwrap()], &[]);

    let first = new_key().succeeded("000001.pem").printed("It signs tokens");
    let second = new_key().succeeded("000002.pem").printed("does not sign yet");

    let ids: Vec<String> =
        SigningKeys::load(&keys).unwrap().ids().map(std::string::ToString::to_string).collect();
    assert!(first.out.contains(&ids[0]) && second.out.contains(&ids[1]), "{ids:?}");
    run(&["new-key"], &[]).ended_with(2, "--keys-dir");
}

#[test]
fn serve_reports_all_mistakes_in_one_message_and_repeats_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().to_str().unwrap();
    let ended = run(
        &["serve", "--bcrypt-cost", "3", "--listen", "nowhere"],
        &[
            ("INTERNAL_CREDENTIAL", "hush"),
            ("DATABASE_URL", "postgres://ada:hush@localhost/user?sslmode=prefer"),
            ("SIGNING_KEYS_DIR", keys),
            ("TOKEN_TTL_S", "a day"),
            ("LOGIN_QUEUE_MAX", "0"),
        ],
    );

    for said in [
        "INTERNAL_CREDENTIAL secret 1 is shorter than 32 bytes",
        "DATABASE_URL has an sslmode that is neither disable nor verify-full",
        "LISTEN is \"nowhere\"",
        "BCRYPT_COST is 3, not within 4 to 16",
        "TOKEN_TTL_S is \"a day\"",
        "LOGIN_QUEUE_MAX is 0, not within 1 to 100000",
        &format!("SIGNING_KEYS_DIR has no usable key ({keys}"),
    ] {
        assert!(ended.err.contains(said), "not said: {said}\n{}", ended.err);
    }
    assert!(!ended.err.contains("hush"), "{}", ended.err);
    assert_eq!(ended.code, Some(1));
}

#[test]
fn help_lists_every_setting_and_shows_no_secret() {
    let secrets = [("INTERNAL_CREDENTIAL", "hush"), ("DATABASE_URL", "postgres://hush")];
    let help = run(&["serve", "--help"], &secrets).succeeded("");

    for setting in [
        "LISTEN",
        "ADMIN_LISTEN",
        "HTTP_WORKERS",
        "DRAIN_DELAY_MS",
        "DRAIN_TIMEOUT_MS",
        "LOG_FORMAT",
        "INTERNAL_CREDENTIAL",
        "INTERNAL_CREDENTIAL_FILE",
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "DATABASE_CONNECTIONS_MAX",
        "DATABASE_ACQUIRE_TIMEOUT_MS",
        "DATABASE_TIMEOUT_MS",
        "SIGNING_KEYS_DIR",
        "SIGNING_KEYS_RELOAD_INTERVAL_MS",
        "TOKEN_TTL_S",
        "ADMIN_TOKEN_TTL_S",
        "BCRYPT_COST",
        "HASH_THREADS",
        "LOGIN_QUEUE_MAX",
        "LOGIN_QUEUE_WAIT_MAX_MS",
    ] {
        assert!(help.out.contains(&format!("[env: {setting}")), "{setting} is not listed\n{}", help.out);
    }
    assert!(!help.out.contains("hush"), "{}", help.out);
    let commands = run(&["--help"], &[]).succeeded("").out;
    for command in [
        "serve",
        "migrate",
        "settings",
        "healthcheck",
        "create-admin",
        "set-password",
        "revoke-admin",
        "new-key",
    ] {
        assert!(commands.contains(&format!("  {command} ")), "{command} is not listed\n{commands}");
    }
}

/// The program while it serves, and everything that it logs.
struct Serving {
    child: Child,
    log: JoinHandle<String>,
    traffic: String,
    admin: String,
}

impl Serving {
    fn start(database: &TestDatabase, keys: &str) -> Self {
        let environment = [
            ("DATABASE_URL", &*database.url()),
            ("INTERNAL_CREDENTIAL", CREDENTIAL),
            ("SIGNING_KEYS_DIR", keys),
            ("BCRYPT_COST", "4"),
            ("RUST_LOG", "trace"),
        ];
        let mut child = program(&["serve"], &environment).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut log = String::new();
        let ready = loop {
            let line = lines.next().expect("it ended before it was ready");
            log.push_str(&line);
            match serde_json::from_str::<Value>(&line) {
                Ok(line) if line["message"] == "ready" => break line,
                _ => log.push('\n'),
            }
        };
        let address = |name: &str| ready[name].as_str().unwrap().to_owned();
        let (traffic, admin) = (format!("http://{}", address("traffic")), address("admin"));
        let log = std::thread::spawn(move || lines.fold(log, |log, line| log + &line + "\n"));
        Self { child, log, traffic, admin }
    }

    async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        let request = reqwest::Client::new().post(format!("{}{path}", self.traffic));
        request.header(CREDENTIAL_HEADER, CREDENTIAL).body(body.to_string()).send().await.unwrap()
    }

    /// Asks it to end, as an orchestrator does; returns its exit code and its log.
    fn end(mut self) -> (Option<i32>, String) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        (self.child.wait().unwrap().code(), self.log.join().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_migrates_serves_ends_when_asked_and_never_logs_a_password_or_a_hash() {
    let database = booked_sandbox::test_database("bare", |_| {});
    let keys = tempfile::tempdir().unwrap();
    run(&["new-key"], &[("SIGNING_KEYS_DIR", keys.path().to_str().unwrap())]).succeeded("");
    assert_eq!(run_on(&database, &["migrate"], "").code, Some(0));
    assert_eq!(run_on(&database, &["migrate"], "").code, Some(0), "a second time");
    let serving = Serving::start(&database, keys.path().to_str().unwrap());
    run(&["healthcheck"], &[("ADMIN_LISTEN", &serving.admin)]).succeeded("");

    let ada = json!({ "name": "Ada", "email": EMAIL, "password": PASSWORD });
    assert_eq!(serving.post("/user/register/", &ada).await.status(), 201);
    assert_eq!(serving.post("/user/register/", &ada).await.status(), 409);
    let token = serving.post("/user/login/", &ada).await.text().await.unwrap();
    let wrong = json!({ "email": EMAIL, "password": "wr0ng-password" });
    assert_eq!(serving.post("/user/login/", &wrong).await.status(), 401);
    let mistyped = json!({ "email": EMAIL, "password": { "text": PASSWORD } });
    assert_eq!(serving.post("/user/login/", &mistyped).await.status(), 400);
    let hash = database.execute("SELECT password_hash FROM users");
    let (code, log) = serving.end();

    assert_eq!(code, Some(0), "{log}");
    let token: Value = serde_json::from_str(&token).unwrap();
    let hash_as_bytes = hash.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ");
    for secret in
        [PASSWORD, "wr0ng-password", &hash, &hash_as_bytes, token["token"].as_str().unwrap(), CREDENTIAL]
    {
        assert!(!log.contains(secret), "the log shows {secret}");
    }
    assert!(log.contains("registered"), "{log}");
}
