"""What a session is, and the interface that opens and saves it.

Rule: a session knows whether this request read it (``accessed``) and changed it (``modified``).
Both are set by the overridden methods of the session itself, so that every way of reading
content through it counts, whoever holds it, and a caller who only wants to look from outside can
use ``dict.get(session, key)``. A response that depends on a session must say ``Vary: Cookie``,
or a shared cache serves one user's page to another (CVE-2023-30861, CVE-2026-27205).
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from .config import Config
from .wrappers import Request, Response


class SessionApp(Protocol):
    """What an interface asks of the app whose session it opens."""

    config: Config

    @property
    def secret_key(self) -> str | bytes | None:
        """What cookies are signed with; None for no sessions."""

    @property
    def permanent_session_lifetime(self) -> timedelta:
        """How long a permanent session lasts."""


class SessionMixin(MutableMapping[str, Any]):
    """What a session offers besides its content; to be mixed into a dict."""

    #: Whether no earlier request made this session.
    new = False
    #: Whether it must be saved. A class that does not keep track leaves it True.
    modified = True
    #: Whether this request read it. A class that does not keep track leaves it True.
    accessed = True

    @property
    def permanent(self) -> bool:
        """Whether the cookie outlives the browser; kept in the session under ``_permanent``."""
        return bool(self.get("_permanent", False))

    @permanent.setter
    def permanent(self, value: bool) -> None:
        self["_permanent"] = bool(value)


class TrackedSession(dict[str, Any], SessionMixin):
    """A dict that notes reading and changing.

    A change inside a stored list or dict is not seen: set ``session.modified = True`` then.
    """

    accessed = False
    modified = False

    def __getitem__(self, key: str) -> Any:
        self.accessed = True
        return dict.__getitem__(self, key)

    def get(self, key: str, default: Any = None, /) -> Any:
        """Return the value of *key*, or *default*."""
        self.accessed = True
        return dict.get(self, key, default)

    def __contains__(self, key: object) -> bool:
        self.accessed = True
        return dict.__contains__(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        self.accessed = self.modified = True
        dict.__setitem__(self, key, value)

    def __delitem__(self, key: str) -> None:
        self.accessed = self.modified = True
        dict.__delitem__(self, key)


#: Methods of dict that only read, and those that may change; each is replaced by one that notes it.
_READING = (
    *("__iter__", "__len__", "__eq__", "__ne__", "__or__", "__ror__", "__reversed__"),
    *("keys", "values", "items", "copy"),
)
_CHANGING = ("clear", "pop", "popitem", "update", "setdefault", "__ior__")


def _reading(name: str) -> Callable[..., Any]:
    """Return dict's method *name* as one that notes a read."""
    method = getattr(dict, name)

    def read(self: TrackedSession, *args: Any) -> Any:
        self.accessed = True
        return method(self, *args)

    read.__name__ = name
    return read


def _changing(name: str) -> Callable[..., Any]:
    """Return dict's method *name* as one that notes a change, if there was one."""
    method = getattr(dict, name)

    def change(self: TrackedSession, *args: Any, **kwargs: Any) -> Any:
        self.accessed = True
        # pop and setdefault may leave everything as it was: a refresh would be a write for nothing.
        if name == "pop":
            changes = dict.__contains__(self, args[0])
        elif name == "setdefault":
            changes = not dict.__contains__(self, args[0])
        else:
            changes = True
        result = method(self, *args, **kwargs)
        if changes:
            self.modified = True
        return result

    change.__name__ = name
    return change


if not TYPE_CHECKING:
    for _name in _READING:
        setattr(TrackedSession, _name, _reading(_name))
    for _name in _CHANGING:
        setattr(TrackedSession, _name, _changing(_name))
    TrackedSession.__hash__ = None


class SecureCookieSession(TrackedSession):
    """The session whose whole content is in a signed cookie."""


class NullSession(SecureCookieSession):
    """The session of an app without a secret key: it can be read, is empty, and can't be changed."""

    def _fail(self, *args: object, **kwargs: object) -> NoReturn:
        raise RuntimeError(
            "The session can't be changed because the app has no secret key. Set app.secret_key to"
            " a long random value that nobody else knows."
        )

    if not TYPE_CHECKING:
        __setitem__ = __delitem__ = __ior__ = _fail
        clear = pop = popitem = update = setdefault = _fail


