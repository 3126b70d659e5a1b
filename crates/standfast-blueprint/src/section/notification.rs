//! Who is told.

use crate::grammar::record;
use crate::text::network::EmailAddress;
use crate::text::secret::SecretReference;

record! {
    /// Who is told.
    pub struct NotifySpec {
        /// By mail.
        default email: Vec<EmailAddress> = Vec::new(),
        /// By a call; the address is a secret, since all who know it may post there.
        optional webhook: SecretReference,
    }
}
