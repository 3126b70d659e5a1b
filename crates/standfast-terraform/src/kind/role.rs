//! Roles: what a function, an instance or a service of AWS may do, each with one policy of its own.

use crate::syntax::address::Address;
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::{self, Statement};
use crate::syntax::provider::ResourceType;
use crate::system::arn::ACCOUNT;
use crate::system::name::{limit, shortened};

/// A role, its rights and the names they have.
pub(crate) struct IamRole<'a> {
    /// Its key among resources.
    pub(crate) key: &'a str,
    /// What it is called.
    pub(crate) name: String,
    /// What it is for.
    pub(crate) why: &'a str,
    /// Who takes it.
    pub(crate) trust: Statement,
    /// What it may do.
    pub(crate) statements: Vec<Statement>,
}

impl IamRole<'_> {
    /// Declares the role with its only policy; yields its address.
    pub(crate) fn declare(self, topic: &str, module: &mut ModuleFiles) -> Address {
        let key = self.key;
        let trust = policy::document(module, topic, &format!("{key}__trust"), vec![self.trust]);
        let role = ResourceType::IamRole.named(key);
        module.declare(
            topic,
            &role,
            body! {
                "name": shortened(&self.name, limit::FUNCTION),
                "description": self.why,
                "assume_role_policy": trust,
            },
        );
        if self.statements.is_empty() {
            return role;
        }
        let rights = policy::document(module, topic, key, self.statements);
        module.declare(
            topic,
            &policy_of(&role),
            body! { "name": "rights", "role": role.id(), "policy": rights },
        );
        role
    }
}

/// The policy of a role, for what must not be used before its rights are there.
pub(crate) fn policy_of(role: &Address) -> Address {
    ResourceType::IamRolePolicy.named(role.name())
}

/// The right to take a role, of a service that says for whom it acts, and for this account only.
pub(crate) fn assumed_for_this_account(service: &str) -> Statement {
    Statement::assume(service).when("StringEquals", "aws:SourceAccount", ACCOUNT)
}
