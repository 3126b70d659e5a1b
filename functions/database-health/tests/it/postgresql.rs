//! Trying `PostgreSQL`, and everything around it.

use std::time::Duration;

use serde_json::json;
use standfast_functions_testing::http_server::{response, serve};
use standfast_functions_testing::postgres::{PASSWORD, Postgres, USERNAME, programs};
use standfast_functions_testing::waiting::free_port;

use crate::world::{CLUSTER, World, minute};

fn secret_text(password: &str) -> String {
    json!({ "username": USERNAME, "password": password }).to_string()
}

#[tokio::test]
async fn what_is_found_is_published_and_people_are_told_of_what_is_bad() {
    let Some(programs) = programs() else { return };
    let Some(mut world) = World::new().await else {
        return;
    };
    let mut server = Postgres::primary(&programs).await;
    let endpoint = format!("127.0.0.1:{}", server.port);
    world.put_parameter(&endpoint).await;
    world.create_cluster(CLUSTER, None).await;
    let secret = world.secret("right", &secret_text(PASSWORD)).await;
    let variables = [
        ("DATABASE_ENGINE", "postgres"),
        ("DATABASE_SECRET_ARN", secret.as_str()),
        ("CLUSTER_ID", CLUSTER),
    ];
    let mut function = world.function(&variables).await;
    let answer = minute(&mut function).await;
    let healthy = json!({ "region": "eu-west-1", "healthy": true });
    assert_eq!(answer, Ok(healthy.clone()));
    assert_eq!(world.published(), [1.0]);
    assert_eq!(world.notices(), Vec::<String>::new());

    server.end();
    let answer = minute(&mut function).await.unwrap();
    assert_eq!(answer["healthy"], false);
    assert_eq!(world.published(), [0.0]);
    let notices = world.notices();
    let [notice] = notices.as_slice() else {
        panic!("{notices:?}");
    };
    for part in [
        "The database is not healthy in eu-west-1\n",
        "reason:   the database does not serve: there is no connection: cannot connect to",
        "Connection refused",
        "cluster:  main-eu-west-1 (available)",
        "system:   main",
        &format!("endpoint: {endpoint}"),
    ] {
        assert!(notice.contains(part), "{part}: {notice}");
    }

    server
        .start(&programs, &["default_transaction_read_only=on"])
        .await;
    let answer = minute(&mut function).await;
    assert_eq!(answer, Ok(healthy), "a standby that answers is healthy");
    assert_eq!(world.published(), [1.0]);
    // What is good and cannot be published is told as bad, since an alarm would take its absence for that as well.
    world.cloudwatch.refuse_once();
    let error = minute(&mut function).await.unwrap_err();
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("the result of a good examination could not be published"));
    assert_eq!(world.published(), [0.0]);
    assert_eq!(world.notices().len(), 1);
    let log = function.log();
    assert!(!log.contains(PASSWORD), "{log}");
}

#[tokio::test]
async fn a_cluster_that_follows_is_tried_at_the_reader_that_its_description_names() {
    let Some(mut world) = World::new().await else {
        return;
    };
    let source = world.create_cluster("main-us-east-1", None).await;
    world.create_cluster(CLUSTER, Some(&source)).await;
    world.put_parameter("writer.invalid:5433").await;
    let secret = world.secret("right", &secret_text(PASSWORD)).await;
    let variables = [
        ("DATABASE_ENGINE", "postgres"),
        ("DATABASE_SECRET_ARN", secret.as_str()),
        // The name is not one of this machine, and leads nowhere.
        ("DATABASE_TLS", "encrypt"),
        ("CLUSTER_ID", CLUSTER),
    ];
    let mut function = world.function(&variables).await;
    let answer = minute(&mut function).await.unwrap();
    assert_eq!(answer["healthy"], false);
    let reason = answer["reason"].as_str().unwrap();
    assert!(reason.contains("main-eu-west-1.cluster-ro-"), "{reason}");
    assert!(reason.contains(".rds.amazonaws.com:5433"), "{reason}");
    let notices = world.notices().concat();
    let endpoint = "endpoint: main-eu-west-1.cluster-ro-";
    assert!(notices.contains(endpoint), "{notices}");
}

#[tokio::test]
async fn a_follower_is_tried_at_its_reader_and_a_primary_where_the_parameter_says() {
    let Some(programs) = programs() else { return };
    let Some(world) = World::new().await else {
        return;
    };
    let server = Postgres::primary(&programs).await;
    let port = server.port.to_string();
    let secret = world.secret("right", &secret_text(PASSWORD)).await;
    // Both are this machine, but the server listens on the first address only.
    let (answers, silent) = ("127.0.0.1", "127.0.0.2");
    for (source, parameter, reader, healthy) in [
        ("arn:of-another", silent, answers, true),
        ("arn:of-another", answers, silent, false),
        ("arn:of-another", answers, "", true),
        ("", silent, answers, false),
        ("", answers, silent, true),
    ] {
        world.put_parameter(parameter).await;
        let rds = serve(move |_| async move { response(200, described(source, reader)) }).await;
        let variables = [
            ("DATABASE_ENGINE", "postgres"),
            ("DATABASE_SECRET_ARN", secret.as_str()),
            ("DATABASE_PORT", &port),
            ("CLUSTER_ID", CLUSTER),
            ("AWS_ENDPOINT_URL_RDS", &format!("http://{rds}")),
        ];
        let mut function = world.function(&variables).await;
        let answer = minute(&mut function).await.unwrap();
        let case = format!("{source} {parameter} {reader}: {answer}");
        assert_eq!(answer["healthy"], healthy, "{case}");
        let value = if healthy { 1.0 } else { 0.0 };
        assert_eq!(world.published(), [value], "{case}");
    }
}

