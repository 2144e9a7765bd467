"""TCP segments -> bytes in order, and the holes between them."""
