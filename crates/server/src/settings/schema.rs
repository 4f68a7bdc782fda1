//! The settings of a program as JSON Schema: what an editor, a chart or a person can know of them without the source.

use serde_json::{Map, Value as Json, json};

use super::{Kind, Setting, Settings};
use crate::config::LogArgs;

/// The settings with which a program serves, by their environment names: draft 2020-12.
#[must_use]
pub fn schema<S: Settings>(program: &str) -> Json {
    let mut settings = vec![LogArgs::setting()];
    settings.extend(S::describe());
    let mut properties = Map::new();
    let (mut required, mut required_secrets) = (Vec::new(), Vec::new());
    for setting in &settings {
        properties.insert(setting.name.to_owned(), property(setting));
        let Some(file_name) = setting.file_name() else {
            required.extend(setting.is_required().then_some(setting.name));
            continue;
        };
        if setting.is_required() {
            let (itself, file) = (json!({"required": [setting.name]}), json!({"required": [file_name]}));
            required_secrets.push(json!({"oneOf": [itself, file]}));
        }
        let description = format!("File that holds {}.", setting.name);
        properties.insert(file_name, json!({"type": "string", "description": description}));
    }
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("Settings of {program}"),
        "type": "object",
        "properties": properties,
        "required": required,
    });
    if !required_secrets.is_empty() {
        schema["allOf"] = required_secrets.into();
    }
    schema
}

/// Prints it, for the command `settings`.
#[expect(clippy::print_stdout, reason = "what a command came to is for the operator, not for the log")]
pub fn print_schema<S: Settings>(program: &str) {
    println!("{:#}", schema::<S>(program));
}

fn property(setting: &Setting) -> Json {
    let mut property = Map::new();
    let mut is = |key: &str, value: Json| property.insert(key.to_owned(), value);
    is("description", setting.doc.as_str().into());
    match setting.kind {
        Kind::Integer => is("type", "integer".into()),
        Kind::Choice(choices) => is("enum", choices.into()),
        Kind::Text(_) | Kind::Secret(_) => is("type", "string".into()),
    };
    if let Kind::Secret(_) = setting.kind {
        is("writeOnly", true.into());
    }
    if let Some(range) = &setting.range {
        is("minimum", (*range.start()).into());
        is("maximum", (*range.end()).into());
    }
    if let Some(default) = &setting.default {
        let number = default.parse::<u64>().ok().filter(|_| setting.kind == Kind::Integer);
        is("default", number.map_or_else(|| default.as_str().into(), Json::from));
    }
    property.into()
}
