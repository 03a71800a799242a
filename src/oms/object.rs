//! JSON objects whose members are read strictly, with refusals that name them.

use serde_json::{Map, Value};

use super::Refusal;

/// A JSON object and its name in messages.
pub(super) struct Object<'a> {
    path: &'static str,
    pub(super) members: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    pub(super) fn new(path: &'static str, value: &'a Value) -> Result<Self, Refusal> {
        let members = value.as_object().ok_or(Refusal::value(path, "is not an object"))?;
        Ok(Self { path, members })
    }

    /// Refuses every member that is not known.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.members.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(Refusal::Unknown { path: self.path.to_owned(), name: name.escape_debug().to_string() }),
        }
    }

    pub(super) fn member(&self, name: &str) -> Result<&'a Value, Refusal> {
        self.members.get(name).ok_or_else(|| Refusal::Missing { path: self.name_of(name) })
    }

    pub(super) fn text(&self, name: &str) -> Result<&'a str, Refusal> {
        self.member(name)?.as_str().ok_or_else(|| Refusal::value(self.name_of(name), "is not a string"))
    }

    pub(super) fn list(&self, name: &str) -> Result<&'a [Value], Refusal> {
        let list = self.member(name)?.as_array();
        list.map(Vec::as_slice).ok_or_else(|| Refusal::value(self.name_of(name), "is not a list"))
    }

    pub(super) fn name_of(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }
}
