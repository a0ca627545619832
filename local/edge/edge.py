"""How a request is answered: from the cache, by the origin, or by the edge itself."""

import re
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from local.edge.cache import Cache, Entry, Fetched, Location, key_of
from local.edge.distribution import Behavior, Distribution
from local.edge.forwarding import CONDITIONS
from local.edge.messages import Answer, Reply, Request, Result, without
from local.edge.origin import Origins
from local.edge.viewer import compressed, refusal
from ttl_review.cache_key import CacheKey
from ttl_review.freshness import judge

ERROR_SECONDS = 10.0
"""The error caching minimum TTL where none is set ("Control how long CloudFront caches errors")."""
SET_COOKIE = frozenset({"set-cookie"})
COOKIES_NOT_KEPT = re.compile(r'no-cache="[^"]*set-cookie', re.IGNORECASE)
"""Keeps an object without its cookies ("Cache content based on cookies")."""


@dataclass
class Clock:
    """The time at the edge: the real one, and what a test has added."""

    added: float = 0

    def now(self) -> float:
        """Return Unix time."""
        return time.time() + self.added


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is done with one request, and by whose rules."""

    request: Request
    distribution: Distribution
    behavior: Behavior
    key: CacheKey


@dataclass(kw_only=True)
class Edge:
    """Every edge location."""

    origins: Origins
    tls_port: int
    clock: Clock = field(default_factory=Clock)
    cache: Cache = field(default_factory=Cache)
    results: Counter[Result] = field(default_factory=Counter[Result])
    """How many requests have been answered in each way so far."""

    async def reply(self, request: Request, distribution: Distribution) -> tuple[Reply, Behavior]:
        """Answer a request."""
        if request.path == "/" and distribution.root_object:
            request = replace(request, path=f"/{distribution.root_object}")
        behavior = distribution.behavior(request.path)
        reply = refusal(request, behavior, tls_port=self.tls_port)
        if reply is None:
            key = key_of(request, behavior, distribution.domain_name)
            plan = Plan(request=request, distribution=distribution, behavior=behavior, key=key)
            keeps = request.method in behavior.cached_methods and behavior.cache_policy.ttl.max_seconds > 0
            reply = await (self._from_cache(plan) if keeps else self._pass_on(plan))
        self.results[reply.result] += 1
        return reply, behavior

    async def _pass_on(self, plan: Plan) -> Reply:
        """Ask the origin and keep nothing; nobody else gets the answer."""
        fields = plan.request.fields
        answer = await self._ask(plan, {name: fields[name] for name in CONDITIONS if name in fields})
        failed = answer.status >= HTTPStatus.BAD_REQUEST
        return Reply(answer=await self._with_error_page(plan, answer), result=Result.ERROR if failed else Result.MISS)

    async def _from_cache(self, plan: Plan) -> Reply:
        location = self.cache.at(plan.request.location)
        key, now = plan.key, self.clock.now()
        entry = location.entries.get(key)
        if plan.request.method == "HEAD" and not (entry and entry.may_be_served(now)):
            # What a GET has brought answers a HEAD too, but not the other way round.
            key = key._replace(method="HEAD")
            entry = location.entries.get(key)
        if entry and entry.may_be_served(now):
            return entry.reply(now)
        if entry and entry.may_be_served_meanwhile(now):
            location.start(key, lambda: self._fetch(plan, entry))
            return entry.reply(now)
        return await self._through(location, key, plan, entry)

    async def _through(self, location: Location, key: CacheKey, plan: Plan, entry: Entry | None) -> Reply:
        """Ask the origin, or share the answer of who has asked already."""
        fetched, waited = await location.fetch(key, lambda: self._fetch(plan, entry))
        if waited and fetched.entry and fetched.is_for_all:
            return fetched.entry.reply(self.clock.now())
        if waited:
            fetched = await location.fetch_alone(key, lambda: self._fetch(plan, entry))
        return fetched.reply

    async def _fetch(self, plan: Plan, entry: Entry | None) -> Fetched:
        """Ask the origin, whether what is kept is still so if something is."""
        answer = await self._ask(plan, entry.validators() if entry else {})
        now = self.clock.now()
        if entry and answer.status == HTTPStatus.NOT_MODIFIED:
            return self._kept(plan, _refreshed(entry.answer, answer), now, Result.REFRESH_HIT)
        if entry and answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and entry.may_stand_in(now):
            again = replace(entry, asked_again_at=now + self._error_seconds(plan, answer.status))
            return Fetched(reply=again.reply(now), entry=again)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            page = await self._with_error_page(plan, answer)
            return self._kept(plan, page, now, Result.ERROR, judged=answer)
        return self._kept(plan, answer, now, Result.MISS)

    def _kept(self, plan: Plan, answer: Answer, now: float, result: Result, *, judged: Answer | None = None) -> Fetched:
        """Keep an answer for as long as the rules say, by the headers of `judged` where a page stands in for that."""
        judged = judged or answer
        verdict = judge(
            status=judged.status,
            headers=judged.fields,
            ttl=plan.behavior.cache_policy.ttl,
            now=now,
            error_ttl=self._error_seconds(plan, judged.status),
        )
        answer = compressed(answer, plan.key.encodings) if plan.behavior.compress else answer
        made_at = now - _age(judged)
        age = int(now - made_at) if result is Result.REFRESH_HIT else None
        reply = Reply(answer=answer, result=result, age=age)
        if not verdict.stored:
            return Fetched(reply=reply, entry=None)
        if COOKIES_NOT_KEPT.search(judged.fields.get("cache-control", "")):
            answer = replace(answer, headers=without(answer.headers, SET_COOKIE))
        entry = Entry(answer=answer, verdict=verdict, made_at=made_at, is_error=result is Result.ERROR)
        return Fetched(reply=reply, entry=entry)

    async def _ask(self, plan: Plan, conditions: dict[str, str]) -> Answer:
        """Ask the origin; who shows it no cookies gets none from it."""
        answer = await self.origins.ask(
            plan.request,
            plan.behavior,
            plan.distribution.origins[plan.behavior.origin],
            encodings=plan.key.encodings,
            conditions=conditions,
        )
        if plan.behavior.forwards_cookies:
            return answer
        return replace(answer, headers=without(answer.headers, SET_COOKIE))

    async def _with_error_page(self, plan: Plan, answer: Answer) -> Answer:
        """Return the page that stands in for an error, or that error ("Generate custom error responses")."""
        instead = plan.distribution.errors.get(answer.status)
        if instead is None or not instead.page:
            return answer
        request = replace(plan.request, method="GET", path=instead.page, query="", body=b"")
        behavior = plan.distribution.behavior(instead.page)
        page = await self._ask(replace(plan, request=request, behavior=behavior), {})
        return replace(page, status=instead.status) if page.status == HTTPStatus.OK else answer

    def _error_seconds(self, plan: Plan, status: int) -> float:
        found = plan.distribution.errors.get(status)
        return ERROR_SECONDS if found is None or found.caching_seconds is None else found.caching_seconds


def _refreshed(kept: Answer, confirmation: Answer) -> Answer:
    """Return a kept answer with what the 304 says anew of it (RFC 9111, 3.2)."""
    news = without(confirmation.headers, {"content-encoding", "content-length", "content-type", "etag"})
    names = {name.lower() for name, _ in news} | {"age"}
    return Answer(status=kept.status, headers=(*without(kept.headers, names), *news), body=kept.body)


def _age(answer: Answer) -> float:
    text = answer.fields.get("age", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0
