"""Django: signed sessions, a CSRF token in each page, and the same id of the build in all of them."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import path, re_path

settings.configure(
    SECRET_KEY="a test's own key, of nobody else",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=[
        "django.middleware.gzip.GZipMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    USE_TZ=True,
)
django.setup()

_BUILD = "9b1f0c77e2a84c55b1d3f60a4e8d2c19"


def form(request: Any) -> HttpResponse:
    token = get_token(request)
    page = f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
    page += f'<meta name="build" content="{_BUILD}">'
    return HttpResponse(page + "<p>padding for the compressor</p>" * 20)


def count(request: Any) -> JsonResponse:
    request.session["visits"] = request.session.get("visits", 0) + 1
    return JsonResponse({"visits": request.session["visits"]})


def article(request: Any, year: str, slug: str) -> HttpResponse:
    return HttpResponse(f"{slug} of {year}")


urlpatterns = [
    path("form/", form),
    path("count/", count),
    re_path(r"^article/(?P<year>[0-9]{4})/(?P<slug>[\w-]+)/$", article),
]
application = get_wsgi_application()
