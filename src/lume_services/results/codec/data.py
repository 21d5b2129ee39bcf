"""The content of an array that is not yet, or no longer, text in a document."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Buffer

SUFFIX = ".npy"


class Data(ABC):
    """An array as a file in NumPy's format, read or made block by block when needed.

    Parameters
    ----------
    size
        Length of the file in bytes.
    sha256
        Digest of the file, where known.

    Attributes
    ----------
    is_kept
        Whether there is such a file.
    """

    suffix: ClassVar[str] = SUFFIX
    is_kept: ClassVar[bool] = False

    def __init__(self, size: int, sha256: str | None = None) -> None:
        self.size, self._sha256 = size, sha256

    @property
    def sha256(self) -> str:
        """Digest of the file."""
        if self._sha256 is None:
            digest = hashlib.sha256()
            for block in self.blocks():
                digest.update(block)
            self._sha256 = digest.hexdigest()
        return self._sha256

    def remember(self, sha256: str) -> None:
        """Take the digest that was found when the content was written."""
        self._sha256 = sha256

    @abstractmethod
    def blocks(self) -> Iterator[Buffer]:
        """Return the file's content; a block is good until the next one is asked for."""

    @abstractmethod
    def text(self) -> str:
        """Return the elements alone, as base64."""
