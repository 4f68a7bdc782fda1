//! The texts of settings, by their names.

use std::{collections::BTreeMap, path::Path};

use secrecy::ExposeSecret as _;

use super::{
    config_errors::ConfigErrors,
    setting::{Kind, Setting, Value},
};

/// The texts of settings, by their names. Some are secrets, so nothing prints them.
#[derive(Clone)]
pub struct Texts(BTreeMap<String, String>);

impl<'a> FromIterator<(&'a str, &'a str)> for Texts {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(texts: I) -> Self {
        Self(texts.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
    }
}

impl Texts {
    /// The value of a setting that must be given or has a default; none if there is something wrong with it, which is noted.
    pub fn required<T: Value>(&self, setting: &Setting, errors: &mut ConfigErrors) -> Option<T> {
        let value = self.optional(setting, errors)?;
        if value.is_none() {
            errors.add(setting.name, "is missing");
        }
        value
    }

    /// The value of a setting that may be given: `Some(None)` if it is not, none if there is something wrong with it.
    pub fn optional<T: Value>(&self, setting: &Setting, errors: &mut ConfigErrors) -> Option<Option<T>> {
        if let Kind::Secret(_) = setting.kind {
            let file = setting.file_name().and_then(|name| self.given(&name));
            let value = self.given(setting.name);
            if value.is_none() && file.is_none() {
                return Some(None);
            }
            let secret = errors.secret(setting.name, value, file.map(Path::new))?;
            return read(setting, secret.expose_secret(), errors).map(Some);
        }
        let text = match &setting.default {
            Some(default) => Some(self.0.get(setting.name).unwrap_or(default).as_str()),
            None => self.given(setting.name),
        };
        text.map_or(Some(None), |text| read(setting, text, errors).map(Some))
    }

    /// An empty text is none at all.
    fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }
}

fn read<T: Value>(setting: &Setting, text: &str, errors: &mut ConfigErrors) -> Option<T> {
    errors.noted(setting.name, T::read(text, setting))
}
