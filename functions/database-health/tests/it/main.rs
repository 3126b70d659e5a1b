//! The function as Lambda runs it, with real databases and AWS as `moto` plays it.

#[cfg(test)]
mod mariadb;
#[cfg(test)]
mod mysql;
#[cfg(test)]
mod postgresql;
#[cfg(test)]
mod world;
