#include "cloudmap/page_token.h"

#include <array>
#include <cstring>

#include "cloudmap/shape.h"
#include "waypost/model/hash.h"

namespace waypost::cloudmap {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kChecksumBytes = 8;

/// base64url without padding (RFC 4648 5).
std::string Encode(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xffff;
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 63];
  return text;
}

/// None when a character is foreign.
std::optional<std::string> Decode(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0x3fff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> held & 255);
    }
  }
  return bytes;
}

std::array<char, kChecksumBytes> Checksum(const PageScope& scope, std::string_view cursor) {
  std::uint64_t sum = model::Hash64(scope.operation);
  sum = model::Hash64(scope.request, sum);
  sum = model::Hash64(cursor, sum);
  std::array<char, kChecksumBytes> bytes;
  for (std::size_t i = 0; i < kChecksumBytes; ++i) bytes[i] = static_cast<char>(sum >> (8 * i) & 255);
  return bytes;
}

}  // namespace

std::string MakePageToken(const PageScope& scope, std::string_view cursor) {
  const auto checksum = Checksum(scope, cursor);
  std::string bytes(checksum.data(), checksum.size());
  bytes += cursor;
  return Encode(bytes);
}

model::Result<std::string> ReadPageToken(const PageScope& scope, const std::optional<std::string>& token) {
  if (!token || token->empty()) return std::string();
  const std::optional<std::string> bytes = Decode(*token);
  if (bytes && bytes->size() > kChecksumBytes) {
    std::string cursor = bytes->substr(kChecksumBytes);
    if (MakePageToken(scope, cursor) == *token) return cursor;
  }
  return Violation("NextToken", "Member must be one that this operation answered for the same request");
}

}  // namespace waypost::cloudmap
