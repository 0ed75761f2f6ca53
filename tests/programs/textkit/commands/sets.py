import textkit


@textkit.command
def shared(first, *others):
    from ..texts import common

    return sorted(set(first).intersection(*others)), len(common())
