"""What keeps a load from being drawn."""


class BrokenLoad(Exception):  # noqa: N818 - the word for it
    """A histogram that is none, or times that are no run's: a page that left it out would lie."""
