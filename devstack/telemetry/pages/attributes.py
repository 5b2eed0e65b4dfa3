"""Attributes as a list of terms."""

import json

from devstack.telemetry.model import Attributes, Value
from devstack.telemetry.pages.html import Html, tag


def attribute_list(attributes: Attributes) -> Html | None:
    """The attributes in the order in which they came; nothing where there are none."""
    if not attributes:
        return None
    pairs = [tag("div", tag("dt", key), tag("dd", tag("bdi", _shown(value)))) for key, value in attributes.items()]
    return tag("dl", pairs, class_="attributes")


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
