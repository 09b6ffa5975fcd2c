"""Real SDKs hold the same conversations, each in a process and an environment of its own.

`talk.py` is what they say, `<client>.py` says it with one SDK's real instrumentation, run by an
interpreter that has `requirements/<client>.txt` (`environments.py`); `truth.py` computes from the
model server's memory what Parley must show; `test_live.py` compares.
"""
