from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harness.commands.loading import LOCUSTFILE

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "path", [LOCUSTFILE, *sorted((ROOT / "locustfiles").glob("*.py"))], ids=lambda p: p.stem
)
def test_a_locustfile_has_no_logic_of_its_own(path: Path) -> None:
    allowed = (ast.Import, ast.ImportFrom, ast.Expr, ast.Assign)
    body = ast.parse(path.read_text()).body
    assert all(isinstance(node, allowed) for node in body)
    assigned = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    assert [ast.unparse(target) for target in assigned] == ["__all__"]
