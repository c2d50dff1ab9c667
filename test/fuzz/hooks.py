"""What schemathesis needs to be told of this API."""

import re
from datetime import date
from itertools import count

import schemathesis

addresses = count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Wrong tokens are throttled by address: each request comes from another one, so that each is looked at."""
    n = next(addresses)
    case.headers["X-Forwarded-For"] = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


HEADER_NAME = re.compile(r"^[!#$%&'*+.^_`|~\w-]{1,128}$", re.ASCII)


def is_over(until):
    """Whether it is a time that may have passed. Of this year, too: it may be yesterday."""
    return isinstance(until, str) and until[:4].isdigit() and int(until[:4]) <= date.today().year


@schemathesis.hook
def filter_body(context, body):
    """OpenAPI 3.0 has no word for what properties may be named, nor for times to come, so that it cannot say what the name of a header is, and until
    when a provider may be paused."""
    if isinstance(body, dict) and is_over(body.get("until")):
        return False
    keys = body.get("keys") if isinstance(body, dict) else None
    headers = [key.get("headers") for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    return all(HEADER_NAME.match(name) for each in headers if isinstance(each, dict) for name in each)


@schemathesis.check
def no_key_in_the_answer(ctx, response, case):
    """Whatever is asked. All keys of the simulator have that word in them; their masked form has not."""
    assert b"SIMULATED" not in response.content, "an answer contains a key"
