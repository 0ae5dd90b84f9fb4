"""Python files read as syntax: in whichever encoding they declare, by any Python version, without importing anything."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from bench.plan.errors import BenchError

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parent
# Where config, workflow and results lie: beside the package in a checkout, within it where it is installed.
SUITE = PACKAGE / "suite" if (PACKAGE / "suite").is_dir() else ROOT
INSTALLED = ("site-packages", "dist-packages")  # a plug-in that lies there has nothing beside it


def in_suite(path: Path) -> str:
    """A file as a fault names it: one of the suite's from the suite's folder on, any other as it was given."""
    return str(path.relative_to(SUITE) if path.is_relative_to(SUITE) else path)


def syntax_of(path: Path) -> ast.Module:
    """The syntax of a file, which is shared and not to be changed; read anew where the file has another time.

    Raises
    ------
    BenchError
        If it cannot be read or is not Python: told with the line.
    """
    try:
        return _parsed(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error.strerror or error})") from None


@cache
def _parsed(path: Path, stamp: int) -> ast.Module:
    content = path.read_bytes()
    if b"\0" in content:  # what Python says of it names neither
        raise BenchError(f"{path.name}: not Python (UTF-16, or no text at all); save it as UTF-8")
    try:
        return ast.parse(content)  # bytes: Python itself reads byte order mark and declared encoding
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        raise BenchError(f"{path.name}{where}: not Python ({error.msg})") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise BenchError(f"{path.name}: not Python ({str(error) or 'nested too deeply'})") from None


def assigned_names(path: Path) -> set[str]:
    """The names that a file assigns at its top level."""
    found = set()
    for node in syntax_of(path).body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def files_used(file: Path, roots: Sequence[Path]) -> tuple[Path, ...]:
    """The files that one file imports: of the package, or below one of ``roots``."""
    if file.is_relative_to(PACKAGE):
        syntax_of(file)  # says what is wrong with the file
        return _used_by_ours(file, file.stat().st_mtime_ns)
    return _used(_modules_of(file, tuple(roots)), tuple(roots))


@cache
def _used_by_ours(file: Path, stamp: int) -> tuple[Path, ...]:
    """The files that one of the package imports; a plan of thousands of runs asks for few, again and again."""
    return _used(_imports(file, stamp, ()), ())


def _used(modules: Iterable[str], roots: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(sorted({path for module in modules for path in module_files(module, roots)}))


def roots_of(file: Path) -> tuple[Path, ...]:
    """Where Python looks first for what a file imports; nothing but the package for one of the package.

    A plug-in's own folder comes before the working directory, as that of a script does.
    """
    if file.is_relative_to(PACKAGE) or any(part in INSTALLED for part in file.parts):
        return ()
    return tuple(dict.fromkeys((file.parent, Path.cwd(), ROOT)))


def beside(file: Path) -> dict[str, Path]:
    """What a plug-in imports that lies beside it or in the working directory, directly or not: top module to file."""
    roots = roots_of(file)
    found: dict[str, Path] = {}
    queue, seen = [file], {file}
    while queue:
        path = queue.pop()
        for module in _modules_of(path, roots):
            files = () if module.split(".")[0] == PACKAGE.name else module_files(module, roots)
            if files:
                found.setdefault(module.split(".")[0], files[0])
            queue.extend(set(files) - seen)
            seen.update(files)
    return found


def module_files(module: str, roots: Iterable[Path]) -> tuple[Path, ...]:
    """The files that an import of a module runs, its packages' included; none where it lies in no root."""
    parts = module.split(".")
    for root in (ROOT,) if parts[0] == PACKAGE.name else roots:
        base = root.joinpath(*parts)
        found = next((path for path in (base / "__init__.py", base.with_name(f"{base.name}.py")) if path.is_file()), None)
        if found is None:
            continue
        if root == ROOT and parts[0] == PACKAGE.name:
            return (found,)
        packages = [root.joinpath(*parts[:count], "__init__.py") for count in range(1, len(parts))]
        return (*(path for path in packages if path.is_file()), found)
    return ()


def _modules_of(file: Path, roots: tuple[Path, ...]) -> tuple[str, ...]:
    syntax_of(file)  # says what is wrong with the file
    return _imports(file, file.stat().st_mtime_ns, roots)


@cache
def _imports(file: Path, stamp: int, roots: tuple[Path, ...]) -> tuple[str, ...]:
    """The modules that a file may import, anywhere in it; a name that is imported from one may be a module itself."""
    found: list[str] = []
    for node in ast.walk(syntax_of(file)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = imported_from(node, file, roots)
            if origin:
                found += [origin, *(f"{origin}.{alias.name}" for alias in node.names if alias.name != "*")]
        elif isinstance(node, ast.Call) and node.args and _called(node) in ("import_module", "__import__"):
            word = node.args[0]
            if isinstance(word, ast.Constant) and isinstance(word.value, str) and word.value:
                found.append(word.value)
    return tuple(dict.fromkeys(found))


def imported_from(node: ast.ImportFrom, file: Path, roots: Sequence[Path]) -> str:
    """The module that ``from ... import`` names, a relative one by the file's place below its root; empty if there is none."""
    if not node.level:
        return node.module or ""
    folder = file.parents[node.level - 1] if node.level <= len(file.parents) else None
    top = next((root for root in (*roots, ROOT) if folder and folder.is_relative_to(root) and folder != root), None)
    if folder is None or top is None:
        return node.module or ""
    return ".".join((*folder.relative_to(top).parts, *([node.module] if node.module else [])))


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))
