//! What was left out of a project because nothing can be made of it.

use std::collections::BTreeMap;

/// Tables, inputs and elements of lists with a fault of their own. The rest is checked without them, and what is only a
/// consequence of their absence is no fault.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LeftOut {
    /// By table or list of tables: ids of the missing elements; `None` where the id cannot be read, or all is missing.
    ids: BTreeMap<String, Vec<Option<String>>>,
}

impl LeftOut {
    /// Takes note of an element that is missing from a list, or of a missing table.
    pub fn add(&mut self, list: &str, id: Option<String>) {
        self.ids.entry(list.to_owned()).or_default().push(id);
    }

    /// Whether a table, or anything of a list, is missing.
    pub fn any(&self, list: &str) -> bool {
        self.ids.contains_key(list)
    }

    /// Whether the element of that id may be among what is missing from a list.
    pub fn may_be(&self, list: &str, id: &str) -> bool {
        let missing = self.ids.get(list).into_iter().flatten();
        missing.into_iter().any(|missing| missing.as_deref().is_none_or(|missing| missing == id))
    }
}
