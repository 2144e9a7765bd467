"""What a person types: one module a command, and what it shows on a terminal."""
