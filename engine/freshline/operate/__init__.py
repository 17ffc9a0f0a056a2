"""Automation: what is to run now and why not, decided from values; the daemon sees to it."""
