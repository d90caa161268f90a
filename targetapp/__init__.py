"""The target: the reference framework, its probes and the faults that can be switched on in it.

The public names of the framework can be imported from here. Nothing here knows that it is tested.
"""

from __future__ import annotations

from .framework import *  # noqa: F403  # the same names, listed once
from .framework import __all__ as __all__
