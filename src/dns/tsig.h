#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace waypost::dns {

/// A TSIG record as it stands in a message (RFC 8945 4.2). Borrows from the message.
struct TsigRecord {
  std::string key = {};        ///< canonical wire form
  std::string algorithm = {};  ///< canonical wire form
  std::uint64_t time = 0;      ///< seconds of Unix time, 48 bits
  std::uint16_t fudge = 0;     ///< seconds
  const std::uint8_t* mac = nullptr;
  std::size_t mac_size = 0;
  std::uint16_t original_id = 0;
  std::uint16_t error = 0;
  const std::uint8_t* other = nullptr;
  std::size_t other_size = 0;
};

/// The record that begins at `at` and must end with the message of `size` octets. None: malformed.
std::optional<TsigRecord> ReadTsig(const std::uint8_t* message, std::size_t size, std::size_t at);

}  // namespace waypost::dns
