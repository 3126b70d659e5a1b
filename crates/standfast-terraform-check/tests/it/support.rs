use serde_json::{Value, json};
use standfast_terraform_check::{Fault, Module, Schema, check};

/// A broken document: its files, or the one file `main.tf.json`, and a part of the one fault in it. A
/// document without a provider gets one.
pub(crate) struct Case {
    pub(crate) files: &'static [(&'static str, &'static str)],
    pub(crate) fault: &'static str,
}

/// A document of one file.
macro_rules! case {
    ($text:expr, $fault:expr) => {
        Case {
            files: &[("main.tf.json", $text)],
            fault: $fault,
        }
    };
}
pub(crate) use case;

/// The module of some files, the root with a provider.
pub(crate) fn module(files: &[(&str, &str)]) -> Module {
    let texts = files.iter().map(|(path, text)| {
        if path.contains('/') || text.starts_with('[') || text.contains(r#""provider":{"#) {
            return (*path, (*text).to_owned());
        }
        let (open, rest) = text.split_at(1);
        assert_eq!(open, "{", "{text}");
        let comma = if rest.trim() == "}" { "" } else { "," };
        let provider = match *path {
            "main.tf.json" => format!(r#""provider":{{"aws":{{"region":"eu-central-1"}}}}{comma}"#),
            _ => String::new(),
        };
        (*path, format!("{{{provider}{rest}"))
    });
    Module::from_files(texts).unwrap_or_else(|error| panic!("{error}: {files:?}"))
}

/// Checks against both schemas, which must agree.
pub(crate) fn faults(files: &[(&str, &str)]) -> Vec<Fault> {
    let module = module(files);
    let [older, newer] = [Schema::aws_5(), Schema::aws_6()].map(|schema| check(&module, schema));
    assert_eq!(older, newer, "{files:?}");
    older
}

/// Each document has the one fault that is told of it, and only that.
pub(crate) fn each_has_its_fault(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let found: Vec<String> = faults(case.files).iter().map(ToString::to_string).collect();
        if found.len() != 1 || !found[0].contains(case.fault) {
            wrong.push(format!(
                "{:?}\n  wanted {}\n  found {found:#?}",
                case.files, case.fault
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// A document of one file has no fault.
pub(crate) fn passes(text: &str) {
    let found = faults(&[("main.tf.json", text)]);
    assert!(found.is_empty(), "{text}\n{found:#?}");
}

/// A document that reads the given reference, with things around it to be read.
pub(crate) fn reading(reference: &str) -> Value {
    json!({
        "provider": {"aws": {"region": "eu-central-1"}},
        "variable": {
            "region": {"type": "string"},
            "zone": {"type": "object({ cidr = string, names = list(string) })"},
            "zones": {"type": "map(object({ cidr = string }))"},
        },
        "locals": {
            "name": "standfast",
            "table": {"one": {"port": 5432}},
            "list": ["a", "b"],
            "other": reference,
        },
        "data": {"aws_region": {"current": {}}},
        "resource": {
            "aws_vpc": {"main": {"cidr_block": "10.0.0.0/16"}},
            "aws_subnet": {
                "counted": {"count": 2, "vpc_id": "v"},
                "keyed": {"for_each": "${var.zones}", "vpc_id": "v"},
            },
            "aws_db_instance": {"db": {"instance_class": "db.t4g.micro"}},
            "aws_route53_record": {"r": {"zone_id": "z", "name": "n", "type": "A", "records": ["192.0.2.1"]}},
            "aws_security_group": {"g": {}},
        },
    })
}
