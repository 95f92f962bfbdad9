#pragma once

#include <cstddef>
#include <cstdint>

/// What one HTTP/2 connection may take, beside http::Limits.
namespace waypost::http {

/// Octets of requests' bodies that all streams of a connection hold together, in largest bodies; a stream beyond is
/// refused, and its client may try again.
inline constexpr std::size_t kBodiesHeldMax = 8;
/// Requests that come to nothing by the client's doing (RST_STREAM, or what forces us to send one): so many at once,
/// and so many more each second. Beyond: ENHANCE_YOUR_CALM (CVE-2023-44487, CVE-2025-8671).
inline constexpr std::uint32_t kResetsBurst = 200;
inline constexpr std::uint32_t kResetsPerSweep = 20;
/// PING and SETTINGS that wait to be acknowledged.
inline constexpr std::size_t kAcknowledgementsMax = 200;
/// Settings in one SETTINGS frame.
inline constexpr std::size_t kSettingsMax = 32;
/// Frames are made ready up to this size, and then sent before more are.
inline constexpr std::size_t kOutputMax = 64 << 10;
inline constexpr std::size_t kOutputKept = 16 << 10;
/// Buffers of that size that one client gets at once before the others have their turn.
inline constexpr unsigned kFillsPerFlush = 4;

}  // namespace waypost::http
