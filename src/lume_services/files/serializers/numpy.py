"""NumPy arrays in NumPy's own format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lume_services.errors import FileCorruptError, InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class NumpySerializer:
    """One array of any data type but Python objects; data type and memory order are kept."""

    def serialize(self, filename: str, obj: npt.NDArray[Any]) -> None:
        """Write an array."""
        import numpy as np

        if type(obj) not in (np.ndarray, np.memmap):
            raise InputError(
                f"a NumpyFile holds a numpy.ndarray, not {type(obj).__module__}."
                f"{type(obj).__qualname__}; convert it with numpy.asarray, "
                "or use HDF5File for several arrays."
            )
        if not _storable(obj.dtype):
            raise InputError(
                f"an array of data type {obj.dtype} cannot be written without pickle; "
                "convert it with astype to numbers, fixed-width text or a structured type."
            )
        with Path(filename).open("wb") as stream:
            np.save(stream, obj, allow_pickle=False)

    @classmethod
    def deserialize(cls, filename: str) -> npt.NDArray[Any]:
        """Read an array."""
        import numpy as np

        try:
            # A mapping is refused where the header claims more than the file holds, before
            # any memory is taken.
            mapped = np.lib.format.open_memmap(filename, mode="r")
        except (ValueError, OverflowError, EOFError) as error:
            raise FileCorruptError(
                f"{filename!r} is not a NumPy array file without pickled objects: {error}"
            ) from None
        return np.array(mapped, copy=True, order="K")


def _storable(dtype: np.dtype[Any]) -> bool:
    import numpy as np

    return not dtype.hasobject and np.lib.format.descr_to_dtype(_descr(dtype)) == dtype


def _descr(dtype: np.dtype[Any]) -> Any:
    import numpy as np

    return np.lib.format.dtype_to_descr(dtype)
