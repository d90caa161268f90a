"""Worker models, the servers they run on, and the process that hosts a target."""
