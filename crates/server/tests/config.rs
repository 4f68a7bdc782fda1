//! Configuration: listed by `--help`, all its mistakes reported in one message, its secrets in none.

#![expect(clippy::panic, clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::path::Path;

use booked_identity::internal::Credential;
use booked_server::{
    config::{HttpSettings, LogArgs},
    settings::Unchecked,
};
use clap::{CommandFactory as _, Parser};

const SECRET: &str = "thirty-two-bytes-of-nothing-else";

booked_server::settings! {
    #[derive(Debug)]
    struct Shared {
        http: HttpSettings;
        credential: Credential;
    }
}

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    shared: Unchecked<Shared>,
}

fn check(flags: &[&str]) -> Result<Shared, String> {
    let given = CommandLine::try_parse_from(std::iter::once("test").chain(flags.iter().copied())).unwrap();
    given.shared.check().map_err(|errors| errors.to_string())
}

#[track_caller]
fn refused(flags: &[&str]) -> String {
    match check(flags) {
        Ok(_) => panic!("{flags:?} was taken"),
        Err(mistakes) => mistakes,
    }
}

fn written(path: &Path, text: &str) -> String {
    std::fs::write(path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn help_lists_every_setting_with_its_variable() {
    let help = CommandLine::command().render_long_help().to_string();

    for setting in [
        "LISTEN",
        "ADMIN_LISTEN",
        "HTTP_WORKERS",
        "DRAIN_DELAY_MS",
        "DRAIN_TIMEOUT_MS",
        "LOG_FORMAT",
        "INTERNAL_CREDENTIAL",
        "INTERNAL_CREDENTIAL_FILE",
    ] {
        let flag = format!("--{}", setting.to_lowercase().replace('_', "-"));
        assert!(help.contains(&format!("[env: {setting}")), "{setting} is not listed\n{help}");
        assert!(help.contains(&flag), "{flag} is not listed\n{help}");
    }
}

#[test]
fn all_mistakes_are_told_in_one_message_that_names_settings_and_no_secret() {
    let mistakes = refused(&[
        "--listen",
        "nowhere",
        "--http-workers",
        "0",
        "--drain-timeout-ms",
        "soon",
        "--internal-credential",
        "hush",
    ]);

    let lines: Vec<&str> = mistakes.lines().collect();
    assert_eq!(lines[0], "the configuration has mistakes:");
    assert_eq!(lines.len(), 5, "{mistakes}");
    assert!(lines[1].starts_with("  LISTEN is \"nowhere\": "), "{mistakes}");
    assert_eq!(lines[2], "  HTTP_WORKERS is 0, not within 1 to 256");
    assert!(lines[3].starts_with("  DRAIN_TIMEOUT_MS is \"soon\": "), "{mistakes}");
    assert_eq!(lines[4], "  INTERNAL_CREDENTIAL secret 1 is shorter than 32 bytes");
    assert!(!mistakes.contains("hush"), "{mistakes}");
}

#[test]
fn a_secret_is_given_once_as_itself_or_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(&folder.path().join("credential"), &format!("{SECRET}\r\n"));
    let empty = written(&folder.path().join("empty"), "\n");
    let nowhere = folder.path().join("nowhere");

    assert!(check(&["--internal-credential", SECRET]).is_ok());
    assert!(check(&["--internal-credential-file", &file]).is_ok());
    assert!(check(&["--internal-credential", "", "--internal-credential-file", &file]).is_ok());

    for (flags, said) in [
        (&[][..], "INTERNAL_CREDENTIAL is missing"),
        (&["--internal-credential", ""], "INTERNAL_CREDENTIAL is missing"),
        (&["--internal-credential-file", &empty], "INTERNAL_CREDENTIAL secret 1 is shorter than 32 bytes"),
        (
            &["--internal-credential-file", nowhere.to_str().unwrap()],
            "INTERNAL_CREDENTIAL_FILE cannot be read: No such file or directory",
        ),
        (
            &["--internal-credential", SECRET, "--internal-credential-file", &file],
            "INTERNAL_CREDENTIAL is given twice, also as INTERNAL_CREDENTIAL_FILE",
        ),
    ] {
        let mistakes = refused(flags);
        assert!(mistakes.contains(said), "{flags:?}: {mistakes}");
        assert!(!mistakes.contains(SECRET), "{mistakes}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let given = CommandLine::parse_from(["test", "--internal-credential", SECRET]);

    let shown = format!("{:?} {:?}", given.shared, given.shared.check().unwrap());

    assert!(!shown.contains(SECRET), "{shown}");
}
