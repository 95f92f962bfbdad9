#pragma once

#include <chrono>
#include <cstddef>

/// Paces that HTTP/1 and HTTP/2 sessions share.
namespace waypost::http {

/// How long a request waits for `x-waypost-min-revision`, and how often it looks.
inline constexpr std::chrono::milliseconds kRevisionPoll(5);
inline constexpr std::chrono::milliseconds kRevisionWaitMax(1000);
/// How long, and for how many bytes, a client is listened to behind our last word, so that it can read it (RFC 9112
/// 9.6).
inline constexpr std::chrono::seconds kLingerMax(2);
inline constexpr std::size_t kLingerBytesMax = 8 << 20;
/// A client that takes this much has earned itself another Limits::write.
inline constexpr std::size_t kWriteProgress = 64 << 10;

}  // namespace waypost::http
