//! What a scenario is played on: one core, its clock, and what it was last asked to do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use standfast_failover::{
    Action, Decision, Input, Member, Mode, RedirectInput, Redirector, RedirectorSettings,
    RightAction, Settings, Timings, Transition,
};
use standfast_record::{Lease, LeaseState, Revision};
use standfast_scenarios::Stage as _;
use standfast_units::{Node, Region, Timestamp, format_duration};

use super::coverage::Coverage;
use super::print;

pub(super) enum Core {
    Member(Box<Member>),
    Region(Redirector),
}

pub(super) struct Stage {
    pub(super) now: Timestamp,
    began: Timestamp,
    pub(super) core: Option<Core>,
    pub(super) timings: Timings,
    pub(super) mode: Mode,
    pub(super) nodes: Vec<&'static str>,
    pub(super) revision: u64,
    pub(super) published: u64,
    pub(super) requests: u64,
    /// The record as the core last wanted it, for `lease mine`.
    pub(super) wanted: Option<Lease>,
    /// A renewal was asked for and not answered by `renewing` yet.
    pub(super) renewal_asked: bool,
    /// Renewals are granted and not told of.
    pub(super) renewing: bool,
    /// What the store was last said to hold.
    pub(super) lease: Option<Lease>,
    last: Option<Decision>,
    out: String,
    /// What `out` tells of.
    pending: Coverage,
    /// What the transcripts so far tell of.
    pub(super) coverage: Coverage,
}

impl standfast_scenarios::Stage for Stage {
    fn perform(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.say(&words);
    }

    fn transcript(&mut self) -> String {
        let mut text = std::mem::take(&mut self.out);
        self.coverage.add(std::mem::take(&mut self.pending));
        if let (Some(Core::Member(member)), Some(last)) = (&self.core, &self.last) {
            self.coverage.see_standing(last);
            let _ = writeln!(text, "{}, {}", member.state(), last.diagnosis);
            for hold in &last.holds {
                let _ = writeln!(text, "  holds: {hold}");
            }
        } else if text.is_empty() {
            text.push_str("nothing\n");
        }
        text
    }
}

impl Stage {
    pub(super) fn new() -> Self {
        let began = Timestamp::from_millis(1_000_000);
        Self {
            now: began,
            began,
            core: None,
            timings: Timings {
                lease: Duration::from_secs(5),
                self_fence_after: Duration::from_millis(4_600),
                renew_every: Duration::from_millis(1_150),
                hold_down: Duration::from_secs(30),
                cool_down: Duration::from_mins(15),
                max_loss: Duration::from_secs(5),
            },
            mode: Mode::Automatic,
            nodes: vec!["east-1", "east-2", "west-1"],
            revision: 10,
            published: 0,
            requests: 0,
            wanted: None,
            renewal_asked: false,
            renewing: false,
            lease: None,
            last: None,
            out: String::new(),
            pending: Coverage::default(),
            coverage: Coverage::default(),
        }
    }

    pub(super) fn begin_member(&mut self, name: &str) {
        let nodes: BTreeMap<Node, Region> = self
            .nodes
            .iter()
            .map(|each| (node(each), region(each.split('-').next().unwrap())))
            .collect();
        let settings = Settings {
            node: node(name),
            nodes,
            founder: node("east-1"),
            timings: self.timings,
            mode: self.mode,
        };
        self.core = Some(Core::Member(Box::new(Member::new(settings, self.now))));
    }

    pub(super) fn begin_region(&mut self, name: &str) {
        let regions = ["east", "west", "witness"].map(region).to_vec();
        let region = region(name);
        let settings = RedirectorSettings { region, regions };
        self.core = Some(Core::Region(Redirector::new(settings)));
    }

    /// Plays steps that need no telling.
    pub(super) fn quietly(&mut self, lines: &[&str]) {
        for line in lines {
            self.perform(line);
        }
        self.out.clear();
        self.pending = Coverage::default();
    }

    /// Lets time pass, stepping whenever the core wants to be.
    pub(super) fn wait(&mut self, span: Duration) {
        let end = self.now.after(span);
        while let Some(wake_at) = self.last.as_ref().map(|last| last.wake_at)
            && wake_at < end
        {
            self.now = wake_at.max(self.now.after(Duration::from_millis(1)));
            self.step(Input::Tick);
        }
        self.now = end;
        self.step(Input::Tick);
    }

    pub(super) fn step(&mut self, input: Input) {
        let Some(Core::Member(member)) = &mut self.core else {
            panic!("there is no member to step");
        };
        let decision = member.step(self.now, input);
        self.pending.see_acts(&decision);
        let at = format_duration(self.now.since(self.began));
        for Transition { from, to, why } in &decision.transitions {
            let _ = writeln!(self.out, "{at}: {from} -> {to} ({why})");
        }
        for action in &decision.actions {
            match action {
                Action::Right(RightAction::Acquire(acquisition)) => {
                    self.wanted = Some(acquisition.lease.clone());
                }
                Action::Right(RightAction::Renew { lease, .. }) => {
                    self.renewal_asked = true;
                    self.wanted = Some(lease.clone());
                }
                Action::Right(RightAction::Release { lease, .. }) => {
                    self.wanted = Some(lease.clone());
                }
                _ => {}
            }
            if !(self.renewing && matches!(action, Action::Right(RightAction::Renew { .. }))) {
                let _ = writeln!(self.out, "{at}: {}", print::action(action, self.now));
            }
        }
        self.last = Some(decision);
    }

    pub(super) fn step_region(&mut self, input: RedirectInput) {
        let Some(Core::Region(core)) = &mut self.core else {
            panic!("there is no region to step");
        };
        let (action, wake_at) = core.step(self.now, input);
        let at = format_duration(self.now.since(self.began));
        if let Some(action) = action {
            self.pending.see_redirection(&action);
            let _ = writeln!(self.out, "{at}: {}", print::region_action(&action));
        }
        if let Some(wake_at) = wake_at {
            let after = format_duration(wake_at.since(self.now));
            let _ = writeln!(self.out, "{at}: again in {after}");
        }
    }

    /// The record of the right to write, with what a step says of it.
    pub(super) fn see_lease(&mut self, lease: Option<Lease>) {
        self.revision += 1;
        self.lease.clone_from(&lease);
        let revision = Revision(if lease.is_some() { self.revision } else { 0 });
        let seen = standfast_failover::Observation::Lease { lease, revision };
        self.step(Input::Observed(seen));
    }

    pub(super) fn last_lease(&self) -> Lease {
        self.lease.clone().unwrap_or(Lease {
            epoch: standfast_units::Epoch::new(3),
            holder: node("east-1"),
            incarnation: "m3".to_owned(),
            renewal: 10,
            state: LeaseState::Held,
            timeline: standfast_units::Timeline::FIRST,
            timeline_reserved: standfast_units::Timeline::FIRST,
            position: None,
        })
    }
}

pub(super) fn node(name: &str) -> Node {
    Node::new(name).unwrap()
}

pub(super) fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}
