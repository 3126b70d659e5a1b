//! Where each record lies: `/standfast/<system>/…`. The only place that spells keys.

use standfast_units::{Database, Epoch, Node, Region, System};

/// The prefix of everything one system keeps in the store.
pub fn system(system: &System) -> String {
    format!("/standfast/{system}/")
}

/// The right to write (P1): [`crate::Lease`].
pub fn lease(system: &System, database: &Database) -> String {
    format!("/standfast/{system}/lease/{database}")
}

/// What each agent publishes: [`crate::Member`].
pub fn member(system: &System, database: &Database, node: &Node) -> String {
    format!("/standfast/{system}/member/{database}/{node}")
}

/// Prefix of the members of one database.
pub fn members(system: &System, database: &Database) -> String {
    format!("/standfast/{system}/member/{database}/")
}

/// What each controller publishes: [`crate::Controller`].
pub fn controller(system: &System, region: &Region) -> String {
    format!("/standfast/{system}/controller/{region}")
}

/// Prefix of all controllers.
pub fn controllers(system: &System) -> String {
    format!("/standfast/{system}/controller/")
}

/// Whom the writer name means (P13): [`crate::Writer`].
pub fn writer(system: &System, database: &Database) -> String {
    format!("/standfast/{system}/writer/{database}")
}

/// The open request of an operator: [`crate::Request`].
pub fn request(system: &System, database: &Database) -> String {
    format!("/standfast/{system}/request/{database}")
}

/// Present while decisions are paused: [`crate::Pause`].
pub fn pause(system: &System) -> String {
    format!("/standfast/{system}/pause")
}

/// Why each holder got the right to write, and how the hand-over went: [`crate::Succession`].
pub fn succession(system: &System, database: &Database, epoch: Epoch) -> String {
    format!(
        "/standfast/{system}/transition/{database}/{:020}",
        epoch.get()
    )
}

/// Prefix of all transitions of one database, oldest first.
pub fn successions(system: &System, database: &Database) -> String {
    format!("/standfast/{system}/transition/{database}/")
}

/// What a former primary had accepted and its successor had not (P14): [`crate::Loss`].
pub fn loss(system: &System, database: &Database, epoch: Epoch, node: &Node) -> String {
    format!(
        "/standfast/{system}/loss/{database}/{:020}/{node}",
        epoch.get()
    )
}

/// Prefix of the loss ledger of one database.
pub fn losses(system: &System, database: &Database) -> String {
    format!("/standfast/{system}/loss/{database}/")
}

/// One entry of the journal: [`crate::Event`]. `id` sorts by time. Not under [`system`]: the
/// journal grows, and no process that follows a system needs a copy of it.
pub fn event(system: &System, id: &str) -> String {
    format!("/standfast-journal/{system}/{id}")
}

/// Prefix of the journal, oldest first.
pub fn events(system: &System) -> String {
    format!("/standfast-journal/{system}/")
}
