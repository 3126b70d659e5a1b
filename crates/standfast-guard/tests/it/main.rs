//! The guard as a process of its own, with real processes to guard and the real `PostgreSQL`.
#![cfg(target_os = "linux")]

#[cfg(test)]
mod database;
#[cfg(test)]
mod fencing;
#[cfg(test)]
mod life;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod support;
#[cfg(test)]
mod wire;
