//! References to secrets. A secret itself never enters a blueprint, nor a message about one.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use crate::code::Code;
use crate::environment::is_variable;
use crate::grammar::word::{Word, WordProblem};

/// Where a secret is kept. A blueprint never holds the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretReference {
    /// In an environment variable of the process that needs it.
    Environment(String),
    /// In a file on the host that needs it.
    File(PathBuf),
    /// In the secret store of the platform, under this name.
    Secret(String),
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => f.pad(&format!("env:{name}")),
            Self::File(path) => f.pad(&format!("file:{}", path.display())),
            Self::Secret(name) => f.pad(&format!("secret:{name}")),
        }
    }
}

impl Serialize for SecretReference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Word for SecretReference {
    const NAME: &'static str = "secretReference";
    const WHAT: &'static str = "a reference to a secret";
    const PATTERN: &'static str = r"^(env:[A-Za-z_][A-Za-z0-9_]*$|file:/|secret:[!-~]+$)";
    const EXAMPLES: &'static [&'static str] = &[
        "env:OPS_WEBHOOK",
        "file:/run/secrets/db",
        "secret:payments/db",
    ];

    // No message repeats the text: it may be the secret.
    fn parse(text: &str) -> Result<Self, WordProblem> {
        let reference = match text.split_once(':') {
            Some(("env", name)) if is_variable(name) => Self::Environment(name.to_owned()),
            Some(("file", path)) if path.starts_with('/') => Self::File(PathBuf::from(path)),
            Some(("secret", name))
                if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Self::Secret(name.to_owned())
            }
            Some(("env", _)) => {
                return Err(WordProblem::malformed(
                    "`env:` takes the name of a variable",
                ));
            }
            Some(("file", _)) => {
                return Err(WordProblem::malformed("`file:` takes an absolute path"));
            }
            Some(("secret", _)) => {
                return Err(WordProblem::malformed(
                    "`secret:` takes the name of a secret",
                ));
            }
            _ => {
                return Err(WordProblem {
                    code: Code::LiteralSecret,
                    help: Some((
                        "name the place that keeps it: `env:NAME`, `file:PATH` or `secret:NAME`"
                            .to_owned(),
                        None,
                    )),
                    ..WordProblem::malformed("a secret is never written into a blueprint")
                });
            }
        };
        Ok(reference)
    }
}
