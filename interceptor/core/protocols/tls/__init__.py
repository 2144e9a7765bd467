"""TLS, read from outside and without keys."""
