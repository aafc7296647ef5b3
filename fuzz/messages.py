"""Messages made of a fuzzer's bytes. Bytes on the wire hardly ever are a message; these always are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import FieldDescriptor as Field

if TYPE_CHECKING:
    from google.protobuf.message import Message

DEEPEST: Final = 6
MOST: Final = 3
"""Elements of a repeated field."""

SPECIAL: Final = (float("nan"), float("inf"), -1.0, 0.0, 0.5, 1e308)


class Bytes:
    """A fuzzer's bytes, taken from the front; where they end, all is zero."""

    def __init__(self, data: bytes) -> None:
        """Begin at the beginning."""
        self._data = data
        self._at = 0

    def below(self, limit: int) -> int:
        """A number from 0 up to and without `limit`, at most 256."""
        byte = self._data[self._at] if self._at < len(self._data) else 0
        self._at += 1
        return byte % limit

    def number(self) -> int:
        """A signed number of 32 bits."""
        return int.from_bytes(self.some(4).ljust(4, b"\0"), "little", signed=True)

    def some(self, count: int) -> bytes:
        """Up to `count` bytes."""
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken


def fill(message: Message, source: Bytes, depth: int = 0) -> Message:
    """The message with some of its fields set."""
    for field in message.DESCRIPTOR.fields:
        if source.below(4) == 0 or (field.message_type and depth >= DEEPEST):
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        if field.is_repeated:
            for _ in range(source.below(MOST + 1)):
                _append(getattr(message, field.name), field, source, depth)
        elif field.message_type is not None:
            fill(getattr(message, field.name), source, depth + 1)
            getattr(message, field.name).SetInParent()
        else:
            setattr(message, field.name, _value(field, source))
    return message


def _append(container: Any, field: Any, source: Bytes, depth: int) -> None:
    if field.message_type is not None:
        fill(container.add(), source, depth + 1)
    else:
        container.append(_value(field, source))


def _value(field: Any, source: Bytes) -> Any:
    """A value of the field's type, the odd ones among them."""
    match field.cpp_type:
        case Field.CPPTYPE_DOUBLE | Field.CPPTYPE_FLOAT:
            choice = source.below(2 * len(SPECIAL))
            return SPECIAL[choice] if choice < len(SPECIAL) else float(source.number())
        case Field.CPPTYPE_BOOL:
            return bool(source.below(2))
        case Field.CPPTYPE_ENUM:
            return source.below(24)
        case Field.CPPTYPE_STRING:
            text = source.some(source.below(72))
            return text if field.type == Field.TYPE_BYTES else text.decode(errors="replace")
        case Field.CPPTYPE_UINT32 | Field.CPPTYPE_UINT64:
            return abs(source.number())
        case _:
            return source.number()
