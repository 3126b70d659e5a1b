use crate::support::{Case, case, each_has_its_fault};

#[test]
fn conditions_that_check_nothing_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"check":{"a":{"assert":{"condition":true,"error_message":"m"}}}}"#,
            "check.a.assert.condition: must refer to something, or it checks nothing"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"lifecycle":{"precondition":{"condition":"${1 == 1}",
            "error_message":"m"}}}}}}"#,
            "precondition.condition: must refer to something"
        ),
        case!(
            r#"{"variable":{"a":{"validation":{"condition":"${var.ab != 1}","error_message":"m"}},"ab":{}}}"#,
            "var.a.validation.condition: must refer to `var.a`"
        ),
    ]);
}

#[test]
fn wrong_meta_arguments_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"count":1,"for_each":{}}}}}"#,
            "aws_vpc.a: count and for_each exclude each other"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"count":-1}}}}"#,
            "aws_vpc.a.count: must be a whole number"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"count":"1"}}}}"#,
            "aws_vpc.a.count: must be a whole number"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"for_each":["x"]}}}}"#,
            "aws_vpc.a.for_each: must be an object or one expression"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"depends_on":"aws_vpc.b"}}}}"#,
            "depends_on: must be an array"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"depends_on":["aws_vpc.b"]}}}}"#,
            "depends_on[0]: `aws_vpc.b` is not declared"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"b":{},"a":{"depends_on":["${aws_vpc.b}"]}}}}"#,
            "depends_on[0]: \"${aws_vpc.b}\" is not a reference"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"b":{},"a":{"depends_on":["aws_vpc.b.id"]}}}}"#,
            "`aws_vpc.b.id` is not a whole resource or module"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"depends_on":["aws_vpc.a"]}}}}"#,
            "refers to itself"
        ),
    ]);
}

#[test]
fn wrong_lifecycles_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"lifecycle":{"prevent_destory":true}}}}}"#,
            "aws_vpc.a.lifecycle: unknown argument `prevent_destory` (did you mean `prevent_destroy`?)"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"lifecycle":{"prevent_destroy":"${true}"}}}}}"#,
            "lifecycle.prevent_destroy: must be true or false"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"lifecycle":1}}}}"#,
            "aws_vpc.a.lifecycle: must be an object"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"lifecycle":{"ignore_changes":["tag"]}}}}}"#,
            "ignore_changes[0]: there is no argument `tag` (did you mean `tags`?)"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"lifecycle":{"ignore_changes":"tags"}}}}}"#,
            "ignore_changes: must be an array of references"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"lifecycle":{"replace_triggered_by":["aws_subnet.b"]}}}}}"#,
            "replace_triggered_by[0]: `aws_subnet.b` is not declared"
        ),
        case!(
            r#"{"locals":{"x":1},"resource":{"aws_vpc":{"a":{"lifecycle":{"replace_triggered_by":["local.x"]}}}}}"#,
            "replace_triggered_by[0]: `local.x` is not a resource"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"lifecycle":{"precondition":{"condition":"${path.module != \"\"}"}}}}}}"#,
            "lifecycle.precondition: missing required argument `error_message`"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"lifecycle":{"precondition":{"condition":"${self.id}",
            "error_message":"m"}}}}}}"#,
            "precondition.condition: `self` stands outside"
        ),
        case!(
            r#"{"data":{"aws_region":{"a":{"lifecycle":{"prevent_destroy":true}}}}}"#,
            "data.aws_region.a.lifecycle: unknown argument `prevent_destroy`"
        ),
    ]);
}
