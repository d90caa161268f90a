"""What a user's application serves, as its own router says; read in the target's process."""
