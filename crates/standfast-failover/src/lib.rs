//! The pure decision core: inputs and time in, decision out.
