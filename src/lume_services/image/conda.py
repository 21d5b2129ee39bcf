"""Extra packages of conda, solved against the Python of the image and what is installed in it.

There is one Python: packages of conda are put into a virtual environment on top of the image's, and
what they need of those that the image has is taken from it.
"""

from __future__ import annotations

import asyncio
import platform
import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distributions, version
from typing import TYPE_CHECKING

from lume_services.errors import ContainerError
from lume_services.image.prefix import Prefix
from lume_services.image.wishes import CONDA, NOT_UNDERSTOOD, shown

if TYPE_CHECKING:
    from rattler import Channel, Gateway, MatchSpec, PackageName, RepoDataRecord, Subdir

FAILED = 66
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# What is called the same on conda. Other names can mean a program there, as graphviz does.
_SAME_NAMES = frozenset({"h5py", "matplotlib", "numpy", "prefect", "pydantic", "pyyaml", "scipy"})
_IMAGE = "file:///image"


def is_there(word: str) -> bool:
    """Tell whether a package of conda is surely met by what is installed."""
    name = re.split(r"[^\w.-]", word, maxsplit=1)[0]
    if name == "python":
        return _spec(word).matches(_record("python", platform.python_version(), "cpython"))
    if name not in _SAME_NAMES:
        return False
    try:
        return _spec(word).matches(_record(name, version(name)))
    except PackageNotFoundError:
        return False


def install(prefix: Prefix, words: Sequence[str], channels: Sequence[str]) -> None:
    """Install packages of conda.

    Parameters
    ----------
    prefix
        Where to.
    words
        Names, with versions where they matter.
    channels
        Names, URLs and folders of channels, the most important first.

    Raises
    ------
    ContainerError
        If they do not fit together, or cannot be fetched; with the solver's message.
    """
    from rattler import exceptions

    specs = [_spec(word) for word in words]
    try:
        asyncio.run(_install(prefix, specs, channels))
    except (exceptions.SolverError, exceptions.GatewayError, exceptions.InstallerError) as error:
        raise _failed(words, str(error)) from None
    except exceptions.InvalidChannelError as error:
        raise ContainerError(
            f"EXTRA_CONDA_CHANNELS: {error}; give names, URLs or folders of channels",
            exit_code=NOT_UNDERSTOOD,
        ) from None


async def _install(prefix: Prefix, specs: Sequence[MatchSpec], names: Sequence[str]) -> None:
    import rattler

    gateway = rattler.Gateway(cache_dir=prefix.downloads / "repodata")
    channels = [rattler.Channel(name) for name in names]
    image = _Image(gateway, channels)
    records = await rattler.solve(
        [image, *channels],
        specs,
        gateway=gateway,
        virtual_packages=rattler.VirtualPackage.detect(),
    )
    if replaced := image.replaced(records):
        raise ContainerError(
            f"{CONDA}: {', '.join(replaced)} of the image; ask for the version that the image has, "
            "or for another one by EXTRA_PIP_PACKAGES, where all that depends on it is checked",
            exit_code=FAILED,
        )
    await rattler.install(
        records,
        prefix.path,
        cache_dir=prefix.downloads / "conda",
        ignored_packages={each.name.normalized for each in records if _is_of_image(each)},
        show_progress=False,
    )


class _Image:
    """What the image has, as the channel that comes first.

    A distribution counts as the package of a channel with the same name if that package is one for
    Python.
    """

    def __init__(self, gateway: Gateway, channels: Sequence[Channel]) -> None:
        from rattler import Subdir

        self._gateway, self._channels = gateway, channels
        self._platform = Subdir.current()
        own = {"python": platform.python_version(), "python_abi": _PYTHON}
        self._versions = {each.name.lower(): each.version for each in distributions()} | own

    def package_names(self, platform: Subdir) -> list[str]:
        """Return the names of all packages for a platform."""
        return list(self._versions) if platform == self._platform else []

    async def fetch_package_records(
        self, platform: Subdir, name: PackageName
    ) -> list[RepoDataRecord]:
        """Return the packages of a name for a platform."""
        found = self._versions.get(name.normalized)
        if found is None or platform != self._platform:
            return []
        if name.normalized == "python":
            return [_record("python", found, "0_cpython")]
        if name.normalized == "python_abi":
            return [_record("python_abi", found, f"0_cp{found.replace('.', '')}")]
        return (
            [_record(name.normalized, found)] if await self._is_for_python(name.normalized) else []
        )

    def replaced(self, records: Sequence[RepoDataRecord]) -> list[str]:
        """Return which of some packages are in the image in another version."""
        return [
            f"{each.name.normalized} {each.version} would replace {found}"
            for each in records
            if (found := self._versions.get(each.name.normalized)) is not None
            if not _is_of_image(each) and _is_for_python(each)
        ]

    async def _is_for_python(self, name: str) -> bool:
        from rattler import Subdir

        platforms = [self._platform, Subdir("noarch")]
        found = await self._gateway.query(self._channels, platforms, [name], recursive=False)
        return any(_is_for_python(record) for records in found for record in records)


def _record(name: str, number: str, build: str = "image") -> RepoDataRecord:
    from rattler import BuildString, PackageRecord, RepoDataRecord, Subdir

    package = PackageRecord(name, number, BuildString(build), 0, Subdir.current())
    file = f"{name}-{number}-{build}.conda"
    return RepoDataRecord(package, file, f"{_IMAGE}/{file}", _IMAGE)


def _is_of_image(record: RepoDataRecord) -> bool:
    return record.url.startswith(_IMAGE)


def _is_for_python(record: RepoDataRecord) -> bool:
    return any(re.match(r"python\b", need) for need in record.depends)


def _spec(word: str) -> MatchSpec:
    from rattler import MatchSpec, exceptions

    try:
        return MatchSpec(word, strict=True)
    except exceptions.InvalidMatchSpecError as error:
        raise ContainerError(
            f"{CONDA}: {shown(word)!r} is no requirement: {error}. Write name, name=1.2, "
            "'name>=1,<2' or CHANNEL::name, and quote what has spaces",
            exit_code=NOT_UNDERSTOOD,
        ) from None


def _failed(words: Sequence[str], message: str) -> ContainerError:
    return ContainerError(
        f"{CONDA}: {shown(*words)} cannot be installed beside what the image has (Python "
        f"{platform.python_version()} and its packages):\n{shown(message)}",
        exit_code=FAILED,
    )
