"""How fast the app is, against other ways to do the same. Never deployed."""
