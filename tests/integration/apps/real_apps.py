"""Real packages, rightly used and misused: what is expected of each, read from the file beside the apps."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

REAL = Path(__file__).parents[2] / "apps" / "real"


class Found(NamedTuple):
    """What has to be told: of which law, as which anomaly, with these words in its explanation."""

    law: str
    anomaly: str
    said: str


class RealApp(NamedTuple):
    """One application, under one worker model."""

    folder: str
    name: str
    app: str
    model: str
    found: tuple[Found, ...]

    def __str__(self) -> str:
        return f"{self.folder}-{self.name}-{self.model}"

    @property
    def target(self) -> str:
        """What ``--app`` and ``check`` are given."""
        return f"{REAL / self.folder / self.name}.py:{self.app}"

    @property
    def urls(self) -> Path | None:
        """The requests to send, None if the app's routes are asked for."""
        file = REAL / self.folder / f"{self.name}.urls"
        return file if file.exists() else None


def real_apps(driver: str, folder: str) -> list[RealApp]:
    """Return the applications of a folder once for each model that *driver* runs them under.

    :param driver: ``plugin``, ``command``, or ``silent``: under which nothing may be found.
    """
    with (REAL / "expected.toml").open("rb") as file:
        expected: dict[str, dict[str, dict[str, Any]]] = tomllib.load(file)
    return [
        RealApp(folder, name, app["app"], model, tuple(Found(**each) for each in app.get("found", ())))
        for name, app in expected[folder].items()
        for model in app.get(driver, ())
    ]
