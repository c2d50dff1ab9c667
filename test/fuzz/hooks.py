"""What schemathesis needs to be told of this API."""

import re
from datetime import date
from itertools import count

import schemathesis

addresses = count(1)
# As the schema has it.
MOST_BUDGETS = 20

HEADER_NAME = re.compile(r"^[!#$%&'*+.^_`|~\w-]{1,128}$", re.ASCII)


def is_over(until):
    """Whether it is a time that may have passed. Of this year, too: it may be yesterday."""
    return isinstance(until, str) and until[:4].isdigit() and int(until[:4]) <= date.today().year


def keys_in(body):
    """The keys that are told of with fields: those of a request that adds some, or the one that it changes."""
    if not isinstance(body, dict):
        return []
    keys = body.get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else [body]


def budgets_in(key):
    budgets = key.get("budgets")
    return [each for each in budgets if isinstance(each, dict)] if isinstance(budgets, list) else []


def counts_twice(budgets):
    """Whether two budgets of a key may count the same."""
    counted = [(str(each.get("per")), sorted(set(each) & {"usd", "tokens", "requests"})) for each in budgets]
    return any(each in counted[:at] for at, each in enumerate(counted))


@schemathesis.hook
def map_body(context, body):
    """OpenAPI 3.0 has no word for the names of time zones."""
    for key in keys_in(body):
        for budget in budgets_in(key):
            if isinstance(budget.get("time_zone"), str):
                budget["time_zone"] = "Europe/Paris"
    return body


@schemathesis.hook
def filter_body(context, body):
    """OpenAPI 3.0 has no word for what properties may be named, for times to come, nor for what differs within a list, so that it cannot say what the
    name of a header is, until when a provider may be paused, and that no two budgets of a key count the same."""
    if isinstance(body, dict) and is_over(body.get("until")):
        return False
    keys = keys_in(body)
    if any(counts_twice(budgets_in(key)) for key in keys):
        return False
    headers = [key.get("headers") for key in keys]
    return all(HEADER_NAME.match(name) for each in headers if isinstance(each, dict) for name in each)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Wrong tokens are throttled by address: each request comes from another one, so that each is looked at. And the longest list of budgets that
    the schema allows is made of one budget many times, which no filter of bodies sees."""
    n = next(addresses)
    case.headers["X-Forwarded-For"] = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
    for key in keys_in(case.body):
        budgets = budgets_in(key)
        if 1 < len(budgets) <= MOST_BUDGETS and all(each == budgets[0] for each in budgets):
            key["budgets"] = budgets[:1]


@schemathesis.check
def no_key_in_the_answer(ctx, response, case):
    """Whatever is asked. All keys of the simulator have that word in them; their masked form has not."""
    assert b"SIMULATED" not in response.content, "an answer contains a key"
