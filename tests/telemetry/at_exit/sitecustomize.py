"""A process that finds this on its path says at its end what it has imported."""

import atexit
import sys

atexit.register(lambda: print("MODULES", sorted(sys.modules), flush=True))
