"""HTTP/2 in clear, and gRPC on it."""
