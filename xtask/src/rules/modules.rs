//! The modules of a crate, from its sources alone: what each defines, imports and names, and which file
//! defines what a path means.
//!
//! A path is followed as the compiler follows it, as far as that goes without types: child modules, items,
//! imports and re-exports under their new names, globs. What cannot be followed to its end (a name that a
//! macro made) counts as defined by the last module on the way. Methods are not followed: `lease.renew()`
//! does not tell where `renew` stands. What is compiled for tests alone (`#[cfg(test)]`) is passed over.

use std::collections::{BTreeMap, BTreeSet};

use self::items::{Import, Items, Type, Visibility};
use super::sources::{Crate, Sources};

mod items;

/// A crate as the compiler sees it: a root file and the modules below.
#[derive(Debug, Default)]
pub(crate) struct Modules<'a> {
    /// The root comes first.
    modules: Vec<Module<'a>>,
}

/// A place in [`Modules`].
type Place = usize;

/// One module, with a file of its own or within its parent's.
#[derive(Debug, Default)]
pub(crate) struct Module<'a> {
    /// The file that it stands in.
    pub(crate) file: &'a str,
    /// The types it defines that its whole crate may name.
    pub(crate) types: Vec<Type<'a>>,
    parent: Option<Place>,
    children: BTreeMap<&'a str, Place>,
    /// Every name it defines, but for modules.
    items: BTreeSet<&'a str>,
    imports: Vec<Import<'a>>,
    /// Paths of more than one name, in code.
    paths: Vec<Vec<&'a str>>,
    makers: BTreeSet<&'a str>,
    calls: Vec<(&'a str, Type<'a>)>,
    /// The first names of paths, and names that stand alone.
    words: BTreeSet<&'a str>,
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found<'a> {
    Module(Place),
    /// Something else, defined in this file.
    Item(&'a str),
}

/// Where a module's children lie, and the folder that a `#[path]` starts from.
#[derive(Debug, Clone)]
struct Folders {
    children: String,
    own: String,
}

impl Folders {
    /// Of a module that is found by its name: `a/b.rs` has its children in `a/b`, `a/mod.rs` in `a`.
    fn of(file: &str) -> Self {
        match file.strip_suffix(".rs") {
            Some(children) if !file.ends_with("/mod.rs") => Self {
                children: children.to_owned(),
                own: parent(file).to_owned(),
            },
            _ => Self::beside(file),
        }
    }

    /// Of a root, and of what a `#[path]` names: the children lie beside it.
    fn beside(file: &str) -> Self {
        let own = parent(file).to_owned();
        let children = own.clone();
        Self { children, own }
    }
}

impl<'a> Modules<'a> {
    /// The crate with this root file.
    pub(crate) fn of(root: &'a str, sources: &Sources<'a>) -> Self {
        let mut modules = Self::default();
        let folders = Folders::beside(root);
        if let Some((_, tokens)) = sources.get(root) {
            modules.add(items::of(&tokens.tokens), root, None, &folders, sources);
        }
        modules.define_what_macros_make();
        modules
    }

    /// What a package is built from: its library and its programs, each a crate to the compiler.
    pub(crate) fn of_package(package: Crate<'a>, sources: &Sources<'a>) -> Vec<Self> {
        let roots = sources.below(package.source()).filter(|(inside, _)| {
            let program = inside.strip_prefix("bin/");
            matches!(*inside, "lib.rs" | "main.rs")
                || program.is_some_and(|name| !name.contains('/'))
        });
        roots.map(|(_, root)| Self::of(root, sources)).collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Module<'a>> {
        self.modules.iter()
    }

