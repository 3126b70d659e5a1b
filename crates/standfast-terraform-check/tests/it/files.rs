use std::fs;

use standfast_terraform_check::{Error, Module, Schema, check};

#[test]
fn a_folder_is_read_with_the_folders_below_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write(
        "main.tf.json",
        r#"{"provider":{"aws":{}},"module":{"a":{"source":"./modules/a"}}}"#,
    );
    write(
        "modules/a/main.tf.json",
        r#"{"output":{"o":{"value":"${var.x}"}}}"#,
    );
    write("modules/a/template.json", "not even JSON");
    write(".terraform/modules/x/main.tf", "not read");
    let module = Module::from_folder(folder.path()).expect("a module");
    assert_eq!(
        module.files().map(|(file, _)| file).collect::<Vec<_>>(),
        ["main.tf.json"]
    );
    assert_eq!(
        module.children().map(|(path, _)| path).collect::<Vec<_>>(),
        ["modules/a"]
    );
    assert!(module.child("modules/a").is_some());
    let found = check(&module, Schema::aws_5());
    assert_eq!(
        found[0].to_string(),
        "modules/a/main.tf.json: output.o.value: `var.x` is not declared"
    );
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[], "there is no *.tf.json file"),
        (&[("m/main.tf.json", "{}")], "there is no *.tf.json file"),
        (&[("main.tf.json", "{")], "main.tf.json is not JSON"),
        (
            &[("main.tf.json", "{}"), ("m/extra.tf", "")],
            "m/extra.tf is in Terraform's native syntax, and only JSON is read",
        ),
    ];
    for (files, message) in cases {
        let error = Module::from_files(files.iter().copied()).expect_err(message);
        assert_eq!(error.to_string(), message);
    }
    let error = Module::from_folder("/does/not/exist").expect_err("no folder");
    assert!(matches!(error, Error::Folder { .. }));
    assert!(matches!(Schema::parse("{}"), Err(Error::Schema { .. })));
}

#[test]
fn a_broken_file_in_a_folder_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("main.tf.json"), [0xff, 0xfe]).expect("a file");
    assert!(matches!(
        Module::from_folder(folder.path()),
        Err(Error::File { .. })
    ));
}
