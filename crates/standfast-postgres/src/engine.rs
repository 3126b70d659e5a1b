//! The contract, method by method.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use standfast_replication::{
    DataFolder, Engine, Error, FolderState, LogDirection, LogEnd, Promotion, ServerObservation,
    Shutdown, StartAs, StartCommand, Surplus, Upstream,
};
use standfast_units::{Lsn, Node, Timeline};

use crate::configuration;
use crate::control::Control;
use crate::copy;
use crate::defaults::{CHECKPOINT_WITHIN, STATEMENT_WITHIN};
use crate::door;
use crate::files::{self, IncompleteMark, PRIVATE};
use crate::history;
use crate::log::Log;
use crate::observation::Observer;
use crate::program::Programs;
use crate::promotion;
use crate::provision;
use crate::session::Login;
use crate::settings::Settings;
use crate::slots;

/// One `PostgreSQL` server.
#[derive(Debug, Clone)]
pub struct Postgres {
    shared: Arc<PostgresServer>,
}

#[derive(Debug)]
struct PostgresServer {
    settings: Settings,
    programs: Programs,
    observer: Observer,
}

impl Postgres {
    /// Checks the settings and finds the programs. Runs `postgres --version` and waits for it: made for
    /// the start of a process.
    ///
    /// # Errors
    /// [`Error::Unsuitable`] when the settings contradict a guarantee, or the programs are missing or of
    /// a version before 13.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        settings.check()?;
        let programs = Programs::find(settings.bin.as_deref())?;
        programs.check_version()?;
        Ok(Self {
            shared: Arc::new(PostgresServer {
                settings,
                programs,
                observer: Observer::default(),
            }),
        })
    }

    /// What it was made with.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    fn own(&self) -> Login {
        Login::own(&self.shared.settings, "postgres")
    }

    fn data(&self) -> &Path {
        &self.shared.settings.data
    }

    /// Refuses to have a folder opened for writes that would then not be what it was left as.
    fn refuse_as_primary(&self, state: &FolderState, control: &Control) -> Result<(), Error> {
        let refuse = |why: &str| {
            Err(Error::Contradiction {
                what: format!(
                    "{} is not started as a primary: {why}",
                    self.data().display()
                ),
            })
        };
        if state.set_up_as == LogDirection::Standby {
            return refuse("it was last set up as a standby, which becomes a primary by promotion");
        }
        if files::exists(&copy::backup_label(self.data()))? {
            return refuse("it is a copy that never caught up with its source");
        }
        if control.was_recovering() {
            return refuse("it was following when it stopped, and its standby.signal is gone");
        }
        Ok(())
    }
}

impl Engine for Postgres {
    async fn folder(&self) -> Result<DataFolder, Error> {
        let data = self.data().to_owned();
        let (absent, marked, follows) = files::blocking(move || {
            Ok((
                copy::is_absent(&data)?,
                IncompleteMark::of(&data).is_set()?,
                files::exists(&copy::standby_signal(&data))?,
            ))
        })
        .await?;
        // A folder that is being rewritten has another name meanwhile: the mark says more than the place.
        if marked {
            return Ok(DataFolder::Incomplete);
        }
        if absent {
            return Ok(DataFolder::Absent);
        }
        let control = Control::read(&self.shared.programs, self.data()).await?;
        Ok(DataFolder::Ready(FolderState {
            system_identifier: control.system_identifier,
            timeline: control.timeline,
            set_up_as: if follows {
                LogDirection::Standby
            } else {
                LogDirection::Primary
            },
            shutdown: control.shutdown(),
            checkpoint: control.checkpoint,
        }))
    }

    async fn initialise(&self) -> Result<(), Error> {
        copy::initialise(&self.shared.settings, &self.shared.programs).await
    }

    async fn provision(&self) -> Result<(), Error> {
        provision::provision(&self.shared.settings).await
    }

    async fn clone_from(&self, source: &Upstream) -> Result<(), Error> {
        copy::clone_from(&self.shared.settings, &self.shared.programs, source).await
    }

    async fn log_end(&self) -> Result<LogEnd, Error> {
        Log::open(&self.shared.programs, self.data())
            .await?
            .end()
            .await
    }

    async fn surplus(
        &self,
        timeline: Timeline,
        fork: Lsn,
        keep_in: &Path,
    ) -> Result<Surplus, Error> {
        Log::open(&self.shared.programs, self.data())
            .await?
            .surplus(timeline, fork, keep_in)
            .await
    }

