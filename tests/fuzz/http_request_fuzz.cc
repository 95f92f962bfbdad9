// The HTTP request parser: any bytes, cut anywhere, are understood as they are when they come in one piece.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "http/request_parser.h"

namespace {

using waypost::http::Field;
using waypost::http::RequestParser;

struct Seen {
  std::vector<std::string> requests;
  unsigned refused = 0;
  bool operator==(const Seen&) const = default;
};

std::string Describe(const RequestParser& parser) {
  const auto& head = parser.head();
  std::string text;
  for (const std::string_view part : {head.method, head.path, head.query, head.host, head.amz_target, head.content_type,
                                      std::string_view(head.keep_alive ? "keep" : "close"), parser.body()}) {
    text.append(part).push_back('\n');
  }
  for (const Field& field : head.fields) text.append(field.name).append(field.value).push_back('\n');
  return text;
}

/// All requests of a connection whose bytes come in pieces of `step`, in buffers that move.
Seen ParseAll(const std::uint8_t* data, std::size_t size, std::size_t step) {
  RequestParser parser({512, 256});
  Seen seen;
  std::vector<char> held;
  for (std::size_t at = 0; at < size; at += step) {
    const std::size_t count = std::min(step, size - at);
    std::vector<char> moved;
    moved.reserve(held.size() + count);
    moved.assign(held.begin(), held.end());
    moved.insert(moved.end(), data + at, data + at + count);
    held.swap(moved);
    while (!held.empty()) {
      std::size_t left = held.size();
      const RequestParser::State state = parser.Parse(held.data(), left);
      if (left > held.size()) std::abort();
      held.resize(left);
      if (state == RequestParser::State::kMore) break;
      if (state == RequestParser::State::kRefused) {
        seen.refused = parser.refusal().status;
        return seen;
      }
      if (parser.consumed() == 0 || parser.consumed() > left || parser.body().size() > 256) std::abort();
      seen.requests.push_back(Describe(parser));
      held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(parser.consumed()));
      parser.Reset();
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Seen whole = ParseAll(data + 1, size - 1, size);
  const Seen cut = ParseAll(data + 1, size - 1, 1 + data[0] % 16);
  if (!(whole == cut)) std::abort();
  return 0;
}
