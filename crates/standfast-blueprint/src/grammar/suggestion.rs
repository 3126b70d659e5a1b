//! What was probably meant by a name that is not known, and which names are.

/// The name that was probably meant.
pub(crate) fn nearest<'k>(word: &str, names: &[&'k str]) -> Option<&'k str> {
    // A third of the letters may differ, as in rustc; a beginning of three letters or more (`auto`)
    // and a word that goes on after the end (`postgresql`) are also taken.
    let letters = word.chars().count();
    let begins = |name: &str| letters >= 3 && (name.starts_with(word) || word.starts_with(name));
    names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), *name))
        .filter(|(distance, name)| *distance <= (letters / 3).max(1) || begins(name))
        .min()
        .map(|(_, name)| name)
}

/// Names as a list for people.
pub(crate) fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
