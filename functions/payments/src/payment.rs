//! A payment as a client asks for it: parsed and validated in one go, with everything that is wrong with it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use http::HeaderMap;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::amount::{Amount, Currency};

/// The header that may carry the key (draft-ietf-httpapi-idempotency-key-header).
pub const KEY_HEADER: &str = "Idempotency-Key";

/// Longest key. A UUID has 36 letters.
pub const KEY_LENGTH_MAX: usize = 64;

/// The fields of a payment.
const FIELDS: [&str; 3] = ["amount", "currency", "idempotency_key"];

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field, or `body` or the header's name.
    pub field: String,
    /// What is wrong, as the rest of a sentence that begins with the field.
    pub message: String,
}

impl Problem {
    fn new(field: &str, message: impl fmt::Display) -> Self {
        Self {
            field: field.to_owned(),
            message: message.to_string(),
        }
    }
}

/// What the client calls one payment, however often it asks for it: 1 to 64 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// Not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not 1 to {KEY_LENGTH_MAX} visible ASCII characters")]
pub struct KeyError;

impl IdempotencyKey {
    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = (1..=KEY_LENGTH_MAX).contains(&text.len());
        (visible && fits)
            .then(|| Self(text.to_owned()))
            .ok_or(KeyError)
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A payment that can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// What the client calls it.
    pub key: IdempotencyKey,
    /// How much, of which currency.
    pub amount: Amount,
}

impl Payment {
    /// Reads a request.
    ///
    /// # Errors
    ///
    /// With everything that is wrong, not only the first.
    pub fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Self, Vec<Problem>> {
        let Fields(fields) = serde_json::from_slice(body).map_err(|error| {
            vec![Problem::new(
                "body",
                format!("is not a JSON object: {error}"),
            )]
        })?;
        let mut problems: Vec<Problem> = fields
            .keys()
            .filter(|name| !FIELDS.contains(&name.as_str()))
            .map(|name| {
                let known = FIELDS.join(", ");
                Problem::new(
                    name,
                    format!("is not a field of a payment; those are {known}"),
                )
            })
            .collect();
        let mut keep = |problem| problems.push(problem);
        let currency = currency(&fields).map_err(&mut keep).ok();
        let amount = amount(&fields, currency).map_err(&mut keep).ok().flatten();
        let key = key(headers, &fields).map_err(&mut keep).ok();
        match (key, amount) {
            (Some(key), Some(amount)) if problems.is_empty() => Ok(Self { key, amount }),
            _ => Err(problems),
        }
    }
}

fn currency(fields: &BTreeMap<String, Value>) -> Result<Currency, Problem> {
    match fields.get("currency") {
        Some(Value::String(code)) => code
            .parse()
            .map_err(|error| Problem::new("currency", error)),
        Some(_) => Err(Problem::new("currency", "is not a text")),
        None => Err(Problem::new("currency", "is missing")),
    }
}

/// How many decimals are right depends on the currency, so without one there is no amount either.
fn amount(
    fields: &BTreeMap<String, Value>,
    currency: Option<Currency>,
) -> Result<Option<Amount>, Problem> {
    let wrong = |what| Problem::new("amount", what);
    let value = fields.get("amount").ok_or_else(|| wrong("is missing"))?;
    let amount = match (value, currency) {
        (Value::String(_) | Value::Number(_), None) => return Ok(None),
        (Value::String(text), Some(currency)) => Amount::from_decimal(text, currency),
        (Value::Number(number), Some(currency)) => match (number.as_i64(), number.is_u64()) {
            (Some(minor), _) => Amount::from_minor(minor, currency),
            (None, true) => Amount::from_minor(i64::MAX, currency),
            (None, false) => {
                return Err(wrong(
                    "is a number with a fraction; give whole minor units, or a decimal number as a text",
                ));
            }
        },
        _ => return Err(wrong("is neither a text nor a whole number")),
    };
    amount
        .map(Some)
        .map_err(|error| Problem::new("amount", error))
}

fn key(headers: &HeaderMap, fields: &BTreeMap<String, Value>) -> Result<IdempotencyKey, Problem> {
    let mut keys = Vec::new();
    for value in headers.get_all(KEY_HEADER) {
        let text = value.to_str().unwrap_or_default();
        let key: IdempotencyKey = text
            .parse()
            .map_err(|error| Problem::new(KEY_HEADER, error))?;
        keys.push(key);
    }
    match fields.get("idempotency_key") {
        Some(Value::String(text)) => {
            let key = text.parse();
            keys.push(key.map_err(|error| Problem::new("idempotency_key", error))?);
        }
        Some(_) => return Err(Problem::new("idempotency_key", "is not a text")),
        None => {}
    }
    let missing = format!("is missing; the header {KEY_HEADER} will do as well");
    let first = keys
        .pop()
        .ok_or_else(|| Problem::new("idempotency_key", missing))?;
    if keys.iter().any(|other| *other != first) {
        return Err(Problem::new(
            "idempotency_key",
            "is given twice, differently",
        ));
    }
    Ok(first)
}

