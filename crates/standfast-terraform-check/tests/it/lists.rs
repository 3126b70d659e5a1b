use standfast_terraform_check::{Kind, references, resources};

use crate::support::module;

const TEXT: &str = r#"{
    "provider":{"aws":[{},{"alias":"peer"}]},
    "data":{"aws_region":{"current":{}}},
    "resource":{"aws_subnet":{"a":{"//":"${var.ignored}","count":2,"vpc_id":"${aws_vpc.v.id}","tags":{
    "${local.key}":"x-${count.index}-${[for z in var.zones : z.name]}"},"depends_on":["aws_vpc.v"]}},"aws_vpc":{"v":{
    }}},
    "module":{"m":{"source":"./m","providers":{"aws.peer":"aws.peer"}}}
}"#;

#[test]
fn resources_are_listed_in_order() {
    let module = module(&[("main.tf.json", TEXT)]);
    let listed: Vec<_> = resources(&module)
        .map(|resource| {
            (
                resource.address,
                resource.kind,
                resource.type_name,
                resource.name,
            )
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("aws_subnet.a".to_owned(), Kind::Managed, "aws_subnet", "a"),
            ("aws_vpc.v".to_owned(), Kind::Managed, "aws_vpc", "v"),
            (
                "data.aws_region.current".to_owned(),
                Kind::Data,
                "aws_region",
                "current"
            ),
        ]
    );
    let subnet = resources(&module).next().expect("a subnet");
    assert_eq!(
        (subnet.file, &subnet.value["count"]),
        ("main.tf.json", &serde_json::json!(2))
    );
}

#[test]
fn references_are_listed_with_their_place() {
    let module = module(&[("main.tf.json", TEXT)]);
    let listed: Vec<(String, String)> = references(&module)
        .into_iter()
        .map(|reference| (reference.path, reference.target))
        .collect();
    let wanted = [
        ("module.m.providers.aws.peer", "aws.peer"),
        ("resource.aws_subnet.a.depends_on[0]", "aws_vpc.v"),
        ("resource.aws_subnet.a.tags.${local.key}", "local.key"),
        ("resource.aws_subnet.a.tags.${local.key}", "count.index"),
        ("resource.aws_subnet.a.tags.${local.key}", "var.zones"),
        ("resource.aws_subnet.a.vpc_id", "aws_vpc.v.id"),
    ];
    assert_eq!(
        listed,
        wanted.map(|(path, target)| (path.to_owned(), target.to_owned()))
    );
}
