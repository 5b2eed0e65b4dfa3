"""Stories from seeds, the files in them, and what is left of a story when it is shrunk."""

from tests.chaos.files import content
from tests.chaos.shrink import shrink
from tests.chaos.story import Kill, Second, Upload, about, tell


def test_a_seed_tells_one_story():
    assert tell(1, 20, 10) == tell(1, 20, 10)
    assert tell(1, 20, 10) != tell(2, 20, 10)


def test_a_story_has_as_many_kills_as_were_asked_for():
    assert sum(isinstance(step, Kill) for step in tell(3, 57, 10)) == 57


def test_the_second_host_is_killed_only_while_it_is_there():
    there = False
    for step in tell(4, 200, 10):
        if isinstance(step, Second):
            there = step.up
        assert there or not isinstance(step, Kill) or step.host == "A"


def test_a_file_is_made_of_its_name_and_a_number():
    assert content("orders/1.csv", 5) == content("orders/1.csv", 5)
    assert content("orders/1.csv", 5) != content("orders/1.csv", 6)
    assert content("orders/1.csv", 5) != content("orders/2.csv", 5)


def test_the_steps_about_files_are_found():
    story = (Upload("a", 1), Kill("A", 0, 0), Upload("b", 2), Upload("a", 3))
    assert about(story, {"a"}) == (Upload("a", 1), Upload("a", 3))


def test_shrinking_leaves_what_is_needed_and_nothing_else():
    assert shrink(tuple(range(100)), lambda story: {17, 58} <= set(story), plays=1000) == (17, 58)


def test_shrinking_keeps_to_the_number_of_plays():
    played = []
    shrink(tuple(range(100)), lambda story: bool(played.append(story)), plays=7)
    assert len(played) == 7


def test_a_shrunk_story_has_failed():
    failed = []

    def fails(story):
        failed.append(story)
        return len(failed) % 3 == 1

    assert shrink(tuple(range(30)), fails, plays=10) in failed[::3]
