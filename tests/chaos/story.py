"""Stories: what happens to the files and to the hosts, made up from a seed. Any part of a story is a story, too."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

type HostName = Literal["A", "B"]


@dataclass(frozen=True)
class Upload:
    """A new file, or another version of one."""

    name: str
    content: int  # what files.content makes the bytes of


@dataclass(frozen=True)
class Again:
    """The same bytes once more, which makes a new ETag."""

    name: str


@dataclass(frozen=True)
class Announce:
    """One more event for a file, which may name a version that is gone."""

    name: str
    late: bool


@dataclass(frozen=True)
class Delete:
    """A file goes, by the API or behind its back."""

    name: str
    by_api: bool


@dataclass(frozen=True)
class Reprocess:
    """Somebody asks for a file to be run again."""

    name: str


@dataclass(frozen=True)
class Run:
    """A host runs a function now, besides its schedule, whichever host holds the lock of the timer."""

    host: HostName
    function: Literal["refresh", "reconcile", "sweep"]


@dataclass(frozen=True)
class Kill:
    """SIGKILL to a host, so long after it answers and a function is in work there; later it is started again."""

    host: HostName
    after: float
    down: float
    amid: str | None = None  # the function; None: none in particular


@dataclass(frozen=True)
class Stall:
    """A host is held up in the midst of its work. Meanwhile the other one takes up the same files, and goes ahead."""

    host: HostName
    amid: str
    content: int  # of the new versions that come meanwhile; where it is even, the same versions are taken up
    seconds: float


@dataclass(frozen=True)
class Second:
    """The second host comes or goes."""

    up: bool


@dataclass(frozen=True)
class Faults:
    """So large a share of the app's calls to its services fails from now on."""

    share: float


@dataclass(frozen=True)
class Wait:
    """Nothing happens."""

    seconds: float


@dataclass(frozen=True)
class Calm:
    """Everything is given time to come to an end, so that what follows changes reports that were right."""

    seconds: float  # at most


type Step = Upload | Again | Announce | Delete | Reprocess | Run | Kill | Stall | Second | Faults | Wait | Calm
type Story = tuple[Step, ...]

FAULTS = (0.0, 0.02, 0.05, 0.1)
KILLS_PER_ACT = 10  # after so many kills the second host comes or goes, and the share of faults changes
CALM = Calm(20)


def tell(seed: int, kills: int, files: int) -> Story:
    """A story with so many kills, over so many file names."""
    chance = random.Random(seed)
    names = _names(files)
    steps: list[Step] = [Upload(name, chance.randrange(10**9)) for name in chance.sample(names, len(names) // 2)]
    two = False
    for kill in range(kills):
        if kill % KILLS_PER_ACT == KILLS_PER_ACT // 3:
            two = not two
            steps += [Second(two), Faults(chance.choice(FAULTS))]
        if kill % (KILLS_PER_ACT // 2) == KILLS_PER_ACT // 2 - 1:
            steps += [CALM, *(_change(chance, names) for _ in range(6))]
        steps += [_step(chance, names, two) for _ in range(chance.choice((0, 1, 4, 8, 12)))]
        steps.append(_kill(chance, _host(chance, two)))
    return tuple(steps)


def about(story: Iterable[Step], names: set[str]) -> Story:
    """The steps that touch these files."""
    return tuple(step for step in story if getattr(step, "name", None) in names)


def _names(count: int) -> list[str]:
    kinds = ("orders/{}.csv", "readings/{}.csv", "orders/{}.csv", "plain/{}.csv", "orders/{}.csv.gz")
    return [*(kinds[n % len(kinds)].format(f"{n:02}") for n in range(count)), "orders/picture.png"]


def _change(chance: random.Random, names: list[str]) -> Step:
    name = chance.choice(names)
    return Upload(name, chance.randrange(10**9)) if chance.random() < 0.7 else Delete(name, chance.random() < 0.5)


def _step(chance: random.Random, names: list[str], two: bool) -> Step:
    name = chance.choice(names)
    kinds = ("upload", "again", "announce", "delete", "reprocess", "run", "wait", "stall")
    match chance.choices(kinds, (40, 8, 15, 12, 5, 15, 5, 10 if two else 0))[0]:
        case "upload":
            return Upload(name, chance.randrange(10**9))
        case "again":
            return Again(name)
        case "announce":
            return Announce(name, late=chance.random() < 0.5)
        case "delete":
            return Delete(name, by_api=chance.random() < 0.5)
        case "reprocess":
            return Reprocess(name)
        case "run":
            return Run(_host(chance, two), chance.choice(("refresh", "refresh", "reconcile", "sweep")))
        case "stall":
            amid = chance.choice(("ingest", "ingest", "refresh"))
            return Stall(_host(chance, two), amid, chance.randrange(10**9), round(chance.uniform(1, 4), 2))
    return Wait(round(chance.uniform(0, 1), 2))


def _kill(chance: random.Random, host: HostName) -> Kill:
    amid = chance.choices((None, "ingest", "refresh", "reconcile"), (30, 40, 25, 5))[0]
    after = chance.uniform(0, 0.2) if amid else chance.uniform(0, 2.5) ** 2 / 2
    return Kill(host, round(after, 3), chance.choice((0, 0, 0, 2)), amid)


def _host(chance: random.Random, two: bool) -> HostName:
    return chance.choice(("A", "B")) if two else "A"
