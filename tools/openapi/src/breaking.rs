//! What a client of the last release could not live with in the document as it is now.
//!
//! The rules are those of oasdiff (<https://github.com/oasdiff/oasdiff>), as far as this document needs them: what a client may
//! send must stay accepted, and what it may rely on in an answer must stay there. Values that are added to an enumeration of
//! an answer break nothing: clients must accept them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Whether a schema says what a client sends, or what it is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Sent,
    Answered,
}

/// Two documents, and what was found in them.
struct Comparison<'d> {
    old: &'d Value,
    new: &'d Value,
    /// References that were compared already, since schemas may contain themselves.
    seen: BTreeSet<(String, bool)>,
    breaking: Vec<String>,
}

/// Each change that breaks a client of the old document, in words.
pub(crate) fn changes(old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison { old, new, seen: BTreeSet::new(), breaking: Vec::new() };
    for (path, item) in members(&old["paths"]) {
        for (method, operation) in members(item) {
            let place = format!("{} {path}", method.to_uppercase());
            match new["paths"][path].get(method) {
                None => comparison.find(&place, "it is gone"),
                Some(now) => comparison.operation(&place, operation, now),
            }
        }
    }
    comparison.breaking
}

/// Whether a version may break clients of an earlier one (<https://semver.org>): a new major one, and before 1.0 a new minor one.
pub(crate) fn may_break(old: &str, new: &str) -> bool {
    let numbers = |version: &str| -> Vec<u64> {
        version.split('.').map(|number| number.parse().unwrap_or_default()).collect()
    };
    let (old, new) = (numbers(old), numbers(new));
    if old[0] == 0 && new[0] == 0 { new[1] > old[1] } else { new[0] > old[0] }
}

