#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "text.h"

namespace waypost::zone {
namespace {

/// `how name`, as in `wildcard *.example`.
std::string Look(const Zone& zone, std::string_view name) {
  const std::string wire = Wire(name);
  const Lookup found = zone.Look(wire, model::Hash64(wire, kSeed));
  static const char* const kHow[] = {"exact", "delegation", "dname", "wildcard", "none"};
  return std::string(kHow[static_cast<int>(found.match)]) + " " + NameText(found.node->owner()) +
         (found.match == Match::kExact && found.node->is_empty() ? " empty" : "") +
         (found.match == Match::kExact && found.node->is_cut() ? " cut" : "");
}

struct Case {
  const char* name;
  const char* want;
};

template <std::size_t N>
void Check(const Zone& zone, const Case (&cases)[N]) {
  for (const Case& c : cases) EXPECT_EQ(Look(zone, c.name), c.want) << c.name;
}

TEST(Look, TheExampleOfRfc4592) {
  const ReadZone read = ReadZoneText(
      "$ORIGIN example.\n"
      "example. 3600 IN SOA ns.example.com. a.example.com. 1 2 3 4 5\n"
      "example. 3600 NS ns.example.com.\n"
      "example. 3600 NS ns.example.net.\n"
      "*.example. 3600 TXT \"this is a wildcard\"\n"
      "*.example. 3600 MX 10 host1.example.\n"
      "sub.*.example. 3600 TXT \"this is not a wildcard\"\n"
      "host1.example. 3600 A 192.0.2.1\n"
      "_ssh._tcp.host1.example. 3600 SRV 1 1 1 host1\n"
      "_ssh._tcp.host2.example. 3600 SRV 1 1 1 host1\n"
      "subdel.example. 3600 NS ns.example.com.\n"
      "subdel.example. 3600 NS ns.example.net.\n",
      "example.zone", "example", kSeed);
  ASSERT_NE(read.zone, nullptr) << Text(read.complaints);
  const Case cases[] = {
      {"example", "exact example"},
      {"host1.example", "exact host1.example"},
      {"host2.example", "exact host2.example empty"},
      {"_tcp.host1.example", "exact _tcp.host1.example empty"},
      {"*.example", "exact *.example"},
      {"sub.*.example", "exact sub.*.example"},
      {"host3.example", "wildcard *.example"},
      {"foo.bar.example", "wildcard *.example"},
      {"_telnet._tcp.host1.example", "none _tcp.host1.example"},
      {"host.subdel.example", "delegation subdel.example"},
      {"subdel.example", "exact subdel.example cut"},
      {"ghost.*.example", "none *.example"},
      {"x.host1.example", "none host1.example"},
  };
  Check(*read.zone, cases);
}

TEST(Look, CutsDnamesAndWildcards) {
  const ReadZone read = Load(
      "c 5 NS n.c\nn.c 5 A 192.0.2.1\n*.c 5 A 192.0.2.1\nd.c 5 NS n.test.\nx.d.c 5 A 192.0.2.1\n"
      "d 5 DNAME t.test.\nd 5 TXT x\na.d 5 A 192.0.2.1\ncut.d 5 NS n.test.\n"
      "w 5 A 192.0.2.1\n*.w 5 A 192.0.2.1\na.b.w 5 A 192.0.2.1\n*.*.w 5 A 192.0.2.1\n"
      "dname.c 5 DNAME t.test.\n");
  ASSERT_NE(read.zone, nullptr) << Text(read.complaints);
  const Case cases[] = {
      {"c.e", "exact c.e cut"},
      {"n.c.e", "delegation c.e"},
      {"y.c.e", "delegation c.e"},
      {"*.c.e", "delegation c.e"},
      {"d.c.e", "delegation c.e"},
      {"x.d.c.e", "delegation c.e"},
      {"y.y.d.c.e", "delegation c.e"},
      {"dname.c.e", "delegation c.e"},
      {"x.dname.c.e", "delegation c.e"},
      {"d.e", "exact d.e"},
      {"a.d.e", "dname d.e"},
      {"y.d.e", "dname d.e"},
      {"y.y.a.d.e", "dname d.e"},
      {"cut.d.e", "dname d.e"},
      {"y.cut.d.e", "dname d.e"},
      {"y.e", "none e"},
      {"y.w.e", "wildcard *.w.e"},
      {"y.y.w.e", "wildcard *.w.e"},
      {"b.w.e", "exact b.w.e empty"},
      {"y.b.w.e", "none b.w.e"},
      {"y.a.b.w.e", "none a.b.w.e"},
      {"y.*.w.e", "wildcard *.*.w.e"},
      {"*.*.w.e", "exact *.*.w.e"},
  };
  Check(*read.zone, cases);
  const std::string glue = Wire("n.c.e");
  const Node* node = read.zone->Find(glue, model::Hash64(glue, kSeed));
  ASSERT_NE(node, nullptr);
  EXPECT_NE(node->Find(1), nullptr);
  EXPECT_EQ(NameText(node->hidden_by()->owner()), "c.e");
  EXPECT_EQ(read.zone->Find(Wire("q.e"), model::Hash64(Wire("q.e"), kSeed)), nullptr);
}

TEST(Look, ADnameAtTheApexHidesAllBelow) {
  const ReadZone read = Load("@ 5 DNAME t.test.\na 5 A 192.0.2.1\n");
  ASSERT_NE(read.zone, nullptr);
  EXPECT_EQ(Look(*read.zone, "e"), "exact e");
  EXPECT_EQ(Look(*read.zone, "a.e"), "dname e");
  EXPECT_EQ(Look(*read.zone, "b.e"), "dname e");
}

TEST(Look, NodesAreInCanonicalOrderWithTheirOrigins) {
  const ReadZone read = Load("z 5 A 192.0.2.1\nb.a 5 A 192.0.2.1\n  5 TXT x\nA 5 A 192.0.2.1\ny.q 5 A 192.0.2.1\n");
  std::string text;
  for (const auto& node : read.zone->nodes()) text += NameText(node->owner()) + " " + node->origin().str() + "\n";
  EXPECT_EQ(text, "e e.zone:1\na.e e.zone:6\nb.a.e e.zone:4\nq.e e.zone:7\ny.q.e e.zone:7\nz.e e.zone:3\n");
}

/// A zone as a set of names, looked at label by label from the apex down, as RFC 1034 4.3.2 tells it.
class Naive {
 public:
  void Add(const std::string& name, const std::string& type) { types_[name].insert(type); }
  const std::map<std::string, std::set<std::string>>& types() const { return types_; }

