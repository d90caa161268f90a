"""The session in a signed cookie: itsdangerous' own signer, set up once for each set of keys."""

from __future__ import annotations

import hashlib
from traceback import clear_frames
from typing import Any, cast

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from .sessions import SecureCookieSession, SessionApp, SessionInterface, SessionMixin, vary_on_cookie
from .tagged_json import TaggedJSON
from .wrappers import Request, Response


class KeptSerializer(URLSafeTimedSerializer):
    """A serializer that makes its signer once, and derives its keys once.

    Itsdangerous' own makes a signer for each reading and writing, which derives its key from the
    secret at every use. A signer only reads what it was made with, so one does for all; that its
    keys are derived already leaves the signatures the same.
    """

    _kept: TimestampSigner | None = None

    def make_signer(self, salt: str | bytes | None = None) -> TimestampSigner:
        """Return the one signer, or a new one for another *salt*."""
        if salt is not None and salt != self.salt:  # reading names the serializer's, writing doesn't
            return cast("TimestampSigner", super().make_signer(salt))
        kept = self._kept
        if kept is None:
            stock = cast("TimestampSigner", super().make_signer())
            kept = self._kept = TimestampSigner(
                [stock.derive_key(key) for key in stock.secret_keys],
                salt=stock.salt,
                key_derivation="none",
                digest_method=stock.digest_method,
            )
        return kept

    def loads(self, *arguments: Any, **options: Any) -> Any:
        """Return what was signed.

        :raises BadSignature: whose frames are empty. itsdangerous keeps its errors in local variables,
            a cycle through the traceback, and through its frames the whole request hangs on it.
        """
        try:
            return super().loads(*arguments, **options)
        except BadSignature as error:
            clear_frames(error.__traceback__)
            raise


class SigningInterface(SessionInterface):
    """An interface whose cookie is signed with the app's secret key."""

    #: Keeps this use of the secret key apart from any other.
    salt = "cookie-session"
    digest_method = staticmethod(hashlib.sha1)
    key_derivation = "hmac"
    serializer: Any = TaggedJSON()

    def __init__(self) -> None:
        self._serializers: dict[tuple[str | bytes, ...], KeptSerializer] = {}

    def get_signing_serializer(self, app: SessionApp) -> URLSafeTimedSerializer | None:
        """Return what signs with the secret key and accepts the fallback keys; None without a key."""
        key = app.secret_key
        if not key:
            return None
        fallbacks = app.config["SECRET_KEY_FALLBACKS"]
        if isinstance(fallbacks, (str, bytes)):
            raise TypeError("SECRET_KEY_FALLBACKS is a list of keys, not one key.")
        keys = (*fallbacks, key) if fallbacks else (key,)
        serializer = self._serializers.get(keys)
        if serializer is None:
            serializer = self._make_serializer(keys)
            # A dict of a few entries for the app's life; losing a race here only wastes one of them.
            self._serializers = {**self._serializers, keys: serializer}
        return serializer

    def _make_serializer(self, keys: tuple[str | bytes, ...]) -> KeptSerializer:
        for key in keys:
            if not isinstance(key, (str, bytes)):
                raise TypeError(
                    f"A secret key must be str or bytes, not {type(key).__name__}:"
                    " check SECRET_KEY and SECRET_KEY_FALLBACKS (a list of keys)."
                )
        return KeptSerializer(
            [key.encode() if isinstance(key, str) else key for key in keys],
            salt=self.salt,
            serializer=self.serializer,
            signer_kwargs={"key_derivation": self.key_derivation, "digest_method": self.digest_method},
        )


class SecureCookieSessionInterface(SigningInterface):
    """Keeps the whole session in the cookie; clients can read it, but not change it."""

    session_class: type[SecureCookieSession] = SecureCookieSession

    def open_session(self, app: SessionApp, request: Request) -> SessionMixin | None:
        """Return the cookie's session, an empty one if it is absent, forged or too old."""
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        value = request.cookies.get(self.get_cookie_name(app))
        if not value:
            return self._empty()
        max_age_s = int(app.permanent_session_lifetime.total_seconds())
        try:
            return self.session_class(serializer.loads(value, max_age=max_age_s))
        except BadSignature:
            return self._empty()

    def _empty(self) -> SecureCookieSession:
        session = self.session_class()
        session.new = True
        return session

    def save_session(self, app: SessionApp, session: SessionMixin, response: Response) -> None:
        """Send the cookie if the session changed or is refreshed, remove it if it was emptied."""
        accessed = session.accessed
        if accessed:
            vary_on_cookie(response)
        try:
            if not session:
                if session.modified:
                    self.delete_cookie(app, response)
                    vary_on_cookie(response)
                return
            if not self.should_set_cookie(app, session):
                return
            serializer = self.get_signing_serializer(app)
            if serializer is None:
                raise RuntimeError("The session can't be saved: the app's secret key is gone.")
            self.send_cookie(app, session, response, serializer.dumps(session))
            vary_on_cookie(response)
        finally:
            # What this function reads, the view did not.
            session.accessed = accessed
