// Any octets as a signed query: whatever becomes of it, what is signed in reply stays within its room.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "waypost/dns/protocol.h"
#include "waypost/dns/tsig.h"

namespace {

using namespace waypost;

void Must(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

const dns::Keyring& Keys() {
  // Whoever guesses this secret has earned it.
  static const dns::Keyring keys = [] {
    const dns::TsigKeyOptions options[] = {
        {.name = "transfer.", .secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}};
    return dns::Keyring::Create(options).value();
  }();
  return keys;
}

}  // namespace

/// The first octet says where the record is to begin, behind the header.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < dns::kHeaderOctets + 1) return 0;
  const std::vector<std::uint8_t> query(data + 1, data + size);
  const std::size_t at = dns::kHeaderOctets + data[0];
  if (at >= query.size()) return 0;
  dns::TsigExchange exchange;
  const dns::TsigVerdict verdict = exchange.Check(Keys(), query.data(), query.size(), at, 1'700'000'000);
  std::vector<std::uint8_t> response(dns::kHeaderOctets + dns::TsigExchange::kRoomMax);
  const std::size_t whole = exchange.Sign(response.data(), dns::kHeaderOctets, 1'700'000'000);
  Must(whole <= response.size(), "a signature beyond its room");
  Must((whole == dns::kHeaderOctets) == (verdict == dns::TsigVerdict::kFormErr), "a signature where none is due");
  return 0;
}
