"""The door: who is let in, how often, and what is taken out of what leaves."""
