//! What the programs say of their settings is what the charts are generated from.
//!
//! `BOOKED_UPDATE=1 cargo test --test settings` writes the files again; then run `k8s/generate`.

use std::{fs, path::Path, process::Command};

use booked_local_system::{Binaries, Service};

#[test]
fn the_programs_print_the_settings_that_the_charts_are_generated_from() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../k8s/settings");
    let binaries = Binaries::build_for_tests().unwrap();
    for service in Service::ALL {
        let output = Command::new(binaries.of(service).unwrap()).arg("settings").output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", service.program());
        let printed = String::from_utf8(output.stdout).unwrap();
        let file = folder.join(format!("{}.json", service.name()));
        if std::env::var_os("BOOKED_UPDATE").is_some() {
            fs::write(&file, &printed).unwrap();
        }
        let checked_in = fs::read_to_string(&file).unwrap();
        assert!(printed == checked_in, "{} is not what the program prints: see {}", file.display(), file!());
    }
}
