"""How a target is named and loaded, and whose fault it is when it can't be."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.target import LoadError, known_faults, load_target

_numbers = itertools.count()
Named = Callable[[str, str], str]


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Named]:
    """Write a module and return the name of something in it."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def name(source: str, attribute: str) -> str:
        module = f"crosstalk_sample_{next(_numbers)}"
        made.append(module)
        (tmp_path / f"{module}.py").write_text(source)
        return f"{module}:{attribute}"

    yield name
    for module in made:
        sys.modules.pop(module, None)


WSGI = "def app(environ, start_response):\n    return [b'']\n"


def test_a_plain_wsgi_function_is_a_black_box(named: Named) -> None:
    loaded = load_target(named(WSGI, "app"))
    assert loaded.contexts is None
    assert loaded.wsgi({}, lambda *_: None) == [b""]
    loaded.install_checkpoint(lambda step, context: None)
    loaded.install_look(None)


def test_a_factory_gets_what_it_takes(named: Named) -> None:
    source = WSGI + "def make(*, session_db):\n    app.db = session_db\n    return app\n"
    assert load_target(named(source, "make"), session_db="/x/y").app.db == "/x/y"


@pytest.mark.parametrize("parameters", ["faults, session_db", "**options", "faults=(), **rest"])
def test_a_factory_gets_its_faults(named: Named, parameters: str) -> None:
    source = f"{WSGI}def make({parameters}):\n    app.given = dict(locals())\n    return app\n"
    given = load_target(named(source, "make"), faults=("a",)).app.given
    assert ("a",) in (given.get("faults"), given.get("options", {}).get("faults"))


@pytest.mark.parametrize("reuse", [False, True])
def test_a_factory_gets_its_context_semantics(named: Named, reuse: bool) -> None:
    source = f"{WSGI}def make(reuse_app_context):\n    app.given = reuse_app_context\n    return app\n"
    assert load_target(named(source, "make"), reuse_app_context=reuse).app.given is reuse


def test_a_target_without_that_setting_is_refused_it(named: Named) -> None:
    name = named(f"{WSGI}def make(session_db):\n    return app\n", "make")
    load_target(name)
    with pytest.raises(LoadError, match="has one context semantics: run it without --reuse-app-context"):
        load_target(name, reuse_app_context=True)


def test_an_application_object_is_taken_as_it_is(named: Named) -> None:
    source = "class App:\n    def __call__(self, environ, start_response): return [b'x']\napp = App()\n"
    assert load_target(named(source, "app")).wsgi({}, lambda *_: None) == [b"x"]


def test_a_dotted_attribute(named: Named) -> None:
    source = f"class Site:\n    {WSGI.replace(chr(10), chr(10) + '    ')}    app = staticmethod(app)\n"
    assert load_target(named(source, "Site.app")).contexts is None


def test_real_flask_is_known_by_its_contexts(named: Named) -> None:
    flask = pytest.importorskip("flask")
    loaded = load_target(named("import flask\napp = flask.Flask('sample')\n", "app"))
    assert loaded.contexts is not None
    with loaded.app.test_request_context("/") as context:
        assert loaded.contexts.request_var.get(None) is context
        assert loaded.contexts.app_var.get(None).g is flask.g._get_current_object()
    assert loaded.contexts.request_var.get(None) is None
    assert loaded.contexts.app_var.get(None) is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing", "names no target: write MODULE:NAME"),
        ("no_such_module_at_all:app", "there is no module 'no_such_module_at_all'"),
        ("json.no_such_part:app", "there is no module 'json.no_such_part'"),
        ("json:no_such_name", "the module json has no 'no_such_name'"),
        ("json:__doc__", "is str, not a WSGI application"),
    ],
)
def test_a_name_that_leads_nowhere(name: str, says: str) -> None:
    with pytest.raises(LoadError, match=says):
        load_target(name)


@pytest.mark.parametrize(
    ("source", "attribute", "says"),
    [
        ("import no_such_dependency\n", "app", "needs a module that is not installed: no_such_dependency"),
        ("1 / 0\n", "app", "module .* fails: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(7)\n", "app", "module .* fails: SystemExit: 7"),
        ("def make():\n    raise SystemExit('no')\n", "make", "factory .* fails: SystemExit: no"),
        ("def make():\n    return 1 / 0\n", "make", "factory .* fails: ZeroDivisionError"),
        ("def make(port):\n    pass\n", "make", "factory .* fails: TypeError"),
        ("def make():\n    pass\n", "make", "is NoneType, not a WSGI application"),
    ],
)
def test_a_target_that_fails_says_so_in_one_line(
    named: Named, source: str, attribute: str, says: str
) -> None:
    with pytest.raises(LoadError, match=says) as caught:
        load_target(named(source, attribute))
    assert "\n" not in str(caught.value)


def test_a_target_without_faults_refuses_them(named: Named) -> None:
    with pytest.raises(LoadError, match="knows no faults"):
        load_target(named(WSGI, "app"), faults=("global_request",))


def test_the_default_targets_faults_are_known() -> None:
    assert {"global_request", "teardown_error_stops_others"} <= set(known_faults())


def test_the_default_target_is_loaded_with_its_hooks(tmp_path: Path) -> None:
    loaded = load_target("targetapp.probes:create_app", session_db=str(tmp_path / "sessions.sqlite3"))
    assert loaded.contexts is not None
    steps: list[str] = []
    looks: list[str] = []
    loaded.install_checkpoint(lambda step, context: steps.append(step))
    loaded.install_look(looks.append)
    try:
        assert loaded.app.test_client().get("/nested/0000000000000001").status_code == 200
    finally:
        loaded.install_checkpoint(None)
        loaded.install_look(None)
    assert len(steps) > 20
    assert looks
    assert loaded.signals.request_started
