"""Whether a password will do. No composition rules: length, and not one that is tried first.

After NIST SP 800-63B-4 (August 2025), section 3.1.1.2: length is what counts, the commonest are refused, no kind of character is
demanded. It asks for fifteen characters where the password is all there is; issue and trade are content with ten.
"""

from __future__ import annotations

import unicodedata

from mercat.core.errors import Invalid

SHORTEST, LONGEST = 10, 256

# What people choose most, in the lists that leaks have made public: words that, with digits and marks behind them, fill ten
# characters. Ten characters of digits or of one key are refused by their shape.
_COMMONEST = frozenset(
    """
    password passwort motdepasse contrasena contraseña senha parola wachtwoord lozinka haslo salasana
    qwerty qwertz azerty qwertyuiop qwertzuiop azertyuiop asdfgh asdfghjkl yxcvbnm zxcvbnm qazwsx qazwsxedc qweasd
    qweasdzxc asdf zxcv abc abcd abcde abcdef abcdefg abcdefgh abcdefghij abcdefghijk
    welcome willkommen bienvenue admin administrator root user guest login letmein changeme default secret master access
    iloveyou iloveu loveme lovely sunshine princess football baseball basketball superman batman spiderman pokemon dragon
    monkey shadow michael jordan jennifer hunter charlie donald trustno whatever starwars computer internet samsung google
    facebook linkedin myspace liverpool chelsea arsenal barcelona juventus chocolate butterfly summer winter spring autumn
    january february march april june july august september october november december monday friday
    hello helloworld test testing tester temp temporary company business market shop shopify mercat amazon etsy ebay
    passw pass p qwer qwert starwars killer freedom flower cheese cookie pepper ginger soccer hockey mustang corvette
    ferrari mercedes porsche harley yankees cowboys eagles steelers lakers money family forever blessed jesus christ
    """.split()
)
_SPELLED = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "$": "s", "@": "a", "!": "i", "|": "l"}
)
_RUNS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
)


def normal(password: str) -> str:
    """One spelling of what may be typed in several ways (NFKC, as NIST SP 800-63B-4 allows). Raises ``Invalid`` if too long."""
    if len(password) > LONGEST:
        message = f"a password has at most {LONGEST} characters"
        raise Invalid(message, field="password")
    return unicodedata.normalize("NFKC", password)


def checked(password: str, *own: str) -> str:
    """The password as it is kept. ``own`` are the names of its owner. Raises ``Invalid`` for one that will not do."""
    password = normal(password)
    if len(password) < SHORTEST:
        message = (
            f"a password has at least {SHORTEST} characters: a few words that belong together only to you are good"
        )
        raise Invalid(message, field="password")
    if is_common(password) or is_of(password, own):
        message = "this password is among the first that a stranger would try: choose another"
        raise Invalid(message, field="password")
    return password


def is_common(password: str) -> bool:
    """Whether a list of the commonest has it, some signs added or a letter swapped for a look-alike or not."""
    text = password.casefold()
    if len(set(text)) <= 3 or any(_runs(text, run) for run in _RUNS):
        return True
    word = _word(text)
    bare = {word, word.translate(_SPELLED), _word(text.translate(_SPELLED))}
    return any(each in _COMMONEST or _is_repeated(each) for each in bare)


def is_of(password: str, own: tuple[str, ...]) -> bool:
    """Whether it is one of the owner's names, or one with a few signs around it."""
    text = password.casefold()
    names = {part for each in own for part in (each.casefold(), each.casefold().partition("@")[0]) if len(part) >= 4}
    return any(each in text and len(text) - len(each) < 5 for each in names)


def _word(text: str) -> str:
    """The letters in the middle, without the digits and marks on both sides."""
    letters = [place for place, char in enumerate(text) if char.isalpha()]
    return text[letters[0] : letters[-1] + 1] if letters else ""


def _is_repeated(text: str) -> bool:
    """Whether it is one short piece again and again."""
    return any(
        len(text) % size == 0 and text == text[:size] * (len(text) // size) and (text[:size] in _COMMONEST or size <= 3)
        for size in range(1, len(text) // 2 + 1)
    )


def _runs(text: str, run: str) -> bool:
    """Whether it is a walk along the keys or the alphabet, forwards or backwards."""
    return text in run or text[::-1] in run
