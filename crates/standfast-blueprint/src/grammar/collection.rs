//! Lists, and things by name.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::grammar::definition::Definitions;
use crate::grammar::reader::{FromNode, Reader};
use crate::grammar::word::Word;
use crate::source::Spanned;
use crate::tree::{Node, NodeKind};

impl<T: FromNode> FromNode for Vec<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let NodeKind::List(items) = &node.kind else {
            reader.wrong_kind(node, "a list");
            return None;
        };
        // Every item is read before the first problem ends it.
        let items: Vec<Option<T>> = items.iter().map(|item| T::read(item, reader)).collect();
        items.into_iter().collect()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "array", "items": T::schema(definitions) })
    }
}

/// Things by name, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Map<K, V> {
    pub(crate) entries: Vec<(Spanned<K>, V)>,
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<K: Word, V: FromNode> FromNode for Map<K, V> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let NodeKind::Mapping(entries) = &node.kind else {
            reader.wrong_kind(node, "a mapping");
            return None;
        };
        let entries: Vec<Option<_>> = entries
            .iter()
            .map(|entry| {
                let key = reader.word::<K>(&entry.key.value, entry.key.span);
                let value = reader.value_of(entry);
                let span = entry.key.span;
                Some((Spanned { value: key?, span }, value?))
            })
            .collect();
        let entries = entries.into_iter().collect::<Option<_>>()?;
        Some(Self { entries })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let mut names = json!({ "pattern": K::PATTERN });
        if let Some(length) = K::LENGTH_MAX {
            names["maxLength"] = Value::from(length);
        }
        json!({
            "type": "object",
            "propertyNames": names,
            "additionalProperties": V::schema(definitions),
        })
    }
}

impl<K: Word + Ord, V: FromNode> FromNode for BTreeMap<K, V> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let map = Map::<K, V>::read(node, reader)?;
        let entries = map.entries.into_iter();
        Some(entries.map(|(key, value)| (key.value, value)).collect())
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Map::<K, V>::schema(definitions)
    }
}
