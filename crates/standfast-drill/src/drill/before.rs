//! The system before the fault: well, or no drill.

use std::net::SocketAddr;
use std::path::PathBuf;

use standfast_units::{Database, Epoch, Node, Region};

use crate::clock;
use crate::defaults;
use crate::error::Error;
use crate::load::LoadTarget;
use crate::product::Product;
use crate::route::Doors;
use crate::scenario::Scenario;
use crate::scenario::script::Restarts;
use crate::session::{DrillLogin, describe};
use crate::settings::DrillSettings;
use crate::status::{DatabaseOutputs, Outputs, PublishedNode, PublishedStatus};

/// The system before the fault.
pub(super) struct Before {
    pub(super) status: PublishedStatus,
    outputs: Outputs,
    pub(super) database: Database,
    pub(super) primary: Node,
    pub(super) primary_address: SocketAddr,
    pub(super) region: Region,
    /// A standby in another region that follows it.
    pub(super) standby: Node,
    /// Where a switchover goes: the region of that standby.
    pub(super) other: Region,
    pub(super) epoch: Option<Epoch>,
    pub(super) following: usize,
}

impl Before {
    /// Waits until the system is well: a primary that serves under a lease, and a standby in another
    /// region that follows it.
    pub(super) async fn wait_for(
        product: &Product,
        settings: &DrillSettings,
        scenario: Scenario,
    ) -> Result<Self, Error> {
        let outputs = product.outputs().await?;
        let within = settings.patience.ready;
        let mut lacking = "no answer from `status`".to_owned();
        let ready = clock::poll(defaults::STATUS_EVERY, within, async || {
            let status = match product.status().await {
                Ok(status) => status,
                // The format will not change by waiting.
                Err(error @ (Error::Version { .. } | Error::Answer { .. })) => {
                    return Some(Err(error));
                }
                Err(error) => {
                    lacking = describe(&error);
                    return None;
                }
            };
            match Self::examine(status, outputs.clone(), settings) {
                Ok(Ok(before)) => Some(Ok(before)),
                Ok(Err(what)) => {
                    lacking = what;
                    None
                }
                Err(error) => Some(Err(error)),
            }
        });
        let before = ready.await.unwrap_or(Err(Error::NotReady {
            waited: within,
            lacking,
        }))?;
        before.check(scenario)?;
        Ok(before)
    }

    /// The inner error says what is lacking still.
    fn examine(
        status: PublishedStatus,
        outputs: Outputs,
        settings: &DrillSettings,
    ) -> Result<Result<Self, String>, Error> {
        let database = status.database(settings.database.as_ref())?;
        if database.engine != "postgres" {
            return Err(Error::Engine {
                database: database.name.clone(),
                engine: database.engine.clone(),
            });
        }
        let Some(primary) = database.primary() else {
            return Ok(Err(format!("{} has no primary that serves", database.name)));
        };
        if database.lease.as_deref() != Some("held") {
            return Ok(Err(format!("{}'s lease is not held", database.name)));
        }
        let Some(standby) = database
            .following()
            .find(|node| node.region != primary.region)
        else {
            let nodes: Vec<_> = database.nodes.iter().map(PublishedNode::describe).collect();
            return Ok(Err(format!(
                "no standby outside {} follows; {}",
                primary.region,
                nodes.join("; ")
            )));
        };
        Ok(Ok(Self {
            database: database.name.clone(),
            primary: primary.node.clone(),
            primary_address: primary.socket()?,
            region: primary.region.clone(),
            standby: standby.node.clone(),
            other: standby.region.clone(),
            epoch: database.epoch,
            following: database.following().count(),
            outputs,
            status,
        }))
    }

    fn check(&self, scenario: Scenario) -> Result<(), Error> {
        match scenario.script().restarts {
            Restarts::HeldDown => {
                self.folder(scenario)?;
            }
            Restarts::LeftAlone => {}
        }
        match self.doors()?.lacking() {
            Some(lacking) => Err(Error::Unsupported {
                scenario,
                needs: lacking.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Where the system keeps its files, those that hold a region down among them.
    pub(super) fn folder(&self, scenario: Scenario) -> Result<PathBuf, Error> {
        self.status
            .folder
            .clone()
            .ok_or_else(|| Error::Unsupported {
                scenario,
                needs: "the system's folder in `status`".to_owned(),
            })
    }

    fn output(&self) -> Result<&DatabaseOutputs, Error> {
        self.outputs
            .databases
            .iter()
            .find(|database| database.name == self.database)
            .ok_or_else(|| Error::NoDatabase {
                wanted: Some(self.database.clone()),
            })
    }

    fn doors(&self) -> Result<Doors, Error> {
        Doors::new(self.output()?)
    }

    pub(super) fn credentials(&self) -> Result<DrillLogin, Error> {
        let output = self.output()?;
        DrillLogin::from_file(&output.user, &output.database, &output.password_file).map_err(
            |source| Error::File {
                what: "read",
                file: output.password_file.clone(),
                source,
            },
        )
    }

    pub(super) fn target(&self, scenario: Scenario) -> Result<LoadTarget, Error> {
        Ok(LoadTarget {
            doors: self.doors()?,
            primary: self.primary.clone(),
            primary_address: self.primary_address,
            pin: scenario.script().pin,
        })
    }
}
