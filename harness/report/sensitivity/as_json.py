"""The matrix of sensitivity as JSON: every cell with every seed, all numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.sensitivity.matrix import Matrix
from harness.sensitivity.outcome import Outcome

from .rows import Table

FORMAT = 1


def render_json(matrix: Matrix, table: Table, told: Sequence[str], exit_code: int) -> str:
    """Return a JSON object that ends in a newline; plain ASCII.

    ``rows`` has the faults in the table's order, each with its cells by column and each cell with its
    outcomes by seed; ``differences`` are sentences. Numbers named ``..._first`` are operations sent until
    then, null where there was nothing.
    """
    value = {
        "format": FORMAT,
        "exit_code": exit_code,
        "meaning": f"{table.sentence} {table.standing}",
        "differences": list(told),
        "columns": list(matrix.columns),
        "rows": [
            {
                "fault": row.about.fault,
                "class": row.about.fault_class,
                "reference": row.about.reference,
                "mechanism": row.about.mechanism,
                "cells": {
                    column: {
                        "word": str(cell.word),
                        "must": sorted(cell.outcomes[0].expected.must),
                        "may": sorted(cell.outcomes[0].expected.may),
                        "outcomes": [_outcome(one) for one in cell.outcomes],
                    }
                    for column in matrix.columns
                    if (cell := matrix.cells.get((row.about.fault, column))) is not None
                },
            }
            for row in table.rows
        ],
    }
    return json.dumps(value, indent=1) + "\n"


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "seed": one.seed,
        "operations": one.operations,
        "found": sorted(one.found),
        "first": one.first,
        "status_first": one.status_first,
        "status_failed": one.status_failed,
        "user_first": one.user_first,
        "user_failed": one.user_failed,
        "flaws": list(one.flaws),
        "problems": list(one.problems),
        "seconds": round(one.seconds, 1),
    }
