"""To come."""

from __future__ import annotations

from harness.sensitivity.expectation import Expectation

EXPECTATIONS: tuple[Expectation, ...] = ()
