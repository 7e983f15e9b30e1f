"""How alike two short texts are: by Latin words and pairs of Chinese characters, rare ones counting more."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

PIECE = re.compile(r"[a-z0-9_]+|[\u3400-\u9fff]+|[^\W\d_]+|[√²∝Σπβσ]")
COMMON = 200  # a gram in more texts than this finds no candidates


def grams(text: str) -> list[str]:
    """`KV Cache是瓶颈` -> kv, cache, 是瓶, 瓶颈."""
    found: list[str] = []
    for piece in PIECE.findall(unicodedata.normalize("NFKC", text).lower()):
        if "\u3400" <= piece[0] <= "\u9fff":
            found += [piece[at : at + 2] for at in range(len(piece) - 1)] or [piece]
        else:
            found.append(piece)
    return found


def vectors(texts: Sequence[str]) -> list[dict[str, float]]:
    """Unit vectors over grams, weighted by how rare each is among `texts`."""
    counted = [Counter(grams(one)) for one in texts]
    spread = Counter(gram for one in counted for gram in one)
    rarity = {gram: 1 + math.log(len(texts) / count) for gram, count in spread.items()}
    weighted = [{gram: count * rarity[gram] for gram, count in one.items()} for one in counted]
    return [_unit(one) for one in weighted]


def pairs(texts: Sequence[str], least: float) -> list[tuple[int, int, float]]:
    """Pairs of indices whose cosine is at least `least`, most alike first."""
    given = vectors(texts)
    holders: defaultdict[str, list[int]] = defaultdict(list)
    alike: Counter[tuple[int, int]] = Counter()
    for index, one in enumerate(given):
        for gram in one:
            for other in holders[gram][-COMMON:]:
                alike[(other, index)] += 1
            holders[gram].append(index)
    close = ((left, right, cosine(given[left], given[right])) for left, right in alike)
    return sorted((one for one in close if one[2] >= least), key=lambda one: (-one[2], one[0], one[1]))


def cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Of two unit vectors."""
    return sum(weight * other.get(gram, 0.0) for gram, weight in one.items())


def _unit(one: dict[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(weight * weight for weight in one.values())) or 1.0
    return {gram: weight / length for gram, weight in one.items()}
