"""The SDK, with nothing of the server: these tests also run where only the SDK is installed.

`live/` holds those that need a Parley server.
"""
