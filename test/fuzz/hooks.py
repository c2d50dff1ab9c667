"""What schemathesis needs to be told of this API."""

from itertools import count

import schemathesis

addresses = count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Wrong tokens are throttled by address: each request comes from another one, so that each is looked at."""
    n = next(addresses)
    case.headers["X-Forwarded-For"] = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


@schemathesis.check
def no_key_in_the_answer(ctx, response, case):
    """Whatever is asked. All keys of the simulator have that word in them; their masked form has not."""
    assert b"SIMULATED" not in response.content, "an answer contains a key"
