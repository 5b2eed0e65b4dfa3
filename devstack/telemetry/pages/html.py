"""HTML that is put together so that no text can become markup."""

from collections.abc import Iterable
from html import escape

VOID = frozenset({"input", "link", "meta", "rect", "line"})

type Child = Html | str | Iterable[Child] | None


class Html(str):
    """Text that is HTML already. Any other text is escaped when it gets into a page."""

    __slots__ = ()


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """An element. `class_` is class, `aria_label` aria-label; an attribute that is True stands alone, None is none."""
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(opening if name in VOID else f"{opening}{join(children)}</{name}>")


def join(child: Child) -> Html:
    """Children one after the other, texts escaped."""
    if child is None:
        return Html()
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return Html(escape(child))
    return Html("".join(map(join, child)))


def _attribute(key: str, value: str | int | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
