"""What a call costs: the dated rates of the genai-prices package.

May import model. Refuses to know spans, sessions and storage.
"""

from parley.pricing.rates import price_usage

__all__ = ["price_usage"]
