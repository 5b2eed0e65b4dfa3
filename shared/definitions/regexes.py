"""Regular expressions that mean the same to Python's `re` and to the Rust `regex` crate, which runs them."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Python's syntax, cut into the pieces at which the two may differ.
_TOKEN = re.compile(
    r"""
      (?P<escape>     \\ (?: x[0-9a-fA-F]{2} | u[0-9a-fA-F]{4} | U[0-9a-fA-F]{8} | . ) )
    | (?P<set>        \[ \^? \]? (?: \\. | [^\]\\] )* \] )
    | (?P<group>      \( \? (?: P<\w*> | P= | P> | [a-zA-Z-]+ [:)] | <[=!] | . ) )
    | (?P<repeat>     (?: [*+?] | \{ \d+ (?: , \d* )? \} ) [+?]? )
    | (?P<brace>      \{ )
    | (?P<open_set>   \[ )
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN_ESCAPE = re.compile(r"\\(?:[dDwWsSbBAafnrtv]|[xU].+|u(?![dD][89a-fA-F]).+|[!-/:;=?@\[-`{-~ ])")
_PLAIN_GROUP = re.compile(r"\(\?(?::|P<[A-Za-z_][A-Za-z0-9_]*>|[ims]*(?:-[ims]+)?[:)])")
_LOOK_AROUND = re.compile(r"\(\?<?[=!]")

# The Rust engine spells repeats out and refuses what takes more than 10 MB. Weights are measured, as shares of that:
# `\w{190}` is about the most it takes.
_HEAVIEST = 10_000
_WEIGHTS = {"w": 50, "W": 50, "d": 5, "D": 13, "s": 2, "S": 2}


def portability_mistake(pattern: str) -> str | None:
    """What is wrong with a pattern, or None where both engines understand it alike."""
    for token in _TOKEN.finditer(pattern):
        reason = _token_mistake(token)
        if reason:
            return f"{reason} (at character {token.start() + 1})"
    try:
        re.compile(pattern)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        return f"is not a regular expression: {error}"
    if _weight(_TOKEN.finditer(pattern)) > _HEAVIEST:
        return r"repeats too much for the engine; use lower counts such as \w{1,50}, or max_length"
    return None


def _token_mistake(token: re.Match[str]) -> str | None:
    text = token.group()
    mistake = None
    match token.lastgroup:
        case "group":
            mistake = _group_mistake(text)
        case "escape":
            mistake = _escape_mistake(text)
        case "set":
            mistake = _set_mistake(text)
        case "repeat" if len(text) > 1 and text.endswith("+"):
            mistake = _not_shared(f"possessive repeats such as {text}")
        case "brace":
            mistake = r"has a { that begins no repeat such as {1,3}; write \{"
        case "open_set":
            mistake = "has a [ that no ] closes"
    return mistake


def _group_mistake(text: str) -> str | None:
    if _LOOK_AROUND.match(text):
        return _not_shared(f"look-around such as {text}…)")
    if text == "(?P=":
        return _not_shared("back-references such as (?P=…)")
    return None if _PLAIN_GROUP.fullmatch(text) else _not_shared(f"groups such as {text}…")


def _escape_mistake(text: str) -> str | None:
    if re.fullmatch(r"\\[1-9]", text):
        return _not_shared(f"back-references such as {text}")
    return None if _PLAIN_ESCAPE.fullmatch(text) else _not_shared(text)


def _not_shared(what: str) -> str:
    return f"must do without {what}, which Python and the Rust engine that runs it do not both have"


def _set_mistake(text: str) -> str | None:
    inner = text[1:-1]
    plain = re.sub(r"\\.", "", inner, flags=re.DOTALL)
    if "[" in plain:
        return r"has a [ within a set; write \["
    if any(operator in plain for operator in ("&&", "--", "~~", "||")):
        return "has &&, --, ~~ or || within a set, which engines read differently; write a single one"
    for escape in re.findall(r"\\(?:[xuU][0-9a-fA-F]+|.)", inner, re.DOTALL):
        if escape in {r"\b", r"\B", r"\A"} or not _PLAIN_ESCAPE.fullmatch(escape):
            return _not_shared(f"{escape} within a set")
    return None


def _weight(tokens: Iterable[re.Match[str]]) -> int:
    """About how large the compiled expression gets, with every counted repeat spelt out."""
    groups, last = [0], 0  # the weight so far of each open group, and of what a repeat would refer to
    for token in tokens:
        text = token.group()
        if text == "(" or (token.lastgroup == "group" and not text.endswith(")")):
            groups.append(0)
            continue
        if text == ")":
            last = groups.pop()
        elif token.lastgroup == "repeat":
            last *= max((int(count) for count in re.findall(r"\d+", text)), default=1) - 1
        else:
            last = 1 + sum(_WEIGHTS.get(letter, 0) for letter in re.findall(r"\\([dDwWsS])", text))
        groups[-1] += last
    return groups[0]
