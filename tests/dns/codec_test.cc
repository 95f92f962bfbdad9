// Messages as octets: what is answered, what is refused, and how the answer is put together.
#include <gtest/gtest.h>

#include <cstring>

#include "dns/query.h"
#include "dns/zones.h"

namespace waypost::dns {
namespace {

using wire::Octets;

const std::string kName = "web.wire.example";

class Codec : public testing::Test {
 protected:
  Codec() {
    const auto zone = zones_.AddZone("wire.example");
    const auto web = zones_.AddService(zone, "web", kA60);
    zones_.RegisterMany(web, 0, 3);
    const auto big = zones_.AddService(zone, "big", kSrv20);
    for (int i = 0; i < 8; ++i) {
      zones_.Register(big, "instance-with-a-rather-long-name-for-a-target-" + std::to_string(i),
                      {{"AWS_INSTANCE_IPV4", Zones::Ipv4(1, i)}, {"AWS_INSTANCE_PORT", "80"}});
    }
    const auto many = zones_.AddService(zone, "many", kA60, {.tags = {{"waypost:answer-limit", "all"}}});
    zones_.RegisterMany(many, 2, 100);
    zones_.Ready();
    asking_.emplace(zones_);
  }

  std::string Answer(const Octets& query) {
    const Octets raw = asking_->Raw(query);
    return raw.empty() ? "silence" : Text(wire::Message::Decode(raw));
  }
  /// A query for kName A with `tail` behind the question, `additional` records in it.
  static Octets WithTail(unsigned additional, const Octets& tail, unsigned answers = 0) {
    Octets out = wire::Header(1, 0, {1, answers, 0, additional});
    wire::PutQuestion(out, kName, "A");
    out.insert(out.end(), tail.begin(), tail.end());
    return out;
  }
  static Octets Opt(const wire::Edns& edns = {}, const std::string& owner = ".") {
    Octets out;
    wire::PutOpt(out, edns, owner);
    return out;
  }
  static Octets Join(Octets a, const Octets& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }
  static Octets Bytes(const char* text, std::size_t size) { return {text, text + size}; }