    /// The files whose code names something that another file defines: from, to.
    ///
    /// Passing a name on (`pub use`) is no use of it, unless the file names it elsewhere as well.
    pub(crate) fn arrows(&self) -> BTreeSet<(&'a str, &'a str)> {
        let mut arrows = BTreeSet::new();
        for (place, module) in self.modules.iter().enumerate() {
            let imported = module
                .imports
                .iter()
                .filter(|import| {
                    let named = import.name.is_none_or(|name| module.words.contains(name));
                    import.name.is_some() && (named || import.visibility == Visibility::Private)
                })
                .map(|import| import.path.as_slice());
            let named = module.paths.iter().map(Vec::as_slice);
            let by_glob = module.words.iter().map(std::slice::from_ref);
            for path in imported.chain(named).chain(by_glob) {
                if let Some(Found::Item(file)) = self.follow(place, path, &mut Vec::new())
                    && file != module.file
                {
                    arrows.insert((module.file, file));
                }
            }
        }
        arrows
    }

    /// Macros are called in other modules than the one that has their definition.
    fn define_what_macros_make(&mut self) {
        let makers: BTreeSet<&str> = self
            .modules
            .iter()
            .flat_map(|module| module.makers.iter().copied())
            .collect();
        for module in &mut self.modules {
            let made = module
                .calls
                .drain(..)
                .filter(|(name, _)| makers.contains(name));
            for (_, made) in made {
                module.items.insert(made.name);
                module.types.push(made);
            }
        }
    }

    fn add(
        &mut self,
        items: Items<'a>,
        file: &'a str,
        parent: Option<Place>,
        folders: &Folders,
        sources: &Sources<'a>,
    ) -> Place {
        let place = self.modules.len();
        self.modules.push(Module {
            file,
            types: items.types,
            parent,
            children: BTreeMap::new(),
            items: items.names,
            imports: items.imports,
            paths: items.paths,
            words: items.words,
            makers: items.makers,
            calls: items.calls,
        });
        for child in items.modules {
            let below = join(&folders.children, child.name);
            let added = if let Some(inside) = child.inside {
                let folders = Folders {
                    children: below.clone(),
                    own: below,
                };
                Some(self.add(inside, file, Some(place), &folders, sources))
            } else {
                file_of(&child, &folders.own, &below, sources).map(|(file, items)| {
                    let folders = match child.path {
                        Some(_) => Folders::beside(file),
                        None => Folders::of(file),
                    };
                    self.add(items, file, Some(place), &folders, sources)
                })
            };
            if let Some(added) = added {
                self.modules[place].children.insert(child.name, added);
            }
        }
        place
    }

