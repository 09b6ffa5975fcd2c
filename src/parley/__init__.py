"""Parley: observability for chat applications. The rooms are described in ARCHITECTURE.md."""

__all__ = ["__version__"]

__version__ = "0.1.0"
