"""What `crosstalk <command>` does, a file each; they say things through a terminal and never print."""
