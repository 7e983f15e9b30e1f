"""The words of reports in both languages."""

from __future__ import annotations

from grader.report.counting import Idle
from grader.types import Lang

WORDS: dict[str, tuple[str, str]] = {
    "report": ("Practice report", "练习报告"),
    "answers": ("answers", "份答案"),
    "answers_head": ("Answers", "答案数"),
    "answer": ("Answer", "答案"),
    "question": ("Question", "题目"),
    "person": ("Person", "姓名"),
    "score": ("Score", "得分"),
    "mean": ("Mean", "平均分"),
    "graded": ("Graded", "已评分"),
    "ungraded": ("Ungraded", "未评分"),
    "needs_review": ("Needs review", "需人工复核"),
    "flagged": ("Flagged", "有异常"),
    "covered": ("covered", "答到"),
    "partial": ("partly covered", "部分答到"),
    "missing": ("missing", "未答到"),
    "contradicted": ("contradicted", "答错"),
    "committed": ("a fault, committed", "犯了此错"),
    "avoided": ("a fault, avoided", "未犯此错"),
    "none": ("no verdict", "无判定"),
    "section": ("Section", "章节"),
    "tag": ("Tag", "标签"),
    "stars": ("Stars", "星级"),
    "track": ("Track", "岗位方向"),
    "missed": ("Missed", "遗漏考点"),
    "judge": ("Judge", "评分模型"),
    "run": ("Run", "批次"),
    "apart": (
        "Graded in different ways, so they are shown apart and not averaged. They differ in",
        "评分方式不同，因此分开显示、不取平均。差别在于",
    ),
    "excluded": (
        "ungraded answers are counted and left out of every mean",
        "未评分的答案单独计数，不计入任何平均分",
    ),
    "model": ("model", "模型"),
    "strategy": ("strategy", "策略"),
    "prompt": ("prompt", "提示词"),
    "calibration": ("calibration", "校准"),
    "rubric": ("rubric", "评分标准"),
    "judges": ("Judges on the same answers", "不同评分模型对同一答案"),
    "over_time": ("Over time", "历次变化"),
    "differ": ("verdicts differ", "处判定不同"),
    "same": ("verdicts compared", "处判定比较"),
    "outcome": ("Outcome", "结果"),
    "below": ("below the bar", "低于及格线"),
    "problems": ("Problems", "问题"),
    "nothing": ("There are no graded answers here.", "这里没有已评分的答案。"),
    "point": ("Key point", "考点"),
    "source": ("Source", "出处"),
    "reason": ("Reason", "理由"),
    "key_points": ("Key points", "考点"),
    "by_person": ("set by", "人工判定："),
    "a_person": ("a person", "匿名"),
    "judge_said": ("the judge said", "评分模型判为"),
    "votes": ("votes", "各评分模型判定"),
    "all": ("all", "全部"),
    "tools": ("Page tools", "页面工具"),
    "theme": ("Light or dark", "明暗"),
    "print": ("Print", "打印"),
    "keys": ("Keys", "快捷键"),
    "language": ("Chinese or English", "中文或英文"),
    "search": ("Search", "搜索"),
    "next_previous": ("next, previous answer", "下一份、上一份答案"),
    "open_close": ("open or close the answer", "展开或收起当前答案"),
    "open_all": ("Open all", "全部展开"),
    "to_answers": ("To the answers", "跳到答案"),
    "strengths": ("Strengths and gaps", "强项与短板"),
    "spread": ("How many answers by score", "各分数段的答案数"),
    "practise": ("What to practise next", "接下来练什么"),
    "comparison": ("Comparison", "对比"),
    "not_same": (
        "The runs were graded in different ways: scores stand side by side and are not comparable.",
        "各批次的评分方式不同：分数只并列显示，不可直接比较。",
    ),
    "change": ("Change", "变化"),
    "full": ("full score", "满分"),
    "as_given": ("as graded", "评分顺序"),
    "lowest": ("lowest score first", "低分在前"),
    "highest": ("highest score first", "高分在前"),
    "sort": ("Order", "排序"),
    "left_out": ("more answers are in the run and not on this page.", "份答案在批次中，未放进此页。"),
    "no_match": ("No answer fits these filters.", "没有符合筛选条件的答案。"),
    "empty": ("The answer is empty.", "答案是空的。"),
    "optional": ("optional, not counted", "选答，不计分"),
    "in_bank": ("In the bank", "题库原文"),
    "not_found": ("not found in the answer", "答案中找不到这句话"),
    "parts": ("A full answer says:", "完整的回答应包括："),
    "footer": (
        "Made by grade. This file is whole: it asks no server for anything.",
        "由 grade 生成。此文件自成一体，不向任何服务器请求内容。",
    ),
}

FLAGS: dict[str, tuple[str, str]] = {
    "addressed_to_grader": ("speaks to the grader; earns nothing", "文字是写给评分者的；不得分"),
    "planted_verdict": (
        "a verdict or score planted in the answer; earns nothing",
        "答案里预置的评分结论；不得分",
    ),
    "encoded_text": ("coded text that speaks to the grader; earns nothing", "编码后写给评分者的文字；不得分"),
    "control_tokens": ("control tokens of a chat template; earns nothing", "含对话模板控制符；不得分"),
    "hidden_text": ("text that readers do not see; earns nothing", "读者看不见的文字；不得分"),
    "suspicious_text": (
        "may speak to the grader: beside an answer it earns nothing",
        "疑似写给评分者的文字：附在答案里的不得分",
    ),
}


ONE: dict[str, str] = {
    "answers": "answer",
    "same": "verdict compared",
    "differ": "verdict differs",
    "left_out": "more answer is in the run and not on this page.",
}
"""What is said in English of a single one."""


def word(key: str, lang: Lang, count: int = 0) -> str:
    """The word in that language, for so many where it follows their count."""
    return ONE[key] if count == 1 and lang == "en" and key in ONE else WORDS[key][lang == "zh"]


def counted(count: int, one: str, more: str = "") -> str:
    """`1 answer`, `2 answers`; `more` where the plural is another word. For what is said in English only."""
    return f"{count} {one if count == 1 else more or one + 's'}"


IDLE: dict[str, tuple[str, str]] = {
    "requires": ("does not count without {name}", "缺少 {name}，不计分"),
    "excludes": ("does not count beside {name}", "与 {name} 互斥，不计分"),
    "group": ("does not count: others of the group {name} do", "{name} 组已计满，不计分"),
    "cap": ("the group {name} counts up to its cap", "{name} 组按上限计分"),
}


def idle_words(out: Idle, lang: Lang) -> str:
    """Why an earned criterion counts for nothing, or for less."""
    return IDLE[out.why][lang == "zh"].format(name=out.name)


def flag_words(kind: str, lang: Lang) -> str:
    """What a kind of flag means; a kind that is not listed stands for itself."""
    return FLAGS[kind][lang == "zh"] if kind in FLAGS else kind.replace("_", " ")