/// What RDS says of a cluster.
fn described(source: &str, reader: &str) -> String {
    format!(
        "<DescribeDBClustersResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
         <DescribeDBClustersResult><DBClusters><DBCluster>\
         <DBClusterIdentifier>{CLUSTER}</DBClusterIdentifier><Status>available</Status>\
         <ReplicationSourceIdentifier>{source}</ReplicationSourceIdentifier>\
         <ReaderEndpoint>{reader}</ReaderEndpoint>\
         </DBCluster></DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>"
    )
}

#[tokio::test]
async fn a_check_that_cannot_be_carried_out_is_told_and_fails() {
    let Some(programs) = programs() else { return };
    let Some(mut world) = World::new().await else {
        return;
    };
    let server = Postgres::primary(&programs).await;
    let good = format!("127.0.0.1:{}", server.port);
    let right = world.secret("right", &secret_text(PASSWORD)).await;
    let plain = world.secret("plain", &format!("{PASSWORD:?}")).await;
    let told = [
        (
            "missing",
            right.as_str(),
            "",
            "the endpoint of the database is not known",
        ),
        ("a b", &right, "", "holds no endpoint that can be used"),
        ("10.0.0.1", &right, "", "is not a loopback address"),
        (
            &good,
            &right,
            CLUSTER,
            "cannot describe the cluster main-eu-west-1",
        ),
        (&good, &plain, "", "is not a JSON object with the texts"),
        (
            &good,
            "no-such-secret",
            "",
            "cannot read the secret of the database",
        ),
    ];
    for (parameter, secret, cluster, reason) in told {
        if parameter != "missing" {
            world.put_parameter(parameter).await;
        }
        let variables = [
            ("DATABASE_ENGINE", "postgres"),
            ("DATABASE_SECRET_ARN", secret),
            ("CLUSTER_ID", cluster),
        ];
        let mut function = world.function(&variables).await;
        let error = minute(&mut function).await.unwrap_err();
        let message = error["errorMessage"].as_str().unwrap();
        assert!(message.contains(reason), "{reason}: {error}");
        assert_eq!(world.published(), [0.0], "{reason}");
        let notices = world.notices();
        assert_eq!(notices.len(), 1, "{reason}: {notices:?}");
        assert!(notices[0].starts_with("The database health check fails in eu-west-1\n"));
        assert!(notices[0].contains(reason), "{notices:?}");
        for text in [notices.concat(), function.log(), error.to_string()] {
            assert!(!text.contains(PASSWORD), "{text}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_a_database_that_does_not_serve_and_is_never_shown() {
    let Some(programs) = programs() else { return };
    let Some(mut world) = World::new().await else {
        return;
    };
    let server = Postgres::primary(&programs).await;
    world.put_parameter("127.0.0.1").await;
    let port = server.port.to_string();
    let secret = world.secret("wrong", &secret_text("hunter2")).await;
    let variables = [
        ("DATABASE_ENGINE", "postgres"),
        ("DATABASE_SECRET_ARN", secret.as_str()),
        ("DATABASE_PORT", &port),
    ];
    let mut function = world.function(&variables).await;
    let answer = minute(&mut function).await.unwrap();
    assert_eq!(answer["healthy"], false, "{answer}");
    let notices = world.notices().concat();
    assert!(
        notices.contains("password authentication failed"),
        "{notices}"
    );
    for text in [notices, function.log(), answer.to_string()] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn without_aws_the_invocation_fails_in_time() {
    let Some(world) = World::new().await else {
        return;
    };
    let nowhere = format!("http://127.0.0.1:{}", free_port());
    let variables = [
        ("DATABASE_ENGINE", "postgres"),
        ("DATABASE_SECRET_ARN", "arn:secret"),
        ("AWS_ENDPOINT_URL", &nowhere),
        ("AWS_ENDPOINT_URL_CLOUDWATCH", &nowhere),
    ];
    let mut function = world.function(&variables).await;
    let error = minute(&mut function).await.unwrap_err();
    let message = error["errorMessage"].as_str().unwrap();
    for part in [
        "cannot read the parameter",
        "cannot publish metrics",
        "cannot publish to",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_before_the_time_is() {
    let Some(mut world) = World::new().await else {
        return;
    };
    // Connections are taken by the kernel, and no server ever looks at them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = silent.local_addr().unwrap().to_string();
    world.put_parameter(&endpoint).await;
    let secret = world.secret("right", &secret_text(PASSWORD)).await;
    let variables = [
        ("DATABASE_ENGINE", "postgres"),
        ("DATABASE_SECRET_ARN", secret.as_str()),
    ];
    let mut function = world.function(&variables).await;
    let event = "{}";
    let answer = function.invoke(event, Duration::from_secs(20)).await;
    let reason = answer.unwrap()["reason"].as_str().unwrap().to_owned();
    assert!(reason.ends_with("within 3 s"), "{reason}");
    let answer = function.invoke(event, Duration::from_secs(6)).await;
    let reason = answer.unwrap()["reason"].as_str().unwrap().to_owned();
    assert!(
        reason.starts_with("the examination was not done within"),
        "{reason}"
    );
    assert_eq!(world.notices().len(), 2);
    assert_eq!(world.published(), [0.0, 0.0]);
}
