"""The pure core: captured packets in, transactions and records out. No I/O, no clock, no logging."""
