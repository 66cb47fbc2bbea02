#!/usr/bin/env python3
"""Computes scores.json: inputs and the scores that any implementation has to come to.

Run it with

    pip install scipy statsmodels
    python3 survey/golden/scores.py > survey/golden/scores.json

Nothing here looks at the Rust code. Wilson's and Newcombe's intervals are those of statsmodels,
Student's t and Welch's interval those of scipy, all of them given raw answers; the adjusted Wald
interval of Rocks (2016) is in no package and is written out. The random distributions are drawn
with a fixed seed.
"""

import json
import random
import warnings
from math import sqrt
from statistics import NormalDist

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

# z = 1.959964, to six digits as it is published, so two tails of the normal distribution:
Z = 1.959964
ALPHA = 2 * (1 - NormalDist().cdf(Z))

# Kind of score, values, and groups, best first.
SCALES = {
    "nps": ("nps", range(0, 11), {"promoter": {9, 10}, "passive": {7, 8}, "detractor": set(range(7))}),
    "faces": ("csat", range(1, 4), {"satisfied": {3}, "neutral": {2}, "dissatisfied": {1}}),
    "faces5": ("csat", range(1, 6), {"satisfied": {4, 5}, "neutral": {3}, "dissatisfied": {1, 2}}),
    "stars": ("csat", range(1, 6), {"satisfied": {4, 5}, "neutral": {3}, "dissatisfied": {1, 2}}),
    "rating": ("csat", range(1, 11), {"satisfied": {9, 10}, "neutral": {7, 8}, "dissatisfied": set(range(1, 7))}),
    "thumbs": ("csat", range(0, 2), {"satisfied": {1}, "dissatisfied": {0}}),
    "effort": ("effort", range(1, 8), {"low": {1, 2, 3}, "medium": {4}, "high": {5, 6, 7}}),
    "ease": ("ease", range(1, 8), {"easy": {5, 6, 7}, "neutral": {4}, "hard": {1, 2, 3}}),
    "agree": ("agree", range(1, 8), {"agree": {6, 7}, "neutral": {3, 4, 5}, "disagree": {1, 2}}),
    "yes_no": ("yes", range(0, 2), {"yes": {1}, "no": {0}}),
}
OPTIONS = ["a", "b", "c"]
STAY = {0: 27.0, 1: 37.0, 2: 61.0}


def answers(counts):
    """The values themselves, as often as they were given."""
    return np.repeat(list(counts), list(counts.values())).astype(float)


def share(hits, n):
    low, high = proportion_confint(hits, n, alpha=ALPHA, method="wilson")
    value = hits / n
    return {"value": 100 * value, "low": 100 * min(low, value), "high": 100 * max(high, value)}


def t_interval(x, lowest, highest):
    """Student's t, kept on the scale; nothing below two answers or at zero variance."""
    if len(x) < 2 or np.ptp(x) == 0:
        return None, None
    low, high = stats.t.interval(0.95, len(x) - 1, loc=np.mean(x), scale=stats.sem(x))
    return max(low, lowest), min(high, highest)


def rocks(promoters, detractors, n):
    """Rocks (2016): 0.75 promoters, 1.5 passives and 0.75 detractors added. Score and variance."""
    n = n + 3
    p, d = (promoters + 0.75) / n, (detractors + 0.75) / n
    return p - d, (p + d - (p - d) ** 2) / n


def nps(promoters, detractors, n):
    value = (promoters - detractors) / n
    centre, variance = rocks(promoters, detractors, n)
    half = Z * sqrt(variance)
    low, high = max(-1, centre - half), min(1, centre + half)
    return 100 * value, 100 * min(low, value), 100 * max(high, value)


def sizes(scale, counts):
    _, _, groups = SCALES[scale]
    return {name: sum(counts.get(v, 0) for v in values) for name, values in groups.items()}


def scored(scale, counts):
    """Everything a question's summary says of its distribution."""
    if scale == "problems":
        return tgw(counts)
    kind, values, groups = SCALES[scale]
    n = sum(counts.values())
    found = {"kind": kind, "answered": n, "value": None, "low": None, "high": None, "thin": n < 30,
             "mean": None, "mean_low": None, "mean_high": None, "shares": {}}
    if n == 0:
        return found
    x = answers(counts)
    size = sizes(scale, counts)
    found["mean"] = float(np.mean(x))
    found["mean_low"], found["mean_high"] = t_interval(x, values[0], values[-1])
    found["shares"] = {name: share(hits, n) for name, hits in size.items()}
    names = list(groups)
    if kind == "nps":
        found["value"], found["low"], found["high"] = nps(size[names[0]], size[names[-1]], n)
    elif kind == "effort":
        found["value"], found["low"], found["high"] = (found[k] for k in ("mean", "mean_low", "mean_high"))
    else:
        found.update(found["shares"][names[0]])
    return found


def tgw(case):
    """`problems`: how many were named by how many, and each option by how many."""
    counts, named = case["counts"], case["options"]
    n = sum(counts.values())
    found = {"kind": "tgw", "answered": n, "value": None, "low": None, "high": None, "thin": n < 30,
             "mean": None, "mean_low": None, "mean_high": None, "shares": {}}
    if n == 0:
        return found
    x = answers(counts)
    found["mean"] = float(np.mean(x))
    low, high = found["mean_low"], found["mean_high"] = t_interval(x, 0, len(OPTIONS))
    found["value"] = 100 * found["mean"]
    found["low"], found["high"] = (None, None) if low is None else (100 * low, 100 * high)
    found["shares"] = {option: share(named[option], n) for option in OPTIONS}
    return found


