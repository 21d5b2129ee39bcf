"""A file for HDF5 to write to when the disk may be full."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def created(filename: str) -> Iterator[io.FileIO]:
    """Open a file that `h5py.File` takes in place of a name, and raise what went wrong in it.

    Parameters
    ----------
    filename
        The file to create.
    """
    with _PatientFile(filename, "w+") as stream:
        try:
            yield stream
        except (OSError, RuntimeError):
            # HDF5 has read back what could not be written.
            if stream.error is None:
                raise
        if stream.error is not None:
            raise stream.error


class _PatientFile(io.FileIO):
    """Keeps the first error for later, since the HDF5 library crashes on a failing write."""

    error: OSError | None = None

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        try:
            written = 0
            while written < len(view):
                written += super().write(view[written:])
        except OSError as error:
            self.error = self.error or error
        return len(view)

    def truncate(self, size: int | None = None, /) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0
