"""How a scenario ends, other than well."""


class Failure(Exception):
    """The server did something it must not do."""


class Skipped(Exception):
    """This machine cannot show what the scenario is about."""


def check(holds, otherwise):
    """Raises a `Failure` with the sentence (or what makes one) unless `holds`."""
    if not holds:
        raise Failure(otherwise() if callable(otherwise) else otherwise)


def check_equal(found, wanted, what):
    if found != wanted:
        raise Failure(f"{what}: wanted {shortened(wanted)}, found {shortened(found)}")


def shortened(value, length=300):
    text = repr(value)
    return text if len(text) <= length else text[:length] + "…"
