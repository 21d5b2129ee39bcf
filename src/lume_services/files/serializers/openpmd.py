"""Particle bunches in the openPMD format."""

from __future__ import annotations

from typing import Any

from lume_services.errors import FileCorruptError, FileServiceError, InputError
from lume_services.files.serializers.hdf5_stream import created


class OpenPMDSerializer:
    """One ``ParticleGroup`` of openPMD-beamphysics."""

    def serialize(self, filename: str, obj: Any) -> None:
        """Write a bunch."""
        import h5py

        if not isinstance(obj, _particle_group()):
            raise InputError(
                f"an OpenPMDFile holds a ParticleGroup, not {type(obj).__name__}; "
                "make one with beamphysics.ParticleGroup(data=...)."
            )
        # Given a path, ParticleGroup.write would expand environment variables in it.
        with created(filename) as stream, h5py.File(stream, "w") as file:
            obj.write(file)

    @classmethod
    def deserialize(cls, filename: str) -> Any:
        """Read the only bunch of a file."""
        from lume_services.files.serializers.hdf5_safety import opened

        particle_group = _particle_group()
        with opened(filename) as file:
            if "openPMD" not in file.attrs:
                raise FileCorruptError(
                    f"{filename!r} is not an openPMD file; read it as the HDF5File that it is."
                )
            try:
                return particle_group(h5=file)
            except Exception as error:
                raise FileCorruptError(
                    f"{filename!r} holds no bunch that openPMD-beamphysics can read: {error!r}."
                ) from error


def _particle_group() -> Any:
    try:
        from beamphysics import ParticleGroup
    except ImportError:
        raise FileServiceError(
            "an OpenPMDFile needs the package openpmd-beamphysics; install lume-services[openpmd]."
        ) from None
    return ParticleGroup
