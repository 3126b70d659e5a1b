use crate::support::{Case, case, each_has_its_fault};

#[test]
fn wrong_settings_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"terraform":{"backnd":{}}}"#,
            "terraform: unknown argument `backnd` (did you mean `backend`?)"
        ),
        case!(
            r#"{"terraform":{"required_version":"newest"}}"#,
            "required_version: \"newest\" is not a version constraint"
        ),
        case!(
            r#"{"terraform":{"required_version":1.11}}"#,
            "1.11 is not a version constraint"
        ),
        case!(
            r#"{"terraform":{"required_version":">= 1.2..3"}}"#,
            "is not a version constraint"
        ),
        case!(
            r#"{"terraform":{"backend":{"s4":{}}}}"#,
            "unknown backend `s4` (did you mean `s3`?)"
        ),
        case!(
            r#"{"terraform":{"backend":"s3"}}"#,
            "terraform.backend: must be an object"
        ),
        case!(
            r#"{"terraform":{"backend":{"s3":1}}}"#,
            "terraform.backend.s3: must be one object"
        ),
        case!(
            r#"{"variable":{"b":{}},"terraform":{"backend":{"s3":{"bucket":"${var.b}"}}}}"#,
            "terraform.backend.s3.bucket: nothing is read here: `${var.b}` stays as it is written"
        ),
        case!(
            r#"{"terraform":{"backend":{"s3":{},"local":{}}}}"#,
            "terraform: more than one backend"
        ),
        case!(
            r#"{"terraform":{"required_providers":{"aws":{"source":"aws"}}}}"#,
            "required_providers.aws.source: must be `hashicorp/aws`"
        ),
        case!(
            r#"{"terraform":{"required_providers":{"aws":{"version":"~> 5.0"}}}}"#,
            "required_providers.aws: missing required argument `source`"
        ),
        case!(
            r#"{"terraform":{"required_providers":{"aws":{"source":"hashicorp/aws","version":"5.x"}}}}"#,
            "required_providers.aws.version: \"5.x\" is not a version constraint"
        ),
        case!(
            r#"{"terraform":{"required_providers":{"aws":">= 5"}}}"#,
            "required_providers.aws: must be an object with source and version"
        ),
        case!(
            r#"{"terraform":{"required_providers":{"aws":{"source":"hashicorp/aws","versoin":"5"}}}}"#,
            "unknown argument `versoin` (did you mean `version`?)"
        ),
        case!(
            r#"{"terraform":{"required_providers":{"aws":{"source":"hashicorp/aws"},"random":{
            "source":"hashicorp/random"}}}}"#,
            "required_providers.random: there is no schema of this provider"
        ),
        case!(
            r#"{"terraform":{"required_providers":{"aws":{"source":"hashicorp/aws",
            "configuration_aliases":["aws.b"]}}}}"#,
            "configuration_aliases: nothing calls the root module"
        ),
    ]);
}

#[test]
fn providers_that_are_not_there_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"provider":{"aws":[{},{"alias":"peer"}]},"resource":{"aws_vpc":{"a":{"provider":"aws.pear"}}}}"#,
            "aws_vpc.a: unknown provider configuration `aws.pear` (did you mean `aws.peer`?)"
        ),
        case!(
            r#"{"provider":{"aws":{"alias":"peer"}},"resource":{"aws_vpc":{"a":{}}}}"#,
            "aws_vpc.a: no provider is named, and `aws` has no configuration without an alias"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"provider":"${aws.peer}"}}}}"#,
            "aws_vpc.a.provider: must be `aws` or `aws.ALIAS`, not \"${aws.peer}\""
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"provider":"random"}}}}"#,
            "aws_vpc.a.provider: must be `aws` or `aws.ALIAS`, not \"random\""
        ),
        case!(
            r#"{"provider":{"aws":[{},{"alias":1}]}}"#,
            "provider.aws: the alias 1 is not a name"
        ),
        case!(
            r#"{"provider":{"aws":[1]}}"#,
            "provider.aws: must be one object"
        ),
        case!(
            r#"{"provider":{"aws":{},"random":{}}}"#,
            "provider.random: there is no schema of this provider"
        ),
        case!(
            r#"{"terraform":{"required_providers":{"terraform":{"source":"terraform.io/builtin/terraform"}}}}"#,
            "provider.aws: not among the required_providers"
        ),
    ]);
}
