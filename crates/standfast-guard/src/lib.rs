//! Parent of the database process; fences when the lease deadline passes.
