#include "forward/local_names.h"

#include <string>

#include "forward/upstream_message.h"

namespace waypost::forward {
namespace {

using dns::OutsideAnswer;
using dns::Rcode;
using dns::Type;

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::uint32_t kLocalTtl = 10800;  // seconds
constexpr std::string_view kLocalhost = "\x09localhost\0"sv;
constexpr std::string_view kInvalid = "\x07invalid\0"sv;
constexpr std::string_view kOnion = "\x05onion\0"sv;
// nobody.invalid., serial 1, refresh 1 h, retry 20 min, expire 7 days, minimum 3 h: as other resolvers say it.
constexpr std::string_view kSoa =
    "\x09localhost\0\x06nobody\x07invalid\0\0\0\0\x01\0\0\x0e\x10\0\0\x04\xb0\0\x09\x3a\x80\0\0\x2a\x30"sv;

/// RFC 6895 3.1: question and meta types.
bool IsMeta(Type type) {
  const auto number = static_cast<std::uint16_t>(type);
  return number == 0 || type == Type::kOpt || (number >= 128 && number <= 255);
}

OutsideAnswer Nothing(Rcode rcode, std::string_view apex) {
  OutsideAnswer answer;
  answer.rcode = rcode;
  answer.soa = dns::OutsideRecord{std::string(apex), Type::kSoa, kLocalTtl, std::string(kSoa)};
  return answer;
}

OutsideAnswer Loopback(std::string_view name, Type type) {
  OutsideAnswer answer;
  if (type == Type::kA) {
    answer.answers.push_back({std::string(name), type, kLocalTtl, "\x7f\0\0\x01"s});
  } else if (type == Type::kAaaa) {
    answer.answers.push_back({std::string(name), type, kLocalTtl, std::string(15, '\0') + '\x01'});
  } else {
    answer = Nothing(Rcode::kNoError, kLocalhost);
  }
  return answer;
}

}  // namespace

std::shared_ptr<const OutsideAnswer> FindLocal(std::string_view name, Type type) {
  const auto share = [](OutsideAnswer answer) { return std::make_shared<const OutsideAnswer>(std::move(answer)); };
  if (IsMeta(type)) {
    OutsideAnswer answer;
    answer.rcode = Rcode::kNotImp;
    answer.extended_error = dns::ExtendedError::kNotSupported;
    return share(std::move(answer));
  }
  if (IsAtOrBelow(name, kLocalhost)) return share(Loopback(name, type));
  if (IsAtOrBelow(name, kInvalid)) return share(Nothing(Rcode::kNxDomain, kInvalid));
  if (IsAtOrBelow(name, kOnion)) return share(Nothing(Rcode::kNxDomain, kOnion));
  return nullptr;
}

}  // namespace waypost::forward
