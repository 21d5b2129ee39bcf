"""HDF5 files of lume-base objects, and of plain nested dictionaries."""

from __future__ import annotations

from typing import Any


class HDF5Serializer:
    """A lume-base object, or nested dictionaries of arrays and scalars.

    An object's class must belong to a package that `allow_hdf5_package` or the entry-point
    group ``lume_services.hdf5_packages`` names, since reading it runs the class's code.
    """

    def serialize(self, filename: str, obj: Any) -> None:
        """Write an object or a dictionary."""
        from lume_services.files.serializers import hdf5_dict, hdf5_lume

        if hdf5_lume.is_lume_object(obj):
            hdf5_lume.write(filename, obj)
        else:
            hdf5_dict.write(filename, obj)

    @classmethod
    def deserialize(cls, filename: str) -> Any:
        """Read an object or a dictionary."""
        from lume_services.files.serializers import hdf5_dict, hdf5_lume
        from lume_services.files.serializers.hdf5_safety import opened

        with opened(filename) as file:
            class_path = hdf5_lume.class_path(file)
            if class_path is None:
                return hdf5_dict.read(file)
        return hdf5_lume.read(filename, class_path)
