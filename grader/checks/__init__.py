"""The CI check on answer write-ups: its terms, which files, what came before, who passes."""
