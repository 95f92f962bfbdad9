#include "cloudmap/call.h"

#include <utility>

namespace waypost::cloudmap {

void AnswerError(const Context& context, model::Error error, Plane plane, std::string request_id,
                 http::Response& response) {
  if (AwsErrorOf(error.code, plane).status == 500) {
    context.log->error("request {}: {}", request_id, error.message);
    error.message = "the server failed inside; its log says more under this request's id";
  }
  WriteError(error, plane, std::move(request_id), response);
}

void DrawUuidInto(model::Random& random, std::string& text) {
  constexpr char kHex[] = "0123456789abcdef";
  constexpr std::uint64_t kVersion4 = 0x4000;
  constexpr std::uint64_t kVariant = 0x8000000000000000;
  const std::uint64_t words[2] = {(random.Next() & ~std::uint64_t{0xf000}) | kVersion4,
                                  (random.Next() & ~std::uint64_t{0xc000000000000000}) | kVariant};
  text.assign(36, '-');
  std::size_t at = 0;
  for (const std::uint64_t word : words) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
      text[at++] = kHex[word >> shift & 15];
    }
  }
}

std::string DrawUuid(model::Random& random) {
  std::string text;
  DrawUuidInto(random, text);
  return text;
}

}  // namespace waypost::cloudmap
