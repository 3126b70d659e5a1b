//! The records as they lie in the store.

// The attribute makes the allowances for tests reach the helpers in these modules.
#[cfg(test)]
mod records;
