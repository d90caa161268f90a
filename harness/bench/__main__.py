"""``make bench``: every cost, measured side by side in one run. It prints; it never judges."""

from __future__ import annotations

import argparse

from harness.bench import checkers, flask, framework, interleaving, live, load, pages, recording, residue

PARTS = {
    "recording": recording.main,
    "interleaving": interleaving.main,
    "checkers": checkers.main,
    "load": load.main,
    "framework": framework.main,
    "pages": pages.main,
    "live": live.main,
    "residue": residue.main,
    "flask": flask.main,
}


def main() -> None:
    """Run the parts that were asked for, all of them by default."""
    parser = argparse.ArgumentParser(prog="python -m harness.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    chosen = parser.parse_args().parts or list(PARTS)
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        parser.error(f"there is no {unknown[0]!r}; choose from {', '.join(PARTS)}")
    for name in chosen:
        print(f"== {name}", flush=True)  # noqa: T201 - a bench's output
        PARTS[name]([])


if __name__ == "__main__":
    main()
