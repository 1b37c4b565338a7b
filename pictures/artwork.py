"""Posters and backgrounds of items: find out what is to change, and change it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Semaphore

from ledger.ledger import Ledger
from ledger.rows import Intent
from pictures.original import is_handed_back, is_ours, original_back, why_kept
from pictures.plan import Action, PictureChange, PicturePlan
from pictures.render import Unusable, possible_style, render
from plex.client import PlexClient
from plex.exceptions import PictureTooLarge, PlexTooLarge
from plex.pictures import ListedPicture, list_pictures
from stash.client import StashClient
from stash.pictures import Cover, CoverAnswer, NoCover, NotModified
from sync.pictures import (
    AS_IT_IS,
    PICTURES,
    POSTER,
    TOO_LARGE,
    PictureMemory,
    cover_hint,
    is_final,
    is_refused,
    is_respite_over,
    needs_look,
    refusal,
    refused_size,
    sha1_of,
)
from sync.plan import Kept
from sync.reasons import EDITED_IN_PLEX, LOCKED_BEFORE
from validation.config import PlexSyncConfig
from validation.scene import Scene

log = logging.getLogger(__name__)

# Uploads: two pictures a scene at three at a time keep step with one edit a scene at four.
AT_ONCE = 3
# Drawing a picture takes up to 100 MB.
DRAWN_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a plan: what Plex took of it, and what to tell of the rest."""

    plan: PicturePlan
    refused: PictureTooLarge | None = None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One picture's part of a plan."""

    memory: PictureMemory
    change: PictureChange | None = None
    kept: str = ""


