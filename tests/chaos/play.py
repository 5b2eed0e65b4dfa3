"""Playing a story to its end and comparing what is left of it with the oracle."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.compare import Mismatch, mismatches
from tests.chaos.observed import observe, reader
from tests.chaos.oracle import Truth, truth
from tests.chaos.story import Kill, Story, about
from tests.chaos.world import World, world

LOOKS = 5  # times that a mismatch must be seen, two seconds apart, to be one


@dataclass(frozen=True)
class Result:
    """How a story ended."""

    mismatches: tuple[Mismatch, ...]
    settled: bool
    counts: Counter[str]
    faults: Counter[str]
    reports: int
    seconds: float

    @property
    def is_right(self) -> bool:
        return self.settled and not self.mismatches

    def summary(self) -> str:
        """Lines for a note."""
        counts = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
        faults = ", ".join(f"{count} {kind}" for kind, count in self.faults.most_common()) or "none"
        end = "every file settled" if self.settled else "NOT SETTLED"
        return (
            f"{self.seconds:.0f} s; {end}\n  happened: {counts}\n  faults ({self.faults.total()}): {faults}\n"
            f"  periods of reports compared: {self.reports}\n  mismatches: {len(self.mismatches)}"
        )


def play(story: Story, seed: int, state: Path, say: Callable[[str], None] = lambda _: None) -> Result:
    """Let a story happen in a world of its own, wait until all is quiet, compare."""
    begin = time.monotonic()
    with world(state, seed) as made:
        for number, step in enumerate(story, 1):
            made.perform(step)
            if isinstance(step, Kill) and made.counts["kills"] % 10 == 0:
                say(f"{time.monotonic() - begin:4.0f} s: step {number} of {len(story)}, {made.counts['kills']} kills")
        say(f"{time.monotonic() - begin:4.0f} s: waiting until all is quiet")
        settled = made.settle()
        expected = truth(made.uploads)
        found = tuple(_lasting(made, expected))
        return Result(found, settled, made.counts, made.injected, len(expected.reports), time.monotonic() - begin)


def _lasting(made: World, expected: Truth) -> list[Mismatch]:
    """What is wrong and stays wrong."""
    for _ in range(LOOKS):
        found = mismatches(expected, made.versions, observe(made.api, made.storage), reader(made.storage))
        if not found:
            break
        time.sleep(2)
    return found


def explained(result: Result, story: Story, seed: int, kills: int, files: int) -> str:
    """What is wrong, and the part of the story that it is about."""
    names = {name for mismatch in result.mismatches for name in mismatch.files}
    steps = "\n".join(f"  {step}" for step in about(story, names))
    wrong = "\n".join(f"  {mismatch}" for mismatch in result.mismatches[:20])
    return (
        f"seed {seed}, {kills} kills: {len(result.mismatches)} mismatches"
        f"{'' if result.settled else ', and not every file settled'}\n{wrong}\n"
        f"The steps that touch these files:\n{steps}\n"
        f"Again: CHAOS_SEED={seed} CHAOS_KILLS={kills} CHAOS_FILES={files} make chaos\n"
        "(the same steps; what a kill interrupts is not quite the same every time)"
    )
