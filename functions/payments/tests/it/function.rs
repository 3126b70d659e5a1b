//! The function as Lambda runs it: its own program, real events, the Runtime API.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use serde_json::{Value, json};
use standfast_functions_testing::lambda::Function;
use standfast_functions_testing::moto::Moto;
use standfast_functions_testing::postgres::{PASSWORD, Postgres, USERNAME, programs};

const POST: &str = include_str!("../events/api-gateway-post.json");
const POST_BASE64: &str = include_str!("../events/api-gateway-post-base64.json");
const GET_HEALTH: &str = include_str!("../events/api-gateway-get-health.json");
const ALB_HEALTH: &str = include_str!("../events/alb-get-health.json");

/// What API Gateway allows.
const WITHIN: Duration = Duration::from_secs(29);

const TABLE: &str = "receipts";

async fn invoke(function: &mut Function, event: &str) -> (u64, Value) {
    let answer = function.invoke(event, WITHIN).await.unwrap();
    assert_eq!(answer["isBase64Encoded"], false, "{answer}");
    let body = answer["body"].as_str().unwrap();
    (
        answer["statusCode"].as_u64().unwrap(),
        serde_json::from_str(body).unwrap(),
    )
}

async fn secret(moto: &Moto) -> String {
    let text = json!({ "username": USERNAME, "password": PASSWORD, "engine": "postgres" });
    let created = aws_sdk_secretsmanager::Client::new(&moto.config().await)
        .create_secret()
        .name("main/database")
        .secret_string(text.to_string())
        .send()
        .await;
    created.unwrap().arn.unwrap()
}

async fn create_table(dynamo: &aws_sdk_dynamodb::Client) {
    let name = "id";
    let key = KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(KeyType::Hash);
    let attribute = AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S);
    dynamo
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key.build().unwrap())
        .attribute_definitions(attribute.build().unwrap())
        .send()
        .await
        .unwrap();
}

async fn kept(dynamo: &aws_sdk_dynamodb::Client, key: &str) -> Option<String> {
    let key = AttributeValue::S(key.to_owned());
    let item = dynamo.get_item().table_name(TABLE).key("id", key);
    let item = item.send().await.unwrap().item?;
    Some(item["receipt_id"].as_s().unwrap().clone())
}

#[tokio::test]
async fn payments_come_in_through_the_gateway_and_receipts_are_kept_twice() {
    let Some(programs) = programs() else { return };
    let Some(moto) = Moto::start().await else {
        return;
    };
    let server = Postgres::primary(&programs).await;
    let mut variables = moto.variables();
    variables.extend([
        ("DATABASE_ENDPOINT", "127.0.0.1".to_owned()),
        ("DATABASE_PORT", server.port.to_string()),
        ("DATABASE_NAME", "postgres".to_owned()),
        ("DATABASE_TLS", "off".to_owned()),
        ("DATABASE_SECRET_ARN", secret(&moto).await),
        ("TABLE_NAME", TABLE.to_owned()),
    ]);
    let mut function = Function::start(env!("CARGO_BIN_EXE_payments"), &variables).await;
    let dynamo = aws_sdk_dynamodb::Client::new(&moto.config().await);

    // There is no table yet: the payment stands all the same, and the receipt comes later.
    let (status, receipt) = invoke(&mut function, POST).await;
    assert_eq!(status, 201, "{receipt}");
    assert!(
        function.log().contains("receipt not kept"),
        "{}",
        function.log()
    );
    create_table(&dynamo).await;
    assert_eq!(invoke(&mut function, POST).await, (200, receipt.clone()));
    let id = receipt["id"].as_str().map(str::to_owned);
    assert_eq!(kept(&dynamo, "order-2026-0001").await, id);
    // The same once more, and one whose body came in Base64.
    assert_eq!(invoke(&mut function, POST).await, (200, receipt));
    let (status, receipt) = invoke(&mut function, POST_BASE64).await;
    assert_eq!((status, &receipt["amount_minor"]), (201, &json!(995)));

    let client = server.connect().await.unwrap();
    let healthy = json!({ "region": "eu-west-1", "database": "writable" });
    assert_eq!(
        invoke(&mut function, GET_HEALTH).await,
        (200, healthy.clone())
    );
    assert_eq!(
        invoke(&mut function, ALB_HEALTH).await,
        (200, healthy.clone())
    );
    let require = json!({ "require": "writable" });
    for event in [GET_HEALTH, ALB_HEALTH] {
        let mut event: Value = serde_json::from_str(event).unwrap();
        event["queryStringParameters"] = require.clone();
        let answer = invoke(&mut function, &event.to_string()).await;
        assert_eq!(answer, (200, healthy.clone()));
    }
    let written = client.query_one("SELECT count(*) FROM payments_health", &[]);
    assert_eq!(written.await.unwrap().get::<_, i64>(0), 1);

    // The region was lost with what it had not replicated: the database knows another payment than the receipts.
    let lose = client.execute("UPDATE payments SET id = gen_random_uuid()", &[]);
    lose.await.unwrap();
    assert_eq!(invoke(&mut function, POST).await.0, 200);
    let log = function.log();
    assert!(log.contains("a payment was lost or made twice"), "{log}");
    assert!(!log.contains(PASSWORD), "{log}");
}

#[tokio::test]
async fn the_reader_is_asked_where_the_writer_leads_nowhere() {
    let Some(programs) = programs() else { return };
    let Some(moto) = Moto::start().await else {
        return;
    };
    let server = Postgres::primary(&programs).await;
    let mut variables = moto.variables();
    variables.extend([
        // On this machine, but the server listens on the other address only.
        ("DATABASE_ENDPOINT", "127.0.0.2".to_owned()),
        ("DATABASE_PORT", server.port.to_string()),
        ("DATABASE_NAME", "postgres".to_owned()),
        ("DATABASE_TLS", "off".to_owned()),
        ("DATABASE_SECRET_ARN", secret(&moto).await),
    ]);
    for (reader, status, database) in [
        ("127.0.0.1", 200, "read-only"),
        ("127.0.0.2", 503, "unreachable"),
        ("127.0.0.3", 503, "unreachable"),
        ("", 503, "unreachable"),
    ] {
        variables.insert("DATABASE_READER_ENDPOINT", reader.to_owned());
        let mut function = Function::start(env!("CARGO_BIN_EXE_payments"), &variables).await;
        let expected = json!({ "region": "eu-west-1", "database": database });
        let answer = invoke(&mut function, GET_HEALTH).await;
        assert_eq!(answer, (status, expected), "{reader}");
        assert_eq!(invoke(&mut function, POST).await.0, 503, "{reader}");
    }
}

#[tokio::test]
async fn a_function_without_its_settings_says_which_one_is_missing() {
    let variables = BTreeMap::from([("AWS_REGION", "eu-west-1".to_owned())]);
    let function = Function::start(env!("CARGO_BIN_EXE_payments"), &variables).await;
    standfast_functions_testing::waiting::wait_until("it complains", async || {
        function.log().contains("DATABASE_ENDPOINT is not set")
    })
    .await;
}
