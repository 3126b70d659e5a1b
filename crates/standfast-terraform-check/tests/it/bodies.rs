use crate::support::{Case, case, each_has_its_fault};

#[test]
fn arguments_that_the_schema_does_not_know_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"resource":{"aws_vpc":{"main":{"cidr_blok":"10.0.0.0/16"}}}}"#,
            "aws_vpc.main: unknown argument or block `cidr_blok` (did you mean `cidr_block`?)"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"main":{"zzzzzzzzzzzz":1}}}}"#,
            "aws_vpc.main: unknown argument or block `zzzzzzzzzzzz`"
        ),
        case!(
            r#"{"resource":{"aws_lb":{"a":{"access_logs":{"buckett":"b","bucket":"b"}}}}}"#,
            "aws_lb.a.access_logs: unknown argument or block `buckett` (did you mean `bucket`?)"
        ),
        case!(
            r#"{"resource":{"aws_vcp":{"main":{}}}}"#,
            "unknown resource type `aws_vcp` (did you mean `aws_vpc`?)"
        ),
        case!(
            r#"{"data":{"aws_regionn":{"a":{}}}}"#,
            "unknown data source type `aws_regionn`"
        ),
        case!(
            r#"{"ephemeral":{"aws_secretsmanager_random_passwords":{"a":{}}}}"#,
            "unknown ephemeral resource type `aws_secretsmanager_random_passwords`"
        ),
        case!(
            r#"{"provider":{"aws":{"regoin":"eu-central-1"}}}"#,
            "provider.aws: unknown argument or block `regoin` (did you mean `region`?)"
        ),
        case!(
            r#"{"data":{"aws_region":{"a":{"provisioner":{}}}}}"#,
            "unknown argument or block `provisioner`"
        ),
    ]);
}

#[test]
fn arguments_that_are_missing_or_read_only_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"resource":{"aws_subnet":{"a":{"cidr_block":"10.0.0.0/24"}}}}"#,
            "aws_subnet.a: missing required argument `vpc_id`"
        ),
        case!(
            r#"{"resource":{"aws_subnet":{"a":{"vpc_id":null}}}}"#,
            "aws_subnet.a: missing required argument `vpc_id`"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"main":{"arn":"arn"}}}}"#,
            "aws_vpc.main.arn: is read-only"
        ),
        case!(
            r#"{"ephemeral":{"aws_secretsmanager_random_password":{"a":{"random_password":"x"}}}}"#,
            "random_password: is read-only"
        ),
        case!(
            r#"{"resource":{"aws_lb_listener":{"a":{"load_balancer_arn":"l"}}}}"#,
            "missing required block `default_action`"
        ),
        case!(
            r#"{"resource":{"aws_lb_listener":{"a":{"load_balancer_arn":"l","default_action":[]}}}}"#,
            "default_action: given 0 times, at least 1 needed"
        ),
        case!(
            r#"{"resource":{"aws_lb_listener":{"a":{"load_balancer_arn":"l","default_action":{}}}}}"#,
            "aws_lb_listener.a.default_action: missing required argument `type`"
        ),
    ]);
}

#[test]
fn deprecated_arguments_are_found() {
    use crate::support::module;
    use standfast_terraform_check::{Schema, check, check_allowing};

    let module = module(&[(
        "main.tf.json",
        r#"{"resource":{"aws_s3_bucket":{"a":{"acl":"private","versioning":{"enabled":true}}}},
            "output":{"w":{"value":"${aws_s3_bucket.a.website_domain}"}}}"#,
    )]);
    let found = check(&module, Schema::aws_5());
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "main.tf.json: aws_s3_bucket.a.acl: `aws_s3_bucket.acl` is deprecated",
            "main.tf.json: aws_s3_bucket.a.versioning: `aws_s3_bucket.versioning` is deprecated",
            "main.tf.json: output.w.value: `aws_s3_bucket.website_domain` is deprecated",
        ]
    );
    let allowed = [
        "aws_s3_bucket.acl",
        "aws_s3_bucket.versioning",
        "aws_s3_bucket.website_domain",
    ];
    assert_eq!(check_allowing(&module, Schema::aws_5(), &allowed), []);
    assert_eq!(
        check_allowing(&module, Schema::aws_5(), &allowed[1..]).len(),
        1
    );
}

