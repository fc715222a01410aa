"""English names in camel case and in the plural, for the fields that the formatter adds."""

import re

_SPECIAL = {
    "ox": "oxen",
    "man": "men",
    "woman": "women",
    "die": "dice",
    "yes": "yeses",
    "foot": "feet",
    "eave": "eaves",
    "goose": "geese",
    "tooth": "teeth",
    "quiz": "quizzes",
}
# The last rule that fits counts: what its group has taken, and the ending.
_RULES = (
    (r"(\w*)s$", "s"),
    (r"(\w*([^aeiou]ese))$", ""),
    (r"(\w*(ax|test))is$", "es"),
    (r"(\w*(alias|[^aou]us|tlas|gas|ris))$", "es"),
    (r"(\w*(e[mn]u))s?$", "s"),
    (r"(\w*([^l]ias|[aeiou]las|[emjzr]as|[iu]am))$", ""),
    (
        r"(\w*(alumn|syllab|octop|vir|radi|nucle|fung|cact|stimul|termin|bacill|foc|uter|loc"
        r"|strat))(?:us|i)$",
        "i",
    ),
    (r"(\w*(alumn|alg|vertebr))(?:a|ae)$", "ae"),
    (r"(\w*(seraph|cherub))(?:im)?$", "im"),
    (r"(\w*(her|at|gr))o$", "oes"),
    (
        r"(\w*(agend|addend|millenni|dat|extrem|bacteri|desiderat|strat|candelabr|errat|ov"
        r"|symposi|curricul|automat|quor))(?:a|um)$",
        "a",
    ),
    (
        r"(\w*(apheli|hyperbat|periheli|asyndet|noumen|phenomen|criteri|organ|prolegomen|hedr"
        r"|automat))(?:a|on)$",
        "a",
    ),
    (r"(\w*)sis$", "ses"),
    (r"(\w*(kni|wi|li))fe$", "ves"),
    (r"(\w*(ar|l|ea|eo|oa|hoo))f$", "ves"),
    (r"(\w*([^aeiouy]|qu))y$", "ies"),
    (r"(\w*([^ch][ieo][ln]))ey$", "ies"),
    (r"(\w*(x|ch|ss|sh|zz)es)$", ""),
    (r"(\w*(x|ch|ss|sh|zz))$", "es"),
    (r"(\w*(matr|cod|mur|sil|vert|ind|append))(?:ix|ex)$", "ices"),
    (r"(\w*(m|l))(?:ice|ouse)$", "ice"),
    (r"(\w*(pe))(?:rson|ople)$", "ople"),
    (r"(\w*(child))(?:ren)?$", "ren"),
    (r"(\w*eaux)$", ""),
)
_WITHOUT_PLURAL = frozenset(
    """
    accommodation adulthood advertising advice aggression aid air aircraft alcohol anger
    applause arithmetic assistance athletics bacon baggage beef biology blood botany bread
    butter carbon cardboard cash chalk chaos chess crossroads countryside dancing deer
    dignity dirt dust economics education electricity engineering enjoyment envy equipment
    ethics evidence evolution fame fiction flour flu food fuel fun furniture gallows garbage
    garlic genetics gold golf gossip grammar gratitude grief guilt gymnastics happiness
    hardware harm hate hatred health heat help homework honesty honey hospitality housework
    humour hunger hydrogen ice importance inflation information innocence iron irony jam
    jewelry judo karate knowledge lack laughter lava leather leisure lightning linguine
    linguini linguistics literature litter livestock logic loneliness luck luggage macaroni
    machinery magic management mankind marble mathematics mayonnaise measles methane milk
    money mud music mumps nature news nitrogen nonsense nurture nutrition obedience obesity
    oxygen pasta patience physics poetry pollution poverty pride psychology publicity
    punctuation quartz racism relaxation reliability research respect revenge rice rubbish
    rum safety scenery seafood seaside series shame sheep shopping sleep smoke smoking snow
    soap software soil spaghetti species steam stuff stupidity sunshine symmetry tennis
    thirst thunder timber traffic transportation trust underwear unemployment unity validity
    veal vegetation vegetarianism vengeance violence vitality warmth wealth weather welfare
    wheat wildlife wisdom yoga zinc zoology
    """.split()
)


def camel_case(name: str) -> str:
    """Return a name in camel case; a digit begins a new word."""
    while name and not name[-1].isalnum():
        name = name[:-1]
    out: list[str] = []
    new_word = False
    last = " "
    for char in name:
        if not char.isalnum():
            new_word = new_word or bool(out)
        elif char.isnumeric():
            new_word = True
            out.append(char)
        elif new_word or (last.islower() and char.isupper()):
            new_word = False
            out.append(char.upper() if char.isascii() else char)
        else:
            last = char
            out.append(char.lower() if char.isascii() else char)
    return "".join(out)


def plural(name: str) -> str:
    """Return the plural of an English name."""
    if name in _WITHOUT_PLURAL:
        return name
    if name in _SPECIAL:
        return _SPECIAL[name]
    for pattern, ending in reversed(_RULES):
        found = re.search(pattern, name)
        if found:
            return found[1] + ending
    return name + "s"
