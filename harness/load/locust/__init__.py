"""The load under Locust: in one process, or from a master with workers on several hosts."""
