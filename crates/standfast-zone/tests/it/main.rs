//! The zone seen from outside: what is answered after what was published.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod publishing;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod system;