    /// What the path leads to from inside a module, if it stays in this crate. `on_the_way` are the names
    /// that are being looked up, so that imports of each other end.
    fn follow(
        &self,
        from: Place,
        path: &[&'a str],
        on_the_way: &mut Vec<(Place, &'a str)>,
    ) -> Option<Found<'a>> {
        let (first, mut rest) = path.split_first()?;
        let mut found = match *first {
            "crate" => Found::Module(0),
            "self" => Found::Module(from),
            "super" => Found::Module(self.modules[from].parent?),
            name => self.look_up(from, name, rest, on_the_way)?,
        };
        while let Some((name, further)) = rest.split_first() {
            let Found::Module(place) = found else {
                break;
            };
            found = match *name {
                "super" => Found::Module(self.modules[place].parent?),
                "self" => found,
                name => match self.look_up(place, name, further, on_the_way) {
                    Some(found) => found,
                    None => return Some(Found::Item(self.modules[place].file)),
                },
            };
            rest = further;
        }
        Some(found)
    }

    /// What a name means in a module, given what is looked for below it.
    fn look_up(
        &self,
        place: Place,
        name: &'a str,
        below: &[&'a str],
        on_the_way: &mut Vec<(Place, &'a str)>,
    ) -> Option<Found<'a>> {
        if on_the_way.contains(&(place, name)) {
            return None;
        }
        let module = &self.modules[place];
        let item = module
            .items
            .contains(name)
            .then_some(Found::Item(module.file));
        let child = module.children.get(name).map(|child| Found::Module(*child));
        // A module and a function may share a name; only the module has something below it.
        let own = match below {
            [] => item.or(child),
            _ => child.or(item),
        };
        if own.is_some() {
            return own;
        }
        on_the_way.push((place, name));
        let named = module
            .imports
            .iter()
            .filter(|import| import.name == Some(name))
            .find_map(|import| self.follow(place, &import.path, on_the_way));
        let found = named.or_else(|| {
            let globs = module.imports.iter().filter(|import| import.name.is_none());
            globs
                .filter_map(|glob| self.follow(place, &glob.path, on_the_way))
                .collect::<Vec<_>>()
                .into_iter()
                .find_map(|found| match found {
                    Found::Module(of) => self.look_up(of, name, below, on_the_way),
                    Found::Item(_) => None,
                })
        });
        on_the_way.pop();
        found
    }
}

fn file_of<'a>(
    child: &items::Child<'a>,
    own: &str,
    below: &str,
    sources: &Sources<'a>,
) -> Option<(&'a str, Items<'a>)> {
    let candidates = match child.path {
        Some(path) => vec![join(own, path)],
        None => vec![format!("{below}.rs"), format!("{below}/mod.rs")],
    };
    let (path, tokens) = candidates.iter().find_map(|path| sources.get(path))?;
    Some((path, items::of(&tokens.tokens)))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Joins, and takes `..` away.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::text::TextFile;

    /// The arrows of a crate whose root is `src/lib.rs`, without `src/` and `.rs`.
    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<TextFile> = files
            .iter()
            .map(|(name, text)| TextFile {
                path: format!("src/{name}.rs"),
                text: (*text).to_owned(),
            })
            .collect();
        let short = |path: &str| path["src/".len()..].trim_end_matches(".rs").to_owned();
        Modules::of("src/lib.rs", &Sources::of(&files))
            .arrows()
            .into_iter()
            .map(|(from, to)| format!("{} -> {}", short(from), short(to)))
            .collect()
    }

    #[test]
    fn imports_and_paths_are_arrows() {
        let root = ("lib", "mod a; mod b; pub struct R;");
        let defines = (
            "b",
            "pub struct B; pub fn f() {} pub mod c { pub struct C; }",
        );
        for code in [
            "use crate::b::B;",
            "use super::b::{self, c::C as D};",
            "use crate::{b::{c::{C}}};",
            "fn g() { crate::b::f() }",
            "fn g() { use crate::b::f; f() }",
            "use crate::b; fn g() { b::f() }",
            "use super::b as other; fn g() -> other::B { other::B }",
            "use crate::b::*; fn g() -> B { B }",
            "fn g() { println!(\"{}\", super::b::f()) }",
            "mod inner { fn g() { super::super::b::f() } }",
            "fn g() { for _ in 0..crate::b::MADE_BY_A_MACRO {} }",
            "impl From<crate::b::B> for u8 {}",
        ] {
            assert_eq!(arrows(&[root, ("a", code), defines]), ["a -> b"], "{code}");
        }
    }

    #[test]
    fn what_only_looks_like_an_import_is_none() {
        let root = ("lib", "mod a; mod b;");
        let defines = ("b", "pub struct B; pub fn f() {}");
        for code in [
            "// use crate::b::B;\n/// [`crate::b::B`]\nfn g() {}",
            "const T: &str = \"use crate::b::B;\";",
            "#[cfg(test)]\nmod tests { use crate::b::B; }",
            "#[cfg(test)]\nuse crate::b::B;",
            "#[cfg(all(test, unix))]\nfn g() { crate::b::f() }\nfn h() {}",
            "struct S { #[cfg(test)] b: crate::b::B, c: u8 }",
            "use crate::b;",
            "use other::b::B; fn g() { ::b::f(); self.b::<u8>(); }",
            "fn g<T>() -> impl Sized + use<T> { b::f() }",
        ] {
            assert_eq!(arrows(&[root, ("a", code), defines]), [""; 0], "{code}");
        }
    }

