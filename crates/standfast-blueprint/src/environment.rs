//! `${NAME}` and `${NAME:-default}` in scalars.
//!
//! The defaults follow POSIX shells (POSIX.1-2024, XCU 2.6.2): with `:-` the default stands in for a
//! variable that is unset or empty. `$${` yields a literal `${`; every other `$` stands for itself.
//! What a variable holds is never expanded again and never read as YAML structure.

use std::ops::Range;

/// The form of a reference, as the JSON Schema sees it.
pub(crate) const REFERENCE_PATTERN: &str = r"(^|[^$])\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}";

/// A reference that cannot be replaced, and the bytes of the text it takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ExpansionFailure {
    pub(crate) bytes: Range<usize>,
    pub(crate) kind: ExpansionFailureKind,
}

/// Why a reference cannot be replaced.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ExpansionFailureKind {
    /// The variable is not set and no default is given.
    Unset(String),
    /// `${` without `}`.
    Open,
    /// What stands between the braces is no name.
    Name(String),
}

/// Replaces every reference in a text; `None` when there is none.
pub(crate) fn expand(
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Option<Result<String, Vec<ExpansionFailure>>> {
    if !text.contains("${") {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut failures = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find('$') {
        let dollar = at + offset;
        out.push_str(&text[at..dollar]);
        let rest = &text[dollar..];
        if rest.starts_with("$${") {
            out.push_str("${");
            at = dollar + 3;
        } else if let Some(inner) = rest.strip_prefix("${") {
            let Some(length) = inner.find('}') else {
                failures.push(ExpansionFailure {
                    bytes: dollar..text.len(),
                    kind: ExpansionFailureKind::Open,
                });
                at = text.len();
                break;
            };
            at = dollar + "${}".len() + length;
            match value(&inner[..length], environment) {
                Ok(value) => out.push_str(&value),
                Err(kind) => failures.push(ExpansionFailure {
                    bytes: dollar..at,
                    kind,
                }),
            }
        } else {
            out.push('$');
            at = dollar + 1;
        }
    }
    out.push_str(&text[at..]);
    Some(if failures.is_empty() {
        Ok(out)
    } else {
        Err(failures)
    })
}

fn value(
    inner: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<String, ExpansionFailureKind> {
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    if !is_variable(name) {
        return Err(ExpansionFailureKind::Name(name.to_owned()));
    }
    match (environment(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(ExpansionFailureKind::Unset(name.to_owned())),
    }
}

/// Whether a text can name an environment variable.
pub(crate) fn is_variable(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name
            .bytes()
            .next()
            .is_some_and(|byte| !byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "SET" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${SET}".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn references_are_replaced_once() {
        for (text, expected) in [
            ("a-${SET}-b", "a-value-b"),
            ("${SET:-other}", "value"),
            ("${UNSET:-other}", "other"),
            ("${EMPTY:-other}", "other"),
            ("${EMPTY}", ""),
            ("${UNSET:-}", ""),
            ("${NESTED}", "${SET}"),
            ("$${SET} $5 ${SET}$", "${SET} $5 value$"),
            ("$$${SET}", "$${SET}"),
        ] {
            assert_eq!(
                expand(text, &environment),
                Some(Ok(expected.to_owned())),
                "{text}"
            );
        }
        assert_eq!(expand("$5", &environment), None);
    }

    #[test]
    fn what_cannot_be_replaced_is_told_with_its_place() {
        let failures = expand("${UNSET} ${1} ${SET", &environment).unwrap();
        let failures = failures.unwrap_err();
        assert_eq!(
            failures,
            [
                ExpansionFailure {
                    bytes: 0..8,
                    kind: ExpansionFailureKind::Unset("UNSET".to_owned())
                },
                ExpansionFailure {
                    bytes: 9..13,
                    kind: ExpansionFailureKind::Name("1".to_owned())
                },
                ExpansionFailure {
                    bytes: 14..19,
                    kind: ExpansionFailureKind::Open
                },
            ]
        );
    }
}
