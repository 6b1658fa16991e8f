//! The real handlers and the real workflow files in an in-memory world with virtual time.
