"""The elements of arrays in one form for all machines, block by block.

The form is a file in NumPy's format: little-endian elements in C order, NaNs of the same
bits, behind a header that is made here, as digests must not change with NumPy's version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lume_services.results.codec.data import Data
from lume_services.results.codec.leaves import to_base64

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from lume_services.services.files.stored_value import StoredValue

_BLOCK = 4 << 20
_MAGIC = b"\x93NUMPY"
_ALIGNMENT = 64
# Little blocks of any layout, in memory of their own only where the array's will not do.
_IN_ORDER: dict[str, Any] = {
    "flags": ["external_loop", "buffered"],
    "op_flags": [["readonly", "contig"]],
    "casting": "unsafe",
    "order": "C",
}


class ArrayData(Data):
    """The content of an array in memory.

    Parameters
    ----------
    array
        Any array of the type, whatever its byte order and layout.
    dtype
        The type in its portable form.
    """

    def __init__(self, array: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> None:
        self._array, self._dtype = array, dtype
        self._header = npy_header(array.shape, dtype)
        super().__init__(len(self._header) + array.size * dtype.itemsize)

    def blocks(self) -> Iterator[Buffer]:
        """Return the file's content; a block is good until the next one is asked for."""
        yield self._header
        yield from self._elements()

    def text(self) -> str:
        """Return the elements alone, as base64."""
        return to_base64(b"".join(block.tobytes() for block in self._elements()))

    def _elements(self) -> Iterator[memoryview]:
        if self._array.size * self._dtype.itemsize == 0:
            return
        chunks = np.nditer(
            [self._array],
            op_dtypes=[self._dtype],
            buffersize=max(1, _BLOCK // self._dtype.itemsize),
            **_IN_ORDER,
        )
        for chunk in chunks:
            yield uniform(np.asarray(chunk)).view(np.uint8).data


class StoredData(Data):
    """The content of an array in a file.

    Parameters
    ----------
    value
        The file.
    nbytes
        Length of the elements, which end the file.
    """

    is_kept = True

    def __init__(self, value: StoredValue, nbytes: int) -> None:
        super().__init__(value.size, value.sha256)
        self.value, self._nbytes = value, nbytes

    @property
    def start(self) -> int:
        """Where the elements begin."""
        return self.size - self._nbytes

    def blocks(self) -> Iterator[Buffer]:
        """Return the file's content; a block is good until the next one is asked for."""
        return self.value.blocks()

    def text(self) -> str:
        """Return the elements alone, as base64."""
        elements = bytearray(self._nbytes)
        self.value.read_into(memoryview(elements), self.start)
        return to_base64(bytes(elements))


def uniform(block: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return elements with NaNs of the same bits; the same object where it has none."""
    # 0/0 gives NaNs of different signs on different processors.
    if block.dtype.kind in "fc" and not np.isnan(block).any():
        return block
    return _uniform_nan(block.copy()) if block.dtype.kind in "fcV" else block


def npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """Return what begins a file in NumPy's format, as ``numpy.lib.format`` describes it."""
    described = f"{{'descr': {_descr(dtype)!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    version, length = (1, 2) if described.isascii() and len(described) < 60_000 else (3, 4)
    start = _MAGIC + bytes((version, 0))
    text = described.encode()
    padding = -(len(start) + length + len(text) + 1) % _ALIGNMENT
    text += b" " * padding + b"\n"
    return start + len(text).to_bytes(length, "little") + text


def _descr(dtype: np.dtype[Any]) -> Any:
    if dtype.names is None:
        return dtype.str
    return [_field(name, dtype[name]) for name in dtype.names]


def _field(name: str, dtype: np.dtype[Any]) -> tuple[Any, ...]:
    if dtype.subdtype is None:
        return name, _descr(dtype)
    base, shape = dtype.subdtype
    return name, _descr(base), shape


def _uniform_nan(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.dtype.names is not None:
        for name in array.dtype.names:
            array[name] = _uniform_nan(array[name])
    elif array.dtype.kind == "c":
        array.real, array.imag = _uniform_nan(array.real), _uniform_nan(array.imag)
    elif array.dtype.kind == "f":
        array[np.isnan(array)] = np.nan
    return array
