"""What all tests share."""

from hypothesis import settings

# How long an example takes says how busy the machine is; speed is measured in bench/.
settings.register_profile("groundwire", deadline=None)
settings.load_profile("groundwire")
