//! Telling people.

use aws_config::SdkConfig;
use aws_sdk_sns::Client;

use crate::Cause;

/// Longest subject that SNS takes (API reference of `Publish`).
const SUBJECT_LETTERS_MAX: usize = 100;

/// People could not be told.
#[derive(Debug, thiserror::Error)]
#[error("cannot publish to {topic}")]
pub struct Error {
    topic: String,
    source: Cause,
}

/// A topic that people listen to.
#[derive(Debug, Clone)]
pub struct Notices {
    client: Client,
    topic: String,
}

impl Notices {
    /// Nothing is called yet.
    pub fn new(config: &SdkConfig, topic: &str) -> Self {
        Self {
            client: Client::new(config),
            topic: topic.to_owned(),
        }
    }

    /// Publishes a text. What of the subject SNS would refuse is left out.
    ///
    /// # Errors
    ///
    /// When SNS does not take it.
    pub async fn publish(&self, subject: &str, text: &str) -> Result<(), Error> {
        self.client
            .publish()
            .topic_arn(&self.topic)
            .subject(acceptable(subject))
            .message(text)
            .send()
            .await
            .map_err(|error| Error {
                topic: self.topic.clone(),
                source: error.into(),
            })?;
        Ok(())
    }
}

fn acceptable(subject: &str) -> String {
    subject
        .chars()
        .filter(|letter| letter.is_ascii_graphic() || *letter == ' ')
        .take(SUBJECT_LETTERS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_short_line() {
        assert_eq!(acceptable("a\nb\u{e9}c"), "abc");
        assert_eq!(acceptable(&"x".repeat(500)).len(), SUBJECT_LETTERS_MAX);
    }
}
