"""Values ↔ tagged JSON, exact both ways, with nothing executed on the way.

What JSON has stays as it is. Everything else is an object with the key ``"@lume"``
that names its kind; a dictionary that has this key itself is wrapped, so data can
never pass for a tag. A tag whose key ``"value"`` holds a number, a text or a truth
value is found by it in queries:

========================  =================  ==========================================
value                     tag                searched as
========================  =================  ==========================================
NaN                       ``float``          nothing
infinities                ``float``          the largest double
int beyond 64 bits        ``int``            the nearest double
text with NUL, surrogate  ``str``            nothing
complex                   ``complex``        nothing (parts as ``x.real``, ``x.imag``)
bytes                     ``bytes``          nothing
tuple, set, frozenset     same               nothing (an item as ``x.items.0``)
dict with key ``@lume``   ``dict``           nothing
datetime                  ``datetime``       ISO text with microseconds, in UTC with
                                             ``Z`` if it has a zone
date, time                same               ISO text
timedelta                 ``timedelta``      seconds
Decimal                   ``decimal``        the nearest double
UUID, paths               ``uuid``, ``path`` text
registered enum           ``enum``           the member's value
``File``                  ``file``           nothing (as ``x.reference.filename``)
``FileResult``            ``file_result``    nothing (as ``x.reference.filename``)
NumPy scalar              ``numpy``          number, truth value, text or time
NumPy array               ``ndarray``        nothing
pandas                    see ``frames``     timestamps and time differences like above
========================  =================  ==========================================

Byte order and the bits of a NaN are made uniform. The memory order of an array is
kept but is not part of its content hash.

What is large leaves a document, see ``lume_services.results.values.leaving``: a tag ``stored``
stands for the content of an array, or for any value, and names its file by digest.
"""

from __future__ import annotations

from lume_services.results.codec.core import (
    MAX_DEPTH,
    TAG,
    VERSION,
    canonical,
    comparable,
    content_hash,
    decode,
    encode,
    encode_apart,
    fill,
)
from lume_services.results.codec.data import Data
from lume_services.results.codec.enums import register_enum
from lume_services.results.codec.stored import Loading

__all__ = [
    "MAX_DEPTH",
    "TAG",
    "VERSION",
    "Data",
    "Loading",
    "canonical",
    "comparable",
    "content_hash",
    "decode",
    "encode",
    "encode_apart",
    "fill",
    "register_enum",
]
