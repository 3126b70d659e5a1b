//! Domain names, without regard to case.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use thiserror::Error;

/// Longest label, in octets (RFC 1035 §2.3.4).
const LABEL_OCTETS_MAX: usize = 63;

/// Longest name on the wire, in octets, with the octet that stands for the root (RFC 1035 §2.3.4).
const NAME_OCTETS_MAX: usize = 255;

/// Why something is not a domain name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DnsNameError {
    /// Two dots follow each other, or the text is empty.
    #[error("a domain name has no empty label; the root is written `.`")]
    LabelEmpty,
    /// A label is longer than 63 octets.
    #[error("a label of a domain name has at most 63 octets, this one has {octets}")]
    LabelTooLong {
        /// The length found.
        octets: usize,
    },
    /// The name is longer than 255 octets.
    #[error("a domain name has at most 255 octets, this one has {octets}")]
    TooLong {
        /// The length found.
        octets: usize,
    },
    /// A character that is not allowed, or a backslash without three digits up to 255 behind it.
    #[error(
        "a domain name is written with letters, digits, `-`, `_` and dots, other octets as `\\DDD`; \
         `{text}` is not"
    )]
    Form {
        /// The text found.
        text: String,
    },
}

/// A fully qualified domain name in lower case (RFC 4343).
///
/// Kept as its labels from the root downwards, each with its length in front. So "lies within" is a
/// comparison of prefixes, and in an ordered map everything beneath a name follows it directly.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsName(Box<[u8]>);

impl DnsName {
    /// The root.
    pub fn root() -> Self {
        Self(Box::default())
    }

    /// The name made of these labels, the one nearest to the root last, as in its written form. Labels
    /// may hold any octet (RFC 2181 §11).
    ///
    /// # Errors
    /// When a label is empty or too long, or the name is.
    pub fn from_labels<'a>(
        labels: impl IntoIterator<Item = &'a [u8], IntoIter: DoubleEndedIterator>,
    ) -> Result<Self, DnsNameError> {
        labels
            .into_iter()
            .rev()
            .try_fold(Self::root(), |parent, label| parent.child(label))
    }

    /// The name with this label in front.
    ///
    /// # Errors
    /// When the label is empty or too long, or the name gets too long.
    pub fn child(&self, label: impl AsRef<[u8]>) -> Result<Self, DnsNameError> {
        let label = label.as_ref();
        let length = match u8::try_from(label.len()) {
            Ok(0) => return Err(DnsNameError::LabelEmpty),
            Ok(length) if label.len() <= LABEL_OCTETS_MAX => length,
            Ok(_) | Err(_) => {
                return Err(DnsNameError::LabelTooLong {
                    octets: label.len(),
                });
            }
        };
        // One octet for the label's length and one for the root, which is not kept here.
        let octets = self.0.len() + 1 + label.len() + 1;
        if octets > NAME_OCTETS_MAX {
            return Err(DnsNameError::TooLong { octets });
        }
        let mut kept = Vec::with_capacity(self.0.len() + 1 + label.len());
        kept.extend_from_slice(&self.0);
        kept.push(length);
        kept.extend(label.iter().map(u8::to_ascii_lowercase));
        Ok(Self(kept.into_boxed_slice()))
    }

    /// Whether the name is `other` or lies beneath it.
    pub fn is_within(&self, other: &Self) -> bool {
        // Lengths stand in front of their labels, so a prefix can only end where a label ends.
        self.0.starts_with(&other.0)
    }

    /// The labels, the one nearest to the root last, as in the written form.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest: &[u8] = &self.0;
        let mut labels = Vec::new();
        while let Some((length, tail)) = rest.split_first()
            && let Some((label, tail)) = tail.split_at_checked(usize::from(*length))
        {
            labels.push(label);
            rest = tail;
        }
        labels.into_iter().rev()
    }
}

