//! `standfast outputs`: where clients connect, ready to paste.

use std::path::Path;

use serde::Serialize;
use standfast_units::{Database, Node, Region};

use crate::engine::Adapter;
use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::print::{self, Format};
use crate::system::{self, Located};

/// Version 1 of the format; documented in `docs/manual.md`.
#[derive(Debug, Serialize)]
struct Outputs {
    version: u32,
    system: String,
    databases: Vec<DatabaseOutputs>,
}

#[derive(Debug, Serialize)]
struct DatabaseOutputs {
    #[serde(skip)]
    adapter: Adapter,
    name: Database,
    database: String,
    user: String,
    password_file: String,
    writer_name: String,
    reader_name: String,
    name_servers: Vec<String>,
    proxies: Vec<ProxyOutputs>,
    nodes: Vec<NodeOutputs>,
    connection_strings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ProxyOutputs {
    region: Region,
    address: String,
}

#[derive(Debug, Serialize)]
struct NodeOutputs {
    node: Node,
    region: Region,
    address: String,
}

fn outputs(located: &Located) -> Outputs {
    let file = &located.file;
    let databases = file.databases.iter().map(|(name, database)| {
        let proxies: Vec<ProxyOutputs> = file
            .region_order
            .iter()
            .filter_map(|region| {
                let address = file.regions.get(region)?.proxies.get(name)?.to_string();
                Some(ProxyOutputs {
                    region: region.clone(),
                    address,
                })
            })
            .collect();
        let connection_strings = proxies
            .iter()
            .map(|proxy| {
                database.adapter.connection_string(
                    &database.username,
                    &proxy.address,
                    &database.database_name,
                )
            })
            .collect();
        DatabaseOutputs {
            adapter: database.adapter,
            name: name.clone(),
            database: database.database_name.clone(),
            user: database.username.clone(),
            password_file: database.password_file.to_string_lossy().into_owned(),
            writer_name: format!("{name}-writer.{}", file.zone),
            reader_name: format!("{name}-reader.{}", file.zone),
            name_servers: file
                .region_order
                .iter()
                .filter_map(|region| file.regions.get(region))
                .map(|region| region.dns.to_string())
                .collect(),
            proxies,
            nodes: database
                .nodes
                .iter()
                .map(|(node, at)| NodeOutputs {
                    node: node.clone(),
                    region: at.region.clone(),
                    address: at.address.to_string(),
                })
                .collect(),
            connection_strings,
        }
    });
    Outputs {
        version: 1,
        system: file.system.to_string(),
        databases: databases.collect(),
    }
}

/// Prints them.
pub(crate) fn print(located: &Located, format: Format) -> Result<(), CommandError> {
    let outputs = outputs(located);
    match format {
        Format::Json => print::json(&outputs),
        Format::Human => {
            print::data(&render(&outputs));
            Ok(())
        }
    }
}

fn render(outputs: &Outputs) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{}\n", outputs.system);
    for database in &outputs.databases {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  database {}", database.name);
        for (proxy, string) in database.proxies.iter().zip(&database.connection_strings) {
            let command = database
                .adapter
                .client_command(&database.password_file, string);
            let region = proxy.region.as_str();
            let _ = writeln!(text, "    writer by {region:<14} {command}");
        }
        if let Some(server) = database.name_servers.first() {
            let (address, port) = server.rsplit_once(':').unwrap_or((server, "53"));
            for name in [&database.writer_name, &database.reader_name] {
                let _ = writeln!(
                    text,
                    "    name   {name:<36} dig @{address} -p {port} {name}"
                );
            }
        }
        for node in &database.nodes {
            let _ = writeln!(
                text,
                "    node   {:<36} {}",
                node.node.as_str(),
                node.address
            );
        }
    }
    text
}

/// Runs the command.
pub(crate) fn run(file: Option<&Path>, format: Format) -> CommandResult {
    print(&system::locate(file, format)?, format)?;
    Ok(ExitStatus::Success)
}
