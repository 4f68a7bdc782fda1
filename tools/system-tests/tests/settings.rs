//! What the programs say of their settings is what the charts are generated from, and what `serve` accepts.
//!
//! `BOOKED_UPDATE=1 cargo test --test settings` writes the files again; then run `k8s/generate`.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    sync::LazyLock,
};

use booked_local_system::{Binaries, Service};
use serde_json::Value;

static BINARIES: LazyLock<Binaries> = LazyLock::new(|| Binaries::build_for_tests().unwrap());

/// Runs a program that has nothing in its environment but these.
fn run(service: Service, command: &str, environment: &[(String, String)]) -> Output {
    let mut program = Command::new(BINARIES.of(service).unwrap());
    let environment = environment.iter().map(|(name, value)| (name, value));
    program.arg(command).env_clear().envs(environment).stdin(Stdio::null()).output().unwrap()
}

fn printed(service: Service) -> String {
    let output = run(service, "settings", &[]);
    assert!(output.status.success(), "{}: {}", service.program(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_programs_print_the_settings_that_the_charts_are_generated_from() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../k8s/settings");
    for service in Service::ALL {
        let printed = printed(service);
        let file = folder.join(format!("{}.json", service.name()));
        if std::env::var_os("BOOKED_UPDATE").is_some() {
            fs::write(&file, &printed).unwrap();
        }
        let checked_in = fs::read_to_string(&file).unwrap();
        // Their order depends on a feature of serde_json that any dependency may turn on.
        let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        assert!(
            read(&printed) == read(&checked_in),
            "{} is not what the program prints: see {}",
            file.display(),
            file!()
        );
    }
}

#[test]
fn each_number_is_accepted_up_to_its_bounds() {
    let bounds: [fn(i64, i64) -> i64; 2] = [|minimum, _| minimum, |_, maximum| maximum];
    for service in Service::ALL {
        for bound in bounds {
            let (numbers, wrong) = serve_with(service, bound);
            assert!(
                wrong.contains("INTERNAL_CREDENTIAL"),
                "{service} says only {wrong:?} of what is missing"
            );
            let refused: Vec<_> = numbers.intersection(&wrong).collect();
            assert!(refused.is_empty(), "{service} refuses the bounds of {refused:?}");
        }
    }
}

#[test]
fn all_numbers_beyond_their_bounds_are_refused_in_one_message() {
    let beyond: [fn(i64, i64) -> i64; 2] = [|minimum, _| minimum - 1, |_, maximum| maximum + 1];
    for service in Service::ALL {
        for outside in beyond {
            let (numbers, wrong) = serve_with(service, outside);
            assert!(numbers.len() > 3, "{service} has only the numbers {numbers:?}");
            let accepted: Vec<_> = numbers.difference(&wrong).collect();
            assert!(accepted.is_empty(), "{service} accepts {accepted:?} beyond their bounds");
        }
    }
}

/// Lets the program serve with each of its numbers set to what `choose` makes of its bounds, and tells the names of these
/// numbers and of the settings that it reports. Others are missing, so it never begins to serve.
fn serve_with(service: Service, choose: impl Fn(i64, i64) -> i64) -> (BTreeSet<String>, BTreeSet<String>) {
    let schema: Value = serde_json::from_str(&printed(service)).unwrap();
    let settings = schema["properties"].as_object().unwrap();
    let numbers = settings.iter().filter(|(_, setting)| setting["type"] == "integer");
    let numbers: Vec<(String, String)> = numbers
        .map(|(name, setting)| {
            let bound = |bound: &str| setting[bound].as_i64().unwrap();
            (name.clone(), choose(bound("minimum"), bound("maximum")).to_string())
        })
        .collect();

    let output = run(service, "serve", &numbers);

    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{log}");
    let message = log.replace("\\n", "\n");
    // What is wrong has a line each, which begins with the name of the setting.
    let wrong = message.lines().filter_map(|line| line.trim_start().split_once(" is "));
    let wrong = wrong.map(|(name, _)| name.to_owned()).collect();
    (numbers.into_iter().map(|(name, _)| name).collect(), wrong)
}
