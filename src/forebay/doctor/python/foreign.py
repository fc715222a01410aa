"""Calls that wait for somebody other than the database."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.python.children import inside, walk
from forebay.doctor.python.module import Call, Function, Module

_DIRECT = re.compile(
    r"^(requests|httpx)\.(get|post|put|patch|delete|head|request|stream)$|"
    r"^urllib\.request\.urlopen$|^(time|asyncio)\.sleep$|^subprocess\.(run|check_output|check_call)$|"
    r"^stripe\.\w+\.\w+$|^openai\.\w+(\.\w+)*\.create$"
)
_MADE = re.compile(
    r"^(httpx\.(Async)?Client|requests\.Session|requests\.session|aiohttp\.ClientSession|"
    r"openai\.(Async)?OpenAI|anthropic\.(Async)?Anthropic|boto3\.(client|resource)|smtplib\.SMTP(_SSL)?)$"
)
_SENDS = re.compile(
    r"^(get|post|put|patch|delete|head|request|send|stream|create|acreate|sendmail|send_message|"
    r"put_object|get_object|upload_file\w*|download_file\w*|send_email|invoke|publish|"
    r"delete_object|generate_\w+|send_raw_email)$"
)


def foreign_calls(module: Module, function: Function, block: ast.AST) -> Iterator[Call]:
    """Yield the calls of a block that go over the network or sleep, in the order of the text."""
    clients = _clients(module, function)
    calls = [
        found
        for node in inside(block)
        if isinstance(node, ast.Call) and (found := module.call(node)) is not None
    ]
    for call in sorted(calls, key=lambda one: (one.node.lineno, one.node.col_offset)):
        if _DIRECT.search(call.name) or _is_of_client(call, clients):
            yield call


def _is_of_client(call: Call, clients: set[str]) -> bool:
    root, _, rest = call.name.partition(".")
    if not rest or not _SENDS.search(call.last):
        return False
    return root in clients or (rest.count(".") == 1 and call.name.rpartition(".")[0] in clients)


def _clients(module: Module, function: Function) -> set[str]:
    """Return the names that are clients of something else: of the module, and of the function."""
    return module.known(_clients_of, function)


def _clients_of(module: Module, function: Function) -> set[str]:
    found = set(module.known(_clients_at_top, module.tree))
    for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
        if one.annotation is not None and _MADE.search(module.name_of(one.annotation)):
            found.add(one.arg)
    owner = module.class_around(function)
    if owner is not None:
        found |= module.known(_attributes, owner)
    for node in walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            call = module.call(node.value)
            if call is not None and _MADE.search(call.name):
                found.add(node.targets[0].id)
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            call = module.call(node.context_expr)
            if call is not None and _MADE.search(call.name):
                found.add(node.optional_vars.id)
    return found


def _clients_at_top(module: Module, _: ast.Module) -> set[str]:
    return {
        name
        for name, value in module.assigned.items()
        if (call := module.call(value)) is not None and _MADE.search(call.name)
    }


def _attributes(module: Module, owner: ast.ClassDef) -> set[str]:
    """Return `self.name` for what a class's methods give a client, and nothing else."""
    return {
        f"self.{name}"
        for name, given in module.attributes_of(owner).items()
        if all(_is_client(module, one) for one in given)
    }


def _is_client(module: Module, given: ast.Assign | ast.AnnAssign) -> bool:
    if isinstance(given, ast.AnnAssign) and _MADE.search(module.name_of(given.annotation)):
        return True
    call = module.call(given.value)
    if call is not None:
        return bool(_MADE.search(call.name))
    method = module.function_around(given)
    return (
        isinstance(given.value, ast.Name)
        and method is not None
        and any(
            one.arg == given.value.id
            and one.annotation is not None
            and _MADE.search(module.name_of(one.annotation))
            for one in (*method.args.args, *method.args.kwonlyargs)
        )
    )
