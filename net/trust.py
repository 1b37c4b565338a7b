"""Whose certificates we believe: what the system and its Python trust, what the variables name that
other programs go by, and the file of the setting `ca_file`. Each adds to the others.

Standard library only.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field

# OpenSSL reads SSL_CERT_FILE and SSL_CERT_DIR as part of the system's store; requests, curl and pip
# go by the others, which name a file or a folder.
SYSTEMS_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(slots=True)
class _Extra:
    path: str = ""


_extra = _Extra()


@dataclass(frozen=True, slots=True)
class Trust:
    """`sources`: what is trusted, for people. `problems`: what was to be and can't be read."""

    context: ssl.SSLContext
    sources: tuple[str, ...]
    problems: tuple[str, ...] = field(default=())


def also_trust(path: str) -> None:
    """The file that connections opened from now on trust as well, in this process; "" for none."""
    _extra.path = path


def trust(*, of_system: bool = True) -> Trust:
    """What a new connection goes by; without `of_system` what it would besides the system's own
    certificates, which take longest to read."""
    context = ssl.create_default_context() if of_system else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    sources, problems = ["the system's certificates"], []
    named = [(name, os.environ.get(name, "")) for name in VARIABLES]
    for name, path in [*named, ("ca_file", _extra.path)]:
        if not path:
            continue
        if why := _add(context, path):
            problems.append(f"{name}: no certificate could be read from {path}: {why}")
        else:
            sources.append(f"{path} ({name})")
    for name in SYSTEMS_VARIABLES:
        path = os.environ.get(name, "")
        if path and os.path.exists(path):
            sources.append(f"{path} ({name})")
        elif path:
            problems.append(f"{name}: {path} does not exist")
    return Trust(context, tuple(sources), tuple(problems))


def _add(context: ssl.SSLContext, path: str) -> str:
    """Why not, "" if it is trusted now."""
    try:
        if os.path.isdir(path):
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        return f"not PEM ({error.reason or 'no certificate in it'})"
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""
