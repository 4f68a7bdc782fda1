//! The program of the analytics service: its commands are in `commands.rs`, its settings in `config.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    booked_service::run::<booked_analytics::Analytics>()
}
