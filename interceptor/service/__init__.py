"""What runs for long: daemon, relay and collector put together, and what they share."""
