use standfast_terraform_check::{Schema, check};

use crate::support::{Case, case, each_has_its_fault, faults, module};

#[test]
fn ephemeral_values_that_would_be_stored_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"ephemeral":{"aws_secretsmanager_random_password":{"a":{}}},"resource":{"aws_db_instance":{"d":{
            "instance_class":"c","password":"${ephemeral.aws_secretsmanager_random_password.a.random_password}"}}}}"#,
            "aws_db_instance.d.password: `ephemeral.aws_secretsmanager_random_password.a.random_password` is ephemeral"
        ),
        case!(
            r#"{"ephemeral":{"aws_secretsmanager_random_password":{"a":{}}},"resource":{"aws_ssm_parameter":{"d":{
            "name":"n","type":"String",
            "value":"p-${upper(ephemeral.aws_secretsmanager_random_password.a.random_password)}"}}}}"#,
            "aws_ssm_parameter.d.value: `ephemeral"
        ),
        case!(
            r#"{"ephemeral":{"aws_secretsmanager_random_password":{"a":{}}},"locals":{"x":{
            "y":"${ephemeral.aws_secretsmanager_random_password.a.random_password}"},"z":"${local.x.y}"},"resource":{
            "aws_vpc":{"v":{"tags":{"p":"${local.z}"}}}}}"#,
            "aws_vpc.v.tags.p: `local.z` is ephemeral"
        ),
        case!(
            r#"{"variable":{"v":{"ephemeral":true}},"resource":{"aws_vpc":{"v":{"cidr_block":"${var.v}"}}}}"#,
            "aws_vpc.v.cidr_block: `var.v` is ephemeral"
        ),
        case!(
            r#"{"variable":{"v":{"ephemeral":true}},"data":{"aws_vpc":{"v":{"id":"${var.v}"}}}}"#,
            "data.aws_vpc.v.id: `var.v` is ephemeral"
        ),
        case!(
            r#"{"variable":{"v":{"ephemeral":true}},"resource":{"aws_vpc":{"v":{"count":"${var.v}"}}}}"#,
            "aws_vpc.v.count: `var.v` is ephemeral"
        ),
        case!(
            r#"{"variable":{"v":{"ephemeral":true}},"output":{"o":{"value":"${var.v}"}}}"#,
            "output.o.value: `var.v` is ephemeral"
        ),
        case!(
            r#"{"variable":{"v":{"ephemeral":true}},"output":{"o":{"value":"${var.v}","ephemeral":true}}}"#,
            "output.o: an output of the root module cannot be ephemeral"
        ),
        case!(
            r#"{"variable":{"v":{"ephemeral":true,"validation":{"condition":"${var.v != 1}",
            "error_message":"not ${var.v}"}}}}"#,
            "var.v.validation.error_message: `var.v` is ephemeral"
        ),
        case!(
            r#"{"output":{"o":{"value":"${terraform.applying}"}}}"#,
            "`terraform.applying` is ephemeral"
        ),
    ]);
}

#[test]
fn ephemeral_values_that_would_be_stored_by_way_of_a_module_are_found() {
    each_has_its_fault(&[
        Case {
            files: &[
                (
                    "main.tf.json",
                    r#"{"module":{"m":{"source":"./m"}},"output":{"o":{"value":"${module.m.p}"}}}"#,
                ),
                (
                    "m/a.tf.json",
                    r#"{"ephemeral":{"aws_secretsmanager_random_password":{"a":{}}},"output":{"p":{"ephemeral":true,
                    "value":"${ephemeral.aws_secretsmanager_random_password.a.random_password}"}}}"#,
                ),
            ],
            fault: "output.o.value: `module.m.p` is ephemeral",
        },
        Case {
            files: &[
                ("main.tf.json", r#"{"module":{"m":{"source":"./m"}}}"#),
                (
                    "m/a.tf.json",
                    r#"{"ephemeral":{"aws_secretsmanager_random_password":{"a":{}}},"output":{"p":{
                    "value":"${ephemeral.aws_secretsmanager_random_password.a.random_password}"}}}"#,
                ),
            ],
            fault: "m/a.tf.json: output.p.value: `ephemeral",
        },
        Case {
            files: &[
                (
                    "main.tf.json",
                    r#"{"ephemeral":{"aws_secretsmanager_random_password":{"a":{}}},"module":{"m":{"source":"./m",
                    "p":"${ephemeral.aws_secretsmanager_random_password.a.random_password}"}}}"#,
                ),
                ("m/a.tf.json", r#"{"variable":{"p":{}}}"#),
            ],
            fault: "module.m.p: `ephemeral",
        },
        Case {
            files: &[
                ("main.tf.json", r#"{"module":{"m":{"source":"./m"}}}"#),
                (
                    "m/a.tf.json",
                    r#"{"output":{"p":{"ephemeral":true,"value":"${terraform.workspace}"}}}"#,
                ),
            ],
            fault: "m/a.tf.json: output.p: is declared ephemeral, and its value is not",
        },
    ]);
}

