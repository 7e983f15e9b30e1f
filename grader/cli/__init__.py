"""The commands, one file each; an exception becomes a message in trouble.py and nowhere else."""
