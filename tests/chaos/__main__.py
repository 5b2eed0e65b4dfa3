"""`make chaos`: a long story with many kills. CHAOS_SEED, CHAOS_KILLS and CHAOS_FILES change it."""

import os
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.play import Result, explained, play
from tests.chaos.shrink import shrink
from tests.chaos.story import Story, tell

PLAYS = 12  # of shorter stories, once one has failed


def main() -> int:
    """Play, print how it ended, and where that is not well, the smallest story that shows it."""
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    kills = int(os.environ.get("CHAOS_KILLS") or 200)
    files = int(os.environ.get("CHAOS_FILES") or 60)
    print(f"chaos: seed {seed}, {kills} kills, {files} names", flush=True)
    story = tell(seed, kills, files)
    result = _play(story, seed, say=True)
    print(f"chaos: seed {seed}: {result.summary()}", flush=True)
    if result.is_right:
        return 0
    print(explained(result, story, seed, kills, files), flush=True)
    plays = int(os.environ.get("CHAOS_SHRINK") or PLAYS)
    print(f"Looking for a shorter story, in up to {plays} plays", flush=True)
    smallest = shrink(story, lambda shorter: not _play(shorter, seed).is_right, plays)
    print("The smallest that failed:", *smallest, sep="\n  ")
    return 1


def _play(story: Story, seed: int, *, say: bool = False) -> Result:
    with TemporaryDirectory(prefix="chaos-") as state:
        result = play(story, seed, Path(state) / "state", lambda line: print(f"  {line}", flush=True) if say else None)
    if not say:
        print(f"  {len(story)} steps, {result.seconds:.0f} s: {len(result.mismatches)} mismatches", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