#[test]
fn values_of_the_wrong_kind_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"resource":{"aws_vpc":{"main":{"cidr_block":10}}}}"#,
            "aws_vpc.main.cidr_block: must be a string, not a number"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"main":{"cidr_block":["10.0.0.0/16"]}}}}"#,
            "must be a string, not an array"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"main":{"enable_dns_support":"true"}}}}"#,
            "aws_vpc.main.enable_dns_support: must be true or false, not the text `true`"
        ),
        case!(
            r#"{"resource":{"aws_db_instance":{"a":{"instance_class":"c","allocated_storage":"20"}}}}"#,
            "allocated_storage: must be a number, not the text `20`"
        ),
        case!(
            r#"{"variable":{"n":{}},"resource":{"aws_db_instance":{"a":{"instance_class":"c",
            "allocated_storage":"2${var.n}"}}}}"#,
            "allocated_storage: must be a number, not the text `2${var.n}`"
        ),
        case!(
            r#"{"resource":{"aws_db_instance":{"a":{"instance_class":"c","allocated_storage":true}}}}"#,
            "must be a number, not true or false"
        ),
        case!(
            r#"{"resource":{"aws_db_subnet_group":{"a":{"subnet_ids":"subnet-1"}}}}"#,
            "subnet_ids: must be a set, not the text `subnet-1`"
        ),
        case!(
            r#"{"resource":{"aws_db_subnet_group":{"a":{"subnet_ids":{"a":"b"}}}}}"#,
            "must be a set, not an object"
        ),
        case!(
            r#"{"resource":{"aws_db_subnet_group":{"a":{"subnet_ids":["a",1]}}}}"#,
            "aws_db_subnet_group.a.subnet_ids[1]: must be a string, not a number"
        ),
        case!(
            r#"{"resource":{"aws_db_subnet_group":{"a":{"subnet_ids":[null]}}}}"#,
            "subnet_ids[0]: is null"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"main":{"tags":["a"]}}}}"#,
            "tags: must be a map, not an array"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"main":{"tags":{"Name":1}}}}}"#,
            "aws_vpc.main.tags.Name: must be a string, not a number"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"main":{"tags":{"//":"a comment"}}}}}"#,
            "aws_vpc.main.tags: `//` is a comment in a body only; here it is an entry"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"main":{}},"aws_subnet":{"a":{"vpc_id":"${aws_vpc.main.tags}"}}}}"#,
            "vpc_id: must be a string, and `${aws_vpc.main.tags}` is a map"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"main":{}},"aws_db_subnet_group":{"a":{"subnet_ids":"${aws_vpc.main.id}"}}}}"#,
            "must be a set, and `${aws_vpc.main.id}` is a string"
        ),
    ]);
}

#[test]
fn texts_that_hold_a_collection_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"resource":{"aws_vpc":{"main":{"tags":{"a":"x ${data.aws_region.r}"}}}},"data":{"aws_region":{"r":{
            }}}}"#,
            "aws_vpc.main.tags.a: a text cannot hold an object"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{}},"aws_subnet":{"b":{"vpc_id":"vpc-${aws_vpc.a.tags}"}}}}"#,
            "a text cannot hold a map"
        ),
    ]);
}

