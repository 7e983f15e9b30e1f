"""What can be seen in the words of a key point: several at once, an order to the candidate, a bare term."""

from __future__ import annotations

import re

BRACKETS = re.compile(r"[（(][^（）()]*[)）]")
HEADWORD = re.compile(r"^[^：:]{1,24}[：:]\s*")
FORMULA = re.compile(r"[=∝Σ⊙≈]")
ORDER = re.compile(
    r"^(?:需要?|请|能够?|要能?|应该?)?(?:说明|解释|分析|列举|列出|制表|画出|画图|推导出|引出|简述|阐述|讨论|比较一下)"
    r"|^(?:explain|describe|compare|list|discuss|draw|mention|analy[sz]e|show|state|give an example)\b",
    re.IGNORECASE,
)
BARE_COMPARISON = re.compile(r"[^是从，,]*(?:对比|比较|的选择|选择依据|适用场景|区别|优劣|权衡)")
SUCH_AS = re.compile(r"[^，,；;：:]*、[^，,；;：:]*等")
EMPTY_PRAISE = re.compile(
    r"^(?:(?:增强|提高|提升|改善|优化|证明|评估|适合|高效|更好|更强|效果|性能|能力|表达|潜力|模型|大模型|训练|推理|架构|的|地|更|很|微调|对齐|RL|MoE)\s*)+$"
    r"|^(?:(?:better|improves?|good|more|efficient|performance|results?|quality|important|powerful|the|is|model|and)\s*)+$",
    re.IGNORECASE,
)
CHINESE = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*|[\u3400-\u9fff]+")
VERB = re.compile(
    r"[是有用把将使让为由在被可能会不只需比及与和从到无]|优化|防止|减少|计算|生成|缓存|替代|代替|限制|建模|学习|基于|合并|改进|统计|构建"
)
VERBS = frozenset((
    "is", "are", "has", "have", "uses", "use", "keeps", "stores", "avoids", "grows", "makes", "needs", "of",
))  # fmt: skip


def is_compound(text: str) -> bool:
    """Several statements in one: clauses, a list, a sum of terms. Formulas are one."""
    body = SUCH_AS.sub("", HEADWORD.sub("", BRACKETS.sub("", text)))
    if FORMULA.search(body):
        return False
    if re.search(r"[；;]|\s?[+＋]\s?(?!\d)", body) and not re.search(r"\d[+＋]", body):
        return True
    clauses = [one for one in re.split(r"[，,]", body) if len(one.strip()) >= 3]
    return len(clauses) >= 2 or "、" in body


def is_order(text: str) -> bool:
    """It tells the candidate what to do instead of saying what is true."""
    body = HEADWORD.sub("", text.strip())
    return bool(ORDER.match(text.strip()) or ORDER.match(body) or BARE_COMPARISON.fullmatch(body))


def is_vague(text: str) -> bool:
    """True of nearly anything: praise without what, how or against what."""
    body = HEADWORD.sub("", text.strip(" 。."))
    return bool(EMPTY_PRAISE.match(body))


def is_term(text: str) -> bool:
    """A name and nothing said of it: who drops the word earns the point."""
    body = BRACKETS.sub("", text).strip(" 。.")
    if FORMULA.search(body) or re.search(r"[，,；;：:]", body):
        return False
    chinese = "".join(CHINESE.findall(body))
    latin = [one for one in WORD.findall(body) if not CHINESE.match(one)]
    if VERB.search(chinese) or not VERBS.isdisjoint(map(str.lower, latin)):
        return False
    return len(chinese) <= 6 and len(latin) <= (2 if chinese else 4)


def numbers(text: str) -> tuple[str, ...]:
    """The numbers of a text: two that differ in them only (ZeRO-1, ZeRO-2) are no duplicates."""
    return tuple(sorted(re.findall(r"\d+(?:\.\d+)?", text)))
