//! The program of the README is the one that is compiled and run as an example.

#[test]
fn the_readme_shows_the_program_that_is_run() {
    let program = include_str!("../../examples/buy.rs");
    // Lints are no reader's concern.
    let shown: Vec<&str> = program.lines().filter(|line| !line.starts_with("#![")).collect();
    assert!(shown.len() > 20);
    let block = format!("```rust,no_run\n{}\n```\n", shown.join("\n"));
    assert!(include_str!("../../README.md").contains(&block), "the README should contain:\n{block}");
}
