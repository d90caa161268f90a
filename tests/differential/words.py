"""The words that cases are drawn from, by what they are about; the first of each is the simplest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

SESSION_ACTS = (
    *("session.read a", "session.write a", "session.write b", "session.item a", "session.all"),
    *("session.pop a", "session.pop b", "session.default a", "session.update b", "session.append list"),
    *("session.permanent yes", "session.permanent no", "session.touch", "session.clear", "session.peek"),
    *("session.new", "session.big a"),
    *("flash hello", "flash again", "flashed"),
)
G_ACTS = ("g.all", "g.set a", "g.set b", "g.get a", "g.item a", "g.pop a", "g.default b")
BODY_ACTS = (
    *("body.data", "body.form", "body.key a", "body.key b", "body.json", "body.files", "body.limit 4"),
)
URL_ACTS = (
    *("facts", "url v0", "url .v0", "url b0.v0", "url b0.b0.v0 x=1", "url v0 n=5 x=a _external=True"),
    *("url v1 _anchor=a _scheme=https", "url v0 _scheme=https _external=False", "url .v1 x=/ n=x lang=de"),
    *("url v0 _method=POST", "url b0again.v0", "url nowhere"),
)
CONTEXT_ACTS = (
    *("inside.app", "inside.request /v", "inside.request /b/v/1", "inside.copy here"),
    *("inside.copy thread", "inside.app fails", "inside.request /v fails", "late"),
)
LEAVING_ACTS = ("leave.context", "leave.context /v", "leave.context /b/v")
#: What a teardown and a body may do: nothing that a second one would see.
LATE_ACTS = ("g.all", "facts", "session.read a")

HOOKS = (
    *("before_request", "after_request", "teardown_request", "url_value_preprocessor"),
    "url_defaults",
)
APP_HOOKS = (*HOOKS, "teardown_appcontext")
BLUEPRINT_HOOKS = (
    *HOOKS,
    *("before_app_request", "after_app_request", "teardown_app_request", "app_url_value_preprocessor"),
    "app_url_defaults",
)

PROGRAM_ERRORS = ("boom", "inner", "key", "exit")
HTTP_ERRORS = (
    *("404", "403", "400", "500", "503", "denied", "strange", "methods", "bad key", "codeless"),
    *("redirecting", "response"),
)

#: What handlers are registered for.
HANDLED: tuple[int | str, ...] = (
    *("Boom", "Exception", "InnerBoom", "HTTPException", 404, 500, 403, 400, 405, 413, 503),
    *("Forbidden", "Denied", "Strange", "NotFound", "BadRequest", "BadRequestKeyError"),
    *("InternalServerError", "MethodNotAllowed", "KeyError", "LookupError", "TypeError", "RuntimeError"),
    "RequestRedirect",
)

#: Rules by what may stand for their variables in a path.
RULES: dict[str, tuple[str, ...]] = {
    "/v": ("/v",),
    "/w/": ("/w/", "/w", "/w//"),
    "/v/<int:n>": ("/v/1", "/v/x", "/v/007"),
    "/v/<noted:x>": ("/v/a", "/v/invalid", "/v/%E2%98%83"),
    "/v/<x>/": ("/v/a/", "/v/a"),
    "/<path:p>": ("/deep/er", "/v/a/b"),
    "/v/<any(a,b):x>": ("/v/a", "/v/c"),
    "/v/<float:f>/<lang>": ("/v/1.5/de", "/v/1/de"),
    "/": ("/", ""),
}

#: Settings by key, with the values to draw; a tuple is set as a list.
CYCLE_SETTINGS: dict[str, tuple[Any, ...]] = {
    "TESTING": (True,),
    "PROPAGATE_EXCEPTIONS": (True, False),
    "DEBUG": (True,),
    "TRAP_HTTP_EXCEPTIONS": (True,),
    "TRAP_BAD_REQUEST_ERRORS": (True, False),
}
LIMIT_SETTINGS: dict[str, tuple[Any, ...]] = {
    "MAX_CONTENT_LENGTH": (10, 1000, 0),
    "MAX_FORM_MEMORY_SIZE": (3, 100),
    "MAX_FORM_PARTS": (1, 0),
}
SESSION_SETTINGS: dict[str, tuple[Any, ...]] = {
    "SECRET_KEY": (None, b"bytes key"),
    "SECRET_KEY_FALLBACKS": (("old key",), ("older key", "old key")),
    "SESSION_COOKIE_DOMAIN": ("example.com",),
    "SESSION_COOKIE_PATH": ("/path",),
    "SESSION_COOKIE_HTTPONLY": (False,),
    "SESSION_COOKIE_SECURE": (True,),
    "SESSION_COOKIE_SAMESITE": ("Lax", "Strict"),
    "SESSION_COOKIE_PARTITIONED": (True,),
    "SESSION_REFRESH_EACH_REQUEST": (False,),
    "MAX_COOKIE_SIZE": (0, 100),
    "PERMANENT_SESSION_LIFETIME": (timedelta(hours=1), 86400),
}
URL_SETTINGS: dict[str, tuple[Any, ...]] = {
    "SERVER_NAME": ("localhost", "example.com:8080"),
    "APPLICATION_ROOT": ("/root",),
    "PREFERRED_URL_SCHEME": ("https",),
    "TRUSTED_HOSTS": (("localhost",), (".example.com", "localhost")),
    "PROVIDE_AUTOMATIC_OPTIONS": (False,),
}

#: What a streamed body yields.
CHUNKS: tuple[str | bytes, ...] = ("one", b"two", "", "three")
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PURGE")
HOSTS = (
    *("localhost", "b.localhost", "b.b.localhost", "example.com:8080", "b.example.com:8080"),
    *("other.example", "b@d host", ""),
)
COOKIES = ("jar", "none", "forged", "old key", "expired")
#: Bodies with their content types.
BODIES = (
    (b"", ""),
    (b"a=1&b=2&a=3", "application/x-www-form-urlencoded"),
    (b'{"a": [1, 2]}', "application/json"),
    (b'{"a": ', "application/json"),
    (b"some text", "text/plain"),
    (
        (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nfield\r\n'
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nfile\r\n--x--\r\n'
        ),
        "multipart/form-data; boundary=x",
    ),
)
PLACES = ("open", "save", "close", "request", "adapter", "converter")
