#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "waypost/dns/protocol.h"

namespace waypost::forward {

/// A record's head and where its data stands in the message.
struct RawRecord {
  std::string owner;
  dns::Type type = dns::Type::kA;
  std::uint16_t record_class = 0;
  std::uint32_t ttl = 0;
  std::size_t data = 0;  ///< offset
  std::size_t size = 0;
};

/// Walks a message from its front. Borrows it. Every step fails, without effect worth using, on what is not
/// well-formed.
class UpstreamReader {
 public:
  explicit UpstreamReader(std::span<const std::uint8_t> message) : message_(message) {}

  std::optional<std::uint16_t> Read16();
  std::optional<std::uint32_t> Read32();
  /// A name, unpacked, in the case it came in. Pointers lead only back.
  std::optional<std::string> ReadName();
  std::optional<RawRecord> ReadRecord();
  /// A record's data with the names inside unpacked, where the type is one whose names may be packed (RFC 3597 4).
  std::optional<std::string> Unpack(const RawRecord& record) const;
  bool at_end() const { return at_ == message_.size(); }

 private:
  bool Append(std::string& out, std::size_t octets);
  bool AppendName(std::string& out);

  std::span<const std::uint8_t> message_;
  std::size_t at_ = 0;
};

}  // namespace waypost::forward
