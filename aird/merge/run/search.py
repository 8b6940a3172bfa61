"""One attempt at a search: parents are measured, candidates race, finalists answer what nobody was chosen by.

The rows of the trials are the state: whatever they hold is not done again. The order of everything follows from the
seed, so that an attempt which begins where another was killed ends as that one would have.
"""

from dataclasses import dataclass
from time import monotonic
from typing import Any

import torch

from aird.core.errors import Refused
from aird.datasets import service as datasets
from aird.jobs.context import JobContext
from aird.merge.errors import SearchNotPossible
from aird.merge.models import MergeTrial
from aird.merge.recipe.candidates import recipe_of, space_of
from aird.merge.run import trials
from aird.merge.schemas import SearchSpace
from aird.merge.schemas_jobs import MergeWork, SuiteUse
from aird.merge.search import pareto, racing
from aird.merge.search.bench import Bench
from aird.merge.search.pareto import Place, Standing
from aird.merge.search.space import candidate_of
from aird.merge.search.study import Proposals, proposals

SAVE_SECONDS = 0.5  # between two writes of a trial that goes on
UNUSABLE = (Refused, torch.linalg.LinAlgError, torch.OutOfMemoryError)  # type: ignore[attr-defined]
"""What a candidate fails by; anything else is the job's own trouble."""

Marks = dict[str, list[bool]]


@dataclass(frozen=True)
class Paper:
    """A suite's items: those the candidates race on, in the order of the race, and the held-out ones."""

    use: SuiteUse
    race: list[dict[str, Any]]
    held_out: list[dict[str, Any]]


def papers_of(job: JobContext, spec: MergeWork, search: SearchSpace) -> dict[str, Paper]:
    """The items of every suite. Raises SearchNotPossible for a split without any."""
    papers = {}
    for use in spec.suites:
        items = list(datasets.read_split(job.store, use.artifact, use.split))
        if not items:
            raise SearchNotPossible(f"The split {use.split!r} of {use.suite} has no items.", suite=use.suite)
        ids = [str(item["id"]) for item in items]
        race, rest = racing.split_items(ids, suite=use.suite, seed=search.seed, holdout=search.holdout)
        papers[use.suite] = Paper(use, [items[i] for i in race], [items[i] for i in rest])
    return papers


