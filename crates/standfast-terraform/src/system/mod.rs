//! What is planned: the regions as AWS has them, their subnets, how things are called, and their tags.
//! Every kind of thing goes by this; none of it is Terraform yet.

pub(crate) mod arn;
pub(crate) mod aws;
pub(crate) mod defaults;
pub(crate) mod name;
pub(crate) mod region;
pub(crate) mod subnets;
pub(crate) mod tags;
