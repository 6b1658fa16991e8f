"""A fleet as large as the largest that Lockstep is made for, down and back."""
