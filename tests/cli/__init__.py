"""Sentences about the operator's tool: the real binary against the deployed stack in the local cloud."""
