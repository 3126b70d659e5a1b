//! One per region: observe, ask failover, journal, redirect.