/// A JSON object in which no name stands twice: of two amounts, which would be paid?
struct Fields(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = Fields;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields, M::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if fields.contains_key(&name) {
                        return Err(M::Error::custom(format!("`{name}` stands twice")));
                    }
                    fields.insert(name, value);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: Option<&str>, body: &str) -> Result<Payment, Vec<String>> {
        let mut headers = HeaderMap::new();
        if let Some(key) = header {
            headers.insert(KEY_HEADER, key.parse().unwrap());
        }
        Payment::parse(&headers, body.as_bytes()).map_err(|problems| {
            let told = |problem: Problem| format!("{} {}", problem.field, problem.message);
            problems.into_iter().map(told).collect()
        })
    }

    #[track_caller]
    fn refused(header: Option<&str>, body: &str, expected: &[&str]) {
        let problems = parse(header, body).unwrap_err();
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, start) in problems.iter().zip(expected) {
            assert!(problem.starts_with(start), "{problems:?}");
        }
    }

    #[test]
    fn an_amount_is_a_decimal_text_or_whole_minor_units() {
        let text = parse(Some("k-1"), r#"{"amount":"12.34","currency":"EUR"}"#).unwrap();
        let number = parse(
            None,
            r#"{"amount":1234,"currency":"EUR","idempotency_key":"k-1"}"#,
        );
        assert_eq!(text, number.unwrap());
        assert_eq!(text.amount.minor(), 1_234);
        assert_eq!(text.key.as_str(), "k-1");
    }

    #[test]
    fn one_answer_names_everything_that_is_wrong() {
        refused(
            None,
            r#"{"amount":"1.234","currency":"EUR","tip":1}"#,
            &[
                "tip is not a field",
                "amount has more than the 2 decimals of EUR",
                "idempotency_key is missing",
            ],
        );
        refused(
            Some("k"),
            "{}",
            &["currency is missing", "amount is missing"],
        );
        refused(
            Some("k"),
            r#"{"amount":"1","currency":"EURO"}"#,
            &["currency is not one of"],
        );
    }

    #[test]
    fn no_amount_is_a_binary_fraction() {
        for amount in ["12.34", "1e2", "1.0"] {
            let body = format!(r#"{{"amount":{amount},"currency":"EUR"}}"#);
            refused(Some("k"), &body, &["amount is a number with a fraction"]);
        }
        refused(
            Some("k"),
            r#"{"amount":18446744073709551615,"currency":"EUR"}"#,
            &["amount is more than"],
        );
        refused(
            Some("k"),
            r#"{"amount":-1,"currency":"EUR"}"#,
            &["amount is not more than zero"],
        );
        refused(
            Some("k"),
            r#"{"amount":null,"currency":"EUR"}"#,
            &["amount is neither"],
        );
    }

    #[test]
    fn a_key_is_given_once_or_twice_the_same() {
        let body = r#"{"amount":1,"currency":"EUR","idempotency_key":"k"}"#;
        assert!(parse(Some("k"), body).is_ok());
        refused(Some("other"), body, &["idempotency_key is given twice"]);
        let plain = r#"{"amount":1,"currency":"EUR"}"#;
        refused(Some("a b"), plain, &["Idempotency-Key is not 1 to 64"]);
        refused(
            Some(&"k".repeat(65)),
            plain,
            &["Idempotency-Key is not 1 to 64"],
        );
        refused(Some(""), plain, &["Idempotency-Key is not 1 to 64"]);
        assert!(parse(Some(&"k".repeat(64)), plain).is_ok());
    }

    #[test]
    fn a_name_stands_once() {
        refused(
            Some("k"),
            r#"{"amount":1,"amount":2,"currency":"EUR"}"#,
            &["body is not a JSON object: `amount` stands twice"],
        );
        refused(Some("k"), "[1]", &["body is not a JSON object"]);
        refused(Some("k"), "", &["body is not a JSON object"]);
        refused(Some("k"), "\u{0}", &["body is not a JSON object"]);
    }
}
