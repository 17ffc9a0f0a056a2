"""What became of one asset over time: its versions and why each was made, checks and figures."""
