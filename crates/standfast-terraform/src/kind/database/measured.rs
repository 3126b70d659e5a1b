//! What is measured of databases.

use standfast_blueprint::Metric;

use crate::kind::contract::Measurable;
use crate::kind::database::naming;
use crate::kind::series::{Series, Viewpoint};
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// Databases, as metrics see them.
pub(crate) struct MeasurableDatabases;

impl Measurable for MeasurableDatabases {
    fn series(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        metric: Metric,
        name: &str,
        _: &mut Viewpoint<'_>,
    ) -> Vec<Series> {
        let Some(database) = system.database(name) else {
            return Vec::new();
        };
        if database.node_counts.of(region.kind) == 0 {
            return Vec::new();
        }
        let follows = region.aws != system.home().aws;
        let aurora = naming::is_aurora(database.engine);
        let name = match (metric, aurora) {
            (Metric::ReplicationLag, true) if follows => "AuroraGlobalDBReplicationLag",
            (Metric::ReplicationLag, false) if follows => "ReplicaLag",
            (Metric::ReplicatedWriteIo, true) if follows => "AuroraGlobalDBReplicatedWriteIO",
            (Metric::Cpu, _) => "CPUUtilization",
            (Metric::Connections, _) => "DatabaseConnections",
            (Metric::FreeStorage, false) => "FreeStorageSpace",
            _ => return Vec::new(),
        };
        let dimension = if aurora {
            "DBClusterIdentifier"
        } else {
            "DBInstanceIdentifier"
        };
        let id = naming::id(system, database, region);
        vec![Series::of(region, "AWS/RDS", name, vec![(dimension, id)])]
    }
}
