"""The package manager's part of Stash's GraphQL schema, for plugins (scrapers have none here)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulators.stash.core import Info
from simulators.stash.fields import Resolver
from simulators.stash.inputs import StashError
from simulators.stash.packages import Package, PackageError, PackageManager, Spec


def _manager(info: Info) -> PackageManager:
    return info.context.stash.packages


def _installed(root: None, info: Info, type: str) -> list[dict[str, Any]]:
    manager = _manager(info)
    shown = []
    for local in manager.installed() if type == "Plugin" else ():
        try:
            remote = manager.available(local.source_url).get((local.id, local.source_url))
        except PackageError:
            remote = None
        shown.append({**_shown(local), "source_package": remote and _shown(remote)})
    return shown


def _available(root: None, info: Info, type: str, source: str) -> list[dict[str, Any]]:
    try:
        found = _manager(info).available(source) if type == "Plugin" else {}
    except PackageError as error:
        raise StashError(str(error)) from error
    return [_shown(found[spec]) for spec in sorted(found)]


def _install(root: None, info: Info, type: str, packages: Sequence[Mapping[str, str]]) -> int:
    return _manager(info).install(_specs(packages)).id


def _update(
    root: None, info: Info, type: str, packages: Sequence[Mapping[str, str]] | None = None
) -> int:
    return _manager(info).update(_specs(packages or ())).id


def _uninstall(root: None, info: Info, type: str, packages: Sequence[Mapping[str, str]]) -> int:
    return _manager(info).uninstall(_specs(packages)).id


def _specs(packages: Sequence[Mapping[str, str]]) -> list[Spec]:
    return [(each["id"], each["sourceURL"]) for each in packages]


def _shown(package: Package) -> dict[str, Any]:
    return {
        "package_id": package.id,
        "name": package.name,
        "version": package.version or None,
        "date": package.date and package.date.isoformat().replace("+00:00", "Z"),
        "requires": [],
        "sourceURL": package.source_url,
        "metadata": package.metadata,
    }


PACKAGE_QUERIES: dict[str, Resolver] = {
    "installedPackages": _installed,
    "availablePackages": _available,
}
PACKAGE_MUTATIONS: dict[str, Resolver] = {
    "installPackages": _install,
    "updatePackages": _update,
    "uninstallPackages": _uninstall,
}
