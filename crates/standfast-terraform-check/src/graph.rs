//! What depends on what, and the cycles in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::Fault;

/// Dependencies between addresses, across all modules.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    edges: BTreeMap<String, BTreeSet<String>>,
    files: BTreeMap<String, String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Open,
    Done,
}

impl Graph {
    /// Notes that one address, which stands in the file, needs another.
    pub(crate) fn add(&mut self, file: &str, from: String, to: String) {
        self.files
            .entry(from.clone())
            .or_insert_with(|| file.to_owned());
        self.edges.entry(from).or_default().insert(to);
    }

    /// A fault for each way back to where a walk came from.
    pub(crate) fn cycles(&self) -> Vec<Fault> {
        let mut walk = Walk {
            graph: self,
            visits: BTreeMap::new(),
            path: Vec::new(),
            faults: vec![],
        };
        for node in self.edges.keys() {
            walk.visit(node);
        }
        walk.faults
    }
}

struct Walk<'a> {
    graph: &'a Graph,
    visits: BTreeMap<&'a str, Visit>,
    path: Vec<&'a str>,
    faults: Vec<Fault>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, node: &'a str) {
        match self.visits.get(node) {
            Some(Visit::Done) => {}
            Some(Visit::Open) => {
                let start = self.path.iter().position(|open| *open == node).unwrap_or(0);
                let mut cycle: Vec<&str> = self.path[start..].to_vec();
                cycle.push(node);
                self.faults.push(Fault {
                    file: self.graph.files.get(node).cloned().unwrap_or_default(),
                    address: node.to_owned(),
                    message: format!("depends on itself: {}", cycle.join(" -> ")),
                });
            }
            None => {
                self.visits.insert(node, Visit::Open);
                self.path.push(node);
                for next in self.graph.edges.get(node).into_iter().flatten() {
                    self.visit(next);
                }
                self.path.pop();
                self.visits.insert(node, Visit::Done);
            }
        }
    }
}
