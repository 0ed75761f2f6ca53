"""The command line: one file a group of commands; printing is done here and nowhere else."""