    async fn rewind(&self, source: &Upstream) -> Result<(), Error> {
        copy::rewind(&self.shared.settings, &self.shared.programs, source).await
    }

    async fn set_up(&self, start_as: &StartAs) -> Result<StartCommand, Error> {
        let state = match self.folder().await? {
            DataFolder::Ready(state) => state,
            DataFolder::Absent | DataFolder::Incomplete => {
                return Err(Error::Contradiction {
                    what: format!(
                        "{} is absent or incomplete; it is not started but made anew (P6)",
                        self.data().display()
                    ),
                });
            }
        };
        let upstream = match start_as {
            StartAs::Primary => {
                let control = Control::read(&self.shared.programs, self.data()).await?;
                self.refuse_as_primary(&state, &control)?;
                None
            }
            StartAs::Standby { .. } if state.shutdown == Shutdown::CrashedUnsettled => {
                return Err(Error::Contradiction {
                    what: format!(
                        "{} was promoted and ended before its first checkpoint: it has to be rewound or \
                         cloned before it can follow",
                        self.data().display()
                    ),
                });
            }
            StartAs::Standby { upstream } => {
                let newest = Log::open(&self.shared.programs, self.data())
                    .await?
                    .newest_timeline();
                let data = self.data().to_owned();
                files::blocking(move || {
                    history::forget_placeholders_above(&data, newest)?;
                    files::write_durably(&copy::standby_signal(&data), b"", PRIVATE)
                })
                .await?;
                upstream.clone()
            }
        };
        let settings = self.shared.settings.clone();
        files::blocking(move || {
            configuration::create_folder(&settings.socket_folder)?;
            copy::remove_stale_locks(&settings)?;
            configuration::purge_auto_config(&settings.data)?;
            configuration::write_all(&settings, upstream.as_ref())
        })
        .await?;
        let config = configuration::config_file(&self.shared.settings.config);
        Ok(StartCommand {
            program: self.shared.programs.path("postgres"),
            arguments: vec![
                "-D".to_owned(),
                self.data().display().to_string(),
                "-c".to_owned(),
                format!("config_file={}", config.display()),
            ],
        })
    }

    async fn observe(&self) -> ServerObservation {
        self.shared.observer.observe(&self.own()).await
    }

    async fn follow(&self, upstream: &Upstream) -> Result<(), Error> {
        let ServerObservation::Standby { timeline, .. } = self.observe().await else {
            return Err(Error::Contradiction {
                what: "only a running standby can be told whom to follow".to_owned(),
            });
        };
        let target = self.own();
        let session = target.connect().await?;
        let settings = self.shared.settings.clone();
        let wanted = configuration::conninfo(&settings, upstream);
        let upstream = upstream.clone();
        files::blocking(move || {
            history::forget_placeholders_above(&settings.data, timeline)?;
            configuration::write_config(&settings, Some(&upstream))
        })
        .await?;
        door::reload(&session, &target).await?;
        let what = "say whom it follows";
        let session = target.connect().await?;
        let row = session
            .query_one(
                what,
                "SELECT current_setting('primary_conninfo')",
                &[],
                STATEMENT_WITHIN,
            )
            .await?;
        let follows: String = row
            .try_get(0)
            .map_err(|source| session.failed(what, source))?;
        if follows == wanted {
            Ok(())
        } else {
            Err(Error::Contradiction {
                what:
                    "the server read its configuration again but does not follow as told; its log \
                       says which line it refused"
                        .to_owned(),
            })
        }
    }

    async fn keep_log_for(&self, standbys: &[Node]) -> Result<(), Error> {
        slots::keep_log_for(&self.shared.settings, standbys).await
    }

    async fn promote(&self, timeline: Timeline, within: Duration) -> Result<Promotion, Error> {
        promotion::promote(&self.shared.settings, timeline, within).await
    }

    async fn checkpoint(&self) -> Result<(), Error> {
        self.own()
            .connect()
            .await?
            .run("write a checkpoint", "CHECKPOINT", CHECKPOINT_WITHIN)
            .await
    }

    async fn end_sessions(&self) -> Result<(), Error> {
        door::end(&self.shared.settings).await
    }

    async fn admit_sessions(&self) -> Result<(), Error> {
        door::admit(&self.shared.settings).await
    }
}