def changed(scale, now, before):
    """The change from one distribution to another of the same question."""
    kind = "tgw" if scale == "problems" else SCALES[scale][0]
    if scale == "problems":
        now, before = now["counts"], before["counts"]
    n = [sum(side.values()) for side in (now, before)]
    found = {"change": None, "low": None, "high": None, "significant": False}
    if 0 in n:
        return found
    if kind in ("effort", "tgw"):
        factor = 100 if kind == "tgw" else 1
        a, b = answers(now), answers(before)
        found["change"] = factor * float(np.mean(a) - np.mean(b))
        if min(n) > 1 and np.ptp(a) + np.ptp(b) > 0:
            ci = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
            found["low"], found["high"] = factor * float(ci.low), factor * float(ci.high)
    else:
        ends = [list(sizes(scale, side).values()) for side in (now, before)]
        if kind == "nps":
            points = [nps(e[0], e[-1], m)[0] for e, m in zip(ends, n)]
            half = 100 * Z * sqrt(sum(rocks(e[0], e[-1], m)[1] for e, m in zip(ends, n)))
            found["change"] = points[0] - points[1]
            found["low"], found["high"] = found["change"] - half, found["change"] + half
        else:
            low, high = confint_proportions_2indep(
                ends[0][0], n[0], ends[1][0], n[1], method="newcomb", compare="diff", alpha=ALPHA)
            found["change"] = 100 * (ends[0][0] / n[0] - ends[1][0] / n[1])
            found["low"], found["high"] = 100 * low, 100 * high
    if found["low"] is not None:
        found["significant"] = bool(found["low"] > 0 or found["high"] < 0)
    return found


def measured(metric, cells):
    """A two-question metric of tallied joint values."""
    n = sum(cells.values())
    found = {"kind": metric, "answered": n, "value": None, "low": None, "high": None, "thin": n < 30,
             "mean": None, "mean_low": None, "mean_high": None, "shares": {}}
    if n == 0:
        return found
    if metric == "value_enhancement":
        x = answers(cells) / 2
        enhanced = int(np.sum(x >= 6))
        found["shares"] = {"enhanced": share(enhanced, n), "not_enhanced": share(n - enhanced, n)}
        found.update(found["shares"]["enhanced"])
        lowest, highest = 1, 7
    else:
        x = np.array([STAY[v] for v in answers(cells)])
        names = ["unsolved", "solved_with_high_effort", "solved_without_high_effort"]
        found["shares"] = {name: share(cells.get(v, 0), n) for v, name in enumerate(names)}
        lowest, highest = 27, 61
    found["mean"] = float(np.mean(x))
    found["mean_low"], found["mean_high"] = t_interval(x, lowest, highest)
    if metric == "resolution_effort":
        found["value"], found["low"], found["high"] = (found[k] for k in ("mean", "mean_low", "mean_high"))
    return found


def distributions(values, rng):
    """None, one, two alike, two apart, all in one group, a few, many, a great many."""
    values = list(values)
    first, last = values[0], values[-1]
    spread = lambda top: {v: rng.randrange(top) for v in values}
    return [
        {}, {last: 1}, {first: 1}, {last: 2}, {first: 1, last: 1}, {first: 12}, {last: 40},
        {values[len(values) // 2]: 500}, {first: 1, last: 29}, spread(3), spread(9), spread(80),
        spread(2_000), {last: 5_000, first: 1}, spread(200_000),
    ]


def problems(counts, rng):
    """Options named, in agreement with how many were named."""
    named = dict.fromkeys(OPTIONS, 0)
    for many, times in counts.items():
        for _ in range(times if many else 0):
            for option in rng.sample(OPTIONS, many):
                named[option] += 1
    return {"counts": counts, "options": named}


def inputs(scale, rng):
    if scale != "problems":
        return distributions(SCALES[scale][1], rng)
    return [problems(counts, rng) for counts in distributions(range(len(OPTIONS) + 1), rng)]


def main():
    warnings.simplefilter("ignore")
    rng = random.Random(20261122)
    scores, changes, metrics = [], [], []
    given = lambda scale, it: it if scale == "problems" else {"counts": it}
    for scale in [*SCALES, "problems"]:
        cases = inputs(scale, rng)
        question = {"scale": "faces", "points": 5} if scale == "faces5" else {"scale": scale}
        if scale == "problems":
            question["options_of_scale"] = OPTIONS
        scores += [{**question, **given(scale, it), "expected": scored(scale, it)} for it in cases]
        pairs = [(10, 9), (11, 10), (12, 11), (14, 12), (4, 8), (1, 8), (3, 6), (0, 9), (9, 0), (6, 6)]
        changes += [{**question, "now": given(scale, cases[a]), "before": given(scale, cases[b]),
                     "expected": changed(scale, cases[a], cases[b])} for a, b in pairs]
    for metric, cells in [("value_enhancement", range(2, 15)), ("resolution_effort", range(3))]:
        metrics += [{"metric": metric, "counts": it, "expected": measured(metric, it)}
                    for it in distributions(cells, rng)]
    lines = lambda cases: ",\n".join("  " + json.dumps(case) for case in cases)
    parts = [("scores", scores), ("changes", changes), ("metrics", metrics)]
    print("{" + ",\n".join(f'"{name}": [\n{lines(cases)}\n]' for name, cases in parts) + "}")


if __name__ == "__main__":
    main()
