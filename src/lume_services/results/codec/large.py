"""Large arrays of results, read from their files when and as far as they are used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

if TYPE_CHECKING:
    from lume_services.results.codec.array_data import StoredData

    Order = Literal["C", "F"]


class LargeArray(NDArrayOperatorsMixin):
    """An array that stayed in its file when its result was loaded.

    An index or a slice reads the part that it names, and checks only the size of the file.
    Everything else works as for a NumPy array, and reads all of it, each time: operators,
    NumPy's functions, the methods of arrays. ``numpy.asarray(array)`` reads it for good.
    Whatever reads all checks the digest.

    Attributes
    ----------
    shape, dtype
        As of the array that was saved.
    data
        The file.

    Raises
    ------
    FileNotThereError, FileCorruptError
        When elements are read and the file is missing or not what was saved.
    """

    def __init__(
        self, data: StoredData, shape: tuple[int, ...], dtype: np.dtype[Any], order: Order = "C"
    ) -> None:
        self.data, self.shape, self.dtype, self.order = data, shape, dtype, order

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=object))

    @property
    def nbytes(self) -> int:
        """Bytes that the elements take."""
        return self.size * self.dtype.itemsize

    @property
    def sha256(self) -> str:
        """Digest of the content: arrays with the same one are equal, and of the same type."""
        return self.data.sha256

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        part = self._mapped()[key]
        return part.copy() if isinstance(part, np.ndarray) else part

    def __iter__(self) -> Iterator[Any]:
        return iter(np.asarray(self))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if copy is False:
            raise ValueError(f"{self!r} is in a file, so an array of it is always a copy")
        self.data.value.check()
        array: np.ndarray[Any, Any] = np.empty(self.shape, self.dtype)
        self.data.value.read_into(array.reshape(-1).view(np.uint8).data, self.data.start)
        wanted = self.dtype if dtype is None else np.dtype(dtype)
        return array.astype(wanted, self.order, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        read = [np.asarray(each) if isinstance(each, LargeArray) else each for each in inputs]
        return getattr(ufunc, method)(*read, **options)

    def __getattr__(self, name: str) -> Any:
        # What takes arrays calls their methods, whatever their size was when they were saved.
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"LargeArray has no attribute {name!r}")
        return getattr(np.asarray(self), name)

    def __repr__(self) -> str:
        return f"LargeArray(shape={self.shape}, dtype={self.dtype}, sha256={self.sha256[:8]})"

    def _repr_html_(self) -> str:
        from lume_services.pictures import html, values

        facts = (values.brief(self), f"{self.nbytes / 1e6:.6g} MB in a file", self.sha256)
        return html.sheet(type(self).__name__, facts)

    def _mapped(self) -> np.ndarray[Any, Any]:
        self.data.value.check()
        return np.asarray(
            np.memmap(self.data.value.path, self.dtype, "r", self.data.start, self.shape)
        )
