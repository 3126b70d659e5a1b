//! The server seen from outside: real packets over real sockets on the loopback network.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod ask;
#[cfg(test)]
mod dig;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod life;
#[cfg(test)]
mod protocol;
