//! The output of every example, as a reviewer sees it. Regenerate with `INSTA_UPDATE=always`.

use std::fmt::Write as _;

use crate::support::{examples, output};

#[test]
fn every_example_comes_out_as_it_was_reviewed() {
    for (name, text) in examples() {
        let output = output(&text);
        for step in &output.order {
            let prefix = format!("{}/", step.folder);
            let mut page = String::new();
            for (path, text) in output
                .files
                .iter()
                .filter(|(path, _)| path.starts_with(&prefix))
            {
                writeln!(page, "### {path}\n{text}").unwrap();
            }
            insta::assert_snapshot!(format!("{name}@{}", step.folder), page);
        }
        insta::assert_snapshot!(format!("{name}@README"), output.files["README.md"]);
    }
}
