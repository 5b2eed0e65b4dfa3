"""What publishing makes of this project, made here: the package, its installation, and a host on both."""
