#pragma once

#include <cstddef>
#include <cstdint>

/// Numbers of the DNS wire format (RFC 1035 and the registries that grew from it).
namespace waypost::dns {

enum class Type : std::uint16_t {
  kReserved = 0,
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kPtr = 12,
  kHinfo = 13,
  kMx = 15,
  kTxt = 16,
  kAaaa = 28,
  kSrv = 33,
  kDname = 39,
  kOpt = 41,
  kDs = 43,
  kRrsig = 46,
  kNsec = 47,
  kTkey = 249,
  kTsig = 250,
  kIxfr = 251,
  kAxfr = 252,
  kAny = 255,
};

enum class Rcode : std::uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kYxDomain = 6,  ///< a DNAME leads to a name that is too long (RFC 6672 2.2)
  kNotAuth = 9,   ///< a signature that is not accepted, or a transfer of a zone that is not ours
  kBadVers = 16,  ///< in TSIG records: BADSIG
  kBadCookie = 23,
};

/// Extended DNS errors (RFC 8914); kNone: say nothing.
enum class ExtendedError : std::uint16_t {
  kStaleAnswer = 3,
  kCachedError = 13,
  kNotReady = 14,
  kProhibited = 18,
  kStaleNxDomain = 19,
  kNotAuthoritative = 20,
  kNotSupported = 21,
  kNoUpstreamReached = 22,
  kInvalidData = 24,
  kNone = 0xffff,
};

inline constexpr std::uint16_t kClassIn = 1;

inline constexpr std::size_t kHeaderOctets = 12;
// Bits of the header's second word.
inline constexpr std::uint16_t kFlagResponse = 0x8000;
inline constexpr std::uint16_t kOpcodeMask = 0x7800;
inline constexpr std::uint16_t kFlagAuthoritative = 0x0400;
inline constexpr std::uint16_t kFlagTruncated = 0x0200;
inline constexpr std::uint16_t kFlagRecursionDesired = 0x0100;
inline constexpr std::uint16_t kFlagRecursionAvailable = 0x0080;

inline constexpr std::size_t kPlainUdpOctets = 512;      // RFC 1035 2.3.4
inline constexpr std::size_t kUdpPayloadOctets = 1232;   // what we advertise and never exceed
inline constexpr std::size_t kMessageOctetsMax = 65535;  // RFC 1035 4.2.2
inline constexpr std::size_t kOptOctets = 11;            // an OPT record without options
inline constexpr std::uint16_t kOptionNsid = 3;          // RFC 5001
inline constexpr std::uint16_t kOptionCookie = 10;       // RFC 7873
inline constexpr std::uint16_t kOptionKeepalive = 11;    // RFC 7828
inline constexpr std::uint16_t kOptionPadding = 12;      // RFC 7830
inline constexpr std::uint16_t kOptionExtendedError = 15;

}  // namespace waypost::dns
