"""The catalog as a folder of files: the pages of the server, made once, to be opened from disk."""
