"""The profiles of the differential tests: short and always the same, or long and drawn anew."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_COMMON = settings(
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("differential", _COMMON, max_examples=40, derandomize=True)
settings.register_profile("fuzz", _COMMON, derandomize=False)
