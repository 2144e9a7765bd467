"""The reference cloud: keeps what the agents send, and shows it."""
