"""Installs extra packages beside those of the image, once for each set of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lume_services.errors import ContainerError
from lume_services.image import conda, pip, wishes
from lume_services.image.prefix import Prefix

PLACE = "EXTRA_PLACE"
NO_PLACE = 73
_DEFAULT_PLACE = "/opt/extra"


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables with which a command finds the extra packages.

    Where everything that is asked for is in the image, nothing changes and no index is asked.

    Parameters
    ----------
    variables
        Environment variables, which ask for packages.

    Raises
    ------
    ContainerError
        If they cannot be understood or installed.
    """
    wished = wishes.read(variables)
    wished = wishes.Wishes(
        tuple(word for word in wished.pip if not pip.is_there(word)),
        tuple(word for word in wished.conda if not conda.is_there(word)),
        wished.channels,
    )
    if not wished.pip and not wished.conda:
        return dict(variables)
    place = Path(variables.get(PLACE, _DEFAULT_PLACE))
    prefix = Prefix.of(place, wished)
    try:
        with prefix.complete() as is_complete:
            if not is_complete:
                _install(prefix, wished, variables)
    except OSError as error:
        raise _cannot_write(place, error) from None
    return prefix.environment(variables)


def _install(prefix: Prefix, wished: wishes.Wishes, variables: Mapping[str, str]) -> None:
    sys.stderr.write(f"installing {wishes.shown(*wished.conda, *wished.pip)}\n")
    sys.stderr.flush()
    prefix.make()
    if wished.conda:
        conda.install(prefix, wished.conda, wished.channels)
    if wished.pip:
        pip.install(prefix, wished.pip, variables)


def _cannot_write(path: Path, error: OSError) -> ContainerError:
    return ContainerError(
        f"the extra packages cannot be written to {path}: {error.strerror or error}; mount a "
        f"volume that user {os.geteuid()} can write at {_DEFAULT_PLACE}, or name a folder that is "
        f"by {PLACE}",
        exit_code=NO_PLACE,
    )
