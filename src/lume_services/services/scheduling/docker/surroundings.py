"""What a container gets of the worker's host: user, network, folders, and secrets."""

from __future__ import annotations

import io
import ipaddress
import json
import os
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from lume_services.errors import SettingsError
from lume_services.settings import LUMEServicesSettings, scheme
from lume_services.settings_docker import DockerOptions

if TYPE_CHECKING:
    from docker.types import Mount

_FOLDER = "lume-job"
SECRETS = f"/{_FOLDER}/secrets.json"
AUTHORITIES = f"/{_FOLDER}/authorities.pem"
_MOUNTS = Path("/proc/self/mountinfo")
_CONTAINER = re.compile(r"/containers/([0-9a-f]{64})/hostname /etc/hostname ")


def own_containers() -> set[str]:
    """Return the identifiers of the containers that this process may be in, one in the other."""
    return set(_CONTAINER.findall(_MOUNTS.read_text())) if _MOUNTS.exists() else set()


@dataclass(frozen=True)
class Surroundings:
    """What a container gets of the worker's host.

    Parameters
    ----------
    settings
        All settings of the worker.
    inside
        Whether the worker is in a container of the same engine, so that its folders and
        users are not those of the host.
    """

    settings: LUMEServicesSettings
    inside: bool

    def check(self) -> None:
        """Refuse what no container could use.

        Raises
        ------
        SettingsError
            If the worker is in a container itself and results go to a file in it.
        """
        if self.inside and self._file is not None:
            raise SettingsError(
                "results_db is an SQLite file, and this worker is in a container: others do not "
                "see it. Set LUME_RESULTS_DB__URL to a PostgreSQL or MongoDB database."
            )

    @property
    def user(self) -> str:
        """The user of containers unless another is asked for; without a name, the image's.

        What a flow writes then belongs to the worker's user.
        """
        return "" if self.inside else f"{os.getuid()}:{os.getgid()}"

    def networked(self, options: DockerOptions) -> DockerOptions:
        """Return options with the host's network if a server is on the host's loopback."""
        urls = self.settings.prefect.api_url, self.settings.results_db_url
        needed = any(_is_loopback(urlsplit(url).hostname or "") for url in urls)
        if options.network_mode is not None or not needed:
            return options
        return options.model_copy(update={"network_mode": "host"})

    @property
    def environment(self) -> dict[str, str]:
        """Where the container finds what it gets of the host."""
        home = {} if self.inside else {"LUME_HOME": str(self.settings.home)}
        certificate = self.settings.prefect.tls_certificate
        authorities = {"LUME_PREFECT__TLS_CERTIFICATE": AUTHORITIES} if certificate else {}
        return {**home, **authorities}

    def mounts(self) -> list[Mount]:
        """Return the folders of the host that a container sees.

        The home and the folder of an SQLite file are at the same place there, the mounted
        filesystem at its alias. What is to be created is created.

        Raises
        ------
        SettingsError
            If a folder cannot be made.
        """
        from docker.types import Mount

        own = [] if self.inside else self._own_folders()
        folders = [Mount(str(path), str(path), type="bind") for path in own]
        mounted = self.settings.mounted_filesystem
        if mounted is None:
            return folders
        alias = mounted.mount_alias or PurePosixPath(mounted.mount_path)
        if mounted.mount_type == "DirectoryOrCreate" and not self.inside:
            _make(mounted.mount_path, 0o777)
        return [*folders, Mount(str(alias), str(mounted.mount_path), type="bind")]

    def archive(self, secrets: Mapping[str, SecretStr], user: str) -> bytes | None:
        """Return the files that a container gets before it starts, as a tar archive.

        They are in no image, no variable and no folder of the host. Only the user may read
        them where its number is known.

        Parameters
        ----------
        secrets
            Environment variables.
        user
            Who reads them, ``uid:gid`` or a name.
        """
        values = {name: secret.get_secret_value() for name, secret in secrets.items()}
        certificate = self.settings.prefect.tls_certificate
        files = {
            **({SECRETS: json.dumps(values).encode()} if values else {}),
            **({AUTHORITIES: certificate.read_bytes()} if certificate else {}),
        }
        return _packed(files, user.partition(":")[0] or "0") if files else None

    @property
    def _file(self) -> Path | None:
        """The file of a results database that is one."""
        url = self.settings.results_db_url
        return Path(urlsplit(url).path[1:]).absolute() if scheme(url) == "sqlite" else None

    def _own_folders(self) -> list[Path]:
        home, file = self.settings.home, self._file
        _make(home, 0o700)
        if file is None or file.parent.is_relative_to(home):
            return [home]
        _make(file.parent, 0o777)
        return [home, file.parent]


def _packed(files: Mapping[str, bytes], user: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        folder = tarfile.TarInfo(_FOLDER)
        folder.type = tarfile.DIRTYPE
        _add(tar, folder, b"", user)
        for name, content in files.items():
            _add(tar, tarfile.TarInfo(name[1:]), content, user)
    return packed.getvalue()


def _add(tar: tarfile.TarFile, entry: tarfile.TarInfo, content: bytes, user: str) -> None:
    known = user.isdigit()
    entry.uid = int(user) if known else 0
    entry.mode = (0o700 if known else 0o777) if entry.isdir() else (0o400 if known else 0o444)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def _make(folder: Path, mode: int) -> None:
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{str(folder)!r}, which containers need, cannot be made: {error.strerror}; choose "
            "another directory."
        ) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
