"""What runs around every probe: marks `g`, and hands the canaries back in response headers."""

from __future__ import annotations

from targetapp.framework import Response, g, request

from .canaries import HEADER, canary_of_request, to_text

ECHO_HEADER = "X-Canary-Echo"
G_HEADER = "X-Canary-G"
G_FOUND_HEADER = "X-Canary-G-Found"


def mark_g() -> None:
    """Note what `g` holds as the request starts, then put the request's canary there."""
    g.found = g.get("canary", 0)
    canary = canary_of_request()
    if canary:
        g.canary = canary


def echo_headers(response: Response) -> Response:
    """Say in the response whose `request` and whose `g` it was made with."""
    response.headers[ECHO_HEADER] = request.headers.get(HEADER, "")
    response.headers[G_HEADER] = to_text(g.get("canary", 0))
    response.headers[G_FOUND_HEADER] = to_text(g.get("found", 0))
    return response
