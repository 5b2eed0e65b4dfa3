"""`python -m devstack`: the command line of the local stack."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = """\
environment:
  PORT           functions host          (7071)
  AZURITE_PORT   blob; queue and table follow  (10000)
  COSMOS_PORT    Cosmos DB emulator      (8081)
  OTLP_PORT      telemetry, and its pages  (4318)
"""


def main(arguments: list[str]) -> int:
    """Run one command; its modules are loaded only then, because `host` must start fast."""
    if arguments[:1] in (["check"], ["infer"], ["rebuild"], ["smoke"], ["provision"], ["pack"], ["licences"]):
        status: int = import_module(f"devstack.{arguments[0]}").run(arguments[1:])
        return status
    options = _parser().parse_args(arguments)
    if options.command == "up":
        from devstack.up import run as run_up  # noqa: PLC0415

        return run_up(ROOT, samples=options.samples, keys=options.keys)
    if options.command == "telemetry":
        from devstack.telemetry.server import run as run_telemetry  # noqa: PLC0415

        return run_telemetry(options.port)
    from devstack.host.main import run as run_host  # noqa: PLC0415

    return run_host(options.root, options.port, options.keys)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devstack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    up = commands.add_parser(
        "up",
        help="start everything and serve until Ctrl-C",
        description="Start Azurite, the Cosmos DB emulator and the functions host, and serve until Ctrl-C.",
        epilog=ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    up.add_argument("--samples", action="store_true", help="upload samples/uploads/ and show what became of it")
    _add_keys(up)

    host = commands.add_parser(
        "host",
        help="the functions host alone, on storage that runs already",
        description="Run a functions app as `func start` does, on storage that runs already.",
    )
    host.add_argument("--root", type=Path, default=ROOT, metavar="DIR", help="the app's folder (this project)")
    host.add_argument("--port", type=int, default=7071, help="port on 127.0.0.1 (%(default)s)")
    _add_keys(host)

    telemetry = commands.add_parser(
        "telemetry",
        help="the telemetry's receiver and pages alone",
        description="Take OpenTelemetry over HTTP, and show the last traces, until Ctrl-C.",
    )
    telemetry.add_argument("--port", type=int, default=4318, help="port on 127.0.0.1 (%(default)s)")

    commands.add_parser("check", help="dry run of one file, without a server (`check --help` says more)")
    commands.add_parser("infer", help="a section of datasets.toml for a file (`infer --help` says more)")
    commands.add_parser("rebuild", help="everything in Cosmos DB from the blobs, now (`rebuild --help` says more)")
    commands.add_parser("smoke", help="one file through a running app, local or on Azure (`smoke --help` says more)")
    commands.add_parser("provision", help="what the app needs, in emulators that run (`provision --help` says more)")
    commands.add_parser("pack", help="the package that publishing would send (`pack --help` says more)")
    commands.add_parser("licences", help="write docs/licences.md anew (`licences --help` says more)")
    return parser


def _add_keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keys", type=Path, metavar="FILE", help="ask for the function keys in FILE, which is made where there is none"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
