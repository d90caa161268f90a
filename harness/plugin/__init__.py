"""Checks an application from its own tests: the fixture ``crosstalk``, in-process or over HTTP.

``checking`` says the whole in one function; ``calling`` is a connection that calls the application instead of
opening a socket, ``driving`` the threads or greenlets, ``child`` a process for what needs patching,
``telling`` what a failing test shows. pytest itself is known to ``pytest_crosstalk`` alone.
"""
