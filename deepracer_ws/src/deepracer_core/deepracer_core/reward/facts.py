"""What `examine` found, as fields of text: written by the child, read back by the parent."""

from __future__ import annotations

from collections.abc import Sequence

from deepracer_core.reward.examine import Remark, SourceFacts

_MAX_LISTED = 100  # return lines and remarks; a file with more is told about the first


def facts_to_fields(facts: SourceFacts) -> list[str]:
    """The fields of a LOADED answer."""
    returns = " ".join(map(str, facts.return_lines[:_MAX_LISTED]))
    remarks = (
        text
        for remark in facts.remarks[:_MAX_LISTED]
        for text in (str(remark.line), remark.cause, remark.repair)
    )
    return [facts.signature, str(facts.line), returns, *remarks]


def facts_from_fields(fields: Sequence[str]) -> SourceFacts:
    """Read the fields of a LOADED answer.

    Raises:
        ValueError: they are not such fields.
    """
    signature, line, returns, *remarks = fields[: 3 + 3 * _MAX_LISTED]
    triples = zip(remarks[::3], remarks[1::3], remarks[2::3])
    return SourceFacts(
        signature="legacy" if signature == "legacy" else "params",
        line=int(line),
        return_lines=tuple(map(int, returns.split())),
        remarks=tuple(Remark(int(at), cause, repair) for at, cause, repair in triples),
    )
