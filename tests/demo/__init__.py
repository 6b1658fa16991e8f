"""The demo: one key is disabled and enabled again, and everybody can see what happens."""