    #[test]
    fn a_re_export_leads_to_the_file_that_defines() {
        let files = [
            (
                "lib",
                "mod a; mod b; pub use b::Door as Gate; pub use b::c::*;",
            ),
            ("a", "use crate::Gate; use crate::C;"),
            ("b", "pub mod c; pub use c::Door;"),
            ("b/c", "pub struct Door; pub struct C;"),
        ];
        assert_eq!(arrows(&files), ["a -> b/c"]);
    }

    #[test]
    fn a_re_export_is_a_use_only_where_the_name_is_used() {
        let files = [
            (
                "lib",
                "mod a; pub use a::A; pub(crate) use a::B; fn f(_: B) {}",
            ),
            ("a", "pub struct A; pub struct B;"),
        ];
        assert_eq!(arrows(&files), ["lib -> a"]);
        let passed_on = [("lib", "mod a; pub use a::{A, B};"), files[1]];
        assert_eq!(arrows(&passed_on), [""; 0]);
    }

    #[test]
    fn files_are_found_where_the_compiler_looks() {
        let files = [
            (
                "lib",
                "mod a; mod b; #[path = \"../src/odd/c.rs\"] mod c; mod d { mod e; }",
            ),
            ("a", "mod x; use x::X;"),
            ("a/x", "pub struct X; use crate::c::C;"),
            ("b/mod", "mod x; use x::X;"),
            ("b/x", "pub struct X;"),
            ("odd/c", "mod near; pub struct C; use near::N;"),
            ("odd/near", "pub struct N;"),
            ("d/e", "use crate::a::A;"),
        ];
        assert_eq!(
            arrows(&files),
            [
                "a -> a/x",
                "a/x -> odd/c",
                "b/mod -> b/x",
                "d/e -> a",
                "odd/c -> odd/near",
            ]
        );
    }

    #[test]
    fn a_package_is_its_library_and_its_programs_without_their_tests() {
        let files = [
            ("crates/a/Cargo.toml", "[package]\nname = \"a\"\n"),
            ("crates/a/src/bin/tool.rs", ""),
            ("crates/a/src/lib.rs", "mod b;"),
            ("crates/a/src/b.rs", ""),
            ("crates/a/tests/it/main.rs", ""),
            ("functions/Cargo.toml", "[workspace]\n"),
        ];
        let files = files.map(|(path, text)| TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        });
        let sources = Sources::of(&files);
        let packages: Vec<_> = sources.crates().collect();
        assert_eq!(packages.iter().map(Crate::name).collect::<Vec<_>>(), ["a"]);
        let built = Modules::of_package(packages[0], &sources);
        let files = |modules: &Modules| {
            let files: Vec<_> = modules
                .iter()
                .map(|module| module.file.to_owned())
                .collect();
            files.join(" ")
        };
        assert_eq!(
            built.iter().map(files).collect::<Vec<_>>(),
            [
                "crates/a/src/bin/tool.rs",
                "crates/a/src/lib.rs crates/a/src/b.rs"
            ]
        );
    }

    #[test]
    fn a_type_that_a_macro_makes_is_defined_where_the_macro_is_called() {
        let files = [
            (
                "lib",
                "macro_rules! name { ($(#[$m:meta])* $n:ident) => { $(#[$m])* pub struct $n; } }\n\
                 macro_rules! show { ($n:ident) => { impl Show for $n {} } }\n\
                 mod a; mod b; mod c; pub use b::*;",
            ),
            ("a", "use crate::Region; name!(Zone, 3);"),
            ("b", "name! { /// A place.\n Region }"),
            ("c", "show!(Region); use crate::a::Zone;"),
        ];
        assert_eq!(arrows(&files), ["a -> b", "c -> a"]);
    }

    #[test]
    fn imports_of_each_other_end() {
        let files = [
            ("lib", "mod a; mod b;"),
            (
                "a",
                "pub use crate::b::X; pub use crate::b::*; fn f(_: X) {}",
            ),
            (
                "b",
                "pub use crate::a::X; pub use crate::a::*; fn f(_: X) {}",
            ),
        ];
        assert_eq!(arrows(&files), ["a -> b", "b -> a"]);
    }
}
