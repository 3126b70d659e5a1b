use crate::support::{Case, case, each_has_its_fault};

#[test]
fn documents_of_the_wrong_form_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"resources":{}}"#,
            "unknown property `resources` (did you mean `resource`?)"
        ),
        case!(
            r#"{"resource":"aws_vpc"}"#,
            "resource: must be an object or an array of objects"
        ),
        case!(
            r#"{"resource":{"aws_vpc":1}}"#,
            "aws_vpc: must be an object of named blocks"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":1}}}"#,
            "aws_vpc.a: must be one object"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":[{},{}]}}}"#,
            "aws_vpc.a: must be one object"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"1a":{}}}}"#,
            "aws_vpc.1a: a name has only letters"
        ),
        case!(
            r#"{"locals":{"a b":1}}"#,
            "local.a b: a name has only letters"
        ),
        case!(r#"{"output":{"a":1}}"#, "output.a: must be one object"),
    ]);
}

#[test]
fn a_root_that_is_not_an_object_is_found() {
    let module =
        standfast_terraform_check::Module::from_files([("main.tf.json", "1")]).expect("JSON");
    let found =
        standfast_terraform_check::check(&module, standfast_terraform_check::Schema::aws_5());
    assert_eq!(
        found[0].to_string(),
        "main.tf.json: the root must be an object"
    );
}

#[test]
fn comments_where_they_are_labels_are_found() {
    let label = "`//` is a comment in a body only; here it is a label";
    each_has_its_fault(&[
        case!(r#"{"resource":{"//":"x"}}"#, label),
        case!(r#"{"resource":{"aws_vpc":{"//":"x","v":{}}}}"#, label),
        case!(r#"{"data":{"//":"x"}}"#, label),
        case!(r#"{"ephemeral":{"//":"x"}}"#, label),
        case!(r#"{"variable":{"//":"x"}}"#, label),
        case!(r#"{"output":{"//":"x"}}"#, label),
        case!(r#"{"module":{"//":"x"}}"#, label),
        case!(r#"{"check":{"//":"x"}}"#, label),
        case!(r#"{"provider":{"//":"x","aws":{}}}"#, label),
        case!(r#"{"terraform":{"backend":{"//":"x","s3":{}}}}"#, label),
        case!(
            r#"{"terraform":{"required_providers":{"aws":{"//":"x","source":"hashicorp/aws"}}}}"#,
            label
        ),
        case!(
            r#"{"resource":{"aws_lb":{"a":{"dynamic":{"//":"x"}}}}}"#,
            label
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"provisioner":{"//":"x","local-exec":{"//":"y"}}}}}}"#,
            label
        ),
        Case {
            files: &[
                (
                    "main.tf.json",
                    r#"{"module":{"a":{"source":"./m","providers":{"//":"x","aws":"aws"}}}}"#,
                ),
                ("m/main.tf.json", "{}"),
            ],
            fault: label,
        },
    ]);
}

#[test]
fn keys_given_twice_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"resource":{"aws_vpc":{"a":{},"a":{}}}}"#,
            "main.tf.json: the key `resource.aws_vpc.a` is given twice"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"tags":{"x":"1","x":"1"}}}}}"#,
            "the key `resource.aws_vpc.a.tags.x` is given twice"
        ),
        case!(
            r#"{"locals":{"a":[{"b":1,"b":1}]}}"#,
            "the key `locals.a.0.b` is given twice"
        ),
    ]);
}