  Zones zones_;
  std::optional<Asking> asking_;
};

const std::string kThree =
    "NOERROR aa\nweb.wire.example. 60 A 10.0.0.0\nweb.wire.example. 60 A 10.0.0.1\nweb.wire.example. 60 A 10.0.0.2";

TEST_F(Codec, NameIsFoldedAndHashedAsTheViewDoes) {
  // Every length of name, so every length of the last step; letters at the edges of the alphabet and octets beyond
  // ASCII.
  const std::string letters = "aZ@[`{zA0-_\xc1\xda\xe1";
  for (std::size_t length = 1; length <= 250; ++length) {
    std::string name, lower;
    for (std::size_t i = 0; i < length; ++i) {
      name += i % 60 == 59 ? '.' : letters[i % letters.size()];
      lower += i % 60 == 59 ? '.' : model::Fold(letters[i % letters.size()]);
    }
    if (name.back() == '.') continue;
    const Octets octets = wire::Encode({name});
    Octets expected;
    wire::PutName(expected, lower);
    Query query;
    ASSERT_EQ(Verdict::kQuestion, ReadQuery(octets.data(), octets.size(), zones_.view.name_seed(), query)) << length;
    const std::string_view want(reinterpret_cast<const char*>(expected.data()), expected.size());
    EXPECT_EQ(want, query.name());
    EXPECT_EQ(zones_.view.HashName(want), query.hash) << length;
  }
}

TEST_F(Codec, LongestNameAndOnePast) {
  const std::string label63(63, 'a');
  const std::string longest = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'a');
  EXPECT_EQ("REFUSED", Answer(wire::Encode({longest})));
  EXPECT_EQ("FORMERR", Answer(wire::Encode({longest + "a"})));
  EXPECT_EQ("REFUSED", Answer(wire::Encode({label63})));
  EXPECT_EQ("FORMERR", Answer(wire::Encode({label63 + "a"})));
}

TEST_F(Codec, Silence) {
  const Octets query = wire::Encode({kName});
  EXPECT_EQ("silence", Answer({}));
  EXPECT_EQ("silence", Answer(Octets(query.begin(), query.begin() + 11)));
  EXPECT_EQ("FORMERR", Answer(Octets(query.begin(), query.begin() + 12)));
  EXPECT_EQ("silence", Answer(wire::Encode({.name = kName, .flags = 0x8000})));
  EXPECT_EQ(3u, asking_->answerer().counters().dropped.load());
}

TEST_F(Codec, FlagsAndIdComeBackAsTheyShould) {
  for (unsigned bit = 0; bit < 16; ++bit) {
    const unsigned flags = 1U << bit & ~0xf800U;  // not QR, not the opcode
    const auto message = asking_->Message({.name = kName, .flags = flags, .id = 0xbeef});
    ASSERT_TRUE(message);
    EXPECT_EQ(0xbeefu, message->id);
    EXPECT_EQ(0x8400u | (flags & 0x0100), message->flags) << "QR, AA, and RD as it was";
    EXPECT_EQ(3u, message->answer.size());
  }
}

TEST_F(Codec, Opcodes) {
  for (unsigned opcode = 1; opcode < 16; ++opcode) {
    const Octets raw = asking_->Raw(wire::Encode({.name = kName, .flags = opcode << 11 | 0x0100}));
    const auto message = wire::Message::Decode(raw);
    EXPECT_EQ("NOTIMP", Text(message)) << opcode;
    EXPECT_EQ(0x8104u | opcode << 11, message->flags);
    EXPECT_EQ(12u, asking_->Raw(wire::Header(1, opcode << 11, {7, 7, 7, 7})).size()) << "whatever its sections";
  }
  const auto message = asking_->Message({.name = kName, .edns = wire::Edns{}, .flags = 15U << 11});
  ASSERT_TRUE(message && message->edns) << "an OPT is answered by one";
  EXPECT_EQ(std::string("\0\17\0\2\0\25", 6), message->edns->options) << "extended error 21";
}

TEST_F(Codec, QuestionCount) {
  EXPECT_EQ("FORMERR", Answer(wire::Header(1, 0, {0, 0, 0, 0})));
  Octets two = wire::Header(1, 0, {2, 0, 0, 0});
  wire::PutQuestion(two, kName, "A");
  wire::PutQuestion(two, kName, "AAAA");
  EXPECT_EQ("FORMERR", Answer(two));
}

TEST_F(Codec, BrokenQuestions) {
  const struct {
    const char* name;
    Octets body;
  } cases[] = {
      {"nothing", {}},
      {"cut in a label", {3, 'w', 'e'}},
      {"no root label", {3, 'w', 'e', 'b'}},
      {"cut type", {3, 'w', 'e', 'b', 0, 0, 1, 0}},
      {"pointer to itself", {0xc0, 12, 0, 1, 0, 1}},
      {"pointer forward", {0xc0, 18, 0, 1, 0, 1, 0}},
      {"pointer to the header", {0xc0, 0, 0, 1, 0, 1}},
      {"pointer behind a label", {1, 'a', 0xc0, 12, 0, 1, 0, 1}},
      {"label type 01", {0x40, 'a', 0, 0, 1, 0, 1}},
      {"label type 10", {0x80, 'a', 0, 0, 1, 0, 1}},
  };
  for (const auto& c : cases) {
    const Octets raw = asking_->Raw(Join(wire::Header(1, 0, {1, 0, 0, 0}), c.body));
    EXPECT_EQ("FORMERR", Text(wire::Message::Decode(raw))) << c.name;
    EXPECT_EQ(12u, raw.size()) << c.name << ": without question";
  }
}

TEST_F(Codec, RecordsBehindTheQuestion) {
  const Octets address = Bytes("\xc0\x0c\0\1\0\1\0\0\0\1\0\4\1\2\3\4", 16);
  const Octets other = Bytes("\1x\xc0\x10\x03\xe8\0\1\0\0\0\1\0\0", 14);
  EXPECT_EQ(kThree, Answer(WithTail(1, address))) << "a record that means nothing here";
  EXPECT_EQ(kThree, Answer(WithTail(2, Join(address, other))));
  EXPECT_EQ(kThree, Answer(WithTail(1, Join(address, other), 1))) << "also as an answer";
  const struct {
    const char* name;
    Octets query;
  } cases[] = {
      {"a trailing octet", WithTail(0, {0})},
      {"fewer records than announced", WithTail(2, address)},
      {"none of those announced", WithTail(1, {})},
      {"cut RDATA", WithTail(1, Octets(address.begin(), address.end() - 1))},
      {"cut head", WithTail(1, Octets(address.begin(), address.begin() + 11))},
      {"pointer to itself", WithTail(1, Bytes("\xc0\x22\0\1\0\1\0\0\0\1\0\0", 12))},
      {"pointer forward", WithTail(1, Bytes("\xc0\x40\0\1\0\1\0\0\0\1\0\0", 12))},
      {"pointer to the header", WithTail(1, Bytes("\xc0\x02\0\1\0\1\0\0\0\1\0\0", 12))},
      {"half a pointer", WithTail(1, {0xc0})},
      {"label type 10", WithTail(1, Bytes("\x81z\0\0\1\0\1\0\0\0\1\0\0", 13))},
  };
  for (const auto& c : cases) EXPECT_EQ("FORMERR", Answer(c.query)) << c.name;
}

TEST_F(Codec, PointersInARow) {
  // Names that consist of a pointer to the name before: one of 127 pointers, and one more.
  for (const unsigned records : {126U, 127U}) {
    Octets tail;
    unsigned target = 12;
    for (unsigned i = 0; i <= records; ++i) {
      const unsigned here = 12 + 18 + 4 + static_cast<unsigned>(tail.size());
      wire::Put16(tail, 0xc000 | target);
      const Octets rest = Bytes("\x03\xe8\0\1\0\0\0\1\0\0", 10);
      tail.insert(tail.end(), rest.begin(), rest.end());
      target = here;
    }
    EXPECT_EQ(records == 126 ? kThree : "FORMERR", Answer(WithTail(records + 1, tail)));
  }
}

TEST_F(Codec, Edns) {
  struct Case {
    const char* name;
    wire::Edns sent;
    std::string want;
    unsigned flags;
  };
  const std::string known = std::string("\0\12\0\10abcdefgh", 12) + std::string("\0\3\0\0", 4) +
                            std::string("\0\10\0\7\0\1\30\0\12\0\0", 11) + std::string("\0\11\0\0", 4);
  const Case cases[] = {
      {"plain", {}, kThree, 0},
      {"DO is copied", {.flags = 0x8000}, kThree, 0x8000},
      {"unknown flags are not", {.flags = 0x7fff}, kThree, 0},
      {"an unknown option is not echoed", {.options = std::string("\xff\xf0\0\3abc", 7)}, kThree, 0},
      {"cookie, NSID, client subnet, expire", {.options = known}, kThree, 0},
      {"version 1", {.version = 1}, "RCODE16", 0},
      {"version 1 with all else",
       {.version = 1, .flags = 0xc000, .options = std::string("\xff\xf0\0\0", 4)},
       "RCODE16",
       0x8000},
      {"version 255", {.version = 255}, "RCODE16", 0},
  };
  for (const Case& c : cases) {
    const auto message = asking_->Message({.name = kName, .edns = c.sent});
    EXPECT_EQ(c.want, Text(message)) << c.name;
    ASSERT_TRUE(message && message->edns) << c.name;
    EXPECT_EQ(1232u, message->edns->payload);
    EXPECT_EQ(0u, message->edns->version);
    EXPECT_EQ(c.flags, message->edns->flags) << c.name;
    // Nothing comes back but a cookie for a cookie.
    const bool cookie = c.sent.options.find("abcdefgh") != std::string::npos;
    EXPECT_EQ(cookie ? std::string("\0\12\0\30abcdefgh\1\0\0\0", 16) : "", message->edns->options.substr(0, 16))
        << c.name;
    EXPECT_EQ(cookie ? 28U : 0U, message->edns->options.size()) << c.name;
  }
  EXPECT_FALSE(asking_->Message({kName})->edns) << "no OPT unless asked with one";
}

TEST_F(Codec, BrokenEdns) {
  EXPECT_EQ("FORMERR", Answer(WithTail(2, Join(Opt(), Opt()))));
  EXPECT_EQ("FORMERR", Answer(WithTail(1, Opt({}, "a"))));
  EXPECT_EQ("FORMERR", Answer(WithTail(0, Opt(), 1))) << "an OPT among the answers";
  for (const std::string& options :
       {std::string("\0", 1), std::string("\0\12\0", 3), std::string("\0\12\0\10abcdefg", 11),
        std::string("\0\3\0\0\0", 5), std::string("\0\12\xff\xff", 4)}) {
    EXPECT_EQ("FORMERR", Answer(WithTail(1, Opt({.options = options}))));
  }
}

TEST_F(Codec, TypesThatAreNoQuestion) {
  for (const char* type : {"TYPE0", "OPT", "TSIG"}) EXPECT_EQ("FORMERR", Text(asking_->Message({kName, type}))) << type;
  EXPECT_EQ("NOTIMP", Text(asking_->Message({kName, "TKEY"})));
}

TEST_F(Codec, ExtendedErrors) {
  const auto code = [&](const wire::Ask& ask) {
    const auto message = asking_->Message(ask);
    return message && message->edns && message->edns->options.size() == 6 ? message->edns->options[5] : -1;
  };
  EXPECT_EQ(20, code({.name = "www.example.net", .edns = wire::Edns{}}));
  EXPECT_EQ(-1, code({.name = kName, .edns = wire::Edns{}}));
  Zones loading;
  Asking early(loading);
  EXPECT_EQ(std::string("\0\17\0\2\0\16", 6), early.Message({.name = kName, .edns = wire::Edns{}})->edns->options);
}

TEST_F(Codec, QuestionComesBackOctetByOctet) {
  const Octets query = wire::Encode({"wEb.WiRe.eXaMpLe"});
  const Octets raw = asking_->Raw(query);
  ASSERT_EQ(query.size() + 3 * 16, raw.size()) << "owner names are pointers";
  EXPECT_TRUE(std::equal(query.begin() + 12, query.end(), raw.begin() + 12));
}

TEST_F(Codec, UdpLimits) {
  // 100 addresses never fit; what fits is filled with whole records of 16 octets.
  const std::size_t fixed = 12 + 19 + 4;
  const struct {
    std::optional<wire::Edns> edns;
    std::size_t records;
  } cases[] = {
      {std::nullopt, (512 - fixed) / 16},
      {wire::Edns{.payload = 0}, (512 - fixed - 17) / 16},
      {wire::Edns{.payload = 511}, (512 - fixed - 17) / 16},
      {wire::Edns{.payload = 512}, (512 - fixed - 17) / 16},
      {wire::Edns{.payload = 600}, (600 - fixed - 17) / 16},
      {wire::Edns{.payload = 1232}, (1232 - fixed - 17) / 16},
      {wire::Edns{.payload = 65535}, (1232 - fixed - 17) / 16},
  };
  for (const auto& c : cases) {
    const auto message = asking_->Message({.name = "many.wire.example", .edns = c.edns});
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->tc());
    EXPECT_EQ(c.edns.has_value(), message->edns.has_value()) << "the OPT is kept";
    EXPECT_EQ(c.records, message->answer.size());
  }
  EXPECT_EQ(7u, asking_->answerer().counters().truncated.load());
  asking_->asker.transport = Transport::kTcp;
  const auto whole = asking_->Message({.name = "many.wire.example", .edns = wire::Edns{.payload = 512}});
  ASSERT_TRUE(whole);
  EXPECT_FALSE(whole->tc()) << "the payload size means nothing on TCP";
  EXPECT_EQ(100u, whole->answer.size());
}

