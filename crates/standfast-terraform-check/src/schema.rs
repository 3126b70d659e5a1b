//! The provider's schema: which types there are, and what each may say.
//!
//! The files under `schema/` are made by `examples/cut.rs` and embedded, so a check needs neither
//! network nor Terraform. They hold the types of `schema/types.txt`; any other is an unknown type.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::error::Error;
use crate::types::Type;

static AWS_5: LazyLock<Schema> =
    LazyLock::new(|| embedded(include_str!("../schema/aws-5.100.0.json")));
static AWS_6: LazyLock<Schema> =
    LazyLock::new(|| embedded(include_str!("../schema/aws-6.25.0.json")));

#[expect(
    clippy::expect_used,
    reason = "the text is part of this crate, and a test reads each file"
)]
fn embedded(text: &str) -> Schema {
    Schema::parse(text).expect("an embedded schema has the form that examples/cut.rs writes")
}

/// The types of one provider version, the types built into Terraform, and Terraform's functions.
#[derive(Debug, Clone, Deserialize)]
pub struct Schema {
    version: String,
    provider_config: Block,
    #[serde(flatten)]
    types: Types,
    #[serde(skip)]
    functions: BTreeMap<String, (usize, Option<usize>)>,
}

#[derive(Debug, Clone, Deserialize)]
struct Types {
    resource: BTreeMap<String, Block>,
    data: BTreeMap<String, Block>,
    ephemeral: BTreeMap<String, Block>,
}

/// What is declared under a type and a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `resource`: made, changed and destroyed by Terraform.
    Managed,
    /// `data`: only read.
    Data,
    /// `ephemeral`: opened for one run and never stored.
    Ephemeral,
}

impl Kind {
    /// The start of an address: empty, `data.` or `ephemeral.`.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Managed => "",
            Self::Data => "data.",
            Self::Ephemeral => "ephemeral.",
        }
    }

    /// The name in a message.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Managed => "resource",
            Self::Data => "data source",
            Self::Ephemeral => "ephemeral resource",
        }
    }
}

/// What a body may hold.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Block {
    /// The attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// The blocks by name.
    #[serde(default)]
    pub blocks: BTreeMap<String, NestedBlock>,
    /// Whether the provider advises against the whole block.
    #[serde(default)]
    pub deprecated: bool,
}

impl Block {
    /// The names of attributes and blocks.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.attributes
            .keys()
            .chain(self.blocks.keys())
            .map(String::as_str)
    }
}

/// A block inside a body.
#[derive(Debug, Clone, Deserialize)]
pub struct NestedBlock {
    /// What it may hold.
    #[serde(flatten)]
    pub block: Block,
    /// How several of it are held.
    pub nesting: Nesting,
    /// The fewest allowed.
    #[serde(default)]
    pub min: usize,
    /// The most allowed; absent when there is no bound, or none is known.
    pub max: Option<usize>,
}

/// How the blocks of one name are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nesting {
    /// At most one, which is an object.
    Single,
    /// In order, read by index.
    List,
    /// Without order or index.
    Set,
    /// By key.
    Map,
}

/// One attribute.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its type.
    pub kind: Type,
    flags: Vec<Flag>,
}

/// What the schema says of an attribute besides its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Must be set.
    Required,
    /// May be set.
    Optional,
    /// Set by the provider; read-only unless it is optional too.
    Computed,
    /// The provider advises against it.
    Deprecated,
    /// Not to be shown.
    Sensitive,
    /// May be set, is never stored, and reads as null.
    WriteOnly,
}

impl Attribute {
    /// Whether the schema says this of the attribute.
    pub fn is(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// Whether a configuration may set the attribute.
    pub fn settable(&self) -> bool {
        self.is(Flag::Required) || self.is(Flag::Optional)
    }
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (words, kind) = <(String, Type)>::deserialize(deserializer)?;
        let flags: Result<Vec<Flag>, D::Error> = words.split(' ').map(flag).collect();
        Ok(Self {
            kind,
            flags: flags?,
        })
    }
}

fn flag<E: serde::de::Error>(word: &str) -> Result<Flag, E> {
    match word {
        "required" => Ok(Flag::Required),
        "optional" => Ok(Flag::Optional),
        "computed" => Ok(Flag::Computed),
        "deprecated" => Ok(Flag::Deprecated),
        "sensitive" => Ok(Flag::Sensitive),
        "write_only" => Ok(Flag::WriteOnly),
        _ => Err(E::custom(format!("unknown flag {word:?}"))),
    }
}

impl Schema {
    /// The schema of hashicorp/aws 5.100.0, cut from the provider itself.
    pub fn aws_5() -> &'static Self {
        &AWS_5
    }

    /// The schema of hashicorp/aws 6.25.0, cut from its published schema. The file says where that is
    /// only approximate; above all, it does not know deprecated and sensitive attributes, so check
    /// against [`Schema::aws_5`] too.
    pub fn aws_6() -> &'static Self {
        &AWS_6
    }

    /// Reads a schema in the form that `examples/cut.rs` writes.
    ///
    /// # Errors
    ///
    /// When the text does not have that form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::assemble(text).map_err(|source| Error::Schema { source })
    }

    fn assemble(text: &str) -> serde_json::Result<Self> {
        let mut schema: Self = serde_json::from_str(text)?;
        let builtin: Types = serde_json::from_str(include_str!("../schema/builtin.json"))?;
        schema.types.resource.extend(builtin.resource);
        schema.types.data.extend(builtin.data);
        schema.types.ephemeral.extend(builtin.ephemeral);
        schema.functions = serde_json::from_str(include_str!("../schema/functions.json"))?;
        if schema.functions.is_empty() {
            return Err(serde_json::Error::custom("no functions"));
        }
        Ok(schema)
    }

    /// The provider's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What a provider configuration may hold.
    pub fn provider_config(&self) -> &Block {
        &self.provider_config
    }

    /// What a declaration of the given type may hold.
    pub fn block(&self, kind: Kind, name: &str) -> Option<&Block> {
        self.types(kind).get(name)
    }

    /// The names of the types of a kind.
    pub fn type_names(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.types(kind).keys().map(String::as_str)
    }

    /// The fewest and most arguments of each of Terraform's functions.
    pub(crate) fn functions(&self) -> &BTreeMap<String, (usize, Option<usize>)> {
        &self.functions
    }

    fn types(&self, kind: Kind) -> &BTreeMap<String, Block> {
        match kind {
            Kind::Managed => &self.types.resource,
            Kind::Data => &self.types.data,
            Kind::Ephemeral => &self.types.ephemeral,
        }
    }
}
