use crate::support::{faults, passes, reading};
use standfast_terraform_check::{Module, Schema, check};

#[test]
fn a_document_with_everything_in_it_passes() {
    let found = faults(&[
        ("main.tf.json", include_str!("good/main.tf.json")),
        (
            "modules/region/main.tf.json",
            include_str!("good/modules/region/main.tf.json"),
        ),
    ]);
    assert_eq!(found, []);
}

#[test]
fn references_that_lead_somewhere_pass() {
    let references = [
        "var.region",
        "var.zone.names[0]",
        "var.zones[\"a\"].cidr",
        "local.table.one.port",
        "local.table[\"one\"].port",
        "local.list[1]",
        "aws_vpc.main",
        "aws_vpc.main.id",
        "resource.aws_vpc.main.id",
        "aws_vpc.main.tags[\"Name\"]",
        "aws_vpc.main.tags.Name",
        "aws_vpc.main[*].id",
        "data.aws_region.current.description",
        "aws_subnet.counted",
        "aws_subnet.counted[0].id",
        "aws_subnet.counted[*].id",
        "aws_subnet.counted.*.id",
        "aws_subnet.counted.0.id",
        "aws_subnet.keyed[\"a\"].id",
        "values(aws_subnet.keyed)[*].id",
        "aws_db_instance.db.master_user_secret[0].secret_arn",
        "aws_db_instance.db.master_user_secret[*].secret_arn",
        "aws_route53_record.r.alias[0].name",
        "one(aws_route53_record.r.records)",
        "aws_security_group.g.ingress[*].from_port",
        "path.module",
        "terraform.workspace",
        "{for k, v in var.zones : k => v.cidr if v.cidr != \"\"}",
        "[for v in var.zones : [for w in v : w.anything]]",
        "core::upper(\"a\")",
        "coalesce(\"a\")",
        "format(\"%s\", [\"a\"]...)",
        "max([1]...)",
    ];
    for reference in references {
        let document = reading(&format!("${{{reference}}}")).to_string();
        let module = Module::from_files([("main.tf.json", document)]).expect("JSON");
        for schema in [Schema::aws_5(), Schema::aws_6()] {
            assert_eq!(check(&module, schema), [], "{reference}");
        }
    }
}

#[test]
fn comments_are_passed_over_in_bodies() {
    passes(
        r#"{"//":"a","//":"b","locals":{"//":"${c}","l":{"//":"a key"}},
            "resource":{"aws_vpc":{"v":{"//":{"e":"${var.f}"},"lifecycle":{"//":1}}},
                "aws_lb":{"l":{"access_logs":{"//":2,"bucket":"b"}}},
                "aws_security_group":{"g":{"ingress":[{"//":3,"from_port":1,"to_port":1,"protocol":"tcp",
                    "cidr_blocks":[],"description":null,"ipv6_cidr_blocks":null,"prefix_list_ids":null,
                    "security_groups":null,"self":null}]}}},
            "output":{"o":{"//":4,"value":5}},"variable":{"v":{"//":6}},
            "terraform":{"//":7,"required_providers":{"//":8,"aws":{"source":"hashicorp/aws"}},
                "backend":{"s3":{"//":9}}}}"#,
    );
}

#[test]
fn levels_may_be_arrays_of_objects() {
    passes(
        r#"{"resource":[{"aws_vpc":[{"a":[{"cidr_block":"c"}]}]},{"aws_vpc":{"b":{}}}],
            "locals":[{"a":1},{"b":"${local.a}"}],"output":[{"o":{"value":1}}]}"#,
    );
    let found = faults(&[(
        "main.tf.json",
        r#"[{"provider":{"aws":{}}},{"resource":{"aws_vpc":{"a":{}}}}]"#,
    )]);
    assert_eq!(found, []);
}

#[test]
fn a_null_is_as_good_as_absent() {
    passes(
        r#"{"resource":{"aws_lb":{"a":{"arn":null,"access_logs":null,"internal":null,"name":null}}}}"#,
    );
}

#[test]
fn blocks_pass_as_object_array_and_dynamic() {
    passes(
        r#"{"variable":{"x":{"type":"list(string)"}},"resource":{"aws_lb_listener":{
            "a":{"load_balancer_arn":"l","default_action":{"type":"forward"}},
            "b":{"load_balancer_arn":"l","default_action":[{"type":"forward"},{"type":"forward"}]},
            "c":{"load_balancer_arn":"l","dynamic":{"default_action":{"for_each":"${var.x}","content":{
            "type":"${default_action.value}"}}}},
            "d":{"load_balancer_arn":"l","dynamic":{"default_action":[{"for_each":"${var.x}","iterator":"it",
            "content":{"type":"${it.key}"}}]}}
        }}}"#,
    );
}

#[test]
fn meta_arguments_pass() {
    passes(
        r#"{"resource":{
            "aws_vpc":{"v":{"lifecycle":{"create_before_destroy":true,"ignore_changes":"all",
                "replace_triggered_by":["terraform_data.t.output","aws_subnet.s[0]"],
                "postcondition":[{"condition":"${self.id != \"\"}","error_message":"no id"}]}}},
            "aws_subnet":{"s":{"count":"${1 + 1}","vpc_id":"v","depends_on":["data.aws_region.r","terraform_data.t"],
                "lifecycle":{"ignore_changes":["tags","tags[\"a\"]","timeouts[0].create"]},
                "provisioner":{"local-exec":{"command":"echo ${self.id} ${count.index}"}}}},
            "terraform_data":{"t":{"input":{"a":[1,true,null]},"for_each":{"a":1}}}
        },"data":{"aws_region":{"r":{"lifecycle":{"postcondition":{"condition":"${self.description != \"\"}",
        "error_message":"m"}}}}},
        "check":{"c":{"assert":{"condition":"${aws_vpc.v.id != \"\"}","error_message":"m"}}},
        "moved":{"from":"aws_vpc.old","to":"aws_vpc.v"},"removed":{"from":"aws_vpc.gone","lifecycle":{"destroy":false}},
        "import":[{"to":"aws_vpc.v","id":"vpc-1"}]}"#
            .replace("\"for_each\":{\"a\":1}", "\"triggers_replace\":1")
            .as_str(),
    );
}

#[test]
fn settings_pass() {
    passes(
        r#"{"terraform":{"required_version":"~> 1.11, != 1.11.3","backend":{"s3":{"bucket":"b","use_lockfile":true}},
            "required_providers":{"aws":{"source":"registry.terraform.io/hashicorp/aws",
            "version":">= 5.100.0, < 7.0.0-beta1"}}}}"#,
    );
}
