//! Where a value stands, and what it may therefore say.

use crate::declared::Item;

/// Where a value stands.
#[derive(Debug, Clone)]
pub(super) struct ValuePlace {
    pub(super) file: String,
    /// The address for messages.
    pub(super) address: String,
    /// The declaration around it, which depends on what it refers to.
    pub(super) owner: String,
    pub(super) repeats: Repeats,
    pub(super) own: Own,
    pub(super) ephemeral: Ephemeral,
    /// Names bound around it, as by a dynamic block.
    pub(super) bound: Vec<String>,
}

/// What repeats the declaration around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeats {
    Once,
    Count,
    ForEach,
}

/// Whether `self` has a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Nameless,
    Named,
}

/// Whether a value that is never stored may arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ephemeral {
    Refused,
    Accepted,
}

impl ValuePlace {
    /// The place of a declaration.
    pub(super) fn new(file: &str, address: impl Into<String>) -> Self {
        let address = address.into();
        Self {
            file: file.to_owned(),
            owner: address.clone(),
            address,
            repeats: Repeats::Once,
            own: Own::Nameless,
            ephemeral: Ephemeral::Refused,
            bound: Vec::new(),
        }
    }

    /// The place of an argument in it.
    pub(super) fn below(&self, name: &str) -> Self {
        Self {
            address: format!("{}.{name}", self.address),
            ..self.clone()
        }
    }

    /// The place of an element of it.
    pub(super) fn element(&self, index: usize) -> Self {
        Self {
            address: format!("{}[{index}]", self.address),
            ..self.clone()
        }
    }

    pub(super) fn accepting(&self, ephemeral: Ephemeral) -> Self {
        Self {
            ephemeral,
            ..self.clone()
        }
    }

    pub(super) fn repeated(self, item: &Item<'_>) -> Self {
        Self {
            repeats: repeats(item),
            ..self
        }
    }
}

/// What repeats a declaration.
pub(super) fn repeats(item: &Item<'_>) -> Repeats {
    if item.get("for_each").is_some() {
        Repeats::ForEach
    } else if item.get("count").is_some() {
        Repeats::Count
    } else {
        Repeats::Once
    }
}

/// Whether an item is there once.
pub(super) fn is_single(item: &Item<'_>) -> bool {
    repeats(item) == Repeats::Once
}
