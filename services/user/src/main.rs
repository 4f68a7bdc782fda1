//! The user service's program: its commands are in `commands.rs`, its settings in `config.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    booked_user::run()
}
