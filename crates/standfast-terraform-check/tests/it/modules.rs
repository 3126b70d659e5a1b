use crate::support::{Case, each_has_its_fault, faults};

const CHILD: &str = r#"{
    "terraform":{"required_providers":{"aws":{"source":"hashicorp/aws","configuration_aliases":["aws.peer"]}}},
    "variable":{"cidr":{"type":"string"},"zones":{"type":"list(string)","default":[]}},
    "resource":{"aws_vpc":{"main":{"cidr_block":"${var.cidr}"},"peer":{"provider":"aws.peer",
    "cidr_block":"${var.cidr}"}}},
    "output":{"id":{"value":"${aws_vpc.main.id}"}}
}"#;

/// A document that calls `CHILD`, and the part of its one fault.
macro_rules! call {
    ($text:expr, $fault:expr) => {
        Case {
            files: &[
                (
                    "main.tf.json",
                    concat!(
                        r#"{"provider":{"aws":[{},{"alias":"peer"}]},"variable":{"x":{}},"#,
                        $text,
                        "}"
                    ),
                ),
                ("modules/region/main.tf.json", CHILD),
            ],
            fault: $fault,
        }
    };
}

#[test]
fn wrong_calls_are_found() {
    each_has_its_fault(&[
        call!(
            r#""module":{"a":{"source":"./modules/region","providers":{"aws":"aws","aws.peer":"aws.peer"}}}"#,
            "module.a: missing required argument `cidr`"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":"c","cdr":1,"providers":{"aws":"aws",
            "aws.peer":"aws.peer"}}}"#,
            "module.a: unknown argument `cdr` (did you mean `cidr`?)"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":1,"providers":{"aws":"aws","aws.peer":"aws.peer"}}}"#,
            "module.a.cidr: must be a string, not a number"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":"c","zones":"z","providers":{"aws":"aws",
            "aws.peer":"aws.peer"}}}"#,
            "module.a.zones: must be a list, not the text `z`"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":"${var.y}","providers":{"aws":"aws",
            "aws.peer":"aws.peer"}}}"#,
            "module.a.cidr: `var.y` is not declared"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":"c","providers":{"aws":"aws"}}}"#,
            "module.a.providers: the module asks for `aws.peer`, which is not passed"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":"c","providers":{"aws":"aws",
            "aws.peer":"aws.pear"}}}"#,
            "module.a.providers: unknown provider configuration `aws.pear`"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":"c","providers":{"aws":"aws","aws.peer":"aws.peer",
            "aws.third":"aws"}}}"#,
            "module.a.providers: the module asks for no `aws.third`"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":"c","providers":{"aws.peer":"aws.peer"}}}"#,
            "modules/region/main.tf.json: aws_vpc.main: no provider is named"
        ),
    ]);
}

#[test]
fn calls_of_what_is_no_module_here_and_wrong_uses_of_calls_are_found() {
    each_has_its_fault(&[
        call!(
            r#""module":{"a":{"source":"./modules/regions","cidr":"c"}}"#,
            "module.a: there is no *.tf.json file in `./modules/regions`"
        ),
        call!(
            r#""module":{"a":{"source":"hashicorp/consul/aws"}}"#,
            "module.a: `hashicorp/consul/aws` is not a folder, and cannot be checked"
        ),
        call!(
            r#""module":{"a":{}}"#,
            "module.a: missing required argument `source`"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","version":"1","cidr":"c","providers":{"aws":"aws",
            "aws.peer":"aws.peer"}}}"#,
            "module.a: a module in a folder has no version"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":"c","providers":{"aws":"aws",
            "aws.peer":"aws.peer"}}},"output":{"o":{"value":"${module.a.ids}"}}"#,
            "output.o.value: `module.a` has no output `ids` (did you mean `id`?)"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","count":2,"cidr":"c","providers":{"aws":"aws",
            "aws.peer":"aws.peer"}}},"output":{"o":{"value":"${module.a.id}"}}"#,
            "`module.a` is repeated: it needs an index before `.id`"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":"${each.key}","providers":{"aws":"aws",
            "aws.peer":"aws.peer"}}}"#,
            "`each` stands where there is no for_each"
        ),
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":"c","depends_on":["module.b"],"providers":{
            "aws":"aws","aws.peer":"aws.peer"}}}"#,
            "module.a.depends_on[0]: `module.b` is not declared"
        ),
    ]);
}

