"""Writes a random schema down: tidy or not, with remarks and documentation in between."""

from __future__ import annotations

import random

from tests.reference import words

# The first line, lines as lists of words, and block attributes.
Block = tuple[str, list[list[str]], list[str]]


def _gap(chance: random.Random, mess: float) -> str:
    if chance.random() < mess:
        return chance.choice(("  ", "   ", "\t", "      "))
    return " "


def _tight(chance: random.Random, text: str, mess: float) -> str:
    """Add or remove blanks where the language does not care for them."""
    if chance.random() >= mess or '"' in text:
        return text
    wide = chance.random() < 0.5
    for mark in (", ", ": "):
        text = text.replace(mark, f" {mark} " if wide else mark.strip())
    return text.replace("(", "( ").replace(")", " )") if wide else text


def _remark(chance: random.Random) -> str:
    return chance.choice(("// ", "//", "/// ", "///")) + chance.choice(words.REMARKS)


def _line(chance: random.Random, parts: list[str], mess: float) -> str:
    indent = _gap(chance, mess) if mess else "  "
    line = indent + parts[0]
    for part in parts[1:]:
        line += _gap(chance, mess) + _tight(chance, part, mess)
    if chance.random() < 0.06:
        line += f" {_remark(chance)}"
    return line


def _block(chance: random.Random, block: Block, mess: float) -> list[str]:
    head, body, attributes = block
    lines = [_gap(chance, mess).join(head.split(" ")) + " {"]
    for parts in body:
        if chance.random() < 0.05:
            lines.append(f"  {_remark(chance)}")
        if chance.random() < 0.08 + mess / 4:
            lines.append("" if chance.random() < 0.8 else "\n")
        is_text = len(parts) == 1 and parts[0].startswith("  ")
        lines.append(parts[0] if is_text else _line(chance, parts, mess))
    if attributes and chance.random() < 0.7:
        lines.append("")
    lines += [_line(chance, [attribute], mess) for attribute in attributes]
    if chance.random() < 0.03:
        lines.append(f"  {_remark(chance)}")
    lines.append("}")
    return lines


def laid_out(chance: random.Random, blocks: list[Block]) -> str:
    """Write all blocks: tidy in half of the cases."""
    mess = chance.choice((0, 0, 0.1, 0.5))
    lines: list[str] = []
    for block in blocks:
        if chance.random() < 0.1:
            lines.append(_remark(chance))
        lines += _block(chance, block, mess)
        if not mess or chance.random() < 0.8:
            lines.append("")
    text = "\n".join(lines).rstrip("\n") + "\n"
    return text.replace("\n", "\r\n") if chance.random() < 0.04 else text
