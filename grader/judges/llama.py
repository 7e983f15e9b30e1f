"""One llama.cpp model in this process: decode tokens, share them, read logits and hidden states."""

from __future__ import annotations

import ctypes as C
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.errors import JudgeError
from grader.judges.llama_layout import I32, ON_LOG, ON_TENSOR, Batch, P, bind, check

Floats = NDArray[np.float32]

BATCH = 2048
STEP = 512

Place = tuple[int, int, int, bool]
"""A token, its position, its sequence, and whether its output is wanted."""


class Capture:
    """Copies of the chosen layers' outputs, taken while a graph is computed."""

    def __init__(self, library: Any, width: int) -> None:
        self.wanted: frozenset[bytes] = frozenset()
        self.taken: dict[str, Floats] = {}
        self.stopped = False
        self.callback = ON_TENSOR(self._on_tensor)
        self._library, self._width = library, width

    def layers(self, numbers: Sequence[int]) -> None:
        """From now on take these layers' outputs; none: take nothing."""
        self.wanted = frozenset(f"l_out-{number}".encode() for number in numbers)
        self.taken.clear()

    def _on_tensor(self, tensor: int, ask: bool, _of: int | None) -> bool:
        if self.stopped:
            return ask  # look at the next tensor, and there end the graph
        if not self.wanted:
            return not ask
        name: bytes = self._library.ggml_get_name(tensor)
        if name not in self.wanted:
            return not ask
        if not ask:
            self.taken[name.decode()] = self._copy(tensor)
        return True

    def _copy(self, tensor: int) -> Floats:
        out = np.empty(self._library.ggml_nbytes(tensor) // 4, dtype=np.float32)
        self._library.ggml_backend_tensor_get(tensor, out.ctypes.data, 0, out.nbytes)
        return out.reshape(-1, self._width)


class Llama:
    """A model and a context. Not for two threads at once, but for `close`."""

    def __init__(self, path: Path, *, threads: int) -> None:
        self.library = bind()
        self._quiet = ON_LOG(lambda *_: None)  # kept: llama.cpp holds the pointer
        self.library.llama_log_set(self._quiet, None)
        self.library.llama_backend_init()
        params = self.library.llama_model_default_params()
        check(params, self.library.llama_context_default_params())
        params.n_gpu_layers = 0
        self._model = self.library.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise JudgeError(f"{path}: llama.cpp can't load it", "`grade doctor` checks the file in full")
        self._vocab = self.library.llama_model_get_vocab(self._model)
        self.width: int = self.library.llama_model_n_embd(self._model)
        self.n_vocab: int = self.library.llama_vocab_n_tokens(self._vocab)
        self.capture = Capture(self.library, self.width)
        self.room = 0
        self._threads, self._context, self._memory = threads, None, None
        self._busy = threading.Lock()

    @contextmanager
    def used(self) -> Iterator[Llama]:
        """The model, which nobody frees meanwhile. JudgeError once it is closed."""
        with self._busy:
            self._refuse_when_stopped()
            yield self

    def make_room(self, tokens: int, sequences: int) -> None:
        """A fresh context for so many tokens and sequences; what was decoded is forgotten."""
        self._free_context()
        params = self.library.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch, params.n_seq_max = tokens, BATCH, STEP, sequences
        params.n_threads = params.n_threads_batch = self._threads
        params.kv_unified, params.pooling, params.n_outputs_max, params.n_outputs_max_per_seq = True, 0, 0, 1
        params.on_tensor = C.cast(self.capture.callback, P)
        self._context = self.library.llama_init_from_model(self._model, params)
        if not self._context:
            raise JudgeError(
                f"llama.cpp has no memory for {tokens} tokens", "close other programs, or use --model"
            )
        self.room = self.library.llama_n_ctx(self._context)
        self._memory = self.library.llama_get_memory(self._context)

    def tokens(self, text: str, *, control: bool = False) -> list[int]:
        """Token ids. Without `control`, text that looks like a control token is plain text."""
        raw = text.encode("utf-8", "replace")
        out = (I32 * (len(raw) + 8))()
        count = self.library.llama_tokenize(self._vocab, raw, len(raw), out, len(out), False, control)
        return list(out[:count])

    def copy(self, source: int, target: int) -> None:
        """Let another sequence go on from what one has decoded."""
        self.library.llama_memory_seq_cp(self._memory, source, target, 0, -1)

    def drop(self, sequence: int) -> None:
        """Forget a sequence."""
        self.library.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def clear(self) -> None:
        """Forget all sequences."""
        self.library.llama_memory_clear(self._memory, True)

    def decode(self, places: Sequence[Place]) -> None:
        """Compute tokens."""
        for start in range(0, len(places), BATCH):
            batch, kept = _batch(places[start : start + BATCH])
            code = self.library.llama_decode(self._context, batch)
            del kept
            self._refuse_when_stopped()
            if code:
                raise JudgeError(f"llama.cpp stopped with code {code} while reading")

    def logits(self, index: int) -> Floats:
        """Of the index-th wanted output of the last batch."""
        found = self.library.llama_get_logits_ith(self._context, index)
        return np.ctypeslib.as_array(found, (self.n_vocab,)).copy()

    def _free_context(self) -> None:
        if self._context:
            self.library.llama_free(self._context)
        self._context, self.room = None, 0

    def _refuse_when_stopped(self) -> None:
        if self.capture.stopped:
            raise JudgeError("the embedded judge was stopped")

    def close(self) -> None:
        """Give the memory back, from any thread: a decode that runs is ended first, within milliseconds."""
        self.capture.stopped = True
        with self._busy:
            self._free_context()
            if self._model:
                self.library.llama_model_free(self._model)
            self._model = None


def _batch(places: Sequence[Place]) -> tuple[Batch, object]:
    """A llama_batch, and what must stay alive while it is used."""
    count = len(places)
    owners = [(I32 * 1)(place[2]) for place in places]
    kept = (
        (I32 * count)(*[place[0] for place in places]),
        (I32 * count)(*[place[1] for place in places]),
        (I32 * count)(*[1] * count),
        (C.POINTER(I32) * count)(*[C.cast(one, C.POINTER(I32)) for one in owners]),
        (C.c_int8 * count)(*[place[3] for place in places]),
    )
    token, position, one_each, sequence, output = kept
    return Batch(count, token, None, position, one_each, sequence, output), (kept, owners)