#[test]
fn declarations_made_twice_are_found() {
    each_has_its_fault(&[
        Case {
            files: &[
                ("main.tf.json", r#"{"resource":{"aws_vpc":{"a":{}}}}"#),
                ("more.tf.json", r#"{"resource":{"aws_vpc":{"a":{}}}}"#),
            ],
            fault: "more.tf.json: aws_vpc.a: declared twice (first in main.tf.json)",
        },
        Case {
            files: &[
                ("main.tf.json", r#"{"variable":{"a":{}}}"#),
                ("more.tf.json", r#"{"variable":{"a":{}}}"#),
            ],
            fault: "var.a: declared twice",
        },
        Case {
            files: &[
                ("main.tf.json", r#"{"locals":{"a":1}}"#),
                ("more.tf.json", r#"{"locals":[{"a":1}]}"#),
            ],
            fault: "local.a: declared twice",
        },
        Case {
            files: &[
                ("main.tf.json", r#"{"output":{"a":{"value":1}}}"#),
                ("more.tf.json", r#"{"output":{"a":{"value":1}}}"#),
            ],
            fault: "output.a: declared twice",
        },
        case!(
            r#"{"provider":{"aws":[{},{}]}}"#,
            "provider.aws: declared twice"
        ),
        case!(
            r#"{"provider":{"aws":[{},{"alias":"b"},{"alias":"b"}]}}"#,
            "provider.aws.b: declared twice"
        ),
        case!(
            r#"{"terraform":[{"required_providers":{"aws":{"source":"hashicorp/aws"}}},{"required_providers":{"aws":{
            "source":"hashicorp/aws"}}}]}"#,
            "required_providers.aws: declared twice"
        ),
    ]);
}

#[test]
fn wrong_variables_and_outputs_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"variable":{"a":{"typ":"string"}}}"#,
            "var.a: unknown argument `typ` (did you mean `type`?)"
        ),
        case!(
            r#"{"variable":{"a":{"type":"strin"}}}"#,
            "var.a.type: `strin` is not a type"
        ),
        case!(
            r#"{"variable":{"a":{"type":"list(string"}}}"#,
            "the text ends where `)` is expected"
        ),
        case!(
            r#"{"variable":{"a":{"type":"optional(string)"}}}"#,
            "is not a type"
        ),
        case!(
            r#"{"variable":{"a":{"type":["string"]}}}"#,
            "var.a.type: must be a text"
        ),
        case!(
            r#"{"variable":{"a":{"type":"number","default":"x"}}}"#,
            "var.a.default: must be a number"
        ),
        case!(
            r#"{"variable":{"a":{"type":"object({b=string,c=optional(number)})","default":{}}}}"#,
            "var.a.default: missing member `b`"
        ),
        case!(
            r#"{"variable":{"a":{"type":"tuple([string,number])","default":["x"]}}}"#,
            "var.a.default: has 1 elements, and 2 are wanted"
        ),
        case!(
            r#"{"variable":{"a":{"default":"${local.x}"}},"locals":{"x":1}}"#,
            "var.a.default: nothing is read here: `${local.x}` stays as it is written"
        ),
        case!(
            r#"{"variable":{"a":{"default":["${timestamp()}"]}}}"#,
            "var.a.default[0]: nothing is read here"
        ),
        case!(
            r#"{"variable":{"a":{"sensitive":"yes"}}}"#,
            "var.a.sensitive: must be true or false"
        ),
        case!(
            r#"{"variable":{"a":{"validation":{"condition":"${var.a != \"\"}"}}}}"#,
            "var.a.validation: missing required argument `error_message`"
        ),
        case!(
            r#"{"output":{"a":{}}}"#,
            "output.a: missing required argument `value`"
        ),
        case!(
            r#"{"output":{"a":{"value":1,"vale":1}}}"#,
            "output.a: unknown argument `vale`"
        ),
        case!(
            r#"{"check":{"a":{}}}"#,
            "check.a: missing required argument `assert`"
        ),
        case!(
            r#"{"check":{"a":{"assert":{"condition":"${path.module != \"\"}","error_message":"m"},"data":{}}}}"#,
            "check.a: a data source inside a check is not read"
        ),
    ]);
}

#[test]
fn wrong_refactorings_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"moved":{"from":"aws_vpc.a"}}"#,
            "moved: missing required argument `to`"
        ),
        case!(
            r#"{"moved":[{"from":"aws_vpc.a","to":"aws_vpc.b"}]}"#,
            "moved.to: `aws_vpc.b` is not declared"
        ),
        case!(
            r#"{"import":{"to":"aws_vpc.b","id":"x"}}"#,
            "import.to: `aws_vpc.b` is not declared"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{}}},"removed":{"from":"aws_vpc.a"}}"#,
            "removed.from: `aws_vpc.a` is still declared"
        ),
        case!(
            r#"{"removed":{"from":"aws_vpc.a","lifecycle":{"destory":true}}}"#,
            "unknown argument `destory`"
        ),
        case!(
            r#"{"removed":{"from":"${aws_vpc.a}"}}"#,
            "is not an address"
        ),
        case!(
            r#"{"removed":{"from":"data.aws_region.a"}}"#,
            "is not a resource or module"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{}}},"import":{"to":"aws_vpc.a","id":"${var.x}"}}"#,
            "import.id: `var.x` is not declared"
        ),
    ]);
}
