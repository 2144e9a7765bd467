"""WebSocket (RFC 6455): what a connection may speak after its upgrade."""
