"""The list of scenarios."""

SCENARIOS = []


def scenario(sentence, **arguments):
    """Registers a function of a context as what shows that `sentence` is true; it returns figures to print."""

    def register(function):
        SCENARIOS.append((sentence, lambda context: function(context, **arguments)))
        return function

    return register
