use standfast_terraform_check::{Module, Schema, check};

use crate::support::{Case, case, each_has_its_fault, reading};

/// A reference, and a part of the one fault of a document that reads it.
fn each_leads_nowhere(cases: &[(&str, &str)]) {
    for (reference, fault) in cases {
        let document = reading(&format!("${{{reference}}}")).to_string();
        let module = Module::from_files([("main.tf.json", document)]).expect("JSON");
        for schema in [Schema::aws_5(), Schema::aws_6()] {
            let found = check(&module, schema);
            let told: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert!(
                told.len() == 1 && told[0].contains(fault) && told[0].contains("local.other"),
                "{reference}\n  wanted {fault}\n  found {told:#?}"
            );
        }
    }
}

#[test]
fn names_that_are_not_declared_are_found() {
    each_leads_nowhere(&[
        (
            "var.regoin",
            "`var.regoin` is not declared (did you mean `region`?)",
        ),
        (
            "local.nam",
            "`local.nam` is not declared (did you mean `name`?)",
        ),
        ("module.x.y", "`module.x` is not declared"),
        (
            "aws_vpc.mian.id",
            "`aws_vpc.mian` is not declared (did you mean `main`?)",
        ),
        ("resource.aws_vpc.mian.id", "`aws_vpc.mian` is not declared"),
        (
            "data.aws_vpc.main.id",
            "`data.aws_vpc.main` is not declared",
        ),
        (
            "ephemeral.aws_ssm_parameter.p.value",
            "`ephemeral.aws_ssm_parameter.p` is not declared",
        ),
        ("vpc", "unknown name `vpc`"),
        ("vpc.id", "unknown name `vpc.id`"),
        ("data.aws_region", "unknown name `data.aws_region`"),
        ("var", "`var` names nothing"),
        ("local[0]", "`local[0]` names nothing"),
        ("path.here", "`path.here` names nothing"),
        ("terraform.version", "`terraform.version` names nothing"),
        ("each.key", "`each` stands where there is no for_each"),
        (
            "count.index",
            "`count.index` stands where there is no count",
        ),
        ("self.id", "`self` stands outside"),
        ("[for v in var.zones : w]", "unknown name `w`"),
        (
            "upper(\"x ${var.nothing}\")",
            "`var.nothing` is not declared",
        ),
        ("[for v in var.zones : v][v]", "unknown name `v`"),
    ]);
}

#[test]
fn attributes_that_are_not_there_are_found() {
    each_leads_nowhere(&[
        (
            "aws_vpc.main.idd",
            "`aws_vpc.main` has no attribute `idd` (did you mean `id`?)",
        ),
        (
            "aws_vpc.main.id.x",
            "`aws_vpc.main.id` is a string: it has no attribute `x`",
        ),
        (
            "aws_vpc.main.id[0]",
            "`aws_vpc.main.id` is a string: it has no index",
        ),
        (
            "aws_vpc.main[\"id\"]",
            "`aws_vpc.main` has neither count nor for_each: it has no index",
        ),
        (
            "aws_vpc.main[0].id",
            "`aws_vpc.main` has neither count nor for_each: it has no index",
        ),
        (
            "data.aws_region.current.nam",
            "`data.aws_region.current` has no attribute `nam`",
        ),
        (
            "aws_db_instance.db.master_user_secret.secret_arn",
            "`aws_db_instance.db.master_user_secret` is a list: it needs an index or `[*]` before `.secret_arn`",
        ),
        (
            "aws_db_instance.db.master_user_secret[0].secret",
            "`aws_db_instance.db.master_user_secret[]` has no attribute `secret`",
        ),
        (
            "aws_db_instance.db.master_user_secret[\"a\"]",
            "`aws_db_instance.db.master_user_secret` is a list: its index is a number",
        ),
        (
            "aws_route53_record.r.alias.name",
            "`aws_route53_record.r.alias` is a list: it needs an index",
        ),
        (
            "aws_route53_record.r.alias[0].nam",
            "has no attribute `nam`",
        ),
        (
            "aws_route53_record.r.alias[*].nam",
            "has no attribute `nam`",
        ),
        (
            "aws_route53_record.r.records[0]",
            "`aws_route53_record.r.records` is a set: it has no index",
        ),
        (
            "aws_security_group.g.ingress[0]",
            "`aws_security_group.g.ingress` is a set: it has no index",
        ),
        (
            "aws_security_group.g.ingress[*].port",
            "has no attribute `port`",
        ),
    ]);
}

