//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use standfast_local::relay::Route;
use standfast_units::{Database, Region, parse_duration};

use crate::print::Format;

/// Disaster recovery as code: a database-backed service that survives the loss of its region.
#[derive(Debug, Parser)]
#[command(
    name = "standfast",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Subcommand,
    /// The blueprint of the system [default: standfast.yaml, or the only system of this machine]
    #[arg(long, short, global = true, env = "STANDFAST_FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The description of a system that was brought up here
    #[arg(long, global = true, hide = true)]
    pub(crate) system_file: Option<PathBuf>,
    /// For whom output is printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// What is to be done.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Subcommand {
    /// Start the system on this machine and keep it running
    Up {
        /// The blueprint
        #[arg(value_name = "FILE")]
        blueprint: Option<PathBuf>,
        /// Return as soon as the system serves
        #[arg(long)]
        detach: bool,
        #[arg(long, hide = true)]
        supervise: bool,
        /// Show addresses and folders, start nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Stop the system in order
    Down {
        /// Remove everything it stored
        #[arg(long)]
        purge: bool,
    },
    /// Show what every node, controller and process does
    Status {
        /// Look again and again
        #[arg(long)]
        watch: bool,
    },
    /// Show where clients connect
    Outputs,
    /// Show the journal, oldest first
    Events {
        /// How many of the newest entries
        #[arg(long, default_value_t = 100)]
        last: usize,
        /// Show the ledger of lost transactions instead
        #[arg(long)]
        losses: bool,
    },
    /// Move the primary to another region, losing nothing
    Switchover {
        /// The region
        #[arg(long)]
        to: Region,
        /// The database, when there are several
        #[arg(long)]
        database: Option<Database>,
    },
    /// Move the primary to another region although the present one may not answer
    Failover {
        /// The region
        #[arg(long)]
        to: Region,
        /// The database, when there are several
        #[arg(long)]
        database: Option<Database>,
        /// Accept that this much of acknowledged writes is lost, such as `30s`
        #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
        accept_loss: Option<Duration>,
    },
    /// Keep standbys from taking over; databases go on
    Pause {
        /// Why, for the operator who looks next
        #[arg(long)]
        reason: Option<String>,
    },
    /// End a pause
    Resume,
    /// Break the system on purpose under load and report what clients saw
    Drill(crate::drill::Drill),
    /// Write a blueprint as Terraform for AWS
    Synth(crate::synth::Synth),
    /// Print the JSON Schema of blueprints
    Schema,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(hide = true)]
    Manpage,
    /// Run the agent of one node
    Agent {
        /// What `up` wrote for it
        #[arg(long)]
        config: PathBuf,
    },
    /// Run the controller of one region
    Controller {
        /// What `up` wrote for it
        #[arg(long)]
        config: PathBuf,
    },
    /// Run the embedded store
    Store {
        /// Its file
        #[arg(long)]
        path: PathBuf,
        /// Where it listens
        #[arg(long)]
        listen: SocketAddr,
    },
    #[command(hide = true)]
    Relay {
        #[arg(long)]
        control: PathBuf,
        routes: Vec<Route>,
    },
    #[command(hide = true)]
    Guard {
        #[arg(long)]
        node: String,
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        run: PathBuf,
        #[arg(long)]
        log: PathBuf,
    },
    #[command(hide = true)]
    ExecDatabase {
        #[arg(long)]
        guard_pid: u32,
        #[arg(last = true)]
        command: Vec<String>,
    },
    #[command(hide = true)]
    BeginSession {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

impl Subcommand {
    /// Whether it runs until it is told to end.
    pub(crate) fn is_daemon(&self) -> bool {
        match self {
            Self::Agent { .. }
            | Self::Controller { .. }
            | Self::Store { .. }
            | Self::Relay { .. }
            | Self::Guard { .. }
            | Self::ExecDatabase { .. }
            | Self::BeginSession { .. } => true,
            Self::Up { .. }
            | Self::Down { .. }
            | Self::Status { .. }
            | Self::Outputs
            | Self::Events { .. }
            | Self::Switchover { .. }
            | Self::Failover { .. }
            | Self::Pause { .. }
            | Self::Resume
            | Self::Drill(_)
            | Self::Synth(_)
            | Self::Schema
            | Self::Completions { .. }
            | Self::Manpage => false,
        }
    }
}
