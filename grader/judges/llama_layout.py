"""The C structures and signatures of llama.cpp that we call, and the check that they are where we think."""

from __future__ import annotations

import ctypes as C
from typing import Any

from grader.errors import JudgeError

I32, U32, F32, P, B = C.c_int32, C.c_uint32, C.c_float, C.c_void_p, C.c_bool
ON_TENSOR = C.CFUNCTYPE(C.c_bool, C.c_void_p, C.c_bool, C.c_void_p)
ON_LOG = C.CFUNCTYPE(None, C.c_int32, C.c_char_p, C.c_void_p)
SPARE = C.c_char * 64  # room behind a structure, so that a longer one is noticed and not written past


def fields(*groups: str) -> list[Any]:
    """A structure's fields, written as a type and the names that have it, in order."""
    kinds = {"u32": U32, "i32": I32, "f32": F32, "pointer": P, "bool": B, "size": C.c_size_t}
    return [(name, kinds[kind]) for kind, *names in map(str.split, groups) for name in names]


class ModelParams(C.Structure):
    """llama_model_params."""

    _fields_ = [
        *fields("pointer devices tensor_buft", "i32 n_gpu_layers split_mode load_mode lazy_mode main_gpu"),
        *fields("pointer tensor_split progress progress_of kv_overrides"),
        *fields("bool vocab_only check_tensors use_extra_bufts no_host no_alloc load_mtp"),
        ("spare", SPARE),
    ]


class ContextParams(C.Structure):
    """llama_context_params."""

    _fields_ = [
        *fields("u32 n_ctx n_batch n_ubatch n_seq_max n_rs_seq n_outputs_max n_outputs_max_per_seq"),
        *fields("i32 n_threads n_threads_batch ctx_type rope_scaling pooling attention flash_attn"),
        *fields("f32 rope_base rope_scale yarn_ext yarn_attn yarn_fast yarn_slow", "u32 yarn_orig_ctx"),
        *fields("f32 defrag", "pointer on_tensor on_tensor_of", "i32 type_k type_v"),
        *fields("pointer abort abort_of extra"),
        *fields("bool embeddings offload_kqv no_perf op_offload swa_full kv_unified"),
        *fields("pointer samplers", "size n_samplers"),
        ("spare", SPARE),
    ]


class Batch(C.Structure):
    """llama_batch."""

    _fields_ = [
        ("n_tokens", I32),
        ("token", C.POINTER(I32)),
        ("embd", P),
        ("pos", C.POINTER(I32)),
        ("n_seq_id", C.POINTER(I32)),
        ("seq_id", C.POINTER(C.POINTER(I32))),
        ("output", C.POINTER(C.c_int8)),
    ]


SIGNATURES: dict[str, tuple[Any, ...]] = {  # what it returns, then what it takes
    "llama_backend_init": (None,),
    "llama_log_set": (None, ON_LOG, P),
    "llama_model_default_params": (ModelParams,),
    "llama_context_default_params": (ContextParams,),
    "llama_model_load_from_file": (P, C.c_char_p, ModelParams),
    "llama_model_free": (None, P),
    "llama_model_n_embd": (I32, P),
    "llama_init_from_model": (P, P, ContextParams),
    "llama_free": (None, P),
    "llama_n_ctx": (U32, P),
    "llama_model_get_vocab": (P, P),
    "llama_vocab_n_tokens": (I32, P),
    "llama_tokenize": (I32, P, C.c_char_p, I32, C.POINTER(I32), I32, B, B),
    "llama_get_memory": (P, P),
    "llama_memory_clear": (None, P, B),
    "llama_memory_seq_cp": (None, P, I32, I32, I32, I32),
    "llama_memory_seq_rm": (B, P, I32, I32, I32),
    "llama_decode": (I32, P, Batch),
    "llama_get_logits_ith": (C.POINTER(F32), P, I32),
    "ggml_get_name": (C.c_char_p, P),
    "ggml_nbytes": (C.c_size_t, P),
    "ggml_backend_tensor_get": (None, P, P, C.c_size_t, C.c_size_t),
}


def bind() -> Any:
    """The symbols that the xllamacpp extension exports, typed. JudgeError when one is gone."""
    from xllamacpp import xllamacpp as extension

    library = C.CDLL(extension.__file__)
    for name, (returns, *takes) in SIGNATURES.items():
        try:
            function = getattr(library, name)
        except AttributeError as error:
            raise moved(name) from error
        function.restype, function.argtypes = returns, takes
    return library


def check(model: ModelParams, context: ContextParams) -> None:
    """Read llama.cpp's defaults back: a field that moved would show in one of them. JudgeError then."""
    seen = {
        "use_extra_bufts": model.use_extra_bufts is True,
        "vocab_only": (model.vocab_only, model.no_alloc) == (False, False),
        "n_ctx": (context.n_ctx, context.n_batch, context.n_ubatch, context.n_seq_max) == (512, 2048, 512, 1),
        "rope_scaling": context.rope_scaling == context.pooling == context.attention == -1,
        "yarn": context.yarn_ext == -1.0,
        "type_k": context.type_k == context.type_v == 1,
        "embeddings": (context.embeddings, context.offload_kqv) == (False, True),
        "extra": not context.extra,
        "samplers": not context.samplers and context.n_samplers == 0,
        "the end": not any(model.spare) and not any(context.spare),
    }
    for name, right in seen.items():
        if not right:
            raise moved(name)


def moved(name: str) -> JudgeError:
    """The error for a llama.cpp whose interface is not the one this binding was written for."""
    from importlib.metadata import version

    return JudgeError(
        f"the embedded judge does not know xllamacpp {version('xllamacpp')}: {name} is not where it was",
        "install the version that grade asks for; in a checkout of grade: pip install '.[local]'",
    )
