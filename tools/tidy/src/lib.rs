//! The rules of the house that no compiler knows, as tests over the workspace's own files.
//!
//! A rule is a function from a [`tree::Tree`] of files to what breaks it. Each stands beside two kinds of tests: one
//! that the workspace keeps it, and ones that a bad sample breaks it.

#[cfg(test)]
mod paths;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod tree;

#[cfg(test)]
mod circles;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod features;
#[cfg(test)]
mod files;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod skeleton;
#[cfg(test)]
mod unfinished;
#[cfg(test)]
mod words;
