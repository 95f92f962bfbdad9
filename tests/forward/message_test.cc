// Responses of upstream servers, octet by octet.
#include <gtest/gtest.h>

#include <algorithm>

#include "forward/upstream_message.h"
#include "messages.h"

namespace waypost::forward {
namespace {

using dns::Rcode;
using dns::Type;
using Kind = Reading::Kind;
using namespace std::string_literals;

constexpr std::uint16_t kId = 0x4242;

std::string Query(const Question& question) {
  const auto query = MakeQuery(question, kId, Edns::kYes);
  return {query.begin(), query.end()};
}

Reading Read(const std::string& message, const Question& question) {
  return ReadResponse({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()}, question, kId);
}

Question Ask(std::string_view name, Type type = Type::kA) { return {Wire(name), type}; }

/// A response whose records are given packed, behind the question of www.example. (at offset 12).
std::string Raw(const Question& question, unsigned answers, const std::string& records, unsigned authority = 0) {
  return Number16(kId) + "\x81\x80"s + Number16(1) + Number16(answers) + Number16(authority) + Number16(0) +
         question.name + Number16(static_cast<unsigned>(question.type)) + Number16(1) + records;
}

std::string Head(const std::string& owner, Type type, std::uint32_t ttl = 60) {
  return owner + Number16(static_cast<unsigned>(type)) + Number16(1) + Number32(ttl);
}

TEST(Message, CutAnywhereIsBroken) {
  const Question question = Ask("www.example.");
  const std::string whole = Response{.answer = {Cname("www.example.", "a.example."), A("a.example.", "192.0.2.1")},
                                     .authority = {Ns("example.", "ns.example.")},
                                     .additional = {A("ns.example.", "192.0.2.2")}}
                                .To(Query(question));
  ASSERT_EQ(Read(whole, question).kind, Kind::kFinding);
  EXPECT_TRUE(Read(whole, question).has_opt);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(Read(whole.substr(0, size), question).kind, Kind::kBroken) << size;
  }
  EXPECT_EQ(Read(whole + '\0', question).kind, Kind::kBroken) << "octets behind the end";
}

TEST(Message, HeadMustFit) {
  const Question question = Ask("www.example.");
  const std::string good = Response{.answer = {A("www.example.", "192.0.2.1")}}.To(Query(question));
  struct Case {
    const char* name;
    std::size_t at;
    char value;
  };
  for (const Case& c :
       {Case{"id", 0, 1}, Case{"QR", 2, 1}, Case{"opcode", 2, '\x89'}, Case{"TC", 2, '\x83'}, Case{"QDCOUNT 0", 5, 0},
        Case{"QDCOUNT 2", 5, 2}, Case{"name", 13, 'x'}, Case{"type", 26, 28}, Case{"class", 28, 3}}) {
    std::string bad = good;
    bad[c.at] = c.value;
    EXPECT_EQ(Read(bad, question).kind, Kind::kBroken) << c.name;
  }
  EXPECT_EQ(Read(good, question).kind, Kind::kFinding);
}

TEST(Message, PackedNamesAreUnpacked) {
  const Question question = Ask("www.example.", Type::kMx);
  const std::string reply =
      Raw(question, 1, Head("\xc0\x0c"s, Type::kMx) + Number16(9) + Number16(10) + "\x04mail\xc0\x10"s);
  const Reading reading = Read(reply, question);
  ASSERT_EQ(reading.kind, Kind::kFinding);
  ASSERT_EQ(reading.answer.answers.size(), 1);
  EXPECT_EQ(reading.answer.answers[0].owner, Wire("www.example."));
  EXPECT_EQ(reading.answer.answers[0].rdata, Number16(10) + Wire("mail.example."));
}

TEST(Message, BadRecordsAreBroken) {
  const Question question = Ask("www.example.");
  const std::string self = Head("\xc0\x0c"s, Type::kA);
  struct Case {
    const char* name;
    std::string records;
  };
  const Case cases[] = {
      {"a pointer to itself", Head("\xc0\x1d"s, Type::kA) + Number16(4) + "abcd"},
      {"a pointer ahead", Head("\xc0\x1f"s, Type::kA) + Number16(4) + "abcd"},
      {"a pointer out of the message", Head("\xff\xff"s, Type::kA) + Number16(4) + "abcd"},
      {"a pointer into the header", Head("\xc0\x02"s, Type::kA) + Number16(4) + "abcd"},
      {"a label of another kind", Head("\x40"s, Type::kA) + Number16(4) + "abcd"},
      {"an A record of 3 octets", self + Number16(3) + "abc"},
      {"an A record of 5 octets", self + Number16(5) + "abcde"},
      {"data beyond the end", self + Number16(5) + "abcd"},
      {"a name that leaves its record", Head("\xc0\x0c"s, Type::kCname) + Number16(2) + "\x05"s + "abcde\0"s},
      {"octets behind a name", Head("\xc0\x0c"s, Type::kCname) + Number16(3) + "\xc0\x10\0"s},
  };
  for (const Case& c : cases) EXPECT_EQ(Read(Raw(question, 1, c.records), question).kind, Kind::kBroken) << c.name;
  EXPECT_EQ(Read(Raw(question, 1, self + Number16(4) + "abcd"), question).kind, Kind::kFinding);
}

TEST(Message, NamesHaveTheirLimit) {
  const Question question = Ask("www.example.");
  std::string long_name;
  while (long_name.size() + 64 < 242) long_name += '\x3f' + std::string(63, 'a');
  const auto reply = [&](std::size_t last) {
    const std::string target =
        long_name + static_cast<char>(last) + std::string(last, 'b') + "\xc0\x10"s;  // + example.
    return Raw(question, 1, Head("\xc0\x0c"s, Type::kCname) + Number16(static_cast<unsigned>(target.size())) + target);
  };
  const std::size_t room = 255 - long_name.size() - 1 - Wire("example.").size();
  EXPECT_EQ(Read(reply(room), question).kind, Kind::kFinding);
  EXPECT_EQ(Read(reply(room + 1), question).kind, Kind::kBroken);
}

TEST(Message, ManyPointersToOneLongNameCostNoMoreThanTheAnswerMay) {
  const Question question = Ask("www.example.", Type::kNs);
  std::string target;
  for (int i = 0; i < 3; ++i) target += '\x3f' + std::string(63, 'a');
  std::string records =
      Head("\xc0\x0c"s, Type::kNs) + Number16(static_cast<unsigned>(target.size() + 1)) + target + '\0';
  const std::string again = Head("\xc0\x0c"s, Type::kNs) + Number16(2) + "\xc0\x29"s;
  for (int i = 0; i < 1500; ++i) records += again;
  EXPECT_EQ(Read(Raw(question, 1501, records), question).kind, Kind::kBroken);
}

TEST(Message, ChainsHaveTheirLimit) {
  const Question question = Ask("c0.example.");
  const auto read = [&](std::size_t links) {
    Response response;
    for (std::size_t i = 0; i < links; ++i) {
      response.answer.push_back(
          Cname("c" + std::to_string(i) + ".example.", "c" + std::to_string(i + 1) + ".example."));
    }
    response.answer.push_back(A("c" + std::to_string(links) + ".example.", "192.0.2.1"));
    std::reverse(response.answer.begin(), response.answer.end());  // order in the message does not count
    return Read(response.To(Query(question)), question);
  };
  const Reading reading = read(kChainMax);
  ASSERT_EQ(reading.kind, Kind::kFinding);
  ASSERT_EQ(reading.answer.answers.size(), kChainMax + 1);
  EXPECT_EQ(reading.answer.answers[0].owner, Wire("c0.example."));
  EXPECT_EQ(reading.answer.answers[kChainMax].type, Type::kA);
  EXPECT_EQ(read(kChainMax + 1).kind, Kind::kBroken);
}

TEST(Message, LoopsAreBroken) {
  const Question question = Ask("a.example.");
  for (const Response& response :
       {Response{.answer = {Cname("a.example.", "a.example.")}},
        Response{.answer = {Cname("a.example.", "b.example."), Cname("b.example.", "A.example.")}}}) {
    EXPECT_EQ(Read(response.To(Query(question)), question).kind, Kind::kBroken);
  }
}

TEST(Message, ACnameThatIsAskedForIsNotFollowed) {
  const Question question = Ask("a.example.", Type::kCname);
  const Reading reading = Read(
      Response{.answer = {Cname("a.example.", "b.example."), Cname("b.example.", "c.example.")}}.To(Query(question)),
      question);
  ASSERT_EQ(reading.kind, Kind::kFinding);
  ASSERT_EQ(reading.answer.answers.size(), 1);
  EXPECT_EQ(reading.answer.answers[0], Cname("a.example.", "b.example."));
}

TEST(Message, ADnameIsLeftOutAndItsCnameFollowed) {
  const Question question = Ask("www.old.example.");
  const Reading reading = Read(Response{.answer = {{Wire("old.example."), Type::kDname, 60, Wire("new.example.")},
                                                   Cname("www.old.example.", "www.new.example."),
                                                   A("www.new.example.", "192.0.2.1")}}
                                   .To(Query(question)),
                               question);
  ASSERT_EQ(reading.kind, Kind::kFinding);
  ASSERT_EQ(reading.answer.answers.size(), 2);
  EXPECT_EQ(reading.answer.answers[1], A("www.new.example.", "192.0.2.1"));
}

TEST(Message, OneRRsetHasOneTtl) {
  const Question question = Ask("www.example.");
  const Reading reading = Read(
      Response{.answer = {A("www.example.", "192.0.2.1", 60), A("www.example.", "192.0.2.2", 20)}}.To(Query(question)),
      question);
  ASSERT_EQ(reading.answer.answers.size(), 2);
  EXPECT_EQ(reading.answer.answers[0].ttl, 20);
  EXPECT_EQ(reading.answer.answers[1].ttl, 20);
}

TEST(Message, OtherClassesAreLeftOut) {
  const Question question = Ask("www.example.");
  std::string record = Head("\xc0\x0c"s, Type::kA);
  record[5] = 3;  // CHAOS
  const Reading reading = Read(Raw(question, 1, record + Number16(4) + "abcd"), question);
  EXPECT_EQ(reading.kind, Kind::kFinding);
  EXPECT_TRUE(reading.answer.answers.empty());
}

TEST(Message, CodesOfOptRecordsCount) {
  const Question question = Ask("www.example.");
  std::string reply = Response{}.To(Query(question));
  reply[reply.size() - 6] = 1;  // 16: BADVERS
  const Reading reading = Read(reply, question);
  EXPECT_EQ(reading.kind, Kind::kRejected);
  EXPECT_EQ(reading.rcode, Rcode::kBadVers);
}

TEST(Message, TwoOptRecordsAreBroken) {
  const Question question = Ask("www.example.");
  std::string reply = Response{}.To(Query(question));
  reply += reply.substr(reply.size() - 11);
  reply[11] = 2;
  EXPECT_EQ(Read(reply, question).kind, Kind::kBroken);
}

TEST(Message, AnAnswerThatIsNotThereIsBroken) {
  const Question question = Ask("www.example.");
  const std::string reply =
      Response{.rcode = Rcode::kNxDomain, .answer = {A("www.example.", "192.0.2.1")}}.To(Query(question));
  EXPECT_EQ(Read(reply, question).kind, Kind::kBroken);
}

}  // namespace
}  // namespace waypost::forward
