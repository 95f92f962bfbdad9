"""Applies the rules to the tree, and each rule to snippets that it must and must not catch."""
import os
import sys
import unittest

import rules

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))

# (rule, path, text): each breaks that rule.
BAD = [
    (rules.third_party, "src/view/a.cc", "#include <rocksdb/db.h>\n"),
    (rules.third_party, "src/dns/a.cc", "#include <rocksdb/slice.h>\n"),
    (rules.third_party, "src/cloudmap/a.cc", "#include <boost/asio/post.hpp>\n"),
    (rules.third_party, "src/registry/a.cc", "  #  include <boost/asio.hpp>\n"),
    (rules.third_party, "src/dns/a.cc", "#include <boost/beast/core.hpp>\n"),
    (rules.third_party, "src/http/session.h", "#include <boost/beast/http/parser.hpp>\n"),
    (rules.third_party, "include/waypost/http/a.h", "#pragma once\n#include <boost/beast/core.hpp>\n"),
    (rules.third_party, "include/waypost/cloudmap/a.h", "#pragma once\n#include <nlohmann/json.hpp>\n"),
    (rules.third_party, "src/model/a.cc", "#include <nlohmann/json.hpp>\n"),
    (rules.third_party, "src/dns/a.cc", "#include <toml++/toml.h>\n"),
    (rules.third_party, "src/http/a.cc", "#include <CLI/CLI.hpp>\n"),
    (rules.third_party, "src/server/a.cc", "#include <spdlog/spdlog.h>\n"),
    (rules.third_party, "src/view/a.cc", "#include <openssl/hmac.h>\n"),
    (rules.third_party, "src/http/a.cc", "#include <ares.h>\n"),
    (rules.third_party, "src/view/a.cc", "#include <absl/strings/cord.h>\n"),
    (rules.third_party, "src/model/a.cc", "#include <fstream>\n"),
    (rules.third_party, "src/model/a.cc", "#include <sys/socket.h>\n"),
    (rules.rooms, "src/dns/a.cc", '#include "waypost/http/message.h"\n'),
    (rules.rooms, "src/dns/a.cc", '#include "waypost/store/store.h"\n'),
    (rules.rooms, "include/waypost/model/a.h", '#pragma once\n#include "waypost/view/view.h"\n'),
    (rules.rooms, "src/cloudmap/a.cc", '#include "waypost/dns/server.h"\n'),
    (rules.rooms, "src/cloudmap/a.cc", '#include "dns/wire.h"\n'),
    (rules.rooms, "include/waypost/dns/a.h", '#pragma once\n#include "dns/wire.h"\n'),
    (rules.rooms, "src/cli/a.cc", '#include "waypost/registry/registry.h"\n'),
    (rules.rooms, "src/view/a.cc", "#include <waypost/model/id.h>\n"),
    (rules.rooms, "src/attic/a.cc", "int x;\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { if (co_await g()) {} }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { while (!co_await g()) {} }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { switch (co_await g()) { default: break; } }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { for (auto x : co_await g()) use(x); }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { for (int i = 0; co_await g(i); ++i) {} }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { auto x = (co_await g()).value(); }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { auto x = co_await g(co_await h()); }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { auto x = co_await g([] { return 1; }); }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { auto x = co_await g(Point{1, 2}); }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { auto x = co_await g(a ? b : c); }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { auto x = co_await g(a[1]); }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { auto x = co_await (read() || timer()); }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { auto x = co_await (read() && timer()); }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { auto x = a || co_await g(); }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { auto x = a ? co_await g() : 1; }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { auto x = co_await g() + 1; }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { bool x = co_await g() == 1; }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { int x{co_await g()}; }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() { use(co_await g()); }\n"),
    (rules.co_await_law, "src/http/a.cc", "void f() {\n  auto x = co_await\n      g(\n          Point{});\n}\n"),
    (rules.co_await_law, "tests/http/a_test.cc", "void f() { EXPECT_TRUE(co_await g()); }\n"),
    (rules.spawned_with_handler, "src/http/a.cc", "asio::co_spawn(io, Run(), asio::detached);\n"),
    (rules.removed_calls, "src/http/a.cc", "boost::asio::io_service io;\n"),
    (rules.removed_calls, "src/http/a.cc", "io_context.post(f);\n"),
    (rules.removed_calls, "src/dns/a.cc", "auto a = asio::ip::address::from_string(text);\n"),
    (rules.removed_calls, "src/dns/a.cc", "asio::deadline_timer timer(io);\n"),
    (rules.length, "src/dns/a.cc", "int x;\n" * (rules.LINES_MAX + 1)),
    (rules.length, "tests/dns/a_test.cc", "int x;\n" * (rules.LINES_MAX + 1)),
    (rules.vague_names, "src/dns/utils.cc", ""),
    (rules.vague_names, "src/util/a.cc", ""),
    (rules.vague_names, "src/dns/parse_helper.h", "#pragma once\n"),
    (rules.vague_names, "src/dns/a.cc", "namespace utils {}\n"),
    (rules.vague_names, "src/dns/a.cc", "class ParseHelper {};\n"),
    (rules.vague_names, "src/dns/a.cc", "int parse_helper(int);\n"),
    (rules.unfinished, "src/dns/a.cc", "// TO" "DO: rest\n"),
    (rules.unfinished, "include/waypost/dns/a.h", "// FIX" "ME\n"),
    (rules.unfinished, "tools/run", "# XX" "X\n"),
    (rules.pragma_once, "src/dns/a.h", "#ifndef A\n#define A\n#endif\n"),
    (rules.pragma_once, "include/waypost/dns/a.h", "#include <string>\n#pragma once\n"),
    (rules.of_a_place, "README.md", "see /wor" "k/shared/x\n"),
    (rules.of_a_place, "tools/run", "cd /hom" "e/me\n"),
    (rules.of_a_place, "src/dns/a.cc", "// /roo" "t/.ssh\n"),
    (rules.of_a_place, "src/dns/a.cc", "// as issue 12 asks\n"),
    (rules.of_a_place, "src/dns/a.cc", "// as session 3 did\n"),
]

