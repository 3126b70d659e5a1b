//! What the check finds, and what it lets pass.

#[cfg(test)]
mod bodies;
#[cfg(test)]
mod declarations;
#[cfg(test)]
mod expressions;
#[cfg(test)]
mod files;
#[cfg(test)]
mod good;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod marks;
#[cfg(test)]
mod meta;
#[cfg(test)]
mod modules;
#[cfg(test)]
mod references;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod support;
