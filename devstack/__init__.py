"""The local stack: emulators, functions host and one command line. Never deployed."""
