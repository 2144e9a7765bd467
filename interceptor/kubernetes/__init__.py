"""Who has which address of a cluster, and since when."""
