"""Reports: plain data in, text out. Nothing here reads a clock, writes a file or judges anything."""
