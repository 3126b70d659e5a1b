//! Routes of an HTTP interface.

use std::fmt;

use crate::grammar::as_text;
use crate::grammar::word::{Word, WordProblem};

/// A method and a path, as in `POST /payment`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    /// The method of HTTP.
    pub method: &'static str,
    /// The path, from the root.
    pub path: String,
}

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.method, self.path))
    }
}
as_text!(Route);

impl Word for Route {
    const NAME: &'static str = "route";
    const WHAT: &'static str = "a method and a path, as in `POST /payment`";
    const PATTERN: &'static str = "^(GET|HEAD|POST|PUT|PATCH|DELETE) (/|(/[A-Za-z0-9._-]+)+)$";
    const EXAMPLES: &'static [&'static str] = &["POST /payment", "GET /health"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let segments = |path: &str| {
            path == "/"
                || path.strip_prefix('/').is_some_and(|rest| {
                    rest.split('/')
                        .all(|part| !part.is_empty() && part.bytes().all(plain))
                })
        };
        let route = text.split_once(' ').and_then(|(method, path)| {
            let method = METHODS.into_iter().find(|known| *known == method)?;
            segments(path).then(|| Self {
                method,
                path: path.to_owned(),
            })
        });
        route.ok_or_else(|| {
            WordProblem::malformed(format!(
                "`{text}` is not a route: a method in capitals and a path of letters, digits, \
                 dots, hyphens and underscores, as in `POST /payment`"
            ))
        })
    }
}
