"""What every service runs on: settings, server, channels, errors on the wire, telemetry."""
