//! The intended system: parse, validate, render.