#[test]
fn parts_of_values_that_are_not_there_are_found() {
    each_leads_nowhere(&[
        (
            "aws_db_instance.db.timeouts[0]",
            "`aws_db_instance.db.timeouts` is an object: it has no index",
        ),
        (
            "var.zone.cidrs",
            "`var.zone` has no attribute `cidrs` (did you mean `cidr`?)",
        ),
        ("var.zone.names.x", "`var.zone.names` is a list"),
        (
            "var.zones[\"a\"].name",
            "`var.zones[]` has no attribute `name`",
        ),
        ("local.table.two", "`local.table` has no attribute `two`"),
        (
            "local.table.one.ports",
            "`local.table.one` has no attribute `ports`",
        ),
        (
            "local.list[2]",
            "`local.list` has 2 elements, none of them 2",
        ),
        ("local.name.x", "`local.name` is a string"),
        (
            "aws_db_instance.db.password_wo",
            "`aws_db_instance.password_wo` is write-only",
        ),
    ]);
}

#[test]
fn instances_must_be_chosen() {
    each_leads_nowhere(&[
        (
            "aws_subnet.counted.id",
            "`aws_subnet.counted` is repeated: it needs an index before `.id`",
        ),
        (
            "aws_subnet.keyed.id",
            "`aws_subnet.keyed` is repeated: it needs an index before `.id`",
        ),
        (
            "aws_subnet.keyed[*].id",
            "`values(aws_subnet.keyed)[*]`, not a splat",
        ),
        ("aws_subnet.counted[0].idd", "has no attribute `idd`"),
        ("aws_subnet.counted[*].idd", "has no attribute `idd`"),
        (
            "aws_subnet.keyed[var.regoin].id",
            "`var.regoin` is not declared",
        ),
    ]);
}

#[test]
fn functions_are_known_with_their_arguments() {
    each_leads_nowhere(&[
        (
            "uper(\"x\")",
            "unknown function `uper` (did you mean `upper`?)",
        ),
        ("upper()", "the function `upper` takes 1, given 0"),
        (
            "upper(\"a\", \"b\")",
            "the function `upper` takes 1, given 2",
        ),
        (
            "upper(\"a\", \"b\", []...)",
            "the function `upper` takes 1, given 3",
        ),
        ("format()", "the function `format` takes 1 or more, given 0"),
        ("core::lower()", "the function `lower` takes 1, given 0"),
        (
            "[for x in [upper()] : x]",
            "the function `upper` takes 1, given 0",
        ),
    ]);
}

#[test]
fn what_refers_to_itself_is_found() {
    each_has_its_fault(&[
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"cidr_block":"${aws_vpc.a.id}"}}}}"#,
            "aws_vpc.a.cidr_block: `aws_vpc.a` refers to itself"
        ),
        case!(
            r#"{"locals":{"a":"${local.b}","b":"${local.c}","c":"x${local.a}"}}"#,
            "local.a: depends on itself: local.a -> local.b -> local.c -> local.a"
        ),
        case!(
            r#"{"locals":{"a":"${local.a}"}}"#,
            "depends on itself: local.a -> local.a"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"cidr_block":"${local.x}"}}},"locals":{"x":"${aws_vpc.a.id}"}}"#,
            "depends on itself: aws_vpc.a -> local.x -> aws_vpc.a"
        ),
        case!(
            r#"{"resource":{"aws_vpc":{"a":{"depends_on":["aws_vpc.b"]},"b":{"cidr_block":"${aws_vpc.a.id}"}}}}"#,
            "depends on itself: aws_vpc.a -> aws_vpc.b -> aws_vpc.a"
        ),
        case!(
            r#"{"provider":{"aws":{"region":"${data.aws_region.a.description}"}},"data":{"aws_region":{"a":{}}}}"#,
            "depends on itself: data.aws_region.a -> provider.aws -> data.aws_region.a"
        ),
    ]);
}