impl fmt::Display for DnsName {
    /// With the final dot; octets other than letters, digits, `-` and `_` as `\DDD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(self.0.len() + 1);
        for label in self.labels() {
            for &octet in label {
                if octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_' {
                    text.push(char::from(octet));
                } else {
                    write!(text, "\\{octet:03}")?;
                }
            }
            text.push('.');
        }
        if text.is_empty() {
            text.push('.');
        }
        f.pad(&text)
    }
}

impl fmt::Debug for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

impl FromStr for DnsName {
    type Err = DnsNameError;

    /// Every name is taken as fully qualified; the final dot may be left out.
    fn from_str(text: &str) -> Result<Self, DnsNameError> {
        if text == "." {
            return Ok(Self::root());
        }
        let labels = text
            .strip_suffix('.')
            .unwrap_or(text)
            .split('.')
            .map(|label| {
                read_label(label).ok_or_else(|| DnsNameError::Form {
                    text: text.to_owned(),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Self::from_labels(labels.iter().map(Vec::as_slice))
    }
}

/// Reads a label as `Display` writes it.
fn read_label(text: &str) -> Option<Vec<u8>> {
    let mut label = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&octet) = rest.as_bytes().first() {
        if octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_' {
            label.push(octet);
            rest = &rest[1..];
        } else if octet == b'\\' {
            let digits = rest.get(1..4)?;
            if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                return None;
            }
            label.push(digits.parse().ok()?);
            rest = &rest[4..];
        } else {
            return None;
        }
    }
    Some(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, DnsNameError>) {
        let name = text.parse::<DnsName>().map(|name| name.to_string());
        assert_eq!(name, expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn names_are_read_without_regard_to_case_and_printed_with_their_final_dot() {
        check(".", Ok("."));
        check("test", Ok("test."));
        check(
            "Main-Writer.Payments.TEST.",
            Ok("main-writer.payments.test."),
        );
        check("_postgresql._tcp.x", Ok("_postgresql._tcp.x."));
        check("\\042.x", Ok("\\042.x."));
        check("\\065.x", Ok("a.x."));
        check("", Err(DnsNameError::LabelEmpty));
        check("..", Err(DnsNameError::LabelEmpty));
        check("a..b", Err(DnsNameError::LabelEmpty));
        for bad in [
            "a b", "ä", "*.x", "a\\", "a\\1", "a\\256", "a\\+12", "a\\1ä",
        ] {
            check(
                bad,
                Err(DnsNameError::Form {
                    text: bad.to_owned(),
                }),
            );
        }
    }

    #[test]
    fn a_label_has_63_octets_and_a_name_255_at_most() {
        let label = "a".repeat(63);
        check(
            &format!("{label}a"),
            Err(DnsNameError::LabelTooLong { octets: 64 }),
        );
        let longest = format!("{label}.{label}.{label}.{}", "b".repeat(61));
        assert!(longest.parse::<DnsName>().is_ok());
        check(
            &format!("{longest}b"),
            Err(DnsNameError::TooLong { octets: 256 }),
        );
    }

    #[test]
    fn a_name_lies_within_itself_and_its_ancestors_only() {
        let name = |text: &str| text.parse::<DnsName>().unwrap();
        let cases = [
            ("a.test", "a.test", true),
            ("b.a.test", "a.test", true),
            ("a.test", ".", true),
            ("ba.test", "a.test", false),
            ("test", "a.test", false),
            ("a.test.example", "a.test", false),
        ];
        for (inner, outer, expected) in cases {
            assert_eq!(
                name(inner).is_within(&name(outer)),
                expected,
                "{inner} in {outer}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_name_reads_back_from_its_text(
            labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..=63), 0..4)
        ) {
            let name = DnsName::from_labels(labels.iter().map(Vec::as_slice));
            if let Ok(name) = name {
                prop_assert_eq!(name.to_string().parse::<DnsName>(), Ok(name));
            }
        }

        #[test]
        fn no_text_panics_the_parser(text in ".*") {
            let _ = text.parse::<DnsName>();
        }
    }
}
