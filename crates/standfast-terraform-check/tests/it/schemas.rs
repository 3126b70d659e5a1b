use standfast_terraform_check::{Flag, Kind, Nesting, Presence, Schema, Type};

fn listed() -> impl Iterator<Item = (Kind, &'static str)> {
    let types = include_str!("../../schema/types.txt").lines();
    types
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(
            |line| match (line.strip_prefix("data."), line.strip_prefix("ephemeral.")) {
                (Some(name), _) => (Kind::Data, name),
                (_, Some(name)) => (Kind::Ephemeral, name),
                _ => (Kind::Managed, line),
            },
        )
}

#[test]
fn both_schemas_have_every_type_of_the_list_and_no_other() {
    let count = listed().count();
    for schema in [Schema::aws_5(), Schema::aws_6()] {
        for (kind, name) in listed() {
            assert!(
                schema.block(kind, name).is_some(),
                "{} lacks {name}",
                schema.version()
            );
        }
        let kinds = [Kind::Managed, Kind::Data, Kind::Ephemeral];
        let names = kinds.into_iter().flat_map(|kind| schema.type_names(kind));
        // What is built into Terraform comes on top.
        assert_eq!(
            names.filter(|name| !name.starts_with("terraform_")).count(),
            count
        );
    }
    assert_eq!(
        (Schema::aws_5().version(), Schema::aws_6().version()),
        ("5.100.0", "6.25.0")
    );
}

#[test]
fn both_schemas_know_the_write_only_arguments() {
    let write_only = [
        ("aws_db_instance", "password_wo"),
        ("aws_rds_cluster", "master_password_wo"),
        ("aws_secretsmanager_secret_version", "secret_string_wo"),
        ("aws_ssm_parameter", "value_wo"),
    ];
    for schema in [Schema::aws_5(), Schema::aws_6()] {
        let mut found = Vec::new();
        for name in schema.type_names(Kind::Managed) {
            let block = schema.block(Kind::Managed, name).expect("listed");
            for (attribute, what) in &block.attributes {
                if what.is(Flag::WriteOnly) {
                    found.push((name, attribute.as_str()));
                }
            }
        }
        assert_eq!(found, write_only, "{}", schema.version());
    }
}

#[test]
fn a_schema_tells_types_and_blocks() {
    let listener = Schema::aws_5()
        .block(Kind::Managed, "aws_lb_listener")
        .expect("listed");
    let action = &listener.blocks["default_action"];
    assert_eq!((action.nesting, action.min), (Nesting::List, 1));
    assert!(action.block.attributes["type"].is(Flag::Required));
    let group = Schema::aws_5()
        .block(Kind::Managed, "aws_security_group")
        .expect("listed");
    let Type::Set(of) = &group.attributes["ingress"].kind else {
        panic!("a set")
    };
    let Type::Object(members) = &**of else {
        panic!("of objects")
    };
    assert_eq!(members["self"].kind, Type::Bool);
    assert_eq!(members["self"].presence, Presence::Required);
    assert!(Schema::aws_5().provider_config().attributes["region"].settable());
}

#[test]
fn the_newer_schema_has_a_region_everywhere_and_tells_of_the_old_name() {
    let vpc = |schema: &Schema| {
        schema
            .block(Kind::Managed, "aws_vpc")
            .expect("listed")
            .attributes
            .contains_key("region")
    };
    assert!(!vpc(Schema::aws_5()) && vpc(Schema::aws_6()));
    let region = Schema::aws_6()
        .block(Kind::Data, "aws_region")
        .expect("listed");
    assert!(region.attributes["name"].is(Flag::Deprecated));
}
