"""The catalog's server: pages for people, the same for programs, and a stream of what happens."""
