//! The clock against a kernel that counts time differently.

#[cfg(all(test, target_os = "linux"))]
mod suspended;