  std::string Look(const std::string& name) const {
    std::vector<std::string> chain;  // name, its parent, …, e
    for (std::string at = name;; at = at.substr(at.find('.') + 1)) {
      chain.push_back(at);
      if (at == "e") break;
    }
    for (std::size_t i = chain.size(); i-- != 0;) {
      const std::string& at = chain[i];
      if (!Exists(at)) {
        const std::string& encloser = chain[i + 1];
        return Exists("*." + encloser) ? "wildcard *." + encloser : "none " + encloser;
      }
      if (i == 0) break;
      if (at != "e" && Has(at, "NS")) return "delegation " + at;
      if (Has(at, "DNAME")) return "dname " + at;
    }
    const bool is_cut = name != "e" && Has(name, "NS");
    return "exact " + name + (types_.contains(name) ? "" : " empty") + (is_cut ? " cut" : "");
  }

 private:
  bool Has(const std::string& name, const std::string& type) const {
    const auto found = types_.find(name);
    return found != types_.end() && found->second.contains(type);
  }
  bool Exists(const std::string& name) const {
    for (const auto& [owner, types] : types_) {
      if (owner == name || owner.ends_with("." + name)) return true;
    }
    return false;
  }

  std::map<std::string, std::set<std::string>> types_;
};

std::string RandomName(std::mt19937& random) {
  static const char* const kLabels[] = {"a", "b", "*"};
  std::string name = "e";
  for (unsigned depth = random() % 5; depth != 0; --depth) name = std::string(kLabels[random() % 3]) + "." + name;
  return name;
}

TEST(Look, AgreesWithLabelByLabel) {
  std::mt19937 random(7);
  std::size_t kinds[5] = {};
  for (int round = 0; round < 500; ++round) {
    Naive naive;
    naive.Add("e", "SOA");
    naive.Add("e", "NS");
    std::string text;
    for (unsigned records = random() % 8; records != 0; --records) {
      const std::string name = RandomName(random);
      const unsigned kind = name.starts_with("*") || naive.types().contains(name) ? 2 : random() % 4;
      const char* const kTypes[] = {"NS", "DNAME", "A", "A"};
      naive.Add(name, kTypes[kind]);
      text += name + ". 5 " + kTypes[kind] + (kind < 2 ? " t.test.\n" : " 192.0.2.1\n");
    }
    const ReadZone read = Load(text);
    ASSERT_NE(read.zone, nullptr) << text << Text(read.complaints);
    for (int i = 0; i < 50; ++i) {
      const std::string name = RandomName(random);
      const std::string want = naive.Look(name);
      ASSERT_EQ(Look(*read.zone, name), want) << text << "asked: " << name;
      ++kinds[std::string("edrwn").find(want[0] == 'd' && want[1] == 'n' ? 'r' : want[0])];
    }
  }
  for (const std::size_t count : kinds) EXPECT_GT(count, 100u);
}

std::shared_ptr<const Zone> Empty(const std::string& apex) {
  return ReadZoneText(kHead, apex + ".zone", apex, kSeed).zone;
}

TEST(ZoneSet, FindsTheLongestApex) {
  const ZoneSet set({Empty("z.e"), Empty("e"), Empty("a.b.e"), Empty("f")}, kSeed);
  struct ApexCase {
    const char* name;
    const char* want;
  };
  const ApexCase cases[] = {{"e", "e"},      {"x.e", "e"},   {"b.e", "e"}, {"a.b.e", "a.b.e"}, {"x.y.a.b.e", "a.b.e"},
                            {"xa.b.e", "e"}, {"z.e", "z.e"}, {"x.f", "f"}, {"g", ""},          {".", ""},
                            {"e.g", ""}};
  for (const auto& c : cases) {
    const Zone* zone = set.FindZone(Wire(c.name));
    EXPECT_EQ(zone == nullptr ? "" : NameText(zone->apex()), c.want) << c.name;
  }
  EXPECT_EQ(set.FindApex(Wire("b.e")), nullptr);
  ASSERT_NE(set.FindApex(Wire("a.b.e")), nullptr);
  std::string order;
  for (const auto& zone : set.zones()) order += NameText(zone->apex()) + " ";
  EXPECT_EQ(order, "e a.b.e z.e f ");
  EXPECT_FALSE(set.empty());
  EXPECT_TRUE(ZoneSet({}, kSeed).empty());
  EXPECT_EQ(ZoneSet({}, kSeed).FindZone(Wire("e")), nullptr);
}

}  // namespace
}  // namespace waypost::zone
