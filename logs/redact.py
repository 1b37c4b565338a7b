"""Hide tokens, keys and cookies in any text that leaves the process."""

from __future__ import annotations

import re
import threading

HIDDEN = "<hidden>"
MIN_SECRET_LENGTH = 6  # a shorter "secret" would blank out ordinary words

# Where a credential shows up although nobody has told us about it. Header and query spellings:
# Plex https://developer.plex.tv/pms/, Stash's ApiKey header and apikey parameter.
# "session:" is left out, since that is how sentences about sessions go on.
_PATTERN = re.compile(
    r"((?:(?:X-Plex-Token|api_?key|plex_token|auth_?token|access_?token|Authorization)"
    r"\\*['\"]?\s*(?:=|:|%3D)|\bsession(?:=|%3D))"
    r"\s*(?:b(?=['\"]))?\\*['\"]?(?:(?:Bearer|Basic)\s+)?)[^\s&'\",;<>)\\]+",
    re.IGNORECASE,
)

# Whole, since a cookie may have any name. Our own sentences about cookies have no such colon.
_COOKIES = re.compile(
    r"((?:Set-)?Cookie\\*['\"]?\s*(?::|=|%3D)\s*\[?\\*['\"]?)[^\r\n'\"\]\\]+", re.IGNORECASE
)

_secrets: set[str] = set()
_lock = threading.Lock()


def remember_secret(secret: str | None) -> None:
    """Hide this text wherever it turns up from now on, in this process."""
    if secret and len(secret) >= MIN_SECRET_LENGTH:
        with _lock:
            _secrets.add(secret)


def forget_secret(secret: str) -> None:
    """Stop looking for a secret that was replaced; for those that a server renews for ever."""
    with _lock:
        _secrets.discard(secret)


def redact(text: str) -> str:
    """The text without known secrets and without the values of credential parameters."""
    with _lock:
        known = sorted(_secrets, key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, HIDDEN)
    return _PATTERN.sub(rf"\g<1>{HIDDEN}", _COOKIES.sub(rf"\g<1>{HIDDEN}", text))
