//! What is planned: the regions as AWS has them, their subnets, how things are called, and their tags.
//! Every kind of thing goes by this, and it goes by none of them.

pub(crate) mod arn;
pub(crate) mod aws;
pub(crate) mod defaults;
pub(crate) mod latch;
pub(crate) mod name;
pub(crate) mod options;
pub(crate) mod region;
pub(crate) mod size;
pub(crate) mod subnets;
pub(crate) mod tags;
