"""The code of a Code node as the body of a function."""

import ast


def function_lines(source: str) -> list[str]:
    """Its lines, the last expression returned; raises SyntaxError where it is no Python."""
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    lines = source.splitlines()
    if isinstance(last, ast.Expr):
        line = lines[last.lineno - 1].encode()
        lines[last.lineno - 1] = (line[: last.col_offset] + b"return " + line[last.col_offset :]).decode()
    return lines if _is_same(tree, lines) else _rewritten(tree)


def _is_same(tree: ast.Module, lines: list[str]) -> bool:
    """Indented, a text over several lines would be another."""
    moved = ast.parse("def body():\n" + "\n".join(f"    {line}" for line in lines))
    inside = moved.body[0]
    return isinstance(inside, ast.FunctionDef) and ast.dump(_returning(tree)) == ast.dump(
        ast.Module(inside.body, [])
    )


def _rewritten(tree: ast.Module) -> list[str]:
    return ast.unparse(ast.fix_missing_locations(_returning(tree))).splitlines()


def _returning(tree: ast.Module) -> ast.Module:
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        return ast.Module([*tree.body[:-1], ast.Return(last.value)], [])
    return ast.Module(tree.body or [ast.Pass()], [])
