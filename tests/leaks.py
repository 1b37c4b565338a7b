"""Whether a credential of a rig stands anywhere it must not."""

from __future__ import annotations

from pathlib import Path

from simulators.rig import Rig


def secrets_of(rig: Rig) -> set[bytes]:
    """Plex's token and every session that Stash gave to a process of ours."""
    secrets = {rig.plex.token.encode()}
    for run in rig.stash.plugin_runs:
        connection = run.args.get("server_connection")
        cookie = connection.get("SessionCookie") if isinstance(connection, dict) else None
        if isinstance(cookie, dict) and cookie.get("Value"):
            secrets.add(str(cookie["Value"]).encode())
    return secrets


def leaks(rig: Rig, *more: bytes) -> list[bytes]:
    """The secrets found in what processes printed, Stash logged, or the data folder holds."""
    texts = [run.stdout.encode() + run.raw_stderr for run in rig.stash.plugin_runs]
    texts.append(rig.stash.log_text().encode())
    texts += [path.read_bytes() for path in Path(rig.data_dir).rglob("*") if path.is_file()]
    everything = b"\n".join(texts)
    return [secret for secret in {*secrets_of(rig), *more} if secret in everything]
