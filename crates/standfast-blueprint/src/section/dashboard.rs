//! Dashboards: which widgets a region's page has.

use serde_json::{Value, json};

use crate::choice::Placement;
use crate::grammar::definition::Definitions;
use crate::grammar::reader::{FromNode, Reader};
use crate::grammar::record;
use crate::text::reference::Widget;
use crate::tree::{Node, NodeKind};

record! {
    /// A dashboard of some regions.
    pub struct DashboardSpec {
        /// In which regions it lies.
        default runs: Placement = Placement::Every,
        /// What it shows.
        required show: Vec<Widget>,
    }
}

/// A dashboard: a list of what it shows, or that and where it lies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShownDashboard(pub(crate) DashboardSpec);

impl FromNode for ShownDashboard {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(node.kind, NodeKind::Mapping(_)) {
            return DashboardSpec::read(node, reader).map(Self);
        }
        Some(Self(DashboardSpec {
            runs: Placement::Every,
            show: Vec::read(node, reader)?,
        }))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let long = DashboardSpec::schema(definitions);
        let short = Vec::<Widget>::schema(definitions);
        json!({ "anyOf": [long, short] })
    }
}
