//! DNS records as a numbered value; pure.