class Search:
    """What one attempt knows. `rows` are the trials by their numbers, those of parents negative."""

    def __init__(self, job: JobContext, spec: MergeWork, search: SearchSpace, bench: Bench) -> None:
        self.search = search
        self._job = job
        self._bench = bench
        self._recipe = recipe_of(spec)
        self._parents = len(spec.parents)
        self._papers = papers_of(job, spec, search)
        self._space = space_of(spec, search)
        self._batches = racing.batches({suite: len(each.race) for suite, each in self._papers.items()})
        with job.read() as session:
            self.rows: dict[int, MergeTrial] = {each.number: each for each in trials.rows(session, job.id)}
        self._marks: dict[int, Marks] = {}  # of complete trials
        self.reference: Marks = {}  # the best parent's answers to the race, by suite
        self._held_reference: Marks = {}

    def run(self) -> Place:
        """Search; gives the best. Raises SearchNotPossible when no candidate can be made, JobCancelled, LeaseLost."""
        for number in range(self._parents):
            if -1 - number not in self.rows:
                self._job.hand_back(f"{number} of {self._parents} parents measured")
                self._job.progress("parents", number, self._parents)
                self._measure_parent(number)
        for suite, row in trials.best_parents(list(self.rows.values())).items():
            marks, racers = trials.unpack(row.outcomes)[suite], len(self._papers[suite].race)
            self.reference[suite], self._held_reference[suite] = marks[:racers], marks[racers:]
        self._weights = pareto.item_weights(self.reference)
        source = proposals(self._space, sampler=self.search.sampler, trials=self.search.trials, seed=self.search.seed)
        total = int(min(self._space.size, self.search.trials))
        number = 0
        while not self._done() and (params := source.next()) is not None:
            self._job.progress("search", number, total, self._figures())
            self._job.hand_back(f"{number} candidates tried")
            self._try(source, number, params)
            number += 1
        self._job.progress("search", total, total, self._figures())
        return self._finals()

    def places(self) -> list[Place]:
        """The complete trials."""
        return trials.places([self.rows[number] for number in sorted(self.rows)], self.search.floors)

    def _done(self) -> bool:
        """Whether somebody reaches all floors on the search's items, and nobody asked to go on."""
        if not self.search.floors or self.search.keep_going:
            return False
        return any(each.standing.meets for each in self.places())

    def _figures(self) -> dict[str, float]:
        best = pareto.best_of(self.places())
        return {} if best is None else {"mean": best.standing.mean, "worst": best.standing.worst}

    def _save(self, number: int, **known: Any) -> None:
        """Write what is known of a trial, in the database and in `rows`."""
        with self._job.transaction() as session:
            self.rows[number] = trials.save(session, self._job.id, number, **known)

    def _measure_parent(self, number: int) -> None:
        started = monotonic()
        self._bench.seat_parent(number)
        race, held, every = {}, {}, {}
        for suite, paper in self._papers.items():
            marks = self._bench.answer([*paper.race, *paper.held_out], paper.use.scorer)
            every[suite] = marks
            race[suite], held[suite] = marks[: len(paper.race)], marks[len(paper.race) :]
        self._save(
            -1 - number,
            params={"parent": number},
            state=trials.REFERENCE,
            scores=trials.scores(race, race),
            held_out=trials.scores(held, held),
            outcomes=trials.pack(every),
            items=sum(map(len, every.values())),
            seconds=monotonic() - started,
        )

    def _try(self, source: Proposals, number: int, params: dict[str, Any]) -> None:
        """Let one candidate race, unless it has, and tell the optimiser."""
        row = self.rows.get(number)
        if row is None or row.state == "running":
            self._race(number, params if row is None else row.params)
            row = self.rows[number]
        elif row.state == "complete":
            self._marks[number] = trials.unpack(row.outcomes)
        source.tell(row.params, None if row.state == "failed" else self._standing(row), row.rank)

    def _standing(self, row: MergeTrial) -> Standing:
        """Where a trial stands; of one that was dropped, where it would stand had it answered everything."""
        known = trials.standing_of(row.scores, self.search.floors)
        best = self._incumbent(row.number, row.rank)
        if row.state != "dropped" or best is None:
            return known
        marks = trials.unpack(row.outcomes)
        theirs = {suite: self._marks[best.number][suite][: len(given)] for suite, given in marks.items()}
        kept = pareto.expected_of(known.kept, pareto.kept_of(theirs, self.reference), best.standing.kept)
        return pareto.standing(kept, self.search.floors)

    def _incumbent(self, number: int, rank: int) -> Place | None:
        """The best of the trials before this one that needs no higher rank."""
        return pareto.best_of([each for each in self.places() if each.number < number and each.rank <= rank])

    def _race(self, number: int, params: dict[str, Any]) -> None:
        """All batches, or those until the candidate is hopeless, from where the row stands."""
        row = self.rows.get(number)
        marks: Marks = trials.unpack(row.outcomes) if row else {}
        started = monotonic() - (row.seconds if row else 0.0)
        if row is None:
            self._save(number, params=params, state="running")
        saved = monotonic()
        try:
            rank = self._bench.seat(candidate_of(self._recipe, params))
            for step in self._batches:
                for suite, paper in self._papers.items():
                    answered = marks.setdefault(suite, [])
                    answered += self._bench.answer(paper.race[len(answered) : step[suite]], paper.use.scorer)
                last = step == self._batches[-1]
                note = "" if last else self._hopeless(number, marks, rank)
                if last or note or monotonic() - saved > SAVE_SECONDS:
                    state = "complete" if last else "dropped" if note else "running"
                    self._record(number, marks, state=state, note=note, rank=rank, seconds=monotonic() - started)
                    saved = monotonic()
                    if state == "running":
                        self._job.hand_back(f"candidate {number} in its race")
                if note:
                    return
        except UNUSABLE as error:
            self._save(number, state="failed", note=str(error)[:1000], seconds=monotonic() - started)
            self._job.log(f"Candidate {number} cannot be used: {error}")
            return
        self._marks[number] = marks

    def _record(self, number: int, marks: Marks, **known: Any) -> None:
        scores = trials.scores(marks, self.reference)
        standing = trials.standing_of(scores, self.search.floors)
        self._save(
            number,
            scores=scores,
            outcomes=trials.pack(marks),
            mean=standing.mean,
            worst=standing.worst,
            items=sum(map(len, marks.values())),
            **known,
        )

    def _hopeless(self, number: int, marks: Marks, rank: int) -> str:
        """Why the candidate may stop here; empty when it goes on.

        It is held against the best so far that needs no higher rank, and stays in the race while its own worst suite
        stands better, or while it may still reach floors that nobody has reached.
        """
        best = self._incumbent(number, rank)
        if best is None or not racing.hopeless(marks, self._marks[best.number], self._weights):
            return ""
        theirs = {suite: self._marks[best.number][suite][: len(given)] for suite, given in marks.items()}
        mine = pareto.standing(pareto.kept_of(marks, self.reference), {})
        other = pareto.standing(pareto.kept_of(theirs, self.reference), {})
        if mine.worst > other.worst:
            return ""
        floors = self.search.floors
        if floors and not best.standing.meets and not racing.misses_floor(marks, self.reference, floors):
            return ""
        return f"Surely worse than candidate {best.number} on the same items: {mine.mean:.3f} against {other.mean:.3f}."

    def _finals(self) -> Place:
        """Have the front answer the held-out items; gives the best by the search's own."""
        while True:
            places = self.places()
            best = pareto.best_of(places)
            if best is None:
                failed = next((each.note for each in self.rows.values() if each.state == "failed"), "")
                raise SearchNotPossible(f"None of the search's candidates can be used. {failed}".strip())
            finalists = sorted({best.number, *pareto.front(places)})
            waiting = [number for number in finalists if self.rows[number].held_out is None]
            if not waiting or not any(each.held_out for each in self._papers.values()):
                return best
            self._job.hand_back(f"{len(finalists) - len(waiting)} of {len(finalists)} finalists heard")
            self._job.progress("final", len(finalists) - len(waiting), len(finalists))
            self._final(waiting[0])

    def _final(self, number: int) -> None:
        try:
            self._bench.seat(candidate_of(self._recipe, self.rows[number].params))
            held = {s: self._bench.answer(each.held_out, each.use.scorer) for s, each in self._papers.items()}
        except UNUSABLE as error:
            self._save(number, state="failed", note=str(error)[:1000])
            return
        self._save(number, held_out=trials.scores(held, self._held_reference))
