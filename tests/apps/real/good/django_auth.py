"""Django's own sign-up and login: users and sessions on SQLite, their password hashed as in Django's tests.

A thread-local holds who asks, for code that has no request, and is reset when the request ends.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib.auth import authenticate, get_user_model, login
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="a test's own key, of nobody else",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(Path(tempfile.mkdtemp()) / "users.sqlite3"),
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
        }
    },
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        f"{__name__}.asking",
    ],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

call_command("migrate", verbosity=0)
_asking = threading.local()


def asking(get_response: Callable[[Any], HttpResponse]) -> Callable[[Any], HttpResponse]:
    def middleware(request: Any) -> HttpResponse:
        _asking.name = request.user.username or "nobody"
        try:
            return get_response(request)
        finally:
            del _asking.name

    return middleware


def signature() -> str:
    return f"signed by {_asking.name}"


def sign_up(request: Any) -> HttpResponse:
    name = request.POST["username"]
    get_user_model().objects.create_user(name, password="secret")
    user = authenticate(request, username=name, password="secret")
    login(request, user)
    return HttpResponse(f"welcome, {request.user.username}")


def profile(request: Any) -> HttpResponse:
    return HttpResponse(f"you are {request.user.username or 'nobody'}")


def letter(request: Any) -> HttpResponse:
    return HttpResponse(f"dear you, {signature()}")


urlpatterns = [
    path("sign-up/", sign_up),
    path("profile/", profile),
    path("letter/", letter),
]
application = get_wsgi_application()
