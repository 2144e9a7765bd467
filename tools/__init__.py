"""Makes data that is in the repository from what others publish. Not shipped."""
