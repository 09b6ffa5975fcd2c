"""What a call costs: prices that users set, else the dated rates of the genai-prices package.

May import model. Refuses to know spans, sessions and storage.
"""

from parley.pricing.files import read_rows
from parley.pricing.override import (
    BadPrice,
    Override,
    Tier,
    name_matches,
    parse_override,
    parse_overrides,
)
from parley.pricing.package import BadPackage, Package, default_source
from parley.pricing.rates import PriceBook, Priced, Tokens, tier_of

__all__ = [
    "BadPackage",
    "BadPrice",
    "Override",
    "Package",
    "PriceBook",
    "Priced",
    "Tier",
    "Tokens",
    "default_source",
    "name_matches",
    "parse_override",
    "parse_overrides",
    "read_rows",
    "tier_of",
]
