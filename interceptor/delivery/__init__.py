"""How records leave the machine: batches, the spool that holds them, and the way out."""
