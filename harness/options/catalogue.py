"""What there is to choose from, gathered from where it is defined."""

from __future__ import annotations

from harness.target import known_faults
from harness.workers.table import MODELS
from harness.workload.mix import DEFAULT_MIX

from .table import Catalogue


def gather_catalogue() -> Catalogue:
    """Return every server and scenario, and how to ask for the faults (that imports the target)."""
    return Catalogue(
        servers={name: tuple(server.name for server in model.servers) for name, model in MODELS.items()},
        faults=known_faults,
        scenarios=frozenset(scenario.name.lower() for scenario in DEFAULT_MIX),
    )
