"""Classes that are made for one serializer by subscription, such as ``File[CSVSerializer]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar, cast

from lume_services.errors import InputError

T = TypeVar("T")

PACKAGED = "lume_services.files.serializers."


class Serializer(Protocol[T]):
    """What writes an object to a file and reads it back.

    Any class without constructor arguments will do; `lume.serializers.base.SerializerBase`
    has the same shape. A serializer keeps nothing between calls.
    """

    def serialize(self, filename: str, obj: T, /) -> None:
        """Create the file that is named."""

    def deserialize(self, filename: str, /) -> T:
        """Return what the file holds, without running code that it chooses."""


S_co = TypeVar("S_co", bound=Serializer[Any], covariant=True)


class SerializerTyped(Generic[S_co]):
    """Base of generic classes whose subscription makes one class per serializer."""

    serializer: ClassVar[type[Serializer[Any]]]
    made: ClassVar[dict[type, Any]]

    if not TYPE_CHECKING:

        def __init_subclass__(cls, **kwargs):
            super().__init_subclass__(**kwargs)
            cls.made = {}

        def __class_getitem__(cls, serializer):
            if isinstance(serializer, TypeVar) or hasattr(cls, "serializer"):
                return super().__class_getitem__(serializer)
            return cls.of(serializer)

    @classmethod
    def of(cls, serializer: type) -> type[Self]:
        """Return the class for a serializer: the same one every time."""
        if serializer not in cls.made:
            _check(cls, serializer)
            name = f"{cls.__name__}[{serializer.__qualname__}]"
            members = {"serializer": serializer, "__module__": cls.__module__}
            cls.made.setdefault(serializer, type(name, (cls,), members))
        return cast("type[Self]", cls.made[serializer])

    @classmethod
    def type_name(cls) -> str:
        """Return the name by which references say what a file holds."""
        serializer = cls.required_serializer()
        if serializer.__module__.startswith(PACKAGED):
            return serializer.__name__.removesuffix("Serializer") + "File"
        return f"{serializer.__module__}:{serializer.__qualname__}"

    @classmethod
    def required_serializer(cls) -> type[Serializer[Any]]:
        """Return the serializer, or raise `InputError` on the class without one."""
        if not hasattr(cls, "serializer"):
            raise InputError(
                f"{cls.__name__} does not know what its file holds; use a packaged type such as "
                f"TextFile, or {cls.__name__}[YourSerializer]."
            )
        return cls.serializer

    def __reduce__(self) -> tuple[Any, ...]:
        # A class made by subscription is no attribute of a module, so pickle (which process
        # pools use to pass objects on) must find it by subscribing again.
        cls = type(self)
        made = "serializer" in vars(cls)
        return _remake, (cls.__base__, cls.serializer) if made else (cls,), self.__dict__


def _remake(cls: Any, *serializer: type) -> Any:
    made = cls.of(serializer[0]) if serializer else cls
    return made.__new__(made)


def _check(generic: type, serializer: Any) -> None:
    name = getattr(serializer, "__qualname__", repr(serializer))
    if not isinstance(serializer, type):
        raise InputError(f"{generic.__name__}[{name}]: a serializer is a class.")
    missing = {verb for verb in ("serialize", "deserialize") if not hasattr(serializer, verb)}
    missing |= getattr(serializer, "__abstractmethods__", frozenset())
    if missing:
        lacking = " and no ".join(sorted(missing))
        raise InputError(
            f"{generic.__name__}[{name}]: the serializer has no {lacking}; "
            "write serialize(self, filename, obj) and deserialize(cls, filename)."
        )
