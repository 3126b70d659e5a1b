//! `cargo xtask package`: the Lambda functions of `functions/`, each as the archive that is uploaded.
//!
//! An archive holds one file, `bootstrap`, for the runtime `provided.al2023` on `x86_64`. That system has
//! glibc 2.34, so every binary is read for what it wants of glibc, and refused when that is newer. A plain
//! build is enough: what Rust's standard library and ring link has not changed its version since 2.34. Where
//! a C library does make it want more, the message says what to do.
//!
//! The same sources and compiler give the same bytes, in whatever folder: paths of this machine are replaced while
//! compiling, and looked for afterwards; an archive has neither the time nor the owner of its file.
//!
//! What it deliberately does not do: upload anything.

use std::env;
use std::fmt::{self, Write as _};
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail, ensure};
use object::elf::{EM_X86_64, FileHeader64};
use object::read::elf::{FileHeader as _, SectionTable};
use object::{Endianness, ReadRef};
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::program::{cargo, output, run_aside};
use crate::steps::{Steps, say};

/// The workspace of the functions.
const FUNCTIONS: &str = "functions";

/// What the functions are built for.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Where archives are put.
const ARCHIVES: &str = "target/functions";

/// The glibc of Amazon Linux 2023.
const GLIBC_MAX: Glibc = Glibc {
    major: 2,
    minor: 34,
};

/// The command of its own.
pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::of("package");
    take(&mut steps);
    steps.finish()
}

/// The steps, as part of another command too.
pub(crate) fn take(steps: &mut Steps) {
    if !cfg!(target_os = "linux") {
        steps.skip("the functions", "they are built on Linux");
        return;
    }
    let mut names = Vec::new();
    let found = steps.take("find the functions", || {
        names = functions(Path::new(FUNCTIONS))?;
        Ok(())
    });
    let flags = PathFlags::here();
    if found && steps.take("build the functions", || build(&flags)) {
        for name in names {
            steps.take(format!("package {name}"), || package(&name, &flags));
        }
    }
}

/// A crate with a program is a function; its folder has its name.
fn functions(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
        if entry.path().join("src/main.rs").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    ensure!(
        !names.is_empty(),
        "there is no function in {}",
        folder.display()
    );
    names.sort();
    Ok(names)
}

fn build(flags: &PathFlags) -> anyhow::Result<()> {
    let installed = output(
        Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).args([
            "--print",
            "target-libdir",
            "--target",
            TARGET,
        ]),
    )?;
    ensure!(
        Path::new(installed.trim()).is_dir(),
        "the standard library for {TARGET} is missing: rustup target add {TARGET}"
    );
    run_aside(
        cargo(["build", "--release", "--locked", "--workspace", "--bins"])
            .args(["--target", TARGET])
            .args(["--target-dir", "target"])
            .env("CARGO_ENCODED_RUSTFLAGS", flags.encoded())
            .current_dir(FUNCTIONS),
    )
}

fn package(name: &str, flags: &PathFlags) -> anyhow::Result<()> {
    let path = Path::new(FUNCTIONS)
        .join("target")
        .join(TARGET)
        .join("release")
        .join(name);
    let binary = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let wanted = glibc_of(&binary).with_context(|| format!("cannot look at {}", path.display()))?;
    ensure!(
        wanted <= GLIBC_MAX,
        "it wants {wanted}, and Lambda has {GLIBC_MAX}: build where glibc is no newer (Debian 12 does), or with \
         `cargo lambda build --release --x86-64`, which brings a linker of its own"
    );
    flags.ensure_gone_from(&binary)?;
    let archive = archive(&binary)?;
    fs::create_dir_all(ARCHIVES).with_context(|| format!("cannot create {ARCHIVES}"))?;
    let to = Path::new(ARCHIVES).join(format!("{name}.zip"));
    fs::write(&to, &archive).with_context(|| format!("cannot write {}", to.display()))?;
    say(&format!("  wants {wanted} of at most {GLIBC_MAX}"));
    let line = format!(
        "{}  {:>9} bytes (binary {:>9})  {wanted}  {}\n",
        hex(&Sha256::digest(&archive)),
        archive.len(),
        binary.len(),
        to.display(),
    );
    std::io::stdout()
        .write_all(line.as_bytes())
        .context("cannot write to stdout")
}