TEST_F(Codec, ServersAreCutButTheirAddressesDropped) {
  const auto cut = asking_->Message({"big.wire.example", "SRV"});
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->tc());
  EXPECT_EQ((512u - 34) / (18 + 48 + 18), cut->answer.size());
  // 700 octets: all eight records of 84 would fit from 34 + 672 + 17 = 723 on.
  EXPECT_TRUE(asking_->Message({.name = "big.wire.example", .type = "SRV", .edns = wire::Edns{.payload = 722}})->tc());
  const auto bare = asking_->Message({.name = "big.wire.example", .type = "SRV", .edns = wire::Edns{.payload = 723}});
  EXPECT_FALSE(bare->tc());
  EXPECT_EQ(8u, bare->answer.size());
  EXPECT_EQ(0u, bare->additional.size()) << "dropped silently";
  const auto some =
      asking_->Message({.name = "big.wire.example", .type = "SRV", .edns = wire::Edns{.payload = 723 + 2 * 16}});
  EXPECT_FALSE(some->tc());
  EXPECT_EQ(2u, some->additional.size());
}

TEST_F(Codec, BatchOfDifferentQueries) {
  std::vector<Octets> queries;
  std::vector<Octets> responses(Answerer::kBatchMax, Octets(1232));
  std::vector<Answerer::Job> jobs(Answerer::kBatchMax);
  const char* const names[] = {"web.wire.example", "nowhere.wire.example", "www.example.net", "many.wire.example"};
  for (unsigned i = 0; i < jobs.size(); ++i)
    queries.push_back(i == 5 ? Octets(3) : wire::Encode({.name = names[i % 4], .id = i}));
  for (unsigned i = 0; i < jobs.size(); ++i) {
    jobs[i].query = queries[i].data();
    jobs[i].query_size = queries[i].size();
    jobs[i].response = responses[i].data();
    jobs[i].room = responses[i].size();
    jobs[i].asker = asking_->asker;
  }
  asking_->answerer().Answer(jobs);
  for (unsigned i = 0; i < jobs.size(); ++i) {
    if (i == 5) {
      EXPECT_EQ(0u, jobs[i].response_size);
      continue;
    }
    const auto message = wire::Message::Decode({responses[i].data(), jobs[i].response_size});
    ASSERT_TRUE(message) << i;
    EXPECT_EQ(i, message->id);
    const unsigned rcodes[] = {0, 3, 5, 0};
    EXPECT_EQ(rcodes[i % 4], message->rcode);
  }
}

}  // namespace
}  // namespace waypost::dns
