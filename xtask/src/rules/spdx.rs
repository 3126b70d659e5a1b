//! Licence expressions as crates write them: SPDX 2.3, annex D, and the older `MIT/Apache-2.0`.

use std::iter::Peekable;

/// Whether the expression can be satisfied with licences that `allowed` accepts. `None` when it cannot be
/// read. An exception (`WITH`) only ever permits more, so the licence alone is looked at.
pub(crate) fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let answer = any_of(&mut words, allowed)?;
    words.next().is_none().then_some(answer)
}

fn any_of<'a>(
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
    allowed: &dyn Fn(&str) -> bool,
) -> Option<bool> {
    let mut answer = all_of(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        answer |= all_of(words, allowed)?;
    }
    Some(answer)
}

fn all_of<'a>(
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
    allowed: &dyn Fn(&str) -> bool,
) -> Option<bool> {
    let mut answer = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        answer &= one(words, allowed)?;
    }
    Some(answer)
}

fn one<'a>(
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
    allowed: &dyn Fn(&str) -> bool,
) -> Option<bool> {
    match words.next()? {
        "(" => {
            let answer = any_of(words, allowed)?;
            words.next_if_eq(&")").map(|_| answer)
        }
        ")" | "OR" | "AND" | "WITH" => None,
        licence => {
            if words.next_if_eq(&"WITH").is_some() {
                words.next()?;
            }
            Some(allowed(licence))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expected: Option<bool>) {
        let allowed = |licence: &str| ["MIT", "Apache-2.0", "Unicode-3.0"].contains(&licence);
        assert_eq!(satisfied(expression, &allowed), expected, "{expression}");
    }

    #[test]
    fn one_of_several_is_enough_and_all_of_several_are_needed() {
        check("MIT", Some(true));
        check("GPL-3.0-only", Some(false));
        check("GPL-3.0-only OR MIT", Some(true));
        check("GPL-3.0-only AND MIT", Some(false));
        check("MIT/GPL-3.0-only", Some(true));
        check("(MIT OR Apache-2.0) AND Unicode-3.0", Some(true));
        check("(MIT OR Apache-2.0) AND BSD-3-Clause", Some(false));
        check("GPL-2.0-only OR MIT AND Unicode-3.0", Some(true));
        check("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only", Some(true));
    }

    #[test]
    fn what_cannot_be_read_is_not_guessed() {
        for expression in [
            "", "MIT OR", "(MIT", "MIT)", "MIT MIT", "AND MIT", "MIT WITH",
        ] {
            check(expression, None);
        }
    }
}
