//! Reads the lease record again and again and publishes what that proves.
//!
//! It runs on a thread of its own, with a runtime of its own, so that no amount of client traffic
//! delays a read: a starved reader would cut a healthy database off. What the source brings along (a
//! connection driven by another runtime) shares the fate of that runtime.
//!
//! Deliberately absent: any consequence. Doors and connections look at the proof themselves.

use std::error::Error as _;
use std::io;
use std::mem;
use std::sync::Arc;
use std::thread;

use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{error, info, warn};

use crate::phase::{EndPhase, reached};
use crate::settings::Settings;
use crate::source::{Clock, LeaseSource, ReadError};
use crate::validity::{Observed, Proof, Validity};

/// Starts the thread. It ends once `phase` says so, or when the proxy is gone.
pub(crate) fn start(
    source: impl LeaseSource,
    clock: impl Clock,
    settings: Arc<Settings>,
    proof: watch::Sender<Proof>,
    nudge: Arc<Notify>,
    mut phase: watch::Receiver<EndPhase>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::Builder::new()
        .name("proxy-keeper".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = reached(&mut phase, EndPhase::Ended) => {}
                    () = keep(source, clock, &settings, &proof, &nudge) => {}
                }
            });
        })?;
    Ok(())
}

async fn keep(
    mut source: impl LeaseSource,
    clock: impl Clock,
    settings: &Settings,
    proof: &watch::Sender<Proof>,
    nudge: &Notify,
) {
    let mut validity = Validity::new(settings.lease, settings.clock_drift_max);
    let mut trouble = Trouble::default();
    // Keeps reads apart, so that those who ask for a look cannot flood the store. After a freeze
    // there is nothing to catch up on.
    let mut beat = interval(settings.poll_every_closed);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        // P22: from before the read leaves. Read after read, never two at once: only then does the
        // order in which they were sent say anything about the order of what they saw.
        let sent_at = clock();
        match timeout(settings.read_timeout, source.read()).await {
            Ok(Ok(sighting)) => {
                let observed = validity.observe(sent_at, sighting);
                trouble.answered(observed, validity.proof());
            }
            Ok(Err(error)) => trouble.unanswered(&error),
            Err(_) => trouble.unanswered(&ReadError::new("no answer came in time")),
        }
        let new = validity.proof();
        proof.send_if_modified(|old| {
            let changed = old != new;
            if changed {
                old.clone_from(new);
            }
            changed
        });
        if new.writer(clock()).is_ok() {
            // Either way, a look follows.
            let _ = timeout(settings.poll_every, nudge.notified()).await;
        }
    }
}

/// What is wrong with reads, so that each trouble is logged when it begins and when it ends.
#[derive(Debug, Default)]
struct Trouble {
    unanswered: bool,
    went_back: bool,
}

impl Trouble {
    fn unanswered(&mut self, error: &ReadError) {
        if !mem::replace(&mut self.unanswered, true) {
            let source = error.source().map(ToString::to_string);
            warn!(%error, source, "lease record unreadable");
        }
    }

    fn answered(&mut self, observed: Observed, proof: &Proof) {
        if mem::take(&mut self.unanswered) {
            info!(epoch = %proof.epoch(), "lease record readable again");
        }
        let went_back = observed == Observed::WentBack;
        if went_back && !self.went_back {
            error!(
                epoch = %proof.epoch(),
                "the store showed an older lease record than before; if it was emptied or restored, restart the proxy"
            );
        }
        self.went_back = went_back;
    }
}
