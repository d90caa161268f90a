"""Where an app's own code lies: what a test says, else what its name tells, else pytest's root."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.inside.interleaving import Interleaving
from harness.plugin.asking import Asked
from harness.plugin.checking import check

APP = """
def app(environ, start_response):
    start_response("200 OK", [])
    return [b""]
"""


@pytest.mark.parametrize(
    ("by_name", "root", "place"),
    [
        (True, "", "shop"),
        (True, "src", "src"),
        (False, "", "home"),
        (False, "src", "src"),
    ],
)
def test_own_code_lies_where_the_test_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_name: bool, root: str, place: str
) -> None:
    (tmp_path / "shop").mkdir()
    module = tmp_path / "shop" / f"own_code_{root}{by_name}.py"
    module.write_text(APP)
    monkeypatch.chdir(tmp_path)
    started: list[str] = []

    def start(self: Interleaving, root: str) -> bool:
        started.append(root)
        return True

    monkeypatch.setattr(Interleaving, "start", start)
    monkeypatch.syspath_prepend(str(tmp_path))  # to be put back as it was

    def app(environ: object, start_response: object) -> list[bytes]:
        start_response("200 OK", [])  # type: ignore[operator]
        return [b""]

    asked = Asked(operations=4, urls=("GET /{canary}",), root=root, home=str(tmp_path / "home"))
    check(f"{module}:app" if by_name else app, asked, tmp_path / "check")
    assert started == [str(tmp_path / place)]
