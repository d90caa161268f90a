"""Files as answers: ``send_file``, ``send_from_directory``, and the ``/static`` route.

A file name that leaves its folder is a 404; Werkzeug's ``safe_join`` sees to it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, cast

from werkzeug import utils

from . import globals as globals_
from .scaffold import Scaffold
from .wrappers import Response


def configured_max_age_s(_: str | None) -> int | None:
    """Return how long a browser may keep a file, in seconds; None to let it ask each time."""
    age: timedelta | int | None = globals_.find_app().config["SEND_FILE_MAX_AGE_DEFAULT"]
    return int(age.total_seconds()) if isinstance(age, timedelta) else age


def _settings(max_age: int | Callable[[str | None], int | None] | None) -> dict[str, Any]:
    context = globals_.current_request_context()
    app = context.app
    return {
        "environ": context.request.environ,
        "use_x_sendfile": app.config["USE_X_SENDFILE"],
        "response_class": app.response_class,
        "_root_path": app.root_path,
        "max_age": configured_max_age_s if max_age is None else max_age,
    }


def send_file(
    path_or_file: os.PathLike[str] | str | IO[bytes],
    *,
    max_age: int | Callable[[str | None], int | None] | None = None,
    **options: Any,
) -> Response:
    """Answer with a file; the options are those of Werkzeug's ``send_file``.

    Never pass a path a user chose: use :func:`send_from_directory`.
    """
    return cast("Response", utils.send_file(path_or_file, **_settings(max_age), **options))


def send_from_directory(
    directory: os.PathLike[str] | str,
    path: os.PathLike[str] | str,
    *,
    max_age: int | Callable[[str | None], int | None] | None = None,
    **options: Any,
) -> Response:
    """Answer with the file *path* inside *directory*.

    :raises NotFound: if there is none, or *path* leads outside.
    """
    return cast("Response", utils.send_from_directory(directory, path, **_settings(max_age), **options))


class StaticFiles(Scaffold):
    """A scaffold with, perhaps, a folder of files to be served as they are."""

    _static_folder: str | None = None
    _static_url_path: str | None = None

    def set_static(self, folder: str | os.PathLike[str] | None, url_path: str | None = None) -> None:
        """Say which folder, relative to ``root_path``, is served, and under which URL."""
        self._static_folder = None if folder is None else os.fspath(folder)
        self._static_url_path = url_path

    @property
    def static_folder(self) -> str | None:
        """The folder of static files, absolute; None without one."""
        folder = self._static_folder
        return None if folder is None else str(Path(self.root_path) / folder)

    @property
    def has_static_folder(self) -> bool:
        """Whether there is a folder of static files."""
        return self._static_folder is not None

    @property
    def static_url_path(self) -> str | None:
        """The URL they are served under: as given, or the folder's name."""
        if self._static_url_path is not None:
            return self._static_url_path.rstrip("/")
        folder = self.static_folder
        return None if folder is None else f"/{Path(folder).name}"

    def send_static_file(self, filename: str) -> Response:
        """Answer with a static file: the view of the ``static`` endpoint.

        :raises NotFound: if there is no such file.
        """
        folder = self.static_folder
        if folder is None:
            raise RuntimeError(f"{self!r} has no static_folder: set one to serve static files.")
        return send_from_directory(folder, filename)
