#!/usr/bin/env python3
"""Checks the directions of includes between modules against modules.toml.

    tools/check_modules.py            check; exit status 1 and one line a finding
    tools/check_modules.py --write    also regenerate the picture in ARCHITECTURE.md

Fails on: an include or a CMake dependency that modules.toml does not declare, a
cycle, a module that uses one of a higher level, another module's
`_internal.h`, a header under [reserved] outside the modules it is for, an
application that includes anything but what [apps] allows, a module folder that
is not declared or has no README.md of at most 40 lines, a declared module
without a folder, a folder of more than 30 sources, a cycle between the folders
of one module, a thread or an arena begun by code that is not under [threads] and no test
(work goes to the executor, base/work/executor.h), and a picture that no longer matches. A module with
`tests_only = true` may be used by tests alone (`*_test.cc`, `*testing.cc`,
`*testing_internal.h`).
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

SOURCE_SUFFIXES = {".h", ".cc"}
README_LINES = 40
FOLDER_SOURCES = 30
BASE = "base"
BEGIN = "<!-- modules:begin -->"
END = "<!-- modules:end -->"

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
THREAD = re.compile(
    r"\bstd::(?:jthread|thread|async)\b(?!::)|\b(?:pthread|thrd)_create\b|\btbb::(?:task_arena|global_control)\b"
)
CMAKE_MODULE = re.compile(r"pixlake_module\s*\(\s*(\w+)([^)]*)\)", re.DOTALL)
CMAKE_KEYWORDS = {"SOURCES", "HEADERS", "DEPS", "LIBS", "TESTS", "TEST_LIBS"}


@dataclass
class Module:
    name: str
    level: int
    what: str
    declared: list[str]
    tests_only: bool = False
    uses: set[str] = field(default_factory=set)  # with `*` resolved and base added


@dataclass
class Declaration:
    modules: dict[str, Module]
    apps_use: set[str]
    reserved: dict[str, set[str]]  # by the beginning of a header's path: the modules it is for
    threads_in: list[str]  # beginnings of the places that may start threads
    findings: list[str]


def ReadDeclaration(path: Path) -> Declaration:
    """Parses modules.toml, resolving `*` and adding base to every module."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    apps = data.pop("apps", {})
    reserved = {prefix: set(names) for prefix, names in data.pop("reserved", {}).items()}
    threads_in = list(data.pop("threads", {}).get("started_in", []))
    findings: list[str] = []
    modules: dict[str, Module] = {}
    for name, table in data.items():
        if not isinstance(table.get("level"), int):
            findings.append(f"modules.toml: [{name}] has no integer `level`")
            continue
        modules[name] = Module(
            name, table["level"], table.get("what", ""), list(table.get("uses", [])), bool(table.get("tests_only"))
        )
    for module in modules.values():
        for used in module.declared:
            if used == "*":
                module.uses |= {
                    other.name for other in modules.values() if other.level < module.level and not other.tests_only
                }
            elif used not in modules:
                findings.append(f"modules.toml: [{module.name}] uses {used}, which is not declared")
            elif modules[used].tests_only:
                findings.append(f"modules.toml: [{module.name}] uses {used}, which is for tests only")
            elif modules[used].level > module.level:
                findings.append(
                    f"modules.toml: [{module.name}] of level {module.level} uses {used} of level "
                    f"{modules[used].level}; only its own level and those below may be used"
                )
                module.uses.add(used)
            else:
                module.uses.add(used)
        if module.name != BASE and BASE in modules:
            module.uses.add(BASE)
    apps_use = set(apps.get("uses", [])) | {BASE}
    for used in sorted(apps_use - modules.keys()):
        findings.append(f"modules.toml: [apps] uses {used}, which is not declared")
    for prefix, names in reserved.items():
        for name in sorted(names - modules.keys()):
            findings.append(f'modules.toml: [reserved] "{prefix}" is for {name}, which is not declared')
    return Declaration(modules, apps_use, reserved, threads_in, findings)


def FindCycle(edges: dict[str, set[str]]) -> list[str] | None:
    """One cycle as a path that ends where it began, or None."""
    done: set[str] = set()
    path: list[str] = []

    def Visit(node: str) -> list[str] | None:
        if node in path:
            return path[path.index(node) :] + [node]
        if node in done:
            return None
        path.append(node)
        for following in sorted(edges.get(node, ())):
            if cycle := Visit(following):
                return cycle
        path.pop()
        done.add(node)
        return None

    for start in sorted(edges):
        if cycle := Visit(start):
            return cycle
    return None


def SourcesUnder(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in SOURCE_SUFFIXES and path.is_file())


def IsTest(path: Path) -> bool:
    """What only test programs compile."""
    return path.name.endswith(("_test.cc", "testing.cc", "testing_internal.h"))


def IncludesOf(path: Path) -> list[tuple[int, str]]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [(number, match[1]) for number, line in enumerate(lines, 1) if (match := INCLUDE.match(line))]


