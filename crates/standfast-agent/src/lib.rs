//! Beside one database: observe, carry out actions.
