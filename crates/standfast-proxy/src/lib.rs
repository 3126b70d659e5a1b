//! The TCP door of the writer: connects to the current epoch only.