def CheckModuleIncludes(root: Path, declaration: Declaration) -> tuple[list[str], dict[str, set[str]]]:
    """Findings in src/, and the edges that the includes really make."""
    findings: list[str] = []
    edges: dict[str, set[str]] = {name: set() for name in declaration.modules}
    for module in declaration.modules.values():
        for path in SourcesUnder(root / "src" / module.name):
            place = path.relative_to(root).as_posix()
            for number, included in IncludesOf(path):
                target = included.split("/", 1)[0] if "/" in included else module.name
                for prefix, names in declaration.reserved.items():
                    if included.startswith(prefix) and target != module.name and module.name not in names:
                        findings.append(
                            f'{place}:{number}: "{included}" is for {", ".join(sorted(names))} alone (modules.toml, '
                            "[reserved])"
                        )
                if included.startswith("."):
                    findings.append(f'{place}:{number}: include "{included}" by its path from src/')
                elif (
                    target == module.name
                    or target in declaration.modules
                    and declaration.modules[target].tests_only
                    and IsTest(path)
                ):
                    continue
                elif target not in declaration.modules:
                    if not (path.parent / included).exists():
                        findings.append(f'{place}:{number}: "{included}" is in no declared module')
                else:
                    edges[module.name].add(target)
                    if target not in module.uses:
                        findings.append(
                            f'{place}:{number}: {module.name} includes "{included}", '
                            f"but modules.toml does not let {module.name} use {target}"
                        )
                    if included.endswith("_internal.h"):
                        findings.append(f'{place}:{number}: "{included}" is internal to {target}')
    return findings, edges


def CheckAppIncludes(root: Path, declaration: Declaration) -> list[str]:
    findings: list[str] = []
    allowed = ", ".join(sorted(declaration.apps_use))
    for path in SourcesUnder(root / "apps"):
        place = path.relative_to(root).as_posix()
        for number, included in IncludesOf(path):
            if (path.parent / included).exists() or (root / "apps" / included).exists():
                continue
            target = included.split("/", 1)[0]
            if target in declaration.modules and target not in declaration.apps_use:
                findings.append(f'{place}:{number}: an application includes "{included}"; it may use {allowed}')
            elif included.endswith("_internal.h"):
                findings.append(f'{place}:{number}: "{included}" is internal to {target}')
    return findings


def CheckThreads(root: Path, declaration: Declaration) -> list[str]:
    """Threads that are begun outside the executor, and entries that let none begin."""
    findings: list[str] = []
    unused = set(declaration.threads_in)
    for module in declaration.modules.values():
        for path in [] if module.tests_only else SourcesUnder(root / "src" / module.name):
            place = path.relative_to(root).as_posix()
            lines = [] if IsTest(path) else path.read_text(encoding="utf-8", errors="replace").splitlines()
            for number, line in enumerate(lines, 1):
                if not (match := THREAD.search(line.split("//", 1)[0])):
                    continue
                allowing = [allowed for allowed in declaration.threads_in if place.startswith(allowed)]
                unused -= set(allowing)
                if not allowing:
                    findings.append(
                        f"{place}:{number}: {match[0]}; work for threads goes to the executor (base/work/executor.h)"
                    )
    findings += [f'modules.toml: [threads] "{allowed}" starts no threads' for allowed in sorted(unused)]
    return findings


def CheckCMakeDependencies(root: Path, declaration: Declaration) -> list[str]:
    findings: list[str] = []
    for module in declaration.modules.values():
        path = root / "src" / module.name / "CMakeLists.txt"
        if not path.exists():
            continue
        for name, arguments in CMAKE_MODULE.findall(path.read_text(encoding="utf-8")):
            keyword = ""
            for word in arguments.split():
                if word in CMAKE_KEYWORDS:
                    keyword = word
                elif keyword == "DEPS" and name in declaration.modules:
                    if word not in declaration.modules[name].uses:
                        findings.append(f"src/{module.name}/CMakeLists.txt: {name} may not depend on {word}")
    return findings


def CheckFolders(root: Path, declaration: Declaration) -> list[str]:
    findings: list[str] = []
    folders = {path.name for path in (root / "src").iterdir() if path.is_dir()} if (root / "src").exists() else set()
    for name in sorted(folders - declaration.modules.keys()):
        findings.append(f"src/{name}: not declared in modules.toml")
    for name in sorted(declaration.modules.keys() - folders):
        findings.append(f"modules.toml: [{name}] has no folder src/{name}")
    for name in sorted(folders & declaration.modules.keys()):
        readme = root / "src" / name / "README.md"
        if not readme.exists():
            findings.append(f"src/{name}: README.md is missing")
        elif (lines := len(readme.read_text(encoding="utf-8").splitlines())) > README_LINES:
            findings.append(f"src/{name}/README.md: {lines} lines, at most {README_LINES}")
    return findings


