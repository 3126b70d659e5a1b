//! How a module refers to what it declares. An address is made once, from a type of the closed list and
//! a name; what declares a thing and what refers to it go by the same address, and the attributes it has
//! are methods. So no reference is spelt by hand.

use std::fmt;

use crate::syntax::json::Json;
use crate::syntax::provider::ResourceType;

/// Which kind of block declares something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Declaration {
    /// `resource`: what the module makes.
    Resource,
    /// `data`: what the module looks up.
    Data,
    /// `ephemeral`: what is read when it is needed and is never part of the state.
    Ephemeral,
}

impl Declaration {
    /// The word of the block.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Data => "data",
            Self::Ephemeral => "ephemeral",
        }
    }
}

/// What something is called within its module, as in `aws_vpc.main` or `data.aws_lb.web`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    declaration: Declaration,
    of: ResourceType,
    name: String,
}

impl ResourceType {
    /// The address of a resource of this type.
    pub(crate) fn named(self, name: impl Into<String>) -> Address {
        Address::new(Declaration::Resource, self, name)
    }

    /// The address of a data source of this type.
    pub(crate) fn data(self, name: impl Into<String>) -> Address {
        Address::new(Declaration::Data, self, name)
    }

    /// The address of an ephemeral resource of this type.
    pub(crate) fn ephemeral(self, name: impl Into<String>) -> Address {
        Address::new(Declaration::Ephemeral, self, name)
    }
}

impl Address {
    fn new(declaration: Declaration, of: ResourceType, name: impl Into<String>) -> Self {
        Self {
            declaration,
            of,
            name: name.into(),
        }
    }

    /// Which kind of block declares it.
    pub(crate) const fn declaration(&self) -> Declaration {
        self.declaration
    }

    /// Its type.
    pub(crate) const fn of(&self) -> ResourceType {
        self.of
    }

    /// Its name among those of its type.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its parts in the order in which they are written, a dot after each but the last.
    fn parts(&self) -> [&str; 5] {
        let [declaration, dot] = match self.declaration {
            Declaration::Resource => ["", ""],
            Declaration::Data | Declaration::Ephemeral => [self.declaration.as_str(), "."],
        };
        [declaration, dot, self.of.as_str(), ".", &self.name]
    }

    /// As in `depends_on`, where a thing is meant and not a value of it.
    pub(crate) fn text(&self) -> String {
        self.parts().concat()
    }

    fn attribute(&self, attribute: &str) -> Template {
        let [declaration, dot, of, between, name] = self.parts();
        let text = [
            "${",
            declaration,
            dot,
            of,
            between,
            name,
            ".",
            attribute,
            "}",
        ];
        Template(text.concat())
    }
}

/// The attributes that modules refer to, each as a method that yields the reference.
macro_rules! attributes {
    ($($method:ident = $text:literal;)*) => {
        impl Address {
            $(
                #[doc = concat!("Refers to its attribute `", $text, "`.")]
                pub(crate) fn $method(&self) -> Template {
                    self.attribute($text)
                }
            )*
        }
    };
}

attributes! {
    account_id = "account_id";
    address = "address";
    arn = "arn";
    arn_suffix = "arn_suffix";
    authorization = "authorization";
    availability_zone = "availability_zone";
    certificate_arn = "certificate_arn";
    dns_name = "dns_name";
    domain_name = "domain_name";
    domain_validation_options = "domain_validation_options";
    endpoint = "endpoint";
    engine_version = "engine_version";
    execution_arn = "execution_arn";
    function_name = "function_name";
    http_method = "http_method";
    id = "id";
    invoke_arn = "invoke_arn";
    invoke_url = "invoke_url";
    json = "json";
    key_id = "key_id";
    latest_version = "latest_version";
    multi_az = "multi_az";
    // The name at AWS, which is not its name within the module.
    name_at_aws = "name";
    name_servers = "name_servers";
    names = "names";
    partition = "partition";
    port = "port";
    random_password = "random_password";
    reader_endpoint = "reader_endpoint";
    regional_domain_name = "regional_domain_name";
    root_resource_id = "root_resource_id";
    secret_id = "secret_id";
    secret_string = "secret_string";
    value = "value";
    zone_id = "zone_id";
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts().iter().try_for_each(|part| f.write_str(part))
    }
}

impl From<Address> for Json {
    fn from(address: Address) -> Self {
        Self::from(&address)
    }
}

impl From<&Address> for Json {
    fn from(address: &Address) -> Self {
        Self::Text(address.text())
    }
}

/// A value that Terraform works out, as in `${aws_vpc.main.id}`. It is kept as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(String);

impl Template {
    /// What an expression comes to, where more than one reference is needed.
    pub(crate) fn of(expression: impl fmt::Display) -> Self {
        Self(format!("${{{expression}}}"))
    }

    /// A value that the module keeps under a name.
    pub(crate) fn local(name: &str) -> Self {
        Self(["${local.", name, "}"].concat())
    }

    /// A value that is given to the module from outside.
    pub(crate) fn variable(name: &str) -> Self {
        Self(["${var.", name, "}"].concat())
    }

    /// What a module within this one tells.
    pub(crate) fn child(module: &str, output: &str) -> Self {
        Self(["${module.", module, ".", output, "}"].concat())
    }

    /// What a function of Terraform makes of it.
    pub(crate) fn passed_to(&self, function: &str) -> Self {
        Self(["${", function, "(", self.expression(), ")}"].concat())
    }

    /// The expression itself, to be part of another one.
    pub(crate) fn expression(&self) -> &str {
        let inner = self.0.strip_prefix("${");
        inner
            .and_then(|inner| inner.strip_suffix('}'))
            .unwrap_or(&self.0)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Template> for Json {
    fn from(template: Template) -> Self {
        Self::Text(template.0)
    }
}

impl From<&Template> for Json {
    fn from(template: &Template) -> Self {
        Self::Text(template.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_and_what_it_refers_to_are_spelt_alike() {
        let vpc = ResourceType::Vpc.named("main");
        assert_eq!(vpc.to_string(), "aws_vpc.main");
        assert_eq!(vpc.id().to_string(), "${aws_vpc.main.id}");
        let balancer = ResourceType::Lb.data("web");
        assert_eq!(balancer.to_string(), "data.aws_lb.web");
        let plain = balancer.arn().passed_to("nonsensitive");
        assert_eq!(plain.to_string(), "${nonsensitive(data.aws_lb.web.arn)}");
    }
}
