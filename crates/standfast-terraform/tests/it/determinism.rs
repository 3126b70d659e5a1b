//! The same blueprint is the same bytes.

use standfast_terraform::{Options, synthesize};

use crate::support::{example, examples, output, read};

#[test]
fn two_runs_give_the_same_bytes() {
    for (name, text) in examples() {
        assert_eq!(output(&text), output(&text), "{name}");
    }
}

#[test]
fn a_region_is_renamed_in_one_place() {
    let text = example("aurora-mysql-failover");
    let mut options = Options::default();
    let region = "us-east-1".parse().unwrap();
    options.regions.insert(region, "eu-west-1".to_owned());
    let renamed = synthesize(&read(&text), &options).unwrap();
    // The only mention of the old name that remains is none.
    // The page beside the modules says where the control plane of IAM is, wherever the system is.
    let files = renamed
        .files
        .iter()
        .filter(|(path, _)| *path != "README.md");
    for (path, text) in files {
        assert!(!path.contains("us-east-1"), "{path}");
        let left: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("us-east-1") || line.contains("us_east_1"))
            .collect();
        assert_eq!(left, Vec::<&str>::new(), "{path}");
    }
    assert!(renamed.files.contains_key("eu-west-1/main.tf.json"));
}
