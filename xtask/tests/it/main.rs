//! Documents that are paired with code.

#[cfg(test)]
mod error_pages;