# (path, text): no rule may object.
GOOD = [
    ("src/store/a.cc", "#include <rocksdb/db.h>\n#include <sys/stat.h>\n"),
    ("src/http/a.cc", "#include <boost/beast/core.hpp>\n#include <boost/asio/post.hpp>\n"),
    ("src/cloudmap/a.cc", '#include "cloudmap/json.h"\n#include "waypost/http/message.h"\n#include <nlohmann/json.hpp>\n'),
    ("include/waypost/cloudmap/a.h", "#pragma once\n#include <nlohmann/json_fwd.hpp>\n"),
    ("src/dns/a.cc", "// #include <rocksdb/db.h>\n/*\n#include <rocksdb/db.h>\n*/\n#include <utility>\n"),
    ("src/server/a.cc", '#include "waypost/dns/server.h"\n#include "waypost/http/server.h"\n'),
    ("src/http/a.cc", "void f() { co_await g(); }\n"),
    ("src/http/a.cc", "void f() { auto [error, n] = co_await g(buffer, asio::as_tuple(asio::use_awaitable)); }\n"),
    ("src/http/a.cc", "void f() { const std::size_t n = co_await socket_.async_read_some(b, token); }\n"),
    ("src/http/a.cc", "void f() { map[key].value = co_await g<int>(a, b->c); }\n"),
    ("src/http/a.cc", "void f() { co_return co_await g(); }\n"),
    ("src/http/a.cc", "void f() {\n  if (ready(a)) co_await g();\n  else co_await h();\n  for (;;) {\n    x = co_await g();\n  }\n}\n"),
    ("src/http/a.cc", "void f() { switch (x) { case Kind::kA: co_await g(); break; default: co_await h(); } }\n"),
    ("src/http/a.cc", "// co_await in a ? comment : [] {}\nconst char* s = \"if (co_await x)\";\nchar c = '\"'; void f() { co_await g(1'000); }\n"),
    ("src/http/a.cc", "void f() { co_await *timer; }\n"),
    ("src/http/a.cc", "asio::post(io_context_, f); auto a = asio::ip::make_address(text, error);\n"),
    ("src/dns/a.cc", "int x;\n" * rules.LINES_MAX),
    ("src/dns/a.cc", "#include <utility>\nint utilization; // a helper of no use\nconst char* t = \"/tmp/waypost-XXXXXX\";\n"),
    ("src/dns/a.h", "// What this is.\n#pragma once\n"),
    ("src/http/session.cc", "// One session: 64 kB; sessions 2…n share nothing.\n"),
]


class Rules(unittest.TestCase):
    def test_catches(self):
        for rule, path, text in BAD:
            with self.subTest(rule=rule.__name__, path=path, text=text[:80]):
                self.assertTrue(rule(path, text), "not caught")

    def test_lets_pass(self):
        for path, text in GOOD:
            with self.subTest(path=path, text=text[:80]):
                self.assertEqual([], rules.check_file(path, text))

    def test_every_rule_has_a_snippet(self):
        self.assertEqual(set(rules.RULES), {rule for rule, _, _ in BAD})

    def test_findings_name_the_line(self):
        self.assertEqual(["src/view/a.cc:3: [third_party] <ares.h>: room view may not use ares, only forward, health"],
                         rules.check_file("src/view/a.cc", "\n\n#include <ares.h>\n"))


class Tree(unittest.TestCase):
    def test_tree(self):
        findings = rules.check_tree(ROOT)
        self.assertEqual([], findings, "\n" + "\n".join(findings))

    def test_tree_was_seen(self):
        paths = [path for path, _ in rules.tree_files(ROOT)]
        self.assertIn("tests/tidy/rules.py", paths)
        self.assertGreater(sum(path.startswith("src/") for path in paths), 10)

    def test_cmake_says_the_same(self):
        """Every room that CMake builds is in the table."""
        built = {name for name in os.listdir(os.path.join(ROOT, "src")) if os.path.exists(os.path.join(ROOT, "src", name, "CMakeLists.txt"))}
        self.assertEqual(set(), built - set(rules.ROOMS))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
