"""One asset as its pages show it: how it stands, what is around it, and what became of it."""
