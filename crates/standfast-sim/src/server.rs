//! A model of the database server's processes, as its guard sees them.

use standfast_guard::protocol::{Ended, Start};
use standfast_guard::{Sweep, Tree, Way};

/// What a server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    Nothing,
    /// Starts or recovers.
    Starts,
    Follows,
    /// Left recovery in part: its signal file is gone, its end of recovery is not written.
    LeavesRecovery,
    /// Accepts writes.
    Leads,
}

/// What the guard has asked of its processes and not seen yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Start,
    Stop,
}

/// The processes of one data folder.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, all of which can hold at once"
)]
pub(crate) struct Server {
    pub(crate) does: Does,
    /// Grows with each start, so that what was planned for an earlier one is dropped.
    pub(crate) life: u64,
    /// Whether clients are let in.
    pub(crate) admits: bool,
    pub(crate) upstream: Option<usize>,
    pub(crate) streaming: bool,
    /// Whether sessions go on although the first process is gone: they accept writes until they are killed,
    /// which is what a fence is for (P5).
    pub(crate) lingers: bool,
    /// Stopped by a signal, or by a disk: it does nothing and gives no answer.
    pub(crate) hangs: bool,
    /// Whether a SIGQUIT waits for it to go on: a stopped process takes it then.
    quits: bool,
    /// What the guard ordered, for the world to act on.
    pub(crate) asked: Option<Asked>,
    ended: Vec<(u32, Ended)>,
    pid: u32,
    /// What the start failed with, should the next one fail.
    pub(crate) refuses: Option<&'static str>,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            does: Does::Nothing,
            life: 0,
            admits: true,
            upstream: None,
            streaming: false,
            lingers: false,
            hangs: false,
            quits: false,
            asked: None,
            ended: Vec::new(),
            pid: 0,
            refuses: None,
        }
    }

    pub(crate) fn runs(&self) -> bool {
        self.does != Does::Nothing
    }

    /// The first process ends, by itself or killed; the others with it.
    pub(crate) fn end(&mut self, how: Ended) {
        if self.runs() {
            self.vanish();
            self.ended.push((self.pid, how));
        }
    }

    /// The first process is killed; sessions that clients have open live on.
    pub(crate) fn crash(&mut self, how: Ended) {
        let open = self.does == Does::Leads && self.admits && !self.hangs;
        self.end(how);
        self.lingers |= open;
    }

    /// SIGQUIT reaches the first process, which takes it once it runs.
    pub(crate) fn quit(&mut self) {
        if self.hangs {
            self.quits = true;
        } else {
            self.end(Ended::Exit(2));
        }
    }

    /// It goes on, and takes the signal that waits.
    pub(crate) fn goes_on(&mut self) {
        self.hangs = false;
        if self.quits {
            self.end(Ended::Exit(2));
        }
    }

    /// The machine is gone, and no guard hears of the end.
    pub(crate) fn vanish(&mut self) {
        self.does = Does::Nothing;
        self.lingers = false;
        self.life += 1;
        self.streaming = false;
        self.hangs = false;
        self.quits = false;
        self.asked = None;
    }
}

impl Tree for Server {
    fn start(&mut self, _: &Start) -> Result<u32, String> {
        if let Some(reason) = self.refuses.take() {
            return Err(reason.to_owned());
        }
        self.life += 1;
        self.pid += 1;
        self.does = Does::Starts;
        self.lingers = false;
        self.streaming = false;
        self.hangs = false;
        self.quits = false;
        self.asked = Some(Asked::Start);
        Ok(self.pid)
    }

    fn ask(&mut self, _: u32, way: Way) {
        match way {
            Way::InOrder => self.asked = Some(Asked::Stop),
            Way::AtOnce => self.quit(),
        }
    }

    fn reap(&mut self) -> Vec<(u32, Ended)> {
        std::mem::take(&mut self.ended)
    }

    fn childless(&self) -> bool {
        !self.runs() && !self.lingers
    }

    fn sweep(&mut self) -> Sweep {
        let clean = !self.runs();
        let killed = u32::from(self.runs()) + u32::from(self.lingers);
        self.end(Ended::Signal(9));
        self.lingers = false;
        Sweep { killed, clean }
    }
}
