"""What is shipped: of which parts, and whether the same sources always become the same bytes."""
