// What DNS over HTTPS reads: responses, for how long they may be cached, and base64url text.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "doh/base64url.h"
#include "doh/freshness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using waypost::doh::Freshness;
  const std::vector<std::uint8_t> exact(data, data + size);  // so that a sanitizer sees the end
  const auto fresh = Freshness(exact);
  if (fresh && *fresh > 0x7fffffff) std::abort();
  // What is cut is malformed, or says the same: nothing behind the authority section counts.
  for (std::size_t cut = 0; cut < size; cut += 1 + size / 16) {
    const std::vector<std::uint8_t> part(data, data + cut);
    const auto less = Freshness(part);
    if (less && less != fresh) std::abort();
  }
  const auto octets = waypost::doh::DecodeBase64Url({reinterpret_cast<const char*>(data), size});
  if (octets && octets->size() != size * 3 / 4) std::abort();
  return 0;
}
