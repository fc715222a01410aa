"""x"""

from forebay.storm.run import Storm
from forebay.storm.verdict import Verdict


def page(storm: Storm, verdict: Verdict) -> str:
    return ""
