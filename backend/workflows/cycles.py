"""Finds one cycle in every knot of a graph, in time proportional to its size and without recursion."""

from collections.abc import Iterator, Mapping, Sequence


def cycles(flow: Mapping[str, Sequence[str]], among: set[str]) -> Iterator[list[str]]:
    """One cycle for each strongly connected part (Kosaraju's way: once forward, once backward)."""
    inside = {node: [target for target in flow[node] if target in among] for node in sorted(among)}
    backward: dict[str, list[str]] = {node: [] for node in inside}
    for node, targets in inside.items():
        for target in targets:
            backward[target].append(node)
    parts: dict[str, str] = {}
    for root in reversed(_finished(inside)):
        for node in _reached(backward, root, parts):
            parts[node] = root
    sizes: dict[str, list[str]] = {}
    for node, root in parts.items():
        sizes.setdefault(root, []).append(node)
    yield from (_walked(inside, parts, root) for root, nodes in sizes.items() if len(nodes) > 1)


def _finished(flow: Mapping[str, Sequence[str]]) -> list[str]:
    """The nodes as a depth-first walk leaves them."""
    seen: set[str] = set()
    left: list[str] = []
    for root in flow:
        if root in seen:
            continue
        seen.add(root)
        path = [(root, iter(flow[root]))]
        while path:
            node, targets = path[-1]
            fresh = next((t for t in targets if t not in seen), None)
            if fresh is None:
                path.pop()
                left.append(node)
            else:
                seen.add(fresh)
                path.append((fresh, iter(flow[fresh])))
    return left


def _reached(flow: Mapping[str, Sequence[str]], root: str, taken: Mapping[str, str]) -> set[str]:
    if root in taken:
        return set()
    found, waiting = {root}, [root]
    while waiting:
        fresh = [t for t in flow[waiting.pop()] if t not in found and t not in taken]
        found.update(fresh)
        waiting += fresh
    return found


def _walked(flow: Mapping[str, Sequence[str]], parts: Mapping[str, str], root: str) -> list[str]:
    """Walk within the part until a node comes again."""
    path: dict[str, int] = {}
    node = root
    while node not in path:
        path[node] = len(path)
        node = next(target for target in flow[node] if parts[target] == root)
    return [*path][path[node] :]
