//! What happens, handed to whom it concerns.

use std::time::Duration;

use standfast_store::machine::Flush;

use crate::happening::Happening;
use crate::world::World;

impl World {
    pub(crate) fn happen(&mut self, what: Happening) {
        match what {
            Happening::StoreHears { .. }
            | Happening::StoreAnswers { .. }
            | Happening::CallIsLate { .. }
            | Happening::CommitIsDone { .. }
            | Happening::Flush
            | Happening::StoreIsBack
            | Happening::Connect { .. }
            | Happening::SnapshotArrives { .. }
            | Happening::BatchArrives { .. }
            | Happening::ConnectionIsGone { .. }
            | Happening::Silence { .. } => self.happens_to_store(what),
            Happening::AgentStarts { .. }
            | Happening::AgentWakes { .. }
            | Happening::AgentHears { .. }
            | Happening::Observe { .. }
            | Happening::EngineActs { .. }
            | Happening::EngineAnswers { .. } => self.happens_to_agent(what),
            Happening::GuardStarts { .. }
            | Happening::GuardConnects { .. }
            | Happening::GuardWakes { .. }
            | Happening::GuardHears { .. }
            | Happening::GuardSays { .. }
            | Happening::GuardIsLate { .. } => self.happens_to_guard(what),
            Happening::ServerIsUp { .. }
            | Happening::ServerStops { .. }
            | Happening::LeavesRecovery { .. }
            | Happening::EndOfRecovery { .. }
            | Happening::PromotionIsSeen { .. }
            | Happening::Replicate
            | Happening::ClientsWrite => self.happens_to_server(&what),
            Happening::ControllerStarts { .. }
            | Happening::ControllerWakes { .. }
            | Happening::ControllerHears { .. }
            | Happening::Probe { .. }
            | Happening::VerifyActs { .. } => self.happens_to_controller(what),
            Happening::ProxyPolls { .. }
            | Happening::StoreIsRead { .. }
            | Happening::ProxyHears { .. }
            | Happening::AnswerArrives { .. } => self.happens_to_proxy(what),
            Happening::Strike(index) => self.strike(index),
            Happening::Mend(index) => self.mend(index),
        }
    }

    fn happens_to_store(&mut self, what: Happening) {
        match what {
            Happening::StoreHears {
                process,
                life,
                call,
                question,
            } => self.store_hears(process, life, call, question),
            Happening::StoreAnswers {
                process,
                life,
                call,
                answer,
            } => self.store_answers(process, life, call, answer),
            Happening::CallIsLate {
                process,
                life,
                call,
            } => self.call_is_late(process, life, call),
            Happening::CommitIsDone { store_life } => self.commit_is_done(store_life),
            Happening::Flush => {
                if self.store.up {
                    self.store_goes_on(Flush::Now);
                }
                self.plan_in(Duration::from_secs(1), Happening::Flush);
            }
            Happening::StoreIsBack => self.restart_store(),
            Happening::Connect { process, life } => self.connect(process, life),
            Happening::SnapshotArrives {
                process,
                life,
                connection,
                store_life,
                view,
            } => self.snapshot_arrives(process, life, connection, store_life, *view),
            Happening::BatchArrives {
                process,
                life,
                connection,
                batch,
            } => self.batch_arrives(process, life, connection, batch),
            Happening::ConnectionIsGone {
                process,
                life,
                connection,
            } => self.connection_is_gone(process, life, connection),
            Happening::Silence {
                process,
                life,
                connection,
            } => self.silence(process, life, connection),
            _ => {}
        }
    }

    fn happens_to_agent(&mut self, what: Happening) {
        match what {
            Happening::AgentStarts { node, life } => self.agent_starts(node, life),
            Happening::AgentWakes { node, life, at } => self.agent_wakes(node, life, at),
            Happening::AgentHears { node, life, event } => self.agent_hears(node, life, *event),
            Happening::Observe { node, life } => self.observe(node, life),
            Happening::EngineActs { node, life, ticket } => self.engine_acts(node, life, ticket),
            Happening::EngineAnswers {
                node,
                life,
                ticket,
                answer,
            } => self.engine_answers(node, life, ticket, *answer),
            _ => {}
        }
    }

    fn happens_to_guard(&mut self, what: Happening) {
        match what {
            Happening::GuardStarts { node } => self.guard_starts(node),
            Happening::GuardConnects { node, life } => self.guard_connects(node, life),
            Happening::GuardWakes {
                node,
                guard_life,
                at,
            } => self.guard_wakes(node, guard_life, at),
            Happening::GuardHears {
                node,
                guard_life,
                connection,
                request,
            } => self.guard_hears(node, guard_life, connection, *request),
            Happening::GuardSays {
                node,
                life,
                connection,
                ticket,
                message,
            } => self.agent_hears_guard(node, life, connection, ticket, &message),
            Happening::GuardIsLate { node, life, ticket } => {
                self.guard_is_late(node, life, ticket);
            }
            _ => {}
        }
    }

    fn happens_to_server(&mut self, what: &Happening) {
        match *what {
            Happening::ServerIsUp { node, server_life } => self.server_is_up(node, server_life),
            Happening::ServerStops { node, server_life } => self.server_stops(node, server_life),
            Happening::LeavesRecovery {
                node,
                server_life,
                timeline,
            } => self.leaves_recovery(node, server_life, timeline),
            Happening::EndOfRecovery {
                node,
                server_life,
                timeline,
            } => self.end_of_recovery(node, server_life, timeline),
            Happening::PromotionIsSeen {
                node,
                life,
                ticket,
                timeline,
            } => self.promotion_is_seen(node, life, ticket, timeline),
            Happening::Replicate => self.replicate(),
            Happening::ClientsWrite => self.clients_write(),
            _ => {}
        }
    }

    fn happens_to_proxy(&mut self, what: Happening) {
        match what {
            Happening::ProxyPolls { region } => self.proxy_polls(region),
            Happening::StoreIsRead { region, sent_at } => self.store_is_read(region, sent_at),
            Happening::ProxyHears {
                region,
                sent_at,
                sighting,
            } => self.proxy_hears(region, sent_at, *sighting),
            Happening::AnswerArrives {
                region,
                epoch,
                record,
            } => self.answer_arrives(region, epoch, record),
            _ => {}
        }
    }

    fn happens_to_controller(&mut self, what: Happening) {
        match what {
            Happening::ControllerStarts { region, life } => self.controller_starts(region, life),
            Happening::ControllerWakes { region, life, at } => {
                self.controller_wakes(region, life, at);
            }
            Happening::ControllerHears {
                region,
                life,
                event,
            } => self.controller_hears(region, life, *event),
            Happening::Probe { region, life } => self.probe(region, life),
            Happening::VerifyActs {
                region,
                life,
                ticket,
                node,
                epoch,
            } => self.verify_acts(region, life, ticket, &node, epoch),
            _ => {}
        }
    }
}
