"""Where a load plays: a folder for its evidence, and a target of our own or one that runs already."""
