"""Messages for the next request, kept in the session until they are read."""

from __future__ import annotations

from collections.abc import Collection

from . import globals as globals_
from .signals import message_flashed


def flash(message: str, category: str = "message") -> None:
    """Leave a message for :func:`get_flashed_messages` in this session."""
    session = globals_.find_session()
    # Assigned anew: a session may not see a change inside a stored list.
    session["_flashes"] = [*session.get("_flashes", ()), (category, message)]
    message_flashed.send(globals_.find_app(), message=message, category=category)


def get_flashed_messages(
    with_categories: bool = False, category_filter: Collection[str] = ()
) -> list[str] | list[tuple[str, str]]:
    """Take the messages out of the session; again in the same request, the same ones.

    :param category_filter: the categories wanted; empty for all.
    :returns: messages, or pairs of category and message.
    """
    context = globals_.current_request_context()
    messages: list[tuple[str, str]] | None = context.flashes
    if messages is None:
        session = globals_.find_session()
        messages = session.pop("_flashes") if "_flashes" in session else []
        context.flashes = messages
    if category_filter:
        messages = [pair for pair in messages if pair[0] in category_filter]
    return messages if with_categories else [message for _, message in messages]
