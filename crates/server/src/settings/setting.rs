//! The description of a setting, and the arguments of a command line that follow from it.

use std::{fmt, ops::RangeInclusive};

use clap::{Arg, ArgAction};

/// The description of a setting.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The environment variable; the flag is derived from it.
    pub name: &'static str,
    /// What it decides, as help says it.
    pub doc: String,
    /// How its text is read.
    pub kind: Kind,
    /// Its text unless another one is given.
    pub default: Option<String>,
    /// The bounds of a number.
    pub range: Option<RangeInclusive<u64>>,
    is_optional: bool,
}

/// How the text of a setting is read. The word is what help shows in place of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number, at least 0.
    Integer,
    /// A text.
    Text(&'static str),
    /// One of these.
    Choice(&'static [&'static str]),
    /// A text that is never shown. It may be given as the file whose name the setting `<NAME>_FILE` has.
    Secret(&'static str),
}

/// A type that a setting can have.
pub trait Value: Sized {
    /// How its text is read.
    const KIND: Kind;

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// What is wrong with it, to be read after the setting's name. It shows nothing of a secret.
    fn read(text: &str, setting: &Setting) -> Result<Self, String>;
}

impl Setting {
    /// A setting that must be given.
    #[must_use]
    pub fn new<T: Value>(name: &'static str, doc: &str) -> Self {
        let doc = doc.trim().to_owned();
        Self { name, doc, kind: T::KIND, default: None, range: None, is_optional: false }
    }

    /// It need not be given.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// What it is unless it is given.
    #[must_use]
    pub fn or(self, default: impl fmt::Display) -> Self {
        Self { default: Some(default.to_string()), ..self }
    }

    /// The bounds of its number.
    #[must_use]
    pub fn within(self, range: RangeInclusive<u64>) -> Self {
        Self { range: Some(range), ..self }
    }

    /// Whether a configuration without it is refused.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.default.is_none() && !self.is_optional
    }

    /// The setting that names the file of a secret.
    #[must_use]
    pub fn file_name(&self) -> Option<String> {
        matches!(self.kind, Kind::Secret(_)).then(|| format!("{}_FILE", self.name))
    }

    /// The environment variables that give it.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.file_name().map(for_ever))
    }

    /// The arguments that give it: one, or two for a secret.
    pub(super) fn arguments(&self) -> Vec<Arg> {
        let argument = argument(self.name, self.value_name(), &self.doc);
        let Some(file_name) = self.file_name() else {
            return vec![argument.default_value(self.default.clone().map(for_ever))];
        };
        let doc = format!("File that holds {}.", self.name);
        vec![argument.hide_env_values(true), argument_of_file(for_ever(file_name), &doc)]
    }

    fn value_name(&self) -> &'static str {
        match self.kind {
            Kind::Integer if self.name.ends_with("_MS") => "MS",
            Kind::Integer if self.name.ends_with("_S") => "SECONDS",
            Kind::Integer if self.name.contains("BYTES") => "BYTES",
            Kind::Integer => "COUNT",
            Kind::Choice(choices) => for_ever(choices.join("|")),
            Kind::Text(word) | Kind::Secret(word) => word,
        }
    }
}

fn argument_of_file(name: &'static str, doc: &str) -> Arg {
    argument(name, "FILE", doc)
}

fn argument(name: &'static str, value_name: &'static str, doc: &str) -> Arg {
    let help = doc.strip_suffix('.').unwrap_or(doc).to_owned();
    Arg::new(name)
        .long(for_ever(name.to_lowercase().replace('_', "-")))
        .env(name)
        .value_name(value_name)
        .help(help)
        .action(ArgAction::Set)
}

/// clap wants names that are never freed. A program has some hundred, and makes them once.
fn for_ever(text: String) -> &'static str {
    text.leak()
}
