//! Databases, on one machine and in a cloud.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use standfast_units::Bytes;

use crate::choice::{Durability, Engine, Reach};
use crate::defaults;
use crate::grammar::record;
use crate::scalar::{Servers, SettingValue};
use crate::section::credentials::DatabaseCredentials;
use crate::source::Spanned;
use crate::text::database::{EngineVersion, Identifier, SettingName};
use crate::text::window::{DailyWindow, WeeklyWindow};

record! {
    /// A database: one primary and its standbys, over all regions that hold data.
    pub(crate) struct DatabaseSection {
        /// What runs it.
        required engine: Engine,
        /// The engine's version, in quotes; the one installed when absent.
        optional version: EngineVersion,
        /// The database within the server; the name of this section when absent.
        optional database: Identifier,
        /// The role applications log in as.
        implied username: Identifier = defaults::USERNAME,
        /// Where its password is kept; generated when absent.
        optional credentials: DatabaseCredentials,
        /// What an acknowledged commit is worth.
        default durability: Durability = defaults::DURABILITY,
        /// How many servers it has, per region.
        optional nodes: NodesSection,
        /// Settings of the engine.
        default parameters: BTreeMap<SettingName, SettingValue> = BTreeMap::new(),
        /// What differs on one machine.
        optional local: LocalSpec,
        /// The type of its instances in the cloud.
        optional instance: String,
        /// Capacity that follows the load, in the cloud.
        optional serverless: ServerlessSpec,
        /// Whether the cloud keeps a standby in a second zone.
        default multi_zone: bool = false,
        /// Its disks in the cloud.
        optional storage: StorageSpec,
        /// The key its storage is encrypted with.
        optional key: EncryptionKeySpec,
        /// Its backups.
        optional backup: BackupSpec,
        /// The weekly window for maintenance, as in `sun:04:00-sun:05:00`.
        optional maintenance: WeeklyWindow,
        /// How often the host is measured.
        optional monitoring: Duration,
        /// The logs that are shipped.
        default logs: Vec<String> = Vec::new(),
        /// From where it can be reached.
        default reach: Reach = Reach::Region,
    }
}

record! {
    /// How many servers a database has.
    pub(crate) struct NodesSection {
        /// In the home region.
        implied home: Spanned<Servers> = defaults::SERVERS_HOME,
        /// In each standby region.
        implied standby: Spanned<Servers> = defaults::SERVERS_STANDBY,
    }
}

record! {
    /// What differs on one machine.
    pub struct LocalSpec {
        /// The folder of the engine's programs; the newest one installed when absent.
        optional bin: PathBuf,
    }
}

record! {
    /// Capacity that follows the load, in units of the cloud.
    pub struct ServerlessSpec {
        /// The least.
        required min: f64,
        /// The most.
        required max: f64,
    }
}

record! {
    /// The disks of a database in the cloud.
    pub struct StorageSpec {
        /// Their kind, as the cloud names it.
        optional kind: String,
        /// Their size at first.
        optional size: Bytes,
        /// The size they may grow to.
        optional max: Bytes,
    }
}

record! {
    /// The key that storage is encrypted with.
    pub struct EncryptionKeySpec {
        /// Whether it is changed every year.
        default rotate: bool = true,
        /// How long it lasts after its deletion was asked for.
        optional delete_after: Duration,
    }
}

record! {
    /// The backups of a database.
    pub struct BackupSpec {
        /// How long they are kept.
        optional retention: Duration,
        /// When they are made, as in `03:00-04:00`.
        optional window: DailyWindow,
    }
}
