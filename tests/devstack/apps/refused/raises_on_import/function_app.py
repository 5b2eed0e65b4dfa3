raise ValueError("two mistakes:\n  first\n  second")
