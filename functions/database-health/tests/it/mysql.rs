//! Trying `MySQL`, as far as `MariaDB` is one.

use serde_json::json;
use standfast_functions_testing::postgres::{PASSWORD, USERNAME};

use crate::mariadb::MariaDb;
use crate::world::{World, minute};

#[tokio::test]
async fn mysql_is_tried_in_clear_encrypted_and_verified() {
    let Some(mut server) = MariaDb::start().await else {
        return;
    };
    let Some(mut world) = World::new().await else {
        return;
    };
    world
        .put_parameter(&format!("127.0.0.1:{}", server.port))
        .await;
    let text = |password| json!({ "username": USERNAME, "password": password }).to_string();
    let right = world.secret("right", &text(PASSWORD)).await;
    let wrong = world.secret("wrong", &text("hunter2")).await;
    let authority = server.authority();
    let authority = authority.to_str().unwrap();
    for (mode, authority, secret, reason) in [
        ("off", "", &right, None),
        ("encrypt", "", &right, None),
        ("verify", authority, &right, None),
        (
            "verify",
            "",
            &right,
            Some("DATABASE_CA_FILE can name a file"),
        ),
        ("off", "", &wrong, Some("Access denied")),
    ] {
        let variables = [
            ("DATABASE_ENGINE", "mysql"),
            ("DATABASE_SECRET_ARN", secret.as_str()),
            ("DATABASE_TLS", mode),
            ("DATABASE_CA_FILE", authority),
        ];
        let mut function = world.function(&variables).await;
        let answer = minute(&mut function).await.unwrap();
        assert_eq!(answer["healthy"], reason.is_none(), "{mode}: {answer}");
        let notices = world.notices().concat();
        assert!(notices.contains(reason.unwrap_or_default()), "{notices}");
        for text in [notices, function.log(), answer.to_string()] {
            assert!(
                !text.contains("hunter2") && !text.contains(PASSWORD),
                "{text}"
            );
        }
    }
    server.end();
    let variables = [
        ("DATABASE_ENGINE", "mysql"),
        ("DATABASE_SECRET_ARN", right.as_str()),
    ];
    let mut function = world.function(&variables).await;
    let answer = minute(&mut function).await.unwrap();
    assert_eq!(answer["healthy"], false);
    let notices = world.notices().concat();
    assert!(notices.contains("Connection refused"), "{notices}");
}
