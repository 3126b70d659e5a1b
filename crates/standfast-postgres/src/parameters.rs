//! The server's parameters that are decided here, with why each is what it is.

/// Fixed parameters, with why each is what it is. The blueprint cannot change them.
pub(crate) const FIXED: &[(&str, &str, &str)] = &[
    ("fsync", "on", "an acknowledged write survives a power cut"),
    (
        "full_page_writes",
        "on",
        "so does a page that was half written",
    ),
    ("wal_level", "replica", "what standbys and pg_rewind need"),
    ("hot_standby", "on", "a standby can be asked how it stands"),
    (
        "max_wal_senders",
        "16",
        "standbys, gates, clones and one more after each cut",
    ),
    ("max_replication_slots", "16", "one for each standby"),
    (
        "wal_keep_size",
        "'256MB'",
        "a standby without a slot bridges a short outage; pg_rewind finds the fork",
    ),
    (
        "synchronous_standby_names",
        "''",
        "none is named until it is proven to keep up (P9)",
    ),
    (
        "hot_standby_feedback",
        "off",
        "readers of a standby never bloat the primary",
    ),
    (
        "recovery_target_timeline",
        "'latest'",
        "a standby follows across a promotion",
    ),
    (
        "recovery_min_apply_delay",
        "0",
        "promotion waits for no delay (P12)",
    ),
    (
        "max_standby_streaming_delay",
        "'100ms'",
        "nor for a reader (P12)",
    ),
    (
        "max_standby_archive_delay",
        "'100ms'",
        "nor for a reader (P12)",
    ),
    (
        "wal_retrieve_retry_interval",
        "'100ms'",
        "else promotion stalls for 5 s in half of the cases (P12)",
    ),
    (
        "wal_receiver_status_interval",
        "'1s'",
        "the primary knows its standbys' positions",
    ),
    ("wal_receiver_timeout", "'5s'", "a silent upstream is left"),
    ("wal_sender_timeout", "'5s'", "a silent standby is let go"),
    (
        "tcp_keepalives_idle",
        "5",
        "sessions of a vanished host end within 5 + 3 * 2 s",
    ),
    ("tcp_keepalives_interval", "2", "see above"),
    ("tcp_keepalives_count", "3", "see above"),
    (
        "restart_after_crash",
        "off",
        "after a crash the agent decides who goes on (P15), not the postmaster",
    ),
    (
        "password_encryption",
        "'scram-sha-256'",
        "the only method pg_hba.conf admits",
    ),
    (
        "allow_system_table_mods",
        "off",
        "catalogues stay alike on all nodes",
    ),
    (
        "logging_collector",
        "off",
        "the guard takes what the server says",
    ),
    (
        "log_destination",
        "'stderr'",
        "the guard takes what the server says",
    ),
];

/// Parameters that are set from the settings, and those whose presence would undermine a guarantee.
const OWNED: &[&str] = &[
    "archive_cleanup_command",
    "config_file",
    "data_directory",
    "external_pid_file",
    "hba_file",
    "ident_file",
    "ignore_checksum_failure",
    "ignore_invalid_pages",
    "include",
    "include_dir",
    "include_if_exists",
    "listen_addresses",
    "port",
    "primary_conninfo",
    "primary_slot_name",
    "promote_trigger_file",
    "recovery_end_command",
    "recovery_target",
    "recovery_target_action",
    "recovery_target_inclusive",
    "recovery_target_lsn",
    "recovery_target_name",
    "recovery_target_time",
    "recovery_target_xid",
    "restore_command",
    "unix_socket_directories",
    "unix_socket_group",
    "unix_socket_permissions",
    "wal_recycle",
    "zero_damaged_pages",
];

/// Parameters with a default of ours that the blueprint may change.
pub(crate) const DEFAULTS: &[(&str, &str, &str)] = &[
    (
        "synchronous_commit",
        "on",
        "a commit is durable here and on every synchronous standby",
    ),
    (
        "max_slot_wal_keep_size",
        "'1GB'",
        "a standby that stays away does not fill the primary's disk; past it, it is cloned",
    ),
    (
        "authentication_timeout",
        "'10s'",
        "bounds who may still come in after the door was closed",
    ),
    ("log_line_prefix", "'%m [%p] %q%u@%d/%a '", "who did it"),
    ("log_timezone", "'UTC'", "times compare across regions"),
    ("timezone", "'UTC'", "results do not change with the region"),
];

/// Whether a parameter is decided here alone.
pub(crate) fn is_owned(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    OWNED.contains(&name.as_str()) || FIXED.iter().any(|(fixed, _, _)| *fixed == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_decided_in_one_place() {
        let fixed = FIXED.iter().map(|(name, _, _)| *name);
        let defaults = DEFAULTS.iter().map(|(name, _, _)| *name);
        let mut names: Vec<&str> = fixed.chain(defaults).chain(OWNED.iter().copied()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(is_owned("FSYNC") && is_owned("restore_command"));
        assert!(!is_owned("log_timezone") && !is_owned("work_mem"));
    }
}
