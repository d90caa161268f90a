"""What drives a workload: clients over raw sockets, in-process hammering, Locust."""
