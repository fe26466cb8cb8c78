"""The two ways a run can end early, each with one sentence for the user."""


class InputError(ValueError):
    """What the user gave cannot be used.

    The message is one sentence that names the place (file and key), the fault and the fix.
    """


class DivergenceError(RuntimeError):
    """A training run left the finite numbers; the message says which setting to change."""
