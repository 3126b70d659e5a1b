//! A Terraform module as files, with the modules in the folders below it.
//!
//! Only `*.tf.json` files count, as for Terraform: templates, lock files and variable values beside them
//! are passed over. A `*.tf` file is refused, because what it declares would look undeclared.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::json;

/// A module: its files by their path from the root module's folder, and the modules in folders below.
///
/// Every module below is kept in the root, whatever its depth, under the path of its folder
/// (`modules/region`); what is in [`Module::children`] has no children of its own.
#[derive(Debug, Clone, Default)]
pub struct Module {
    files: BTreeMap<String, ModuleFile>,
    children: BTreeMap<String, Module>,
}

#[derive(Debug, Clone)]
struct ModuleFile {
    value: Value,
    duplicates: Vec<String>,
}

impl Module {
    /// Reads the module in a folder, and those in the folders below it. Hidden folders are passed over.
    ///
    /// # Errors
    ///
    /// When a folder or file cannot be read, a file is not JSON, a file is in native syntax, or there is
    /// no `*.tf.json` file in the folder itself.
    pub fn from_folder(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let mut files = Vec::new();
        collect(folder.as_ref(), "", &mut files)?;
        Self::from_files(files)
    }

    /// Takes files as pairs of a path and a text. A path with a `/` belongs to the module in that folder.
    ///
    /// # Errors
    ///
    /// When a file is not JSON, a file is in native syntax, or no `*.tf.json` file is in the root.
    pub fn from_files<P: AsRef<str>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Result<Self, Error> {
        let mut root = Self::default();
        for (path, text) in files {
            let file = path.as_ref().trim_start_matches("./").to_owned();
            if is_native(&file) {
                return Err(Error::Native { file });
            }
            if !file.ends_with(".tf.json") {
                continue;
            }
            let (value, duplicates) = json::read(text.as_ref()).map_err(|source| Error::Json {
                file: file.clone(),
                source,
            })?;
            let module = match file.rsplit_once('/') {
                None => &mut root,
                Some((folder, _)) => root.children.entry(folder.to_owned()).or_default(),
            };
            module.files.insert(file, ModuleFile { value, duplicates });
        }
        if root.files.is_empty() {
            Err(Error::Empty)
        } else {
            Ok(root)
        }
    }

    /// The files, by their path from the root module's folder.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.files
            .iter()
            .map(|(file, document)| (file.as_str(), &document.value))
    }

    /// The modules in folders below the root module, by the path of their folder.
    pub fn children(&self) -> impl Iterator<Item = (&str, &Module)> {
        self.children
            .iter()
            .map(|(folder, module)| (folder.as_str(), module))
    }

    /// The module in the given folder below the root module, like `modules/region`.
    pub fn child(&self, folder: &str) -> Option<&Module> {
        self.children.get(folder)
    }

    /// Every key that a file gives twice: the file and the path of the key.
    pub(crate) fn duplicates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().flat_map(|(file, document)| {
            document
                .duplicates
                .iter()
                .map(move |path| (file.as_str(), path.as_str()))
        })
    }
}

fn is_native(file: &str) -> bool {
    Path::new(file)
        .extension()
        .is_some_and(|extension| extension == "tf")
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> Result<(), Error> {
    let unlisted = |source| Error::Folder {
        folder: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(unlisted)? {
        let entry = entry.map_err(unlisted)?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files)?;
        } else if is_native(&name) || name.ends_with(".tf.json") {
            let text = fs::read_to_string(&path).map_err(|source| Error::File {
                file: path.clone(),
                source,
            })?;
            files.push((format!("{prefix}{name}"), text));
        }
    }
    Ok(())
}

/// The objects of a block: Terraform lets a body, and each level of labels, be an object or an array of
/// objects. Anything else gives none.
pub(crate) fn objects(value: &Value) -> Vec<&Map<String, Value>> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
        Value::Object(object) => vec![object],
        _ => Vec::new(),
    }
}

/// The entries of a body without its comments.
pub(crate) fn entries(object: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    object
        .iter()
        .filter(|(key, _)| *key != "//")
        .map(|(key, value)| (key.as_str(), value))
}

/// Whether a level of labels has a comment. Terraform takes it for a label there.
pub(crate) fn has_comment(value: &Value) -> bool {
    objects(value)
        .iter()
        .any(|object| object.contains_key("//"))
}

/// What is wrong with a comment among labels.
pub(crate) const COMMENT_AS_LABEL: &str = "`//` is a comment in a body only; here it is a label";

/// The entries of every object of a block.
pub(crate) fn labelled(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    objects(value).into_iter().flat_map(entries)
}
