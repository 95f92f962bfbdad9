"""The rules of the tree that no compiler keeps. A rule is a function (path, text) -> list of (line, words); paths are relative to the
root of the tree, with '/'. `check_tree` applies all of them to all files."""
import os
import re

# Room -> rooms whose headers it may include, besides its own. The same table as in src/*/CMakeLists.txt, said a second time on
# purpose: loosening the house takes two edits.
ROOMS = {
    "model": set(),
    "telemetry": set(),
    "store": {"model", "telemetry"},
    "view": {"model", "telemetry"},
    "registry": {"model", "telemetry", "store", "view"},
    "health": {"model", "telemetry", "view", "registry"},
    "zone": {"model", "telemetry"},
    "dns": {"model", "telemetry", "view", "zone"},
    "forward": {"model", "telemetry", "dns"},
    "transfer": {"model", "telemetry", "view", "registry", "zone", "dns"},
    "doh": {"model", "telemetry", "dns", "http"},
    "http": {"model", "telemetry"},
    "cloudmap": {"model", "telemetry", "view", "registry", "http"},
    "ecs": {"model", "telemetry", "view", "registry", "http"},
    "operator": {"model", "telemetry", "view", "registry", "health", "http"},
    "cli": {"model", "telemetry"},
    "boost": set(),
}
ROOMS["server"] = set(ROOMS)

# Prefix of a third-party include -> rooms that may use it. What is not here may be used nowhere.
THIRD_PARTY = {
    "rocksdb/": {"store"},
    "boost/": {"boost", "http", "dns", "forward", "transfer", "health", "operator", "server", "cli"},
    "nlohmann/": {"http", "cloudmap", "ecs", "operator", "server", "cli"},
    "openssl/": {"http", "dns", "health", "ecs", "operator", "server", "cli"},
    "ares": {"forward", "health"},
    "ldns/": {"zone"},
    "nghttp2/": {"health", "http"},
    "spdlog/": {"telemetry"},
    "fmt/": {"telemetry"},
    "toml++/": {"server", "cli"},
    "CLI/": {"server", "cli"},
}
BEAST_ROOMS = {"boost", "http", "health", "cli"}
SYSTEM_FOLDERS = ("sys/", "netinet/", "arpa/", "linux/", "net/")
# The ground floor does no I/O and starts no threads.
MODEL_FORBIDS = {"fstream", "iostream", "thread", "mutex", "condition_variable", "filesystem", "unistd.h", "fcntl.h"}

LINES_MAX = 1000

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def room_of(path):
    match = re.match(r"(?:src|include/waypost)/([^/]+)/", path)
    return match.group(1) if match else None


def is_cpp(path):
    return path.endswith((".cc", ".h"))


def is_ours(path):
    return is_cpp(path) and path.startswith(("src/", "include/"))


CODE_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/'                                   # comments
    r'|\b(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"'  # raw strings
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])*'",
    re.S)


def blank(text):
    """The text with comments and what is inside string and character literals blanked: same length, same lines."""
    def spaces(match):
        kept = match.group(0)
        quote = '"' if kept.endswith('"') else "'" if kept.startswith("'") else " "
        return quote + re.sub(r"[^\n]", " ", kept[1:-1]) + quote
    return CODE_TOKEN.sub(spaces, text)


def includes(text):
    commentless = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)
    for match in INCLUDE.finditer(commentless):
        yield line_of(commentless, match.start(1)), match.group(1) == "<", match.group(2)


def third_party(path, text):
    """Third-party headers only in the rooms that are made for them."""
    room, found = room_of(path), []
    if not is_ours(path) or room is None:
        return found
    for line, angled, name in includes(text):
        if not angled:
            continue
        prefix = next((p for p in THIRD_PARTY if name.startswith(p)), None)
        if prefix is None:
            if "/" in name and not name.startswith(SYSTEM_FOLDERS):
                found.append((line, f"<{name}>: this library is in no room's table"))
            elif room == "model" and (name in MODEL_FORBIDS or name.startswith("sys/")):
                found.append((line, f"<{name}>: the model does no I/O and starts no threads"))
            continue
        if room not in THIRD_PARTY[prefix]:
            found.append((line, f"<{name}>: room {room} may not use {prefix}, only {', '.join(sorted(THIRD_PARTY[prefix]))}"))
        if name.startswith("boost/beast") and (room not in BEAST_ROOMS or not path.endswith(".cc")):
            found.append((line, f"<{name}>: Beast only in .cc files of {', '.join(sorted(BEAST_ROOMS))}: each file costs 14 s"))
        if name.startswith("nlohmann/") and name != "nlohmann/json_fwd.hpp" and path.startswith("include/"):
            found.append((line, f"<{name}>: not in a public header (json_fwd.hpp may be)"))
    return found


