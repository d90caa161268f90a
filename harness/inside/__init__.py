"""What the harness puts into the target's process; standard library only."""