#[test]
fn ephemeral_values_may_reach_what_is_not_stored() {
    let found = faults(&[
        (
            "main.tf.json",
            r#"{
            "provider":{"aws":{"region":"eu-central-1","token":"${var.token}"}},
            "variable":{"token":{"ephemeral":true,"validation":{"condition":"${var.token != \"\"}",
            "error_message":"no token"}}},
            "ephemeral":{
                "aws_secretsmanager_random_password":{"a":{"password_length":32}},
                "aws_secretsmanager_secret_version":{"b":{"secret_id":"${var.token}"}}
            },
            "locals":{"p":"${ephemeral.aws_secretsmanager_random_password.a.random_password}"},
            "resource":{
                "aws_db_instance":{"d":{"instance_class":"c","password_wo":"${local.p}","password_wo_version":1}},
                "aws_secretsmanager_secret_version":{"s":{"secret_id":"x",
                "secret_string_wo":"${jsonencode({password = local.p})}","secret_string_wo_version":1}},
                "aws_ssm_parameter":{"s":{"name":"n","type":"SecureString","value_wo":"${module.m.p}",
                "value_wo_version":1}},
                "aws_vpc":{"v":{"cidr_block":"${ephemeralasnull(local.p)}",
                    "depends_on":["ephemeral.aws_secretsmanager_random_password.a"],
                    "lifecycle":{"precondition":{"condition":"${local.p != \"\"}","error_message":"no password"}}}}
            },
            "module":{"m":{"source":"./m","p":"${local.p}"}}
            }"#,
        ),
        (
            "m/a.tf.json",
            r#"{"variable":{"p":{"ephemeral":true}},"output":{"p":{"ephemeral":true,"value":"${var.p}"}}}"#,
        ),
    ]);
    assert_eq!(found, []);
}

#[test]
fn sensitive_values_that_would_be_shown_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"variable":{"v":{"sensitive":true}},"output":{"o":{"value":"${var.v}"}}}"#,
            "output.o.value: reads a sensitive value"
        ),
        case!(
            r#"{"variable":{"v":{"sensitive":true}},"locals":{"x":"${var.v}"},"output":{"o":{
            "value":["${local.x}"]}}}"#,
            "output.o.value: reads a sensitive value"
        ),
        case!(
            r#"{"output":{"o":{"value":"${sensitive(1)}"}}}"#,
            "reads a sensitive value"
        ),
        case!(
            r#"{"variable":{"v":{"sensitive":true}},"resource":{"aws_vpc":{"v":{"for_each":"${var.v}"}}}}"#,
            "aws_vpc.v.for_each: a sensitive value cannot name instances"
        ),
        Case {
            files: &[
                (
                    "main.tf.json",
                    r#"{"module":{"m":{"source":"./m"}},"output":{"o":{"value":"${module.m.p}"}}}"#,
                ),
                (
                    "m/a.tf.json",
                    r#"{"output":{"p":{"sensitive":true,"value":1}}}"#,
                ),
            ],
            fault: "output.o.value: reads a sensitive value",
        },
    ]);
}

#[test]
fn sensitive_attributes_are_known_to_the_older_schema() {
    let output = r#"{"data":{"aws_ssm_parameter":{"p":{"name":"n"}}},"output":{"o":{
    "value":"${data.aws_ssm_parameter.p.value}"}}}"#;
    let module = module(&[("main.tf.json", output)]);
    let found = check(&module, Schema::aws_5());
    assert!(
        found[0].message.starts_with("reads a sensitive value"),
        "{found:?}"
    );
    assert_eq!(check(&module, Schema::aws_6()), []);
}

#[test]
fn sensitive_values_may_be_marked_or_unmarked() {
    let found = faults(&[
        (
            "main.tf.json",
            r#"{"variable":{"v":{"sensitive":true}},
            "module":{"m":{"source":"./m"}},
            "output":{
                "a":{"value":"${var.v}","sensitive":true},
                "b":{"value":"${nonsensitive(var.v)}"},
                "c":{"value":"${module.m.q}"},
                "d":{"value":"${nonsensitive(sensitive(1))}"}
            }}"#,
        ),
        (
            "m/a.tf.json",
            r#"{"variable":{"w":{"sensitive":true,"default":1}},"output":{"q":{"value":1},"r":{"value":"${var.w}"}}}"#,
        ),
    ]);
    assert_eq!(found, []);
}
