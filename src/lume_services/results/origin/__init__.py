"""What results were made by and from: the run, its code, the installed packages."""
