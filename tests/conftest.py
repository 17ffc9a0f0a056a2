"""What all tests share: a law takes the time it needs, on whatever machine it is tried."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
