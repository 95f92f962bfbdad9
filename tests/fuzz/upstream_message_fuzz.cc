// What an upstream server answers: any octets; what is taken of them is a chain, well-formed and bounded.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "forward/upstream_message.h"
#include "waypost/model/owner_name.h"

namespace {

using waypost::dns::OutsideRecord;
using waypost::dns::Type;
using waypost::forward::Question;
using waypost::forward::Reading;

void Require(bool condition) {
  if (!condition) std::abort();
}

bool IsName(std::string_view name) {
  std::size_t at = 0;
  while (at < name.size() && name[at] != 0) at += 1u + static_cast<std::uint8_t>(name[at]);
  return at + 1 == name.size() && name.size() <= waypost::model::kMaxNameOctets;
}

void CheckFinding(const Reading& reading, const Question& question) {
  std::string_view owner = question.name;
  Require(waypost::forward::OctetsOf(reading.answer) <= waypost::forward::kAnswerOctetsMax);
  for (const OutsideRecord& record : reading.answer.answers) {
    Require(IsName(record.owner) && waypost::model::EqualFolded(record.owner, owner));
    Require(record.type == question.type || record.type == Type::kCname);
    if (record.type == Type::kA) Require(record.rdata.size() == 4);
    if (record.type != Type::kCname) continue;
    Require(IsName(record.rdata));
    owner = record.rdata;
  }
  if (!reading.answer.soa) return;
  Require(IsName(reading.answer.soa->owner) && reading.answer.soa->rdata.size() >= 22);
  Require(waypost::forward::IsAtOrBelow(owner, reading.answer.soa->owner));
}

}  // namespace

/// The first octet chooses the type that is asked for; what follows is the message. Id and question are put in, since
/// nothing else would get far.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const Type types[] = {Type::kA, Type::kCname, Type::kMx, Type::kSoa, Type::kTxt, Type::kSrv, Type::kAaaa, Type::kNs};
  const Question question{{"\3www\7example\0", 13}, types[data[0] % 8]};
  std::string message(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto read = [&] {
    return ReadResponse({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()}, question, 0x4242);
  };
  Reading reading = read();
  if (message.size() >= 12 + question.name.size() + 4) {
    const auto query = MakeQuery(question, 0x4242, waypost::forward::Edns::kNo);
    message.replace(0, 2, "BB");
    message[2] = static_cast<char>(0x80 | (message[2] & 5));
    message.replace(4, 2, std::string("\0\1", 2));
    message.replace(12, query.size() - 12, std::string(query.begin() + 12, query.end()));
    reading = read();
  }
  if (reading.kind == Reading::Kind::kFinding) CheckFinding(reading, question);
  return 0;
}
