"""HTTP/1 (RFC 9112), read from outside."""
