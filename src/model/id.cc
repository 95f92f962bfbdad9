#include "waypost/model/id.h"

#include <initializer_list>

namespace waypost::model {
namespace {

constexpr std::string_view kBase36 = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t kOperationDigits = 32;
constexpr std::size_t kOperationTail = 8;

}  // namespace

std::string DrawOperationId(Random& random) {
  std::string id;
  id.reserve(kOperationIdLength);
  for (std::size_t i = 0; i < kOperationDigits; ++i) id += kBase32[random.Below(kBase32.size())];
  id += '-';
  for (std::size_t i = 0; i < kOperationTail; ++i) id += kBase36[random.Below(kBase36.size())];
  return id;
}

std::string DeriveOperationId(std::initializer_list<std::string_view> parts) {
  // Four independent 64-bit hashes of the length-prefixed parts; 160 + 40 bits of them become digits.
  std::string joined;
  for (const std::string_view part : parts) {
    joined += std::to_string(part.size());
    joined += ':';
    joined += part;
  }
  std::uint64_t words[4];
  for (std::uint64_t i = 0; i < 4; ++i) words[i] = Hash64(joined, kHashSeed + i * 2 + 1);
  std::string id;
  id.reserve(kOperationIdLength);
  for (std::size_t i = 0; i < kOperationDigits; ++i) id += kBase32[(words[i / 12] >> (i % 12 * 5)) & 31];
  id += '-';
  for (std::size_t i = 0; i < kOperationTail; ++i) id += kBase36[((words[3] >> (i * 8)) & 255) % kBase36.size()];
  return id;
}

std::string DrawHostedZoneId(Random& random) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string id = "Z";
  for (int i = 0; i < 20; ++i) id += kDigits[random.Below(kDigits.size())];
  return id;
}

}  // namespace waypost::model
