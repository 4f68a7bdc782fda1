//! The command `booked`, which `cargo up` and `cargo booked …` run.

fn main() -> std::process::ExitCode {
    booked::run()
}
