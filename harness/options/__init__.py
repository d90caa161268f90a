"""What can be asked for (`table`), and what there is to choose from (`catalogue`)."""
