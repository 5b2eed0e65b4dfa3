"""The smallest part of a story that still shows what went wrong."""

from collections.abc import Callable


def shrink[S](story: tuple[S, ...], fails: Callable[[tuple[S, ...]], bool], plays: int) -> tuple[S, ...]:
    """Leave out halves, then quarters, down to single steps, as long as the rest fails; at most so many plays.

    What fails only now and then may come out longer than it must be, but whatever comes out has failed once.
    """
    size = (len(story) + 1) // 2
    while size:
        start = 0
        while start < len(story):
            if not plays:
                return story
            shorter = story[:start] + story[start + size :]
            plays -= 1
            if fails(shorter):
                story = shorter
            else:
                start += size
        size = size // 2
    return story
