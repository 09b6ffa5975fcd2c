"""The SDK against a real Parley server, from where it is developed and from where it is installed."""
