use serde_json::Value;

use super::*;

const BLUEPRINT: &str = "\
standfast: 1
name: unit
promise: { rto: 10s, rpo: 3s }
regions: { east: { home: true }, west: {}, north: { witness: true } }
databases:
  main: { engine: postgres, durability: async, nodes: { home: 2, standby: 1 } }
failover: { lease: 2s, hold_down: 1s }
";

fn blueprint(text: &str) -> Blueprint {
    let (blueprint, problems) = standfast_blueprint::parse(text, &|_| None);
    blueprint.unwrap_or_else(|| panic!("{problems:?}"))
}

#[track_caller]
fn refused(from: &str, to: &str, because: &str) {
    let blueprint = blueprint(&BLUEPRINT.replace(from, to));
    let error = Deployment::prepare(&blueprint).unwrap_err();
    assert_eq!(error.exit, ExitStatus::Refused);
    assert!(error.error.to_string().contains(because), "{}", error.error);
}

#[test]
fn what_one_machine_cannot_keep_has_no_deployment() {
    for engine in ["mysql", "aurora-mysql"] {
        refused("postgres", engine, &format!("the engine `{engine}`"));
    }
    for durability in ["bounded", "zero"] {
        refused("async", durability, "the commit gate");
    }
    let databases = BLUEPRINT.find("databases:").unwrap()..BLUEPRINT.find("failover:").unwrap();
    refused(&BLUEPRINT[databases], "", "no database");
}

#[test]
fn every_node_has_an_agent_and_every_region_a_controller() {
    let blueprint = blueprint(BLUEPRINT);
    let deployment = Deployment::prepare(&blueprint).unwrap();
    let agents: Vec<String> = deployment.agents().iter().map(AgentFile::process).collect();
    let expected = ["east-1", "east-2", "west-1"].map(|node| format!("agent/main-{node}"));
    assert_eq!(agents, expected);
    for agent in deployment.agents() {
        assert_eq!(agent.founder.as_str(), "main-east-1");
        assert_eq!(agent.nodes.len(), agents.len());
    }
    let controllers = deployment.controllers(Some("https://example.test/told"));
    let controllers: Vec<&str> = controllers
        .iter()
        .map(|each| each.region.as_str())
        .collect();
    assert_eq!(controllers, ["east", "west", "north"]);
}

#[test]
fn agents_are_stopped_first_and_the_store_last() {
    let blueprint = blueprint(BLUEPRINT);
    let mut processes = Deployment::prepare(&blueprint).unwrap().processes();
    processes.sort_by_key(|process| process.stop_rank);
    let kinds: Vec<&str> = processes
        .iter()
        .map(|process| process.name.split('/').next().unwrap())
        .collect();
    assert_eq!(
        kinds.join(" "),
        "agent agent agent controller controller controller relay relay relay store"
    );
}

#[test]
fn the_only_adapter_is_in_no_file_and_implied_where_it_is_read() {
    let blueprint = blueprint(BLUEPRINT);
    let deployment = Deployment::prepare(&blueprint).unwrap();
    let agent = serde_json::to_value(&deployment.agents()[0]).unwrap();
    let controller = serde_json::to_value(&deployment.controllers(None)[0]).unwrap();
    let system = serde_json::to_value(deployment.system_file()).unwrap();
    for file in [
        &agent,
        &controller["databases"]["main"],
        &system["databases"]["main"],
    ] {
        assert!(file.is_object());
        assert_eq!(file["adapter"], Value::Null);
    }
    let agent: AgentFile = serde_json::from_value(agent).unwrap();
    assert_eq!(agent.adapter, Adapter::default());
}

#[test]
fn only_ports_that_differ_from_the_usual_ones_are_told() {
    let blueprint = blueprint(BLUEPRINT);
    let deployment = Deployment::prepare(&blueprint).unwrap();
    let mut ports = deployment.ports();
    assert_eq!(deployment.moved(&ports), []);
    assert_eq!(deployment.moved(&BTreeMap::new()), []);
    let usual = ports["dns/west"];
    ports.insert("dns/west".to_owned(), usual + 1);
    let moved = MovedPort {
        endpoint: "dns/west".to_owned(),
        usual,
        settled: usual + 1,
    };
    assert_eq!(deployment.moved(&ports), [moved]);
}
