//! Every fixed word of the file. The comments of words are what editors show.

#![expect(
    clippy::doc_markdown,
    reason = "editors show the comments of words as they are"
)]

use crate::grammar::choice;

choice! {
    /// Whether the system would be missed.
    pub enum Class("a class") {
        /// May be thrown away: no protection against deletion, no final snapshots.
        Ephemeral = "ephemeral" not "dev" not "test",
        /// Protection against deletion and final snapshots are on.
        Production = "production",
    }
}

choice! {
    /// The way out of private subnets.
    pub enum Nat("a kind of NAT") {
        /// There is none.
        None = "none",
        /// One gateway for the region.
        One = "one",
        /// A gateway per zone.
        PerZone = "per-zone",
    }
}

choice! {
    /// What runs a database.
    pub enum Engine("a database engine") {
        /// Amazon Aurora with PostgreSQL's protocol.
        AuroraPostgresql = "aurora-postgresql",
        /// Amazon Aurora with MySQL's protocol.
        AuroraMysql = "aurora-mysql",
        /// PostgreSQL, as its community releases it.
        Postgres = "postgres" not "pg",
        /// MySQL or MariaDB.
        Mysql = "mysql" not "mariadb",
    }
}

choice! {
    /// What an acknowledged commit is worth.
    pub enum Durability("a durability") {
        /// Commits wait for no standby; a failover may lose what the standby has not received.
        Async = "async" not "asynchronous",
        /// Asynchronous, but commits wait once the standby lags more than the promised RPO.
        Bounded = "bounded",
        /// Commits wait for a standby; no acknowledged write may be lost.
        Zero = "zero" not "sync" not "synchronous" not "strict",
    }
}

choice! {
    /// From where a database can be reached.
    pub enum Reach("a reach") {
        /// From the private network of its own region.
        Region = "region",
        /// From the private networks of every region of the system, which are joined for it.
        System = "system",
    }
}

choice! {
    /// Who reaches a balancer.
    pub enum Balancer("a kind of balancer") {
        /// The whole internet.
        Public = "public",
        /// The private network.
        Private = "private" not "internal",
    }
}

choice! {
    /// How a name steers clients.
    pub enum Steering("a way of steering") {
        /// All to the region that serves.
        Failover = "failover",
        /// By weight, to those regions whose latch is set: for a planned shift, with both set.
        Weighted = "weighted",
    }
}

choice! {
    /// Who decides about a failover.
    pub enum Mode("a mode of failover") {
        /// Standfast, within the limits of this file.
        Automatic = "automatic",
        /// Standfast proposes, a person approves.
        Approve = "approve" not "approval",
        /// A person.
        Manual = "manual" not "off",
    }
}

choice! {
    /// What a primary does when its last synchronous standby is gone (P10).
    pub enum Alone("an answer to being alone") {
        /// Goes on without protection, and says so.
        Continue = "continue",
        /// Lets commits wait, and says so.
        Block = "block",
    }
}

choice! {
    /// What keeps acknowledgements of a deposed primary from clients (P19, P22).
    pub enum Gate("a gate") {
        /// The proxy alone: no cost per commit, no protection on direct connections. Databases that
        /// are `bounded` or `zero` use the commit gate all the same.
        Proxy = "proxy",
        /// The commit gate: no commit is confirmed after the deadline, on any connection.
        Commit = "commit",
    }
}

choice! {
    /// In which regions something runs, by what they are for in this file.
    pub enum Placement("a placement") {
        /// In every region that holds data.
        Every = "every" not "all" not "both",
        /// In the home region.
        Home = "home",
        /// In every region that stands by.
        Standby = "standby",
    }
}

choice! {
    /// Who may call the routes of a function.
    pub enum CallAccess("a kind of access") {
        /// Every caller.
        Open = "open" not "none" not "public",
        /// Who signs requests with credentials of the account; the health route stays open. Signatures
        /// name a region: callers must sign for the one they reach.
        Signed = "signed" not "iam",
    }
}

choice! {
    /// Whether a function runs inside the private network.
    pub enum FunctionNetwork("a kind of network") {
        /// Outside, with the whole internet and none of the private network.
        None = "none" not "public",
        /// Inside, with the databases in reach.
        Private = "private" not "vpc",
    }
}

choice! {
    /// How far back a table can be restored.
    pub enum Recovery("a kind of recovery") {
        /// Not at all.
        None = "none",
        /// To any second of the last 35 days.
        PointInTime = "point-in-time",
    }
}

choice! {
    /// What a stream of changes shows of each item.
    pub enum Stream("a kind of stream") {
        /// Its key.
        Keys = "keys",
        /// The item as it is.
        New = "new",
        /// The item as it was.
        Old = "old",
        /// The item before and after the change.
        NewAndOld = "new-and-old",
    }
}

choice! {
    /// Which regions have a copy.
    pub enum ReplicateTo("a set of regions") {
        /// All that hold data.
        All = "all" not "every",
    }
}

choice! {
    /// In which directions objects travel.
    pub enum Ways("a set of directions") {
        /// From every region to every other, so that nothing written after a failover is missing.
        Both = "both",
        /// From the home region to the others.
        One = "one",
    }
}

choice! {
    /// What is taken of the values of a period.
    pub enum Statistic("a statistic") {
        /// Their mean.
        Average = "average" not "mean",
        /// The least.
        Minimum = "minimum" not "min",
        /// The greatest.
        Maximum = "maximum" not "max",
        /// All together.
        Sum = "sum",
    }
}
