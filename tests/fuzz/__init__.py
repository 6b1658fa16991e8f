"""Hostile events for every function, made up by libFuzzer."""