impl Comparison<'_> {
    fn find(&mut self, place: &str, what: &str) {
        self.breaking.push(format!("{place}: {what}"));
    }

    fn operation(&mut self, place: &str, old: &Value, new: &Value) {
        if old.get("security").is_none() && new.get("security").is_some() {
            self.find(place, "it needs a token now");
        }
        self.parameters(place, elements(&old["parameters"]), elements(&new["parameters"]));
        self.body(place, &old["requestBody"], &new["requestBody"]);
        self.answers(place, &old["responses"], &new["responses"]);
    }

    fn parameters(&mut self, place: &str, old: &[Value], new: &[Value]) {
        let same = |one: &Value, other: &Value| one["name"] == other["name"] && one["in"] == other["in"];
        for was in old {
            let place = format!("{place}, parameter {}", was["name"]);
            match new.iter().find(|is| same(was, is)) {
                None => self.find(&place, "it is gone"),
                Some(is) => {
                    if is["required"] == true && was["required"] != true {
                        self.find(&place, "it is required now");
                    }
                    self.schema(&place, &was["schema"], &is["schema"], Direction::Sent);
                }
            }
        }
        for added in new.iter().filter(|is| is["required"] == true && !old.iter().any(|was| same(was, is))) {
            self.find(&format!("{place}, parameter {}", added["name"]), "it is new and required");
        }
    }

    fn body(&mut self, place: &str, old: &Value, new: &Value) {
        let place = format!("{place}, body");
        match (json_of(old), json_of(new)) {
            (None, Some(_)) if new["required"] == true => self.find(&place, "it is new and required"),
            (Some(_), None) => self.find(&place, "it is gone"),
            (Some(was), Some(is)) => self.schema(&place, was, is, Direction::Sent),
            (None, _) => {}
        }
    }

    fn answers(&mut self, place: &str, old: &Value, new: &Value) {
        let successes = |answers: &Value| -> BTreeSet<String> {
            members(answers)
                .map(|(status, _)| status.clone())
                .filter(|status| status.starts_with('2'))
                .collect()
        };
        if successes(old) != successes(new) {
            self.find(place, "a success has another status");
        }
        for (status, was) in members(old) {
            let Some(is) = new.get(status) else { continue };
            let place = format!("{place}, answer {status}");
            for (header, _) in members(&was["headers"]) {
                if is["headers"].get(header).is_none() {
                    self.find(&place, &format!("header {header} is gone"));
                }
            }
            match (json_of(was), json_of(is)) {
                (Some(_), None) => self.find(&place, "its body is gone"),
                (Some(was), Some(is)) => self.schema(&place, was, is, Direction::Answered),
                (None, _) => {}
            }
        }
    }

    fn schema(&mut self, place: &str, old: &Value, new: &Value, direction: Direction) {
        if let Some(reference) = old["$ref"].as_str()
            && !self.seen.insert((format!("{reference} {}", new["$ref"]), direction == Direction::Sent))
        {
            return;
        }
        let (old, new) = (resolved(self.old, old), resolved(self.new, new));
        self.types(place, old, new, direction);
        self.bounds(place, old, new, direction);
        for combined in ["oneOf", "anyOf", "allOf", "const", "pattern"] {
            if old.get(combined) != new.get(combined) {
                self.find(place, &format!("{combined} has changed"));
            }
        }
        if let (Some(was), Some(is)) = (old.get("items"), new.get("items")) {
            self.schema(&format!("{place}[]"), was, is, direction);
        }
        self.members_of(place, old, new, direction);
    }

    fn types(&mut self, place: &str, old: &Value, new: &Value, direction: Direction) {
        let types = |schema: &Value| -> BTreeSet<String> {
            let named = match &schema["type"] {
                Value::Array(types) => types.clone(),
                Value::Null => Vec::new(),
                one => vec![one.clone()],
            };
            named.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (was, is) = (types(old), types(new));
        let fits = match direction {
            Direction::Sent => is.is_empty() || (!was.is_empty() && was.is_subset(&is)),
            Direction::Answered => was.is_empty() || (!is.is_empty() && is.is_subset(&was)),
        };
        if !fits {
            self.find(place, &format!("its type was {was:?} and is {is:?}"));
        }
        if !new["format"].is_null() && old["format"] != new["format"] {
            self.find(place, &format!("its format was {} and is {}", old["format"], new["format"]));
        }
        let values = |schema: &Value| elements(&schema["enum"]).to_vec();
        let missing = values(old).into_iter().find(|value| !values(new).contains(value));
        if direction == Direction::Sent
            && !values(new).is_empty()
            && let Some(value) = missing.or(values(old).is_empty().then_some(Value::Null))
        {
            self.find(place, &format!("{value} is not accepted anymore"));
        }
    }

    fn bounds(&mut self, place: &str, old: &Value, new: &Value, direction: Direction) {
        let number = |schema: &Value, name: &str| schema[name].as_f64();
        for name in ["minimum", "minLength", "minItems"] {
            let (was, is) = (number(old, name), number(new, name));
            let is_narrower = is.is_some_and(|is| was.is_none_or(|was| is > was));
            if direction == Direction::Sent && is_narrower {
                self.find(place, &format!("{name} was {was:?} and is {is:?}"));
            }
        }
        for name in ["maximum", "maxLength", "maxItems"] {
            let (was, is) = (number(old, name), number(new, name));
            let is_narrower = is.is_some_and(|is| was.is_none_or(|was| is < was));
            if direction == Direction::Sent && is_narrower {
                self.find(place, &format!("{name} was {was:?} and is {is:?}"));
            }
        }
    }

    fn members_of(&mut self, place: &str, old: &Value, new: &Value, direction: Direction) {
        let required = |schema: &Value| -> BTreeSet<String> {
            elements(&schema["required"]).iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        for (name, was) in members(&old["properties"]) {
            let place = format!("{place}.{name}");
            match new["properties"].get(name) {
                None => self.find(&place, "it is gone"),
                Some(is) => self.schema(&place, was, is, direction),
            }
        }
        let (was, is) = (required(old), required(new));
        let (changed, what) = match direction {
            Direction::Sent => (is.difference(&was), "it is required now"),
            Direction::Answered => (was.difference(&is), "it may be left out now"),
        };
        for name in changed {
            self.find(&format!("{place}.{name}"), what);
        }
    }
}

fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => schema,
    }
}

fn json_of(content: &Value) -> Option<&Value> {
    content.pointer("/content/application~1json/schema")
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
