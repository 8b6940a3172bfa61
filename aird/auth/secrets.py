"""Make and recognise secrets: tokens with a checksum, one-time codes, argon2id passwords. Pure but for randomness."""

import functools
import hashlib
import secrets
import string
import threading
import zlib

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

ALPHABET = string.digits + string.ascii_letters
BODY, CHECKSUM = 30, 6

# 19 MiB, two passes: the OWASP minimum for argon2id. At most two run at once, so that logins cannot eat the memory.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_SLOTS = threading.BoundedSemaphore(2)

WORDS = (
    "amber apple arbor aspen birch brook cedar chalk cliff cloud coral crane daisy delta dune eagle ember "
    "fable fern field flint forge frost glade grove harbor hazel heron holly iris ivory jade kite lagoon "
    "lamp larch lemon lilac linen lotus maple marsh meadow mint moss north oak ocean olive opal orbit "
    "otter pear pearl pebble pine plum pond poplar quartz quill rain reed ridge river robin rose sage "
    "sand shell silver slate snow spark spruce stone storm swan tide tulip valley velvet violet walnut "
    "wave willow wind winter wren zinc "
).split()


def base62(number: int, width: int) -> str:
    """`number` in base 62, padded to `width` digits."""
    digits = ""
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits = ALPHABET[rest] + digits
    return digits


def new_token(kind: str) -> str:
    """`aird_<kind>_` + 30 random characters + a checksum of 6: 178 bits, and a typo is seen without a look-up."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(BODY))
    return f"aird_{kind}_{body}{base62(zlib.crc32(body.encode()), CHECKSUM)}"


def well_formed(token: str) -> bool:
    """Whether the checksum fits: a cheap refusal before the database is asked."""
    parts = token.split("_")
    if len(parts) != 3 or parts[0] != "aird" or len(parts[2]) != BODY + CHECKSUM or not parts[2].isascii():
        return False
    body, checksum = parts[2][:BODY], parts[2][BODY:]
    return base62(zlib.crc32(body.encode()), CHECKSUM) == checksum


def fingerprint(secret: str) -> str:
    """The sha256 under which a random secret is stored and looked up."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_code() -> str:
    """A one-time code or cookie: 256 bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def new_password() -> str:
    """A password that can be read aloud: five words and a number, about 40 bits, meant to be changed."""
    return "-".join([secrets.choice(WORDS) for _ in range(5)] + [str(secrets.randbelow(90) + 10)])


def hash_password(password: str) -> str:
    """argon2id hash of a password."""
    with _SLOTS:
        return _HASHER.hash(password)


def password_fits(password: str, hashed: str | None) -> bool:
    """Whether the password belongs to the hash; takes as long when there is no hash, so that names do not leak."""
    with _SLOTS:
        try:
            return _HASHER.verify(hashed or _nobody(), password) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False


@functools.cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_hex())
