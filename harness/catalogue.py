"""What there is to choose from, gathered from where it is defined."""

from __future__ import annotations

from .options import Catalogue
from .target import known_faults
from .workers.table import MODELS
from .workload.mix import DEFAULT_MIX


def gather_catalogue() -> Catalogue:
    """Return every server and scenario, and how to ask for the faults (that imports the target)."""
    return Catalogue(
        servers={name: tuple(server.name for server in model.servers) for name, model in MODELS.items()},
        faults=known_faults,
        scenarios=frozenset(scenario.name.lower() for scenario in DEFAULT_MIX),
    )
