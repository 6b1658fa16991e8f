"""What the operator sees: alarms under their faults, events, metrics and logs of one deployed stack."""
