//! Receipts in `DynamoDB`: one item a key, written once.
//!
//! An item has the texts `id` (the key of the table, and the client's key of the payment), `receipt_id`, `amount`,
//! `currency`, `region`, `recorded_at` and the number `amount_minor`.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use payments::ledger::Receipt;
use payments::receipts::{Error, Receipts};

/// A table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// Nothing is called yet.
    pub(crate) fn new(config: &SdkConfig, name: &str) -> Self {
        Self {
            client: Client::new(config),
            name: name.to_owned(),
        }
    }
}

impl Receipts for Table {
    async fn keep(&self, receipt: &Receipt) -> Result<(), Error> {
        let text = |text: &String| AttributeValue::S(text.clone());
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("id", text(&receipt.idempotency_key))
            .item("receipt_id", text(&receipt.id))
            .item("amount", text(&receipt.amount))
            .item(
                "amount_minor",
                AttributeValue::N(receipt.amount_minor.to_string()),
            )
            .item("currency", text(&receipt.currency))
            .item("region", text(&receipt.region))
            .item("recorded_at", text(&receipt.recorded_at))
            .condition_expression("attribute_not_exists(id) OR receipt_id = :receipt")
            .expression_attribute_values(":receipt", text(&receipt.id))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = put else { return Ok(()) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(there)) => {
                let id = there.item().and_then(|item| item.get("receipt_id"));
                Err(Error::Differs {
                    key: receipt.idempotency_key.clone(),
                    id: id
                        .and_then(|id| id.as_s().ok())
                        .cloned()
                        .unwrap_or_else(|| "unknown".to_owned()),
                })
            }
            _ => Err(Error::Keep {
                key: receipt.idempotency_key.clone(),
                source: error.into(),
            }),
        }
    }
}
