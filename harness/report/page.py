"""The report as one HTML file that needs nothing else: no network, no script, no second file.

Everything a template prints passes :func:`.inert.finalize` and is then escaped; the content security
policy allows one style sheet, by its hash, and nothing more. So even text that got past both could
neither run nor call home.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.history.canary import name_canary, to_text
from harness.inert import finalize
from harness.verdict import Verdict

from .brief import make_brief
from .cards import Card, counted_columns, make_cards
from .data import RunReport
from .doubts import run_doubts
from .figures import count, plural, short
from .hooks import MARK, offenders
from .matrix import State, make_matrix, state_of
from .sections import ColumnSection, make_section, measures_line, setting_text
from .wording import EXIT_MEANINGS, GLOSSARY, command_again, command_to_check, sentence

#: Drawn before a cell's words, so that colour is never the only difference.
MARKS = {State.OK: "\u2713", State.VIOLATED: "\u2717", State.UNKNOWN: "?", State.NOT_LOOKED_AT: "\u2013"}

VERDICT_STATES = {Verdict.VALID: State.OK, Verdict.UNKNOWN: State.UNKNOWN, Verdict.INVALID: State.VIOLATED}

_HARMLESS_POLICY = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"


def make_environment() -> Environment:
    """Return the templates' environment: everything escaped, everything inert, nothing undefined."""
    environment = Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        count=count,
        plural=plural,
        short=short,
        name=name_canary,
        hex=to_text,
        slug=lambda text: str(text).replace(" ", "-"),
        spaced=lambda text: str(text).replace("_", " "),
        setting=setting_text,
        state=state_of,
        measures_line=measures_line,
        columns=counted_columns,
        offenders=offenders,
        plain=lambda facts: {name: number for name, number in facts.items() if MARK not in name},
    )
    return environment


def render_template(template: str, **values: Any) -> str:
    """Return a page made of one of the templates here that extend ``base.html``."""
    environment = make_environment()
    source, _, _ = PackageLoader("harness.report").get_source(environment, "style.css")
    # The style sheet is the project's own file, not target text.
    style = Markup(source)  # noqa: S704
    return environment.get_template(template).render(policy=content_policy(source), style=style, **values)


def render_page(report: RunReport) -> str:
    """Return the whole page."""
    sections = [make_section(column, number) for number, column in enumerate(report.columns, start=1)]
    cards = make_cards(report)
    return render_template(
        "page.html",
        report=report,
        brief=make_brief(report, cards),
        cards=cards,
        sentence=sentence(report),
        exit_meaning=EXIT_MEANINGS.get(report.exit_code, "no meaning of ours"),
        faults=_faults(report),
        operations=sum(column.measures.operations for column in report.columns),
        contents=_contents(report, sections, cards),
        doubts=run_doubts(report),
        matrix=make_matrix(report),
        marks=MARKS,
        words=VERDICT_STATES,
        links=_links(report, cards),
        sections=sections,
        not_looked_at=any(not r.looked for column in report.columns for r in column.results),
        command=command_again(report.meta),
        check=command_to_check(report),
        versions=_versions(report.meta),
        glossary=GLOSSARY,
    )


def content_policy(style: str) -> str:
    """Return the policy that allows exactly this style sheet and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return _HARMLESS_POLICY.format(digest)


def _contents(
    report: RunReport, sections: Sequence[ColumnSection], cards: Sequence[Card]
) -> list[tuple[str, str]]:
    causes = plural(len(cards), "cause")
    doubts = [("doubts", "Doubts")] if run_doubts(report) else []
    first = doubts if report.verdict is Verdict.UNKNOWN else []
    return [
        *first,
        ("matrix", "Matrix"),
        ("violations", f"Violations: {causes}" if cards else "Violations: none"),
        *(doubts if not first else []),
        ("evidence", "Evidence"),
        ("exercise", "What was exercised"),
        ("ledger", "Teardown ledger"),
        ("cycle", "The cycle"),
        *((section.anchor, section.column.name) for section in sections),
        ("again", "Run it again"),
        ("environment", "Environment"),
        ("words", "Words"),
    ]


def _links(report: RunReport, cards: Sequence[Card]) -> dict[tuple[str, str], str]:
    """Return the anchor of the first witness of each cell."""
    links: dict[tuple[str, str], str] = {}
    for card in cards:
        for kind, anchor in card.anchors:
            for name, _ in kind.counts:
                links.setdefault((name, kind.invariant), anchor)
    return links


def _faults(report: RunReport) -> str:
    """Return the seeded defects of any column, ``none`` if there are none."""
    named = (fault for column in report.columns for fault in column.meta.get("faults") or ())
    return ", ".join(dict.fromkeys(str(fault) for fault in named)) or "none"


def _versions(meta: Mapping[str, Any]) -> list[tuple[str, str]]:
    versions = meta.get("versions", {})
    if not isinstance(versions, Mapping):
        return [("versions", setting_text(versions))]
    return [(str(name), setting_text(value)) for name, value in versions.items()]
