//! What surrounds the function: AWS, and people who are told.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use standfast_functions_testing::cloudwatch::{CloudWatch, datum};
use standfast_functions_testing::http_server::{response, serve};
use standfast_functions_testing::lambda::{Answer, Function};
use standfast_functions_testing::moto::{Moto, REGION};
use tokio::sync::mpsc;

const EVENT: &str = include_str!("../events/scheduler.json");

/// What the function is given, five seconds of which are for telling.
pub(crate) const WITHIN: Duration = Duration::from_secs(20);

pub(crate) const PARAMETER: &str = "/main/database/endpoint";

pub(crate) const CLUSTER: &str = "main-eu-west-1";

/// AWS with a topic that the test listens to.
pub(crate) struct World {
    pub(crate) moto: Moto,
    pub(crate) cloudwatch: CloudWatch,
    topic: String,
    notices: mpsc::UnboundedReceiver<String>,
}

impl World {
    /// Without a word, or with one about being skipped.
    pub(crate) async fn new() -> Option<Self> {
        let moto = Moto::start().await?;
        let sns = aws_sdk_sns::Client::new(&moto.config().await);
        let created = sns.create_topic().name("people").send().await;
        let topic = created.unwrap().topic_arn.unwrap();
        let (sent, notices) = mpsc::unbounded_channel();
        let address = serve(move |request| {
            let sent = sent.clone();
            async move {
                let envelope: Value = serde_json::from_slice(request.body()).unwrap();
                if envelope["Type"] == "Notification" {
                    let (subject, text) = (&envelope["Subject"], &envelope["Message"]);
                    let (subject, text) = (subject.as_str().unwrap(), text.as_str().unwrap());
                    let _ = sent.send(format!("{subject}\n{text}"));
                }
                response(200, "")
            }
        })
        .await;
        let subscribe = sns
            .subscribe()
            .topic_arn(&topic)
            .protocol("http")
            .endpoint(format!("http://{address}/"));
        subscribe.send().await.unwrap();
        Some(Self {
            moto,
            cloudwatch: CloudWatch::start().await,
            topic,
            notices,
        })
    }

    pub(crate) async fn put_parameter(&self, value: &str) {
        let ssm = aws_sdk_ssm::Client::new(&self.moto.config().await);
        ssm.put_parameter()
            .name(PARAMETER)
            .value(value)
            .r#type(aws_sdk_ssm::types::ParameterType::String)
            .overwrite(true)
            .send()
            .await
            .unwrap();
    }

    /// A new secret; its ARN.
    pub(crate) async fn secret(&self, name: &str, text: &str) -> String {
        let secrets = aws_sdk_secretsmanager::Client::new(&self.moto.config().await);
        let created = secrets.create_secret().name(name).secret_string(text);
        created.send().await.unwrap().arn.unwrap()
    }

    /// A new cluster that follows another, or none; its ARN.
    pub(crate) async fn create_cluster(&self, name: &str, source: Option<&str>) -> String {
        let rds = aws_sdk_rds::Client::new(&self.moto.config().await);
        let created = rds
            .create_db_cluster()
            .db_cluster_identifier(name)
            .engine("aurora-postgresql")
            .master_username("app")
            .master_user_password("not the one of the secret")
            .set_replication_source_identifier(source.map(str::to_owned))
            .send()
            .await;
        let cluster = created.unwrap().db_cluster.unwrap();
        cluster.db_cluster_arn.unwrap()
    }

    /// The function, with some variables of its own.
    pub(crate) async fn function(&self, own: &[(&'static str, &str)]) -> Function {
        let mut variables: BTreeMap<&str, String> = self.moto.variables();
        variables.extend([
            self.cloudwatch.variable(),
            ("SYSTEM", "main".to_owned()),
            ("TOPIC_ARN", self.topic.clone()),
            ("ENDPOINT_PARAMETER", PARAMETER.to_owned()),
            ("DATABASE_TLS", "off".to_owned()),
        ]);
        variables.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Function::start(env!("CARGO_BIN_EXE_database-health"), &variables).await
    }

    /// What people were told since last asked. A notice is delivered before it counts as published.
    pub(crate) fn notices(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.notices.try_recv().ok()).collect()
    }

    /// What `DatabaseHealth` was published as since last asked, each time with and without the system.
    pub(crate) fn published(&self) -> Vec<f64> {
        let published = self.cloudwatch.published();
        let region = ("Region", REGION);
        let times = published.chunks(2).map(|both| {
            let value = both[0].2;
            let alone = datum("DatabaseHealth", &[region], value);
            let with_system = datum("DatabaseHealth", &[("System", "main"), region], value);
            assert_eq!(both, [alone, with_system]);
            value
        });
        times.collect()
    }
}

/// A minute has passed.
pub(crate) async fn minute(function: &mut Function) -> Answer {
    function.invoke(EVENT, WITHIN).await
}
