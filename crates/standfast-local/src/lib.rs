//! Regions as processes on loopback addresses.
