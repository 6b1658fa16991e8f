//! The protocol, searched: every order of events, crashes and losses of a small world.
