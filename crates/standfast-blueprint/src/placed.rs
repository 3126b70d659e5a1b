//! Parts of the system with the places of what is checked about them.

use ipnet::Ipv4Net;

use crate::model::{DatabaseSpec, FailoverSpec, RegionSpec};
use crate::source::{Span, Spanned};

/// A region and the places of what is checked about it.
pub(crate) struct PlacedRegion {
    pub(crate) name_span: Span,
    pub(crate) spec: RegionSpec,
    pub(crate) home: bool,
    pub(crate) witness: bool,
    pub(crate) cidr: Option<Spanned<Ipv4Net>>,
    /// The first thing in it that only a region with data has.
    pub(crate) data: Option<(&'static str, Span)>,
}

/// A database and the places of what is checked about it.
pub(crate) struct PlacedDatabase {
    pub(crate) name_span: Span,
    pub(crate) home_count_span: Option<Span>,
    pub(crate) spec: DatabaseSpec,
}

/// The settings of failover and where they stand, if they do.
pub(crate) struct PlacedFailover {
    pub(crate) spec: FailoverSpec,
    pub(crate) lease_span: Option<Span>,
    /// Where the most loss is given: at its key, or at the promised RPO that stands in for it.
    pub(crate) max_loss_span: Span,
}
