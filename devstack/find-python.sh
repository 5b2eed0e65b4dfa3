#!/usr/bin/env bash
# Prints a Python 3.13 that can make virtual environments. Every candidate is tried by running it: pyenv has a
# `python3.13` on the path that fails where no such version is selected.
set -euo pipefail

works() {
  "$1" -c 'import ensurepip, sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1
}

for candidate in python3.13 python3 python "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3.13; do
  if works "$candidate"; then
    command -v "$candidate"
    exit
  fi
done
if command -v uv >/dev/null; then
  uv python install --quiet 3.13 && uv python find --no-project 3.13
  exit
fi
echo "Python 3.13 is needed and was not found: get it with \`uv python install 3.13\`, \`pyenv install 3.13\`, your system's packages (with venv), or from https://www.python.org/downloads/" >&2
exit 1