class SessionInterface:
    """Opens and saves sessions; subclass it and assign an object to ``app.session_interface``."""

    #: Made when :meth:`open_session` returns None; a session of this class is not saved.
    null_session_class: type[SessionMixin] = NullSession

    def make_null_session(self, app: SessionApp) -> SessionMixin:
        """Return what stands in when no session could be opened."""
        return self.null_session_class()

    def is_null_session(self, obj: object) -> bool:
        """Tell whether *obj* is such a stand-in."""
        return isinstance(obj, self.null_session_class)

    def open_session(self, app: SessionApp, request: Request) -> SessionMixin | None:
        """Return the request's session, or None if there can be none.

        Called once for a request, after the request context was pushed, before the URL is matched.
        """
        raise NotImplementedError

    def save_session(self, app: SessionApp, session: SessionMixin, response: Response) -> None:
        """Save *session* and make *response* carry what brings it back.

        Called after the last ``after_request`` function; not for a null session.
        """
        raise NotImplementedError

    def get_cookie_name(self, app: SessionApp) -> str:
        """Return the session cookie's name."""
        return str(app.config["SESSION_COOKIE_NAME"])

    def get_cookie_domain(self, app: SessionApp) -> str | None:
        """Return the cookie's ``Domain``; None keeps it to the very host that set it."""
        domain: str | None = app.config["SESSION_COOKIE_DOMAIN"]
        return domain

    def get_cookie_path(self, app: SessionApp) -> str:
        """Return the cookie's ``Path``."""
        return str(app.config["SESSION_COOKIE_PATH"] or app.config["APPLICATION_ROOT"])

    def get_cookie_httponly(self, app: SessionApp) -> bool:
        """Tell whether scripts can't read the cookie."""
        return bool(app.config["SESSION_COOKIE_HTTPONLY"])

    def get_cookie_secure(self, app: SessionApp) -> bool:
        """Tell whether the cookie is sent over TLS only."""
        return bool(app.config["SESSION_COOKIE_SECURE"])

    def get_cookie_samesite(self, app: SessionApp) -> str | None:
        """Return the cookie's ``SameSite``."""
        samesite: str | None = app.config["SESSION_COOKIE_SAMESITE"]
        return samesite

    def get_cookie_partitioned(self, app: SessionApp) -> bool:
        """Tell whether the cookie is kept apart per top-level site."""
        return bool(app.config["SESSION_COOKIE_PARTITIONED"])

    def get_expiration_time(self, app: SessionApp, session: SessionMixin) -> datetime | None:
        """Return when a permanent session's cookie ends; None for one that ends with the browser."""
        if session.permanent:
            return datetime.now(UTC) + app.permanent_session_lifetime
        return None

    def should_set_cookie(self, app: SessionApp, session: SessionMixin) -> bool:
        """Tell whether to send the cookie: the session changed, or is permanent and refreshed."""
        return session.modified or (bool(app.config["SESSION_REFRESH_EACH_REQUEST"]) and session.permanent)

    def send_cookie(self, app: SessionApp, session: SessionMixin, response: Response, value: str) -> None:
        """Make *response* set the session cookie to *value*."""
        response.set_cookie(
            self.get_cookie_name(app),
            value,
            expires=self.get_expiration_time(app, session),
            domain=self.get_cookie_domain(app),
            path=self.get_cookie_path(app),
            secure=self.get_cookie_secure(app),
            httponly=self.get_cookie_httponly(app),
            samesite=self.get_cookie_samesite(app),
            partitioned=self.get_cookie_partitioned(app),
        )

    def delete_cookie(self, app: SessionApp, response: Response) -> None:
        """Make *response* remove the session cookie."""
        response.delete_cookie(
            self.get_cookie_name(app),
            domain=self.get_cookie_domain(app),
            path=self.get_cookie_path(app),
            secure=self.get_cookie_secure(app),
            httponly=self.get_cookie_httponly(app),
            samesite=self.get_cookie_samesite(app),
            partitioned=self.get_cookie_partitioned(app),
        )


def vary_on_cookie(response: Response) -> None:
    """Make *response* say that it depends on the cookies sent."""
    headers = response.headers
    vary = headers.get("Vary")
    if vary is None:
        headers["Vary"] = "Cookie"
    elif vary != "Cookie":
        response.vary.add("Cookie")