class Artwork:
    """The pictures of one batch. For several threads.

    Methods raise what StashClient.cover and PlexClient raise.
    """

    def __init__(
        self,
        config: PlexSyncConfig,
        stash: StashClient,
        plex: PlexClient,
        ledger: Ledger,
        now: Callable[[], float],
    ) -> None:
        self._keeps_edits = config.keep_plex_edits
        self._styles = {
            name: possible_style(config.poster_style) if name == POSTER else AS_IT_IS
            for name in PICTURES
            if name not in config.skip_fields
        }
        self._stash = stash
        self._plex = plex
        self._ledger = ledger
        self._now = now
        self._sending = Semaphore(AT_ONCE)
        self._drawing = Semaphore(DRAWN_AT_ONCE)

    def needs_look(self, intent: Intent, scene: Scene) -> bool:
        """Whether Stash has to be asked; no request for this."""
        return not intent.memory.is_unmanaged and bool(self._to_look_at(intent, scene))

    def examine(self, intent: Intent, scene: Scene) -> PicturePlan:
        """What is to be done; reads from Stash and perhaps Plex, writes nothing."""
        hint = cover_hint(scene.paths.screenshot)
        names = self._to_look_at(intent, scene)
        return self._examine(intent, names, hint, lambda etag: self._stash.cover(scene.id, etag))

    def examine_poster(self, intent: Intent, ask: Callable[[str], CoverAnswer]) -> PicturePlan:
        """The same for the poster alone, made from what `ask` answers to an etag."""
        return self._examine(intent, [each for each in self._styles if each == POSTER], "", ask)

    def _examine(
        self,
        intent: Intent,
        names: Sequence[str],
        hint: str,
        ask: Callable[[str], CoverAnswer],
    ) -> PicturePlan:
        if not names:
            return PicturePlan(known=intent.pictures)
        looked_at = self._now()
        cover = ask(self._common_etag(intent, names))
        verdicts = {name: self._decide(intent, name, cover) for name in names}
        known = dict(intent.pictures)
        for name, verdict in verdicts.items():
            known[name] = replace(
                verdict.memory,
                # What was refused is looked at until it is there.
                hint=hint if is_final(hint, looked_at) and not _is_missing(verdict) else "",
                style=self._styles[name],
                kept=verdict.kept,
                unsure=False,
            )
        return PicturePlan(
            changes=tuple(each.change for each in verdicts.values() if each.change),
            kept=tuple(Kept(name, "", each.kept) for name, each in verdicts.items() if each.kept),
            known=known,
        )

    def announce(self, server: str, intent: Intent, plan: PicturePlan) -> None:
        """Note the changes before they, or their locks, are sent."""
        if not plan.changes:
            return
        ahead = dict(intent.pictures)
        for each in plan.changes:
            # Until it is confirmed, the next look must come to the same conclusion again.
            known, former = plan.known[each.name], intent.pictures.get(each.name, PictureMemory())
            ahead[each.name] = replace(
                former,
                hint="",
                unsure=True,
                uploaded=known.uploaded,
                original=known.original,
                was_locked=known.was_locked,
            )
        self._ledger.remember_pictures(server, [(intent, ahead)])

    def apply(self, intent: Intent, plan: PicturePlan) -> Sent:
        """Send the changes, which were announced. `confirm` stores the outcome, of which the plan
        that comes back is told: without what was refused for its size."""
        refused: list[PictureChange] = []
        for each in plan.changes:
            try:
                with self._sending:
                    each.apply(self._plex, intent.item)
            except PlexTooLarge:
                refused.append(each)
        return self._without(refused, intent, plan) if refused else Sent(plan)

    def _without(self, refused: Sequence[PictureChange], intent: Intent, plan: PicturePlan) -> Sent:
        known = dict(plan.known)
        for each in refused:
            former = intent.pictures.get(each.name, PictureMemory())
            why = refusal(len(each.content), self._now())
            known[each.name] = replace(known[each.name], sha1=former.sha1, kept=why, hint="")
        rest = tuple(each for each in plan.changes if each not in refused)
        sizes = {each.name: len(each.content) for each in refused}
        return Sent(replace(plan, changes=rest, known=known), _too_large(sizes))

    def confirm(self, server: str, confirmed: Iterable[tuple[Intent, PicturePlan]]) -> None:
        """Plex has confirmed these pictures and their locks, or there was nothing to send."""
        news = [each for each in confirmed if each[1].known not in ({}, each[0].pictures)]
        for is_sent in (True, False):
            part = [(intent, plan.known) for intent, plan in news if bool(plan.changes) is is_sent]
            if part:
                self._ledger.remember_pictures(server, part, is_sent=is_sent, now=self._now())

    def _to_look_at(self, intent: Intent, scene: Scene) -> list[str]:
        hint = cover_hint(scene.paths.screenshot)
        return [
            name
            for name, style in self._styles.items()
            if needs_look(
                intent.pictures.get(name, PictureMemory()),
                hint,
                style,
                keeps_edits=self._keeps_edits,
            )
        ]

    def _common_etag(self, intent: Intent, names: Sequence[str]) -> str:
        """The etag whose cover all these pictures were made from; "" if the bytes are needed."""
        stores = {name: intent.pictures.get(name, PictureMemory()) for name in names}
        etags = {
            ""
            if memory.style != self._styles[name]
            or memory.unsure
            or (memory.kept.startswith(TOO_LARGE) and not is_refused(memory, self._now()))
            or is_respite_over(memory, keeps_edits=self._keeps_edits)
            else memory.etag
            for name, memory in stores.items()
        }
        return etags.pop() if len(etags) == 1 else ""

    def _decide(self, intent: Intent, name: str, cover: CoverAnswer) -> _Verdict:
        memory = intent.pictures.get(name, PictureMemory())
        match cover:
            case NotModified():
                return _Verdict(memory, kept=memory.kept)
            case NoCover():
                return self._hand_back(intent, name, replace(memory, source="", etag=""))
            case Cover(content, etag):
                source = sha1_of(content)
                is_same = source == memory.source and memory.style == self._styles[name]
                memory = replace(memory, source=source, etag=etag)
                if is_same and memory.sha1 and not (memory.kept or memory.unsure):
                    return _Verdict(memory)
                if is_same and is_refused(memory, self._now()):
                    return _Verdict(memory, kept=memory.kept)
                return self._show(intent, name, memory, content)

    def _show(self, intent: Intent, name: str, memory: PictureMemory, content: bytes) -> _Verdict:
        with self._drawing:
            made = render(content, self._styles[name])
        if isinstance(made, Unusable):
            log.warning("%s: %s is left alone, %s", intent.subject, name, made.because)
            return _Verdict(memory, kept=made.because)
        sha1 = sha1_of(made.content)
        if sha1 == memory.sha1 and not memory.unsure:
            return _Verdict(memory)
        is_locked = name in intent.item.state.locked
        # A lock of ours comes with a picture, confirmed or on its way.
        if self._keeps_edits and is_locked and not (memory.sha1 or memory.unsure):
            return _Verdict(memory, kept=LOCKED_BEFORE)
        listed = self._listed_if_needed(intent, name, memory, sha1)
        chosen = next((each for each in listed or () if each.is_chosen), None)
        is_shown = memory.unsure and chosen is not None and chosen.sha1 == sha1
        if self._keeps_edits and not is_shown:
            kept = why_kept(listed or (), memory, is_locked=is_locked)
            if kept:
                return _Verdict(memory, kept=kept)
        # One of ours was never there before us, not even where we have forgotten that it is ours.
        if memory.original is None and not (is_shown or is_ours(chosen, memory)):
            memory = replace(memory, original=chosen.key if chosen else "", was_locked=is_locked)
        uploaded = tuple(dict.fromkeys([*memory.uploaded, sha1]))
        memory = replace(memory, sha1=sha1, uploaded=uploaded)
        known = next((each for each in listed or () if each.sha1 == sha1), None)
        if known:
            return _Verdict(memory, PictureChange(name, Action.CHOOSE, sha1, known.key))
        return _Verdict(memory, PictureChange(name, Action.UPLOAD, sha1, content=made.content))

    def _hand_back(self, intent: Intent, name: str, memory: PictureMemory) -> _Verdict:
        """Stash has no cover any more: show again what was there before ours. What is only
        presumed to have been sent (see `presume_pictures`) says nothing of that."""
        if not (memory.sha1 or (memory.unsure and memory.uploaded)):
            return _Verdict(memory)
        listed = list_pictures(self._plex, intent.item, name)
        chosen = next((each for each in listed if each.is_chosen), None)
        if not (is_ours(chosen, memory) or is_handed_back(chosen, memory, listed)):
            return _Verdict(memory, kept=EDITED_IN_PLEX if memory.sha1 else "")
        return _Verdict(replace(memory, sha1=""), original_back(name, memory, listed))

    def _listed_if_needed(
        self, intent: Intent, name: str, memory: PictureMemory, sha1: str
    ) -> list[ListedPicture] | None:
        """Plex's list costs a request: only for what can't be known otherwise.

        What an unlocked picture shows is the agent's choice, and `shown_before` finds that later.
        """
        is_shown = name in intent.item.pictures and name in intent.item.state.locked
        is_first = memory.original is None and is_shown
        if (
            is_first
            or memory.unsure
            or sha1 in memory.uploaded
            or (self._keeps_edits and memory.sha1)
        ):
            return list_pictures(self._plex, intent.item, name)
        return None


def still_refused(kept: Iterable[Kept]) -> PictureTooLarge | None:
    """The failure of an item that lacks pictures which were refused lately; None if it doesn't."""
    sizes = {each.field: size for each in kept if (size := refused_size(each.because))}
    return _too_large(sizes) if sizes else None


def _is_missing(verdict: _Verdict) -> bool:
    return verdict.kept.startswith(TOO_LARGE)


def _too_large(sizes: Mapping[str, int]) -> PictureTooLarge:
    """`sizes`: of the refused pictures, in bytes, by name."""
    what = " and ".join(f"the {name} ({size / 1e6:.1f} MB)" for name, size in sizes.items())
    return PictureTooLarge(
        f"all but {what} was written: Plex, or a proxy in front of it, refuses so large a picture "
        "(413)",
        advice="Raise the proxy's limit for uploads (nginx: client_max_body_size 12m;), or let "
        "plex_url lead to Plex itself. Then press Retry failed: within a day nothing else sends "
        "the same picture again.",
    )
