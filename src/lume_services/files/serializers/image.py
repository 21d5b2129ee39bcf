"""Images."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lume_services.errors import FileCorruptError, FileServiceError, InputError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".gif": "GIF",
    ".bmp": "BMP",
}


class ImageSerializer:
    """One Pillow image, in the format that the filename's suffix names."""

    def serialize(self, filename: str, obj: Image) -> None:
        """Write an image."""
        pillow = _pillow()
        if not isinstance(obj, pillow.Image):
            raise InputError(
                f"an ImageFile holds a PIL.Image.Image, not {type(obj).__name__}; convert an "
                "array with PIL.Image.fromarray, or open a plot that was saved to a buffer."
            )
        suffix = Path(filename).suffix
        if suffix.lower() not in FORMATS:
            raise InputError(
                f"{Path(filename).name!r} has the suffix {suffix!r}; "
                f"an ImageFile has one of {', '.join(FORMATS)}."
            )
        try:
            obj.save(filename, format=FORMATS[suffix.lower()])
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise InputError(f"this image cannot be written as {suffix}: {error}.") from error

    @classmethod
    def deserialize(cls, filename: str) -> Image:
        """Read an image of at most `PIL.Image.MAX_IMAGE_PIXELS` pixels."""
        pillow = _pillow()
        bombs = (pillow.DecompressionBombError, pillow.DecompressionBombWarning)
        broken = (OSError, ValueError, SyntaxError, EOFError, struct.error)
        try:
            with pillow.open(filename, formats=sorted(set(FORMATS.values()))) as image:
                if image.width * image.height > pillow.MAX_IMAGE_PIXELS:
                    raise pillow.DecompressionBombError(
                        f"{image.width} x {image.height} pixels exceed {pillow.MAX_IMAGE_PIXELS}"
                    )
                result: Image = image.copy()
                return result
        except bombs as error:
            raise FileCorruptError(
                f"{filename!r} is larger than images may be: {error}. "
                "Raise PIL.Image.MAX_IMAGE_PIXELS if it is to be trusted."
            ) from None
        except broken as error:
            raise FileCorruptError(
                f"{filename!r} is not an image that can be read: {error}. "
                f"Formats are {', '.join(sorted(set(FORMATS.values())))}."
            ) from None


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise FileServiceError(
            "an ImageFile needs the package pillow; install lume-services[image]."
        ) from None
    return Image
