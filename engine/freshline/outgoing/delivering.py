"""Delivering: whatever is due is attempted, and what came of it is written down.

What is written down as delivered was delivered; where this process dies in between it is delivered
once more, under the same id. Notices to one recipient that belong together come as one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from freshline.acts import Acts, Delivering, Delivery, DeliveryState, Mute
from freshline.definitions import ProjectDefinition
from freshline.errors import DeniedError, FreshlineError
from freshline.failpoints import failpoint
from freshline.outgoing import attempts
from freshline.outgoing.bodies import body_of
from freshline.outgoing.notices import notice, route
from freshline.outgoing.notifiers import MakeNotifier, Notice, Notifier, Sender
from freshline.outgoing.signing import signed
from freshline.people import Channel
from freshline.refresh import CallWebhook, Notify
from freshline.secrets import redacted, resolved, resolved_text

TOGETHER = 60.0  # seconds behind a notice in which the next wait for each other
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How things leave: who sends over HTTP, and the notifiers that there are, by name.

    `makers` returns the maker of a notifier, None where no plug-in brings one of that name.
    """

    sender: Sender
    makers: Callable[[str], MakeNotifier | None]


@dataclass(slots=True, kw_only=True)
class _Pass:
    """One pass through what is due: who did not answer in it, and when to look again."""

    now: float
    failed: set[str] = field(default_factory=set[str])
    again: list[float] = field(default_factory=list[float])


class Deliverer:
    """Delivers what is due in one environment. One thread at a time may use it."""

    def __init__(
        self, acts: Acts, project: ProjectDefinition, environment: str, ways: Ways
    ) -> None:
        self._acts, self._project, self._ways = acts, project, ways
        self._environment = environment
        self._notifiers: dict[str, Notifier] = {}

    def deliver_due(self, now: float) -> float | None:
        """Attempt what is due by now; return when to look again, None where nothing waits.

        Each attempt may take some seconds. What fails is put off, and given up in the end; nothing
        is raised but what the catalog raises.
        """
        scope = (self._project.name, self._environment)
        found = self._acts.due(*scope, now, _MOST)
        if not found:
            return self._acts.next_due(*scope, now)
        passing = _Pass(now=now)
        if len(found) == _MOST:
            passing.again.append(now)
        mutes = [mute for mute in self._acts.mutes(*scope) if mute.holds(now)]
        groups: dict[str, list[Delivering]] = {}
        for each in found:
            if isinstance(each.delivery.act, CallWebhook):
                self._call(each, each.delivery.act, passing)
            elif (mute := _muted(each.delivery, mutes)) is not None:
                why = f"muted by {mute.actor}: {mute.reason}"
                self._acts.settle(each.delivery.id, now, DeliveryState.MUTED, why)
            else:
                groups.setdefault(each.delivery.recipient, []).append(each)
        told = self._acts.last_told(*scope)
        for recipient, group in groups.items():
            self._notify(recipient, group, told, passing)
        later = self._acts.next_due(*scope, now)
        return min([*passing.again, *([] if later is None else [later])], default=None)

    def _call(self, each: Delivering, act: CallWebhook, passing: _Pass) -> None:
        """Call a webhook, unless the one before showed that its receiver does not answer."""
        if act.url in passing.failed:
            passing.again.append(passing.now + attempts.pause(1, each.delivery.id))
            return

        def attempt() -> None:
            body = body_of(each.delivery, self._project.webhooks.catalog)
            secret = resolved_text(act.secret) if act.secret is not None else None
            headers = signed(secret, each.delivery.id, passing.now, body)
            url = resolved_text(act.url)
            self._ways.sender.post(url, {"Content-Type": "application/json", **headers}, body)

        if not self._attempted([each], attempt, passing):
            passing.failed.add(act.url)

    def _notify(
        self, recipient: str, group: list[Delivering], told: Mapping[str, float], passing: _Pass
    ) -> None:
        """Tell one recipient what there is, unless they were told something a moment ago."""
        last = told.get(recipient)
        if last is not None and last <= passing.now < last + TOGETHER:
            passing.again.append(last + TOGETHER)
            return

        def attempt() -> None:
            catalog = self._project.webhooks.catalog
            said = notice([each.delivery for each in group], catalog)
            clean = Notice(subject=redacted(said.subject), text=redacted(said.text))
            way = route(recipient, self._project.owners, self._project.channels)
            if way is None:
                raise DeniedError(_unreachable(recipient))
            self._notifier(way.channel).tell(clean, way.to)

        self._attempted(group, attempt, passing)

    def _attempted(
        self, group: Sequence[Delivering], attempt: Callable[[], None], passing: _Pass
    ) -> bool:
        """Attempt deliveries, write down what came of it, and say whether it was good."""
        failpoint("act.before")
        try:
            attempt()
        except FreshlineError as error:
            why = redacted("; ".join(filter(None, (error.message, error.help))))
            self._put_off(group, why, passing.now, may_help=error.retryable)
            return False
        except Exception as error:  # plug-ins raise what they like
            why = redacted(f"{type(error).__name__}: {error}")
            self._put_off(group, why, passing.now, may_help=True)
            return False
        failpoint("act.after")
        for each in group:
            self._acts.settle(each.delivery.id, passing.now, DeliveryState.DELIVERED, "")
        return True

    def _put_off(
        self, group: Sequence[Delivering], why: str, now: float, *, may_help: bool
    ) -> None:
        for each in group:
            count, delivery = each.attempts + 1, each.delivery
            if not may_help or attempts.is_last(count):
                self._acts.settle(delivery.id, now, DeliveryState.DEAD, why)
            else:
                # What was to come together is put off together.
                seed = delivery.recipient if isinstance(delivery.act, Notify) else delivery.id
                self._acts.put_off(delivery.id, now + attempts.pause(count, seed), why)

    def _notifier(self, channel: Channel) -> Notifier:
        """Return the way that a channel is; made once, when it is needed first."""
        if channel.name not in self._notifiers:
            maker = self._ways.makers(channel.notifier)
            if maker is None:
                raise DeniedError(
                    f"no plug-in brings the notifier {channel.notifier} of {channel.name}",
                    help="install it, or see `notifications:` in freshline.yaml",
                )
            settings = {name: resolved(value) for name, value in channel.settings.items()}
            self._notifiers[channel.name] = maker(settings, self._ways.sender)
        return self._notifiers[channel.name]


def _muted(delivery: Delivery, mutes: Sequence[Mute]) -> Mute | None:
    """Return by what a notice is muted: its sensor, its incident's asset, or all its assets."""
    happening = delivery.happening
    assets = [each.asset for each in happening.assets]
    for mute in mutes:
        if mute.concerns(happening.name):
            return mute
        if assets and all(mute.concerns(asset) for asset in assets):
            return mute
    return None


def _unreachable(recipient: str) -> str:
    if not recipient:
        return "nobody owns what this is about: give it an `owner:`, or say whom to notify"
    return (
        f"nobody knows how to reach {recipient}: add it under `notifications:` in freshline.yaml,"
        " or under `owners:` with a `chat:` or an `email:` that a channel serves"
    )
