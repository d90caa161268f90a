"""Werkzeug's request and response with what the cycle adds to them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers, ImmutableMultiDict
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import Rule
from werkzeug.sansio.http import parse_cookie
from werkzeug.utils import cached_property, get_content_type
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response as WerkzeugResponse

from . import globals as globals_

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@lru_cache(maxsize=1024)
def blueprint_scopes(endpoint: str | None) -> tuple[str, ...]:
    """Return the names of the blueprints an endpoint belongs to, the innermost first.

    ``a.b.view`` belongs to ``a.b`` and to ``a``.
    """
    scopes = []
    name = (endpoint or "").rpartition(".")[0]
    while name:
        scopes.append(name)
        name = name.rpartition(".")[0]
    return tuple(scopes)


@lru_cache(maxsize=1024)
def asking_scopes(endpoint: str | None) -> tuple[str | None, ...]:
    """Return whose hooks run on the way in, in order: the app's (None), outer to inner blueprint."""
    return (None, *reversed(blueprint_scopes(endpoint)))


@lru_cache(maxsize=1024)
def answering_scopes(endpoint: str | None) -> tuple[str | None, ...]:
    """Return whose hooks run on the way out, in order: inner to outer blueprint, the app's (None)."""
    return (*blueprint_scopes(endpoint), None)


def _configured(key: str, otherwise: Any) -> Any:
    """Return the current app's value of *key*, or *otherwise* outside an app context."""
    context = globals_.app_var.get(None)
    return otherwise if context is None else context.app.config[key]


class Request(WerkzeugRequest):
    """The request a view sees as ``request``.

    Its three limits come from the configuration unless they are set on the request itself.
    """

    json_module: Any = json

    #: The rule that matched, None before the matching and if none did.
    url_rule: Rule | None = None
    #: The arguments the rule took from the URL, None if no rule matched.
    view_args: dict[str, Any] | None = None
    #: Why no rule matched: raised when the request is dispatched.
    routing_exception: HTTPException | None = None

    _max_content_length: int | None = None
    _max_form_memory_size: int | None = None
    _max_form_parts: int | None = None

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """Return the cookies sent.

        Werkzeug's property, without looking for further Cookie headers among all headers: WSGI joins them.
        """
        cookies: Any = parse_cookie(self.environ.get("HTTP_COOKIE"), self.dict_storage_class)
        found: ImmutableMultiDict[str, str] = cookies
        return found

    @property
    def max_content_length(self) -> int | None:
        """Bytes of body that will be read; more is a 413. ``MAX_CONTENT_LENGTH``."""
        if self._max_content_length is not None:
            return self._max_content_length
        limit: int | None = _configured("MAX_CONTENT_LENGTH", None)
        return limit

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    @property
    def max_form_memory_size(self) -> int | None:
        """Bytes of one multipart field that is no file; more is a 413. ``MAX_FORM_MEMORY_SIZE``."""
        if self._max_form_memory_size is not None:
            return self._max_form_memory_size
        limit: int | None = _configured("MAX_FORM_MEMORY_SIZE", 500_000)
        return limit

    @max_form_memory_size.setter
    def max_form_memory_size(self, value: int | None) -> None:
        self._max_form_memory_size = value

    @property  # type: ignore[override]  # never None in Werkzeug
    def max_form_parts(self) -> int | None:
        """Parts of a multipart body; more is a 413. ``MAX_FORM_PARTS``."""
        if self._max_form_parts is not None:
            return self._max_form_parts
        limit: int | None = _configured("MAX_FORM_PARTS", 1_000)
        return limit

    @max_form_parts.setter
    def max_form_parts(self, value: int | None) -> None:
        self._max_form_parts = value

    @property
    def endpoint(self) -> str | None:
        """The endpoint that matched; None before the matching and if none did."""
        rule = self.url_rule
        return None if rule is None else str(rule.endpoint)

    @property
    def blueprint(self) -> str | None:
        """The registered, dotted name of the blueprint that the endpoint belongs to."""
        scopes = blueprint_scopes(self.endpoint)
        return scopes[0] if scopes else None

    @property
    def blueprints(self) -> list[str]:
        """The registered names of that blueprint and its parents, the innermost first."""
        return list(blueprint_scopes(self.endpoint))

    def on_json_loading_failed(self, e: ValueError | None) -> Any:
        """Answer 400; only in debug mode say what is wrong with the JSON."""
        try:
            return super().on_json_loading_failed(e)
        except BadRequest as error:
            if _configured("DEBUG", False):
                raise
            raise BadRequest from error


class CheckedHeaders(Headers):
    """A copy of headers, each of which was checked when it was set."""

    def __init__(self, headers: Headers) -> None:
        super().__init__()
        self._list = list(headers)


class WholeBody:
    """A body that is there already: what the server iterates, and closes with its response."""

    __slots__ = ("_chunks", "close")

    def __init__(self, response: WerkzeugResponse) -> None:
        self._chunks = iter(response.iter_encoded())
        self.close = response.close

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks


@lru_cache(maxsize=64)
def _with_charset(mimetype: str) -> str:
    return get_content_type(mimetype, "utf-8")


#: Headers that a response may have to change in the end.
_CHANGING = frozenset({"location", "content-location"})


class Response(WerkzeugResponse):
    """The response an app answers with: HTML unless it says otherwise.

    Where it overrides Werkzeug's methods, it shortens the way of the common answer, a body that is
    there with nothing out of the ordinary in its headers, and leaves any other to them.
    """

    default_mimetype = "text/html"
    json_module: Any = json
    autocorrect_location_header = False

    def __init__(  # noqa: PLR0917  # Werkzeug's parameters
        self,
        response: Iterable[bytes] | bytes | Iterable[str] | str | None = None,
        status: int | str | HTTPStatus | None = None,
        headers: Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]] | None = None,
        mimetype: str | None = None,
        content_type: str | None = None,
        direct_passthrough: bool = False,
    ) -> None:
        if headers is None and content_type is None:
            # Werkzeug would look for one in the headers it has not been given, and put it together.
            mimetype = self.default_mimetype if mimetype is None else mimetype
            content_type = mimetype and _with_charset(mimetype)
        super().__init__(response, status, headers, mimetype, content_type, direct_passthrough)

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return a copy of the headers as they are sent.

        If none of them changes on the way out, none is checked again: each was when it was set.
        Other classes of headers, such as a request's, may hold what nobody checked.
        """
        headers = self.headers
        if type(headers) is Headers and self._may_have_body:
            names = {name.lower() for name, _ in headers}
            if "content-length" in names and names.isdisjoint(_CHANGING):
                return CheckedHeaders(headers)
        return super().get_wsgi_headers(environ)

    def get_app_iter(self, environ: WSGIEnvironment) -> Iterable[bytes]:
        """Return the body as it is sent.

        One that is a list needs no closing of its own, so it is handed over as it is.
        """
        if (
            isinstance(self.response, list)
            and self._may_have_body
            and not self.direct_passthrough
            and environ["REQUEST_METHOD"] != "HEAD"
        ):
            return WholeBody(self)
        return super().get_app_iter(environ)

    @property
    def _may_have_body(self) -> bool:
        status = self.status_code
        return status >= 200 and status not in (204, 304)

    @property
    def max_cookie_size(self) -> int:  # type: ignore[override]  # an attribute in Werkzeug
        """Bytes of a cookie that no browser drops; a larger one warns. ``MAX_COOKIE_SIZE``."""
        size: int = _configured("MAX_COOKIE_SIZE", 4093)
        return size