/// What is replaced in what a compiler writes down: folder of this machine, name for all.
struct PathFlags(Vec<(PathBuf, &'static str)>);

impl PathFlags {
    fn here() -> Self {
        let root = env::current_dir().ok().map(|root| (root, "/standfast"));
        let home = env::var_os("HOME").map(PathBuf::from);
        let in_home = |name: &str| home.as_ref().map(|home| home.join(name));
        let set = |name| env::var_os(name).map(PathBuf::from);
        let cargo = set("CARGO_HOME").or_else(|| in_home(".cargo"));
        let rustup = set("RUSTUP_HOME").or_else(|| in_home(".rustup"));
        let named = [
            root,
            cargo.map(|path| (path, "/cargo")),
            rustup.map(|path| (path, "/rustup")),
        ];
        Self(named.into_iter().flatten().collect())
    }

    /// As cargo takes flags that may have spaces in them.
    fn encoded(&self) -> String {
        let flags: Vec<String> = self
            .0
            .iter()
            .map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()))
            .collect();
        flags.join("\u{1f}")
    }

    fn ensure_gone_from(&self, binary: &[u8]) -> anyhow::Result<()> {
        for (path, _) in &self.0 {
            let path = path.to_string_lossy();
            if let Some(at) = find(binary, path.as_bytes()) {
                let rest = binary.get(at..).unwrap_or_default();
                let told: Vec<u8> = rest
                    .iter()
                    .copied()
                    .take_while(u8::is_ascii_graphic)
                    .take(120)
                    .collect();
                bail!(
                    "a path of this machine is in it: {}",
                    String::from_utf8_lossy(&told)
                );
            }
        }
        Ok(())
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len().max(1))
        .position(|each| each == part)
}

/// A version of glibc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Glibc {
    major: u32,
    minor: u32,
}

impl Glibc {
    /// As a symbol names it, `GLIBC_2.34` or `GLIBC_2.2.5`; nothing when it is a version of something else.
    fn of(symbol_version: &str) -> Option<Self> {
        let mut numbers = symbol_version.strip_prefix("GLIBC_")?.split('.');
        Some(Self {
            major: numbers.next()?.parse().ok()?,
            minor: numbers.next()?.parse().ok()?,
        })
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "glibc {}.{}", self.major, self.minor)
    }
}

/// The newest glibc that a program wants.
fn glibc_of(binary: &[u8]) -> anyhow::Result<Glibc> {
    let header = FileHeader64::<Endianness>::parse(binary)?;
    let endian = header.endian()?;
    ensure!(
        header.e_machine.get(endian) == EM_X86_64,
        "it is not a program for x86_64"
    );
    let sections = header.sections(endian, binary)?;
    let wanted = symbol_versions(endian, &sections, binary)?;
    wanted
        .iter()
        .filter_map(|version| Glibc::of(version))
        .max()
        .context("it wants no version of glibc, which is no program as Rust links them")
}

/// The versions of symbols of other libraries, from the section `.gnu.version_r`.
fn symbol_versions<'data, R: ReadRef<'data>>(
    endian: Endianness,
    sections: &SectionTable<'data, FileHeader64<Endianness>, R>,
    binary: R,
) -> anyhow::Result<Vec<String>> {
    let mut versions = Vec::new();
    if let Some((mut libraries, strings)) = sections.gnu_verneed(endian, binary)? {
        let strings = sections.strings(endian, binary, strings)?;
        while let Some((_, mut wanted)) = libraries.next()? {
            while let Some(version) = wanted.next()? {
                let name = version.name(endian, strings)?;
                versions.push(String::from_utf8_lossy(name).into_owned());
            }
        }
    }
    Ok(versions)
}

/// An archive with the program in it, the same for the same program.
fn archive(binary: &[u8]) -> anyhow::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        // 1980-01-01, the first day that an archive can name.
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("bootstrap", options)?;
    archive.write_all(binary)?;
    Ok(archive.finish()?.into_inner())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A text takes whatever is written.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_same_program_is_packaged_as_the_same_bytes() {
        let binary = fs::read(env::current_exe().unwrap()).unwrap();
        let binary = &binary[..binary.len().min(1 << 20)];
        let bytes = archive(binary).unwrap();
        assert_eq!(bytes, archive(binary).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().map(|mode| mode & 0o7777), Some(0o755));
        assert_eq!(file.last_modified(), Some(DateTime::default()));
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        assert_eq!(content, binary);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        let version = |text| Glibc::of(text).unwrap();
        assert!(version("GLIBC_2.4") < version("GLIBC_2.34"));
        assert!(version("GLIBC_2.2.5") < GLIBC_MAX);
        assert!(version("GLIBC_2.35") > GLIBC_MAX);
        assert_eq!(Glibc::of("GCC_3.0"), None);
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
    fn a_program_says_what_it_wants_of_glibc() {
        let ourselves = fs::read(env::current_exe().unwrap()).unwrap();
        assert!(glibc_of(&ourselves).unwrap() >= Glibc::of("GLIBC_2.14").unwrap());
        assert!(glibc_of(b"#!/bin/sh").is_err());
    }

    #[test]
    fn a_path_of_this_machine_is_found() {
        let flags = PathFlags(vec![(PathBuf::from("/home/me/.cargo"), "/cargo")]);
        assert!(flags.ensure_gone_from(b"..../cargo/registry...").is_ok());
        let error = flags.ensure_gone_from(b"\0/home/me/.cargo/registry\0rest");
        let told = error.unwrap_err().to_string();
        assert!(told.ends_with(": /home/me/.cargo/registry"), "{told}");
        assert_eq!(
            flags.encoded(),
            "--remap-path-prefix=/home/me/.cargo=/cargo"
        );
    }
}