def rooms(path, text):
    """A room includes only the rooms of its row, and nobody else's private headers."""
    room, found = room_of(path), []
    if not is_ours(path) or room is None:
        return found
    if room not in ROOMS:
        return [(1, f"room {room} is not in the table of tests/tidy/rules.py")]
    for line, angled, name in includes(text):
        match = re.match(r"waypost/([^/]+)/", name)
        if match:
            other = match.group(1)
            if angled:
                found.append((line, f"<{name}>: our own headers are included with quotes"))
            if other != room and other not in ROOMS[room]:
                found.append((line, f"{name}: room {room} must not know {other}"))
        elif not angled and "/" in name:
            other = name.split("/", 1)[0]
            if other in ROOMS and (other != room or path.startswith("include/")):
                found.append((line, f"{name}: a private header of {other}"))
    return found


BRANCH = re.compile(r"(?:else\b|do\b|case\b[^;{}?]*?(?<!:):(?!:)|default\s*:|(?:if(?:\s+constexpr)?|while|for|switch)\s*(?=\())\s*")
ASSIGNED = re.compile(r"[\w:<>,&*\s\[\].()-]*[\w\])>]\s*=\Z")


def strip_branches(prefix):
    """Takes `if (…)`, `else`, `case x:` and the like from the front of a statement."""
    while True:
        prefix = prefix.lstrip()
        match = BRANCH.match(prefix)
        if not match:
            return prefix
        prefix = prefix[match.end():]
        if prefix.startswith("(") and match.group(0).strip() not in ("else", "do"):
            depth = 0
            for i, c in enumerate(prefix):
                depth += (c == "(") - (c == ")")
                if depth == 0:
                    prefix = prefix[i + 1:]
                    break
            else:
                return prefix


def co_await_law(path, text):
    """One co_await a statement: bare, alone right of `=`, or after co_return; nothing built or chosen in what is awaited.
    g++ 12 silently miscompiles much of what is beyond that."""
    found = []
    if not is_cpp(path) or "co_await" not in text:
        return found
    code = blank(text)
    for match in re.finditer(r"\bco_await\b", code):
        line = line_of(code, match.start())
        # Backwards to the start of the statement. An open parenthesis or bracket on the way means: inside an expression.
        depth, i, start, inside = 0, match.start() - 1, None, False
        while i >= 0:
            c = code[i]
            if c in ")]":
                depth += 1
            elif c in "([":
                if depth == 0:
                    inside = True
                    break
                depth -= 1
            elif c in ";{}" and depth == 0:
                start = i if start is None else start
                if c != ";":  # behind a semicolon there may still be the parenthesis of a `for`
                    break
            i -= 1
        start = i if start is None else start
        if inside:
            found.append((line, "co_await inside an expression or a condition: give it a statement of its own"))
            continue
        prefix = strip_branches(code[start + 1:match.start()]).strip()
        if prefix not in ("", "co_return") and not ASSIGNED.fullmatch(prefix):
            found.append((line, f"co_await behind `{' '.join(prefix.split())}`: bare, alone right of `=`, or after co_return"))
            continue
        # Forwards to the end of the statement.
        depth, end = 0, None
        for j in range(match.end(), len(code)):
            c = code[j]
            if c == ";" and depth == 0:
                end = j
                break
            if c in "([{":
                depth += 1
            elif c in ")]}":
                depth -= 1
                if depth < 0:
                    break
        if end is None:
            found.append((line, "co_await inside braces or an argument list: give it a statement of its own"))
            continue
        awaited = code[match.end():end]
        flat, depth = "", 0
        for c in awaited:
            depth += (c == "(") - (c == ")")
            flat += c if depth == 0 else " "
        bad = re.search(r"[{}\[\]?]|&&|\|\|", awaited)
        if bad:
            found.append((line, f"`{bad.group(0)}` in what is awaited: name the value first, then await"))
        elif re.search(r"==|!=|<=|>=|[+/%]|(?<=\s)-(?!>)", flat):
            found.append((line, "co_await as an operand: it stands alone right of `=`"))
    return found


