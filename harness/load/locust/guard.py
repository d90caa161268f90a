"""What Locust's web interface may be asked.

The rule this file guards: **a web page that a person visits can't start, steer or write anything
here.** Locust answers requests of every origin (CORS is open), its start form sets any option, and
``/user`` sets any attribute of the user class. Requests that change something must come from the
interface itself, and may set what :mod:`.options` lists.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from .options import refused_fields

logger = logging.getLogger(__name__)

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def refuse(method: str, path: str, origin: str | None, host: str, form: list[str]) -> str:
    """Return why a request to Locust's interface is refused, '' if it isn't.

    *origin* is its Origin header, *host* its Host header, *form* the names of its form fields.
    """
    if method in _SAFE:
        return ""
    if origin and urlsplit(origin).netloc != host:
        return "a page of another origin may not start or stop a run"
    if path.rstrip("/").endswith("/user"):
        return "the users of this scenario are not editable"
    refused = refused_fields(form)
    if refused:
        names = ", ".join("--" + name.replace("_", "-") for name in refused)
        return f"the web form may not set {names}: give it on Locust's command line"
    return ""


def guard_web_ui(web_ui: Any) -> None:
    """Have Locust's interface answer what :func:`refuse` refuses with 403, before it reads it."""
    from flask import jsonify, request

    def check() -> Any:
        reason = refuse(
            request.method,
            request.path,
            request.headers.get("Origin"),
            request.host,
            list(request.form),
        )
        if not reason:
            return None
        logger.error("refused a request to Locust's web interface: %s", reason)
        return jsonify({"success": False, "message": reason}), 403

    web_ui.app.before_request(check)
