"""Sentences about the deployed stack, each played in the local cloud."""