def spawned_with_handler(path, text):
    """A spawned coroutine's failure is logged, never dropped."""
    if not is_ours(path):
        return []
    code = blank(text)
    return [(line_of(code, m.start()), "detached: spawn with a handler that logs") for m in re.finditer(r"\bdetached\b", code)]


REMOVED = re.compile(r"\bio_service\b|\bdeadline_timer\b|\bfrom_string\s*\(|\bexpires_from_now\b|\bget_io_service\b"
                     r"|\bio_context_?\s*(?:\.|->)\s*(?:post|dispatch|wrap)\s*\(|\bcoroutine::asymmetric|\bnull_buffers\b")


def removed_calls(path, text):
    """Calls that newer Boost no longer has."""
    if not is_ours(path):
        return []
    code = blank(text)
    return [(line_of(code, m.start()), f"`{m.group(0).strip()}`: newer Boost has no such call") for m in REMOVED.finditer(code)]


def length(path, text):
    """No file grows past what a person can hold."""
    lines = text.count("\n")
    if path.startswith(("src/", "include/", "tests/", "tools/")) and lines > LINES_MAX:
        return [(LINES_MAX + 1, f"{lines} lines, {LINES_MAX} at most: there is a second idea in this file")]
    return []


VAGUE = re.compile(r"(?:\b|_)(?:utils?|helpers?)(?:\b|_)|[a-z0-9](?:Utils?|Helpers?)\b|\b(?:Utils?|Helpers?)(?:[A-Z]\w*)?\b")


def vague_names(path, text):
    """Nothing is called utils or helper: a name says what it is for."""
    found = []
    if not path.startswith(("src/", "include/")):
        return found
    if re.search(r"(?:^|[/_])(?:utils?|helpers?)(?:[/_.]|$)", path):
        found.append((1, "the file's name says nothing"))
    if is_cpp(path):
        code = INCLUDE.sub("", blank(text))
        found += [(line_of(code, m.start()), f"`{m.group(0)}` says nothing") for m in VAGUE.finditer(code)]
    return found


UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def unfinished(path, text):
    """What is in the tree is finished, or it is not in the tree."""
    if not path.startswith(("src/", "include/", "tests/", "tools/")) or path.startswith("tests/tidy/"):
        return []
    return [(line_of(text, m.start()), f"`{m.group(0)}`") for m in UNFINISHED.finditer(text)]


def pragma_once(path, text):
    """A header's first line that is not a comment is #pragma once."""
    if not path.endswith(".h"):
        return []
    first = blank(text).lstrip()
    return [] if first.startswith("#pragma once") else [(1, "a header starts with #pragma once")]


# Where the tree is checked out, who works on it and which mirror packages come from is no part of it.
OF_A_PLACE = re.compile(
    r"/(?:wor" r"k|hom" r"e|roo" r"t)/[A-Za-z0-9._]|\b(?:[Ii]ssue|[Ss]ession|[Tt]icket)[ ]?#?[0-9]+\b|\bregistry\.npmjs\b|\bartifact-regist" r"ry\b")


def of_a_place(path, text):
    """No paths of one machine, no numbers of somebody's tracker, no package mirror."""
    if path.startswith("tests/tidy/"):
        return []
    return [(line_of(text, m.start()), f"`{m.group(0)}` belongs to one place, not to the project") for m in OF_A_PLACE.finditer(text)]


RULES = [third_party, rooms, co_await_law, spawned_with_handler, removed_calls, length, vague_names, unfinished, pragma_once, of_a_place]

SKIPPED_FOLDERS = {".git", ".cache", "build", "node_modules", "__pycache__"}


def tree_files(root):
    """(path, text) of every text file of the tree."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
        for name in sorted(names):
            full = os.path.join(folder, name)
            path = os.path.relpath(full, root).replace(os.sep, "/")
            if "/corpus/" in "/" + path or os.path.islink(full):
                continue
            try:
                with open(full, encoding="utf-8") as file:
                    yield path, file.read()
            except (UnicodeDecodeError, FileNotFoundError):
                continue


def check_file(path, text, rules=None):
    """Findings as printable lines."""
    return [f"{path}:{line}: [{rule.__name__}] {words}" for rule in (rules or RULES) for line, words in rule(path, text)]


def check_tree(root):
    return [finding for path, text in tree_files(root) for finding in check_file(path, text)]
