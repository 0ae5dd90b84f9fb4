"""What a method must hold, as checks that the suite's tests and a user's own call."""
