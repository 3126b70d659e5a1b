//! Values of Terraform's JSON syntax, in the order in which they were written.
//!
//! The order is part of the output: what names a thing comes first, so that a person can read it. A
//! text is a template: `${…}` in it refers to something, which is written by an
//! [`Address`](crate::syntax::address::Address); texts of the blueprint go through [`literal`].

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Text(String),
    Whole(i64),
    Decimal(f64),
    Flag(bool),
    List(Vec<Json>),
    Body(Body),
}

/// Keys and values.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Body(Vec<(String, Json)>);

impl Body {
    /// Adds a key.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Json>) {
        self.0.push((key.to_owned(), value.into()));
    }

    /// Adds a key where there is a value.
    pub(crate) fn set_some(&mut self, key: &str, value: Option<impl Into<Json>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Adds the keys of another body.
    pub(crate) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The value of a key, made when it is not there.
    pub(crate) fn entry(&mut self, key: &str) -> &mut Self {
        let at = self.0.iter().position(|(known, _)| known == key);
        let at = at.unwrap_or_else(|| {
            self.set(key, Self::default());
            self.0.len() - 1
        });
        if !matches!(self.0[at].1, Json::Body(_)) {
            self.0[at].1 = Json::Body(Self::default());
        }
        match &mut self.0[at].1 {
            Json::Body(body) => body,
            Json::Text(_) | Json::Whole(_) | Json::Decimal(_) | Json::Flag(_) | Json::List(_) => {
                unreachable!("it was made a body above")
            }
        }
    }

    /// Whether a key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(known, _)| known == key)
    }

    /// The body under a key.
    pub(crate) fn body_at(&self, key: &str) -> Option<&Self> {
        self.0.iter().find_map(|(known, value)| match value {
            Json::Body(body) if known == key => Some(body),
            _ => None,
        })
    }

    /// The bodies in it, by key.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.0.iter().filter_map(|(key, value)| match value {
            Json::Body(body) => Some((key.as_str(), body)),
            _ => None,
        })
    }

    /// The text under a key, empty when there is none.
    pub(crate) fn text_at(&self, key: &str) -> &str {
        let text = self.0.iter().find_map(|(known, value)| match value {
            Json::Text(text) if known == key => Some(text.as_str()),
            _ => None,
        });
        text.unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: ToString, V: Into<Json>> FromIterator<(K, V)> for Body {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        Self(
            entries
                .map(|(key, value)| (key.to_string(), value.into()))
                .collect(),
        )
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::Decimal(number) => serializer.serialize_f64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::List(items) => serializer.collect_seq(items),
            Self::Body(body) => body.serialize(serializer),
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Json {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<bool> for Json {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Body> for Json {
    fn from(body: Body) -> Self {
        Self::Body(body)
    }
}

impl From<f64> for Json {
    /// Whole numbers are written without a fraction.
    fn from(number: f64) -> Self {
        let text = format!("{number}");
        text.parse().map_or(Self::Decimal(number), Self::Whole)
    }
}

macro_rules! from_whole {
    ($($number:ty),*) => {
        $(
            impl From<$number> for Json {
                fn from(number: $number) -> Self {
                    Self::Whole(i64::from(number))
                }
            }
        )*
    };
}
from_whole!(i64, i32, u8, u16, u32);

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Json>, const N: usize> From<[T; N]> for Json {
    fn from(items: [T; N]) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// Keys and values in braces: `body! { "name": name, "port": 443 }`.
macro_rules! body {
    ($($key:literal: $value:expr),* $(,)?) => {{
        #[allow(unused_mut, clippy::allow_attributes, reason = "an empty body is never changed")]
        let mut body = $crate::syntax::json::Body::default();
        $(body.set($key, $value);)*
        body
    }};
}
pub(crate) use body;

/// A text that stands for itself: what would be a template in it is escaped.
pub(crate) fn literal(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_numbers_their_kind() {
        let body = body! { "b": 1, "a": 2.0, "c": 0.5, "d": ["x"], "e": body! {} };
        let text = serde_json::to_string(&body).unwrap();
        assert_eq!(text, r#"{"b":1,"a":2,"c":0.5,"d":["x"],"e":{}}"#);
    }

    #[test]
    fn a_literal_is_no_template() {
        assert_eq!(literal("a ${b} %{c} $d"), "a $${b} %%{c} $d");
    }
}
