// The reader of DNS answers in failover-test: any bytes are refused or understood, and what is understood holds
// together.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/failover_dns.h"

namespace {

using namespace waypost::cli;

constexpr std::size_t kNameText = 4 * 255;  // each octet escaped

void Check(const std::vector<DnsRecordSeen>& records, std::size_t size) {
  // The smallest record: root owner, type, class, TTL, length, and a root name as data.
  if (records.size() > size / 12) std::abort();
  for (const DnsRecordSeen& record : records) {
    if (record.name.size() > kNameText || record.data.size() > kNameText) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  constexpr DnsType kTypes[] = {DnsType::kA, DnsType::kAaaa, DnsType::kSrv, DnsType::kCname};
  const DnsQuestion question{0x1234, "web.shop.example", kTypes[data[0] % 4]};
  const std::vector<std::uint8_t> message(data + 1, data + size);
  const auto answer = ReadAnswer(message, question);
  if (!answer.ok()) {
    if (answer.error().message.empty()) std::abort();
    return 0;
  }
  Check(answer->answers, size);
  Check(answer->additionals, size);
  return 0;
}
