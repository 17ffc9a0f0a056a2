"""Python as people write it: what its text means to the assets that it makes."""
