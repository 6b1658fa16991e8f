"""What the examples and the pages promise, tried."""
