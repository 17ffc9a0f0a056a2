"""Search over the entries of the asset catalog: what is indexed, asked for, found, and why."""