#[test]
fn members_of_objects_are_checked() {
    each_has_its_fault(&[
        case!(
            r#"{"resource":{"aws_security_group":{"a":{"ingress":[{"from_port":1,"to_port":1,"protocol":"tcp",
            "cidr_blocks":[],"description":"","ipv6_cidr_blocks":[],"prefix_list_ids":[],"security_groups":[]}]}}}}"#,
            "ingress[0]: missing member `self`"
        ),
        case!(
            r#"{"resource":{"aws_security_group":{"a":{"ingress":[{"from_port":1,"to_port":1,"protocol":"tcp",
            "cidr_blocks":[],"description":"","ipv6_cidr_blocks":[],"prefix_list_ids":[],"security_groups":[],
            "self":null,"cidr":1}]}}}}"#,
            "ingress[0]: unknown member `cidr`"
        ),
        case!(
            r#"{"resource":{"aws_security_group":{"a":{"ingress":[{"from_port":"1","to_port":1,"protocol":"tcp",
            "cidr_blocks":[],"description":"","ipv6_cidr_blocks":[],"prefix_list_ids":[],"security_groups":[],
            "self":null}]}}}}"#,
            "ingress[0].from_port: must be a number, not the text `1`"
        ),
    ]);
}

#[test]
fn blocks_in_the_wrong_form_or_number_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"resource":{"aws_lb":{"a":{"access_logs":"${var.x}"}}}}"#,
            "access_logs: a block is an object or an array of objects, not text"
        ),
        case!(
            r#"{"resource":{"aws_lb":{"a":{"access_logs":["x"]}}}}"#,
            "a block is an object or an array of objects, not text"
        ),
        case!(
            r#"{"resource":{"aws_lb":{"a":{"access_logs":[{"bucket":"a"},{"bucket":"b"}]}}}}"#,
            "aws_lb.a.access_logs: given 2 times, at most 1 allowed"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{}},"aws_route_table":{"a":{"vpc_id":"v","timeouts":[{},{}]}}}}"#,
            "timeouts: given 2 times, at most 1 allowed"
        ),
        case!(
            r#"{"resource":{"aws_lb":{"a":{"dynamic":{"access_log":{"for_each":[1],"content":{}}}}}}}"#,
            "aws_lb.a.dynamic.access_log: unknown block `access_log` (did you mean `access_logs`?)"
        ),
        case!(
            r#"{"resource":{"aws_lb":{"a":{"dynamic":{"access_logs":{"content":{"bucket":"b"}}}}}}}"#,
            "dynamic.access_logs: missing required argument `for_each`"
        ),
        case!(
            r#"{"resource":{"aws_lb":{"a":{"dynamic":{"access_logs":{"for_each":[1]}}}}}}"#,
            "dynamic.access_logs: missing required argument `content`"
        ),
        case!(
            r#"{"resource":{"aws_lb":{"a":{"dynamic":{"access_logs":{"for_eech":1,"for_each":[1],"content":{
            "bucket":"b"}}}}}}}"#,
            "unknown argument `for_eech` (did you mean `for_each`?)"
        ),
        case!(
            r#"{"resource":{"aws_lb":{"a":{"dynamic":{"access_logs":{"for_each":[1],"content":{
            "bucket":"${access_log.value}"}}}}}}}"#,
            "content.bucket: `access_log.value` is not declared"
        ),
    ]);
}

#[test]
fn documents_that_are_not_json_are_found() {
    each_has_its_fault(&[
        case!(
            r#"{"resource":{"aws_iam_role":{"r":{"assume_role_policy":"{"}}}}"#,
            "assume_role_policy: is not a JSON document: EOF"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"v":{}},"aws_sns_topic":{"r":{"policy":"{\"a\": ${aws_vpc.v.arn} \"b\"}"}}}}"#,
            "policy: is not a JSON document"
        ),
        case!(
            r#"{"resource":{"aws_cloudwatch_dashboard":{"r":{"dashboard_name":"d",
            "dashboard_body":"{'widgets':[]}"}}}}"#,
            "dashboard_body: is not a JSON document"
        ),
        case!(
            r#"{"resource":{"aws_sqs_queue":{"r":{"redrive_policy":"{\"a\":\"\\\"}"}}}}"#,
            "redrive_policy: is not a JSON document"
        ),
        case!(
            r#"{"resource":{"aws_iam_policy":{"r":{"policy":"{\"Resource\":\"${aws:username}\"}"}}}}"#,
            "`:` stands where `}` is expected"
        ),
    ]);
}