#[test]
fn providers_that_are_no_providers_are_found() {
    each_has_its_fault(&[
        call!(
            r#""module":{"a":{"source":"./modules/region","cidr":"c","providers":{"aws":"aws","aws.peer":1}}}"#,
            "module.a.providers: 1 is not a provider"
        ),
        Case {
            files: &[
                (
                    "main.tf.json",
                    r#"{"module":{"a":{"source":"./m","providers":["aws"]}}}"#,
                ),
                ("m/main.tf.json", "{}"),
            ],
            fault: "module.a.providers: must be an object",
        },
    ]);
}

#[test]
fn faults_inside_a_called_module_are_found_once() {
    let found = faults(&[
        (
            "main.tf.json",
            r#"{"module":{"a":{"source":"./m"},"b":{"source":"./m"}}}"#,
        ),
        (
            "m/main.tf.json",
            r#"{"module":{"n":{"source":"../deep/n"}},"output":{"o":{"value":"${var.x}"}}}"#,
        ),
        (
            "deep/n/main.tf.json",
            r#"{"resource":{"aws_vpc":{"v":{"cidr":"c"}}}}"#,
        ),
    ]);
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "deep/n/main.tf.json: aws_vpc.v: unknown argument or block `cidr`",
            "m/main.tf.json: output.o.value: `var.x` is not declared",
        ]
    );
}

#[test]
fn modules_that_cannot_be_called_so_are_found() {
    each_has_its_fault(&[
        Case {
            files: &[
                ("main.tf.json", r#"{"module":{"a":{"source":"./m"}}}"#),
                ("m/main.tf.json", r#"{"module":{"a":{"source":"../m"}}}"#),
            ],
            fault: "module.a: `m` calls itself",
        },
        Case {
            files: &[
                (
                    "main.tf.json",
                    r#"{"module":{"a":{"source":"./m","count":1}}}"#,
                ),
                ("m/main.tf.json", r#"{"provider":{"aws":{}}}"#),
            ],
            fault: "module.a: a module with provider blocks of its own takes no count",
        },
    ]);
}

#[test]
fn aliases_that_are_no_aliases_are_found() {
    let found = faults(&[
        (
            "main.tf.json",
            r#"{"module":{"a":{"source":"./m","providers":{"peer":"aws"}}}}"#,
        ),
        (
            "m/main.tf.json",
            r#"{"terraform":{"required_providers":{"aws":{"source":"hashicorp/aws",
            "configuration_aliases":["peer"]}}}}"#,
        ),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0]
            .message
            .contains("must be an array of texts like `aws.ALIAS`"),
        "{found:?}"
    );
}

#[test]
fn cycles_through_modules_are_found_and_crossing_calls_are_none() {
    let child = r#"{"variable":{"in":{},"free":{"default":1}},"output":{"out":{"value":"${var.in}"},"other":{
    "value":"${var.free}"}}}"#;
    let found = faults(&[
        (
            "main.tf.json",
            r#"{"module":{"a":{"source":"./m","in":"${module.b.out}"},"b":{"source":"./m","in":"${module.a.out}"}}}"#,
        ),
        ("m/main.tf.json", child),
    ]);
    assert_eq!(found.len(), 1);
    assert!(
        found[0]
            .message
            .contains("module.b.output.out -> module.b.var.in"),
        "{found:?}"
    );
    let found = faults(&[
        (
            "main.tf.json",
            r#"{"module":{"a":{"source":"./m","in":"${module.b.out}"},"b":{"source":"./m","in":1,
            "free":"${module.a.out}"}}}"#,
        ),
        ("m/main.tf.json", child),
    ]);
    assert_eq!(found, []);
    let found = faults(&[
        (
            "main.tf.json",
            r#"{"resource":{"aws_vpc":{"v":{"cidr_block":"${module.a.out}"}}},"module":{"a":{"source":"./m","in":1,
            "depends_on":["aws_vpc.v"]}}}"#,
        ),
        ("m/main.tf.json", child),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}