def CheckRooms(root: Path, declaration: Declaration) -> list[str]:
    """Folders inside modules: how many sources lie in one, and cycles between two that are beside each
    other. What a module's folder has and what lies in folders inside it are parts of one thing, whose
    includes go either way."""
    findings: list[str] = []
    for name in declaration.modules:
        module = root / "src" / name
        folders: dict[Path, int] = {}
        edges: dict[str, set[str]] = {}
        for path in SourcesUnder(module):
            folders[path.parent] = folders.get(path.parent, 0) + 1
            if IsTest(path):
                continue
            here = path.parent.relative_to(root / "src")
            for _, included in IncludesOf(path):
                there = Path(included).parent
                if there.parts[:1] != (name,) or here.is_relative_to(there) or there.is_relative_to(here):
                    continue
                edges.setdefault(here.as_posix(), set()).add(there.as_posix())
                edges.setdefault(there.as_posix(), set())
        for folder, count in sorted(folders.items()):
            if count > FOLDER_SOURCES:
                place = folder.relative_to(root).as_posix()
                findings.append(f"{place}: {count} sources in one folder, at most {FOLDER_SOURCES}; make rooms")
        if cycle := FindCycle(edges):
            findings.append(f"src/{name}: a cycle between folders: {' -> '.join(cycle)}")
    return findings


def Reachable(edges: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for following in edges[waiting.pop()] - found:
            found.add(following)
            waiting.append(following)
    return found


def Picture(declaration: Declaration) -> str:
    """The generated section: a Mermaid picture and the exact table."""
    modules = declaration.modules
    edges = {name: module.uses & modules.keys() for name, module in modules.items()}
    lines = ["```mermaid", "flowchart TD"]
    lines.append('  apps(["apps"])')
    for level in sorted({module.level for module in modules.values()}, reverse=True):
        for module in modules.values():
            if module.level == level:
                lines.append(f'  {module.name}["{module.name}"]')

    def Direct(targets: set[str]) -> set[str]:
        # An arrow that a longer path implies is left out, so it stays readable.
        implied = set().union(*(Reachable(edges, target) for target in targets)) if targets else set()
        return targets - implied

    for target in sorted(Direct(declaration.apps_use & modules.keys())):
        lines.append(f"  apps --> {target}")
    for name, targets in edges.items():
        lines.extend(f"  {name} --> {target}" for target in sorted(Direct(targets)))
    lines += ["```", ""]
    lines.append('An arrow reads "may include"; one that a longer path implies is not drawn. All of them:')
    lines += ["", "| level | module | what it is | may use, besides `base` |", "|---|---|---|---|"]
    for module in sorted(modules.values(), key=lambda module: module.level):
        what = f"{module.what}; tests alone may use it" if module.tests_only else module.what
        uses = "all below it" if "*" in module.declared else " ".join(f"`{used}`" for used in module.declared)
        lines.append(f"| {module.level} | [`{module.name}`](src/{module.name}/README.md) | {what} | {uses or '–'} |")
    return "\n".join(lines)


def CheckPicture(root: Path, declaration: Declaration, write: bool) -> list[str]:
    path = root / "ARCHITECTURE.md"
    picture = f"{BEGIN}\n{Picture(declaration)}\n{END}"
    if not path.exists():
        if not write:
            return ["ARCHITECTURE.md is missing; run tools/check_modules.py --write"]
        path.write_text(f"# Architecture\n\n{picture}\n", encoding="utf-8")
        return []
    text = path.read_text(encoding="utf-8")
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        return [f"ARCHITECTURE.md: the markers {BEGIN} and {END} are missing"]
    if text[begin : end + len(END)] == picture:
        return []
    if not write:
        return ["ARCHITECTURE.md: the picture does not match modules.toml; run tools/check_modules.py --write"]
    path.write_text(text[:begin] + picture + text[end + len(END) :], encoding="utf-8")
    return []


def Check(root: Path, write: bool = False) -> list[str]:
    """All findings, one line each; empty when the tree is as declared."""
    declaration = ReadDeclaration(root / "modules.toml")
    findings = list(declaration.findings)
    include_findings, edges = CheckModuleIncludes(root, declaration)
    declared = {module.name: module.uses for module in declaration.modules.values()}
    for what, graph in (("modules.toml", declared), ("the includes", edges)):
        if cycle := FindCycle(graph):
            findings.append(f"{what}: a cycle: {' -> '.join(cycle)}")
    findings += CheckFolders(root, declaration)
    findings += CheckRooms(root, declaration)
    findings += include_findings
    findings += CheckAppIncludes(root, declaration)
    findings += CheckCMakeDependencies(root, declaration)
    findings += CheckThreads(root, declaration)
    findings += CheckPicture(root, declaration, write)
    return findings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--write", action="store_true", help="regenerate the picture in ARCHITECTURE.md")
    arguments = parser.parse_args()
    findings = Check(arguments.root, arguments.write)
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        print(f"check_modules: {len(findings)} findings", file=sys.stderr)
        return 1
    count = len(ReadDeclaration(arguments.root / "modules.toml").modules)
    print(f"check_modules: {count} modules, every include declared, no cycle")
    return 0


if __name__ == "__main__":
    sys.exit(main())
