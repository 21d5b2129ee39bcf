"""Walking into a document, with errors that say where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lume_services.errors import LumeServicesError, NotSerializableError, ResultsError

if TYPE_CHECKING:
    from lume_services.results.codec.stored import Loading
    from lume_services.services.files.stored_value import StoredValue

# MongoDB nests 100 levels; the rest is left to the document around the value.
MAX_DEPTH = 64

Key = str | int


class Walk:
    """A position in a document.

    Parameters
    ----------
    function
        What is applied to each value, with this walk to go deeper.
    root
        How error messages call the whole, for example ``"outputs"``.
    loading
        How values are loaded that are kept apart, if a stored document is read, and not a
        value written.
    """

    def __init__(
        self, function: Callable[[Any, Walk], Any], root: str, loading: Loading | None = None
    ) -> None:
        self._loading = loading
        self._function = function
        self._keys: list[Key] = []
        self._root = root

    def __call__(self, value: Any) -> Any:
        """Convert a value that stands at the same place."""
        return self._function(value, self)

    def into(self, key: Key, value: Any) -> Any:
        """Convert a value that stands under a key or an index of the current one."""
        self._keys.append(key)
        if len(self._keys) > MAX_DEPTH:
            raise self._too_deep()
        converted = self._function(value, self)
        self._keys.pop()
        return converted

    def each(self, values: Any) -> list[Any]:
        """Convert the items of a sequence."""
        return [self.into(index, value) for index, value in enumerate(values)]

    @property
    def lazy(self) -> bool:
        """Whether arrays that are kept apart are read only when used."""
        return self._loading is not None and self._loading.lazy

    def stored(self, tag: dict[str, Any], suffix: str) -> StoredValue:
        """Return what is kept apart from the document and belongs to the current place."""
        if self._loading is None:
            raise ValueError("nothing is loaded here")
        return self._loading.value(tag, suffix, self.where)

    @property
    def where(self) -> str:
        """The path so far, as in ``outputs.beam[3].x``."""
        text = self._root
        for key in self._keys[:MAX_DEPTH]:
            if isinstance(key, int):
                text += f"[{key}]"
            elif key.isidentifier():
                text += f".{key}" if text else key
            else:
                text += f"[{key!r}]"
        return text or "the value"

    def _too_deep(self) -> LumeServicesError:
        if self._loading is not None:
            return self.malformed(f"it nests deeper than {MAX_DEPTH} levels")
        return self.refused(f"nests deeper than {MAX_DEPTH} levels", "flatten it, or end its cycle")

    def refused(self, reason: str, way_out: str) -> NotSerializableError:
        """Make the error for a value that cannot be encoded."""
        return NotSerializableError(f"{self.where} {reason}; {way_out}")

    def malformed(self, reason: str) -> ResultsError:
        """Make the error for a document that cannot be decoded."""
        return ResultsError(
            f"the stored document cannot be read: at {self.where}, {reason}. It was damaged, "
            "not written by LUME-services, or written by a newer version of it."
        )


# Turns a value of one type into JSON, and a tag back into its value. Any error of a
# decoder means that the tag is malformed.
Encoder = Callable[[Any, Walk], Any]
Decoder = Callable[[dict[str, Any], Walk], Any]
