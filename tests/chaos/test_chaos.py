"""A short story with kills and faults; `make chaos` plays a long one."""

from tests.chaos.play import explained, play
from tests.chaos.story import tell

SEED, KILLS, FILES = 17, 8, 16


def test_everything_is_as_the_uploads_say_after_kills_and_faults(tmp_path):
    story = tell(SEED, KILLS, FILES)
    result = play(story, SEED, tmp_path / "state")
    assert result.counts["kills"] == KILLS
    assert result.is_right, explained(result, story, SEED, KILLS, FILES)
