//! Who could take over from a primary that can still be asked.

use standfast_units::{Bytes, Lsn, Node, Region, Timestamp};

use super::Member;
use crate::observation::{Database, Peer};
use standfast_record::Role;

/// The most log a standby may lack when a switchover to it begins: what it still has to receive is
/// waited for with clients shut out. The figure is the one `pg_auto_failover` promotes within.
const SWITCHOVER_LAG_MAX: Bytes = Bytes::mib(16);

/// How far a candidate may be away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// In our region.
    Region,
    /// In any region.
    All,
}

impl Member {
    /// The standbys on our timeline that were heard of within the lease.
    fn standbys(&self, now: Timestamp) -> impl Iterator<Item = &Peer> {
        let timeline = self.right.holding().map(|holding| holding.lease.timeline);
        self.observed
            .peers
            .values()
            .filter(move |sight| now.since(sight.seen_at) < self.settings.timings.lease)
            .map(|sight| &sight.peer)
            .filter(move |peer| peer.role == Role::Standby && peer.timeline == timeline)
    }

    pub(super) fn has_candidate(&self, now: Timestamp, reach: Reach) -> bool {
        self.safe_candidate(now, Lsn::ZERO, reach).is_some()
    }

    /// A standby that has the log up to its `end`, the nearest first.
    pub(super) fn safe_candidate(&self, now: Timestamp, end: Lsn, reach: Reach) -> Option<Node> {
        let near = |peer: &Peer| self.settings.same_region(&peer.node, &self.settings.node);
        self.standbys(now)
            .filter(|peer| reach == Reach::All || near(peer))
            .filter(|peer| peer.position.is_some_and(|position| position >= end))
            .max_by_key(|peer| (near(peer), std::cmp::Reverse(peer.node.clone())))
            .map(|peer| peer.node.clone())
    }

    /// Whether `node` has published that it has the log up to its `end`.
    pub(super) fn has_everything(&self, now: Timestamp, node: &Node, end: Lsn) -> bool {
        self.standbys(now)
            .any(|peer| peer.node == *node && peer.position.is_some_and(|at| at >= end))
    }

    /// The most advanced standby of a region that is close enough for a switchover (P8).
    pub(super) fn successor_in(&self, now: Timestamp, to: &Region) -> Result<Node, String> {
        let Database::Primary { timeline, position } = self.observed.database else {
            return Err("the primary does not serve at present; try again".to_owned());
        };
        let mut seen = Vec::new();
        let mut best: Option<(Lsn, Node)> = None;
        for (node, _) in self
            .settings
            .nodes
            .iter()
            .filter(|(_, region)| *region == to)
        {
            let Some(sight) = self.observed.peers.get(node) else {
                seen.push(format!("{node} was never seen"));
                continue;
            };
            let peer = &sight.peer;
            let received = peer.position.unwrap_or(Lsn::ZERO);
            let lag = position.since(received);
            if now.since(sight.seen_at) >= self.settings.timings.lease {
                seen.push(format!("{node} is silent"));
            } else if peer.role != Role::Standby
                || !peer.streaming
                || peer.timeline != Some(timeline)
            {
                seen.push(format!("{node} does not follow"));
            } else if lag > SWITCHOVER_LAG_MAX {
                seen.push(format!(
                    "{node} lacks {lag}, at most {SWITCHOVER_LAG_MAX} are waited for"
                ));
            } else if best.as_ref().is_none_or(|(most, _)| received > *most) {
                best = Some((received, node.clone()));
            }
        }
        best.map(|(_, node)| node).ok_or_else(|| {
            if seen.is_empty() {
                format!("the database has no node in {to}")
            } else {
                format!("no standby in {to} can take over: {}", seen.join(", "))
            }
        })
    }
}
