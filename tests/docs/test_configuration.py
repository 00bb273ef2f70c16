"""docs/configuration.md's keys are the program's own, by its schema. PIXLAKE_WRITE_DOCS=1 writes them."""

import json
import os

from conftest import ROOT

PAGE = ROOT / "docs/configuration.md"
BEGIN, END = "<!-- keys:begin -->\n", "<!-- keys:end -->"
LOGGING = "## Keys of `config/logging.yaml`\n\n"
HEAD = "| key | what | expected | default |\n|---|---|---|---|\n"


def Cell(text):
    return text.replace("|", "\\|")


def Row(name, schema, required):
    what, expected = schema["description"].rstrip(".").split(". Expected: ")
    default = f"`{json.dumps(schema['default'], ensure_ascii=False)}`" if "default" in schema else ""
    return f"| `{name}` | {Cell(what)} | {Cell(expected)} | {'required' if required else default} |\n"


def Rows(schema, prefix=""):
    text = ""
    for name, one in schema["properties"].items():
        if "properties" in one:
            text += Rows(one, f"{prefix}{name}.")
        elif "properties" in one.get("items", {}):
            text += Rows(one["items"], f"{prefix}{name}[].")
        else:
            text += Row(prefix + name, one, name in schema.get("required", []))
    return text


def Kinds(checks):
    kinds = checks["items"]["oneOf"]
    common = set.intersection(*({*kind["properties"]} for kind in kinds))
    first = kinds[0]
    shared = {
        "properties": {
            name: first["properties"][name] for name in first["properties"] if name in common and name != "kind"
        }
    }
    text = HEAD + Rows(shared) + "\n| kind | what | keys |\n|---|---|---|\n"
    for kind in kinds:
        keys = []
        for name, schema in kind["properties"].items():
            if name in common:
                continue
            what, expected = schema["description"].rstrip(".").split(". Expected: ")
            required = " (required)" if name in kind["required"] else ""
            keys.append(f"`{name}`{required}: {what}; {expected}")
        text += f"| `{kind['title']}` | {Cell(kind['description'])} | {Cell('<br/>'.join(keys))} |\n"
    return text


def Table(schema):
    text = ""
    for name, group in schema["properties"].items():
        text += f"\n### `{name}`\n\n{group['description'][0].upper()}{group['description'][1:]}.\n\n"
        if name == "checks":
            text += Kinds(group)
        else:
            text += HEAD + Rows(group.get("items", group))
    return text + "\n"


def test_the_page_has_the_programs_keys(pixlake):
    schema, logging = (json.loads(pixlake("config", "schema", of).stdout) for of in ("settings", "logging"))
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    wanted = head + BEGIN + Table(schema) + LOGGING + HEAD + Rows(logging) + "\n" + END + rest.split(END)[1]
    if os.environ.get("PIXLAKE_WRITE_DOCS") == "1":
        PAGE.write_text(wanted, encoding="utf-8")
        text = wanted
    assert text == wanted, "run this test with PIXLAKE_WRITE_DOCS=1"
    for key in ("raw_path", "processed_path", "curated_path", "app_name", "master", "batch_size", "max_retries"):
        assert f"| `{key}` |" in text
