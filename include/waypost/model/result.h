#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace waypost::model {

/// Every way in which something can fail, across all rooms. Each door (AWS API, DNS, CLI) maps a code in one table.
enum class Code : std::uint8_t {
  // Of Cloud Map's own error shapes.
  kInvalidInput,
  kNamespaceNotFound,
  kNamespaceAlreadyExists,
  kServiceNotFound,
  kServiceAlreadyExists,
  kInstanceNotFound,
  kOperationNotFound,
  kResourceInUse,
  kResourceLimitExceeded,
  kDuplicateRequest,
  kTooManyTags,
  kResourceNotFound,
  kCustomHealthNotFound,
  kServiceAttributesLimitExceeded,
  kRequestLimitExceeded,
  // Of the protocol around them.
  kThrottled,         ///< a bounded queue is full; the caller may retry
  kSerialization,     ///< the body is no JSON or has a wrong type
  kUnknownOperation,  ///< no such operation
  kNotReady,          ///< the registry is not loaded yet, or the server is stopping
  kUnavailable,       ///< the store refused a write (disk full, I/O error); nothing was changed
  // Of files, processes and configuration.
  kCorrupt,  ///< stored bytes that cannot be what was written
  kTooNew,   ///< data of a later format than this program knows
  kInUse,    ///< a directory or address that somebody else holds
  kPermission,
  kIo,
  kConfig,
  kInternal,
};

/// Number of codes, for tables that must cover all of them.
inline constexpr std::size_t kCodeCount = static_cast<std::size_t>(Code::kInternal) + 1;

/// A failure as a value: what kind, in words for a person, and members that some AWS errors carry (ServiceId, …).
struct Error {
  Code code = Code::kInternal;
  std::string message;
  std::vector<std::pair<std::string, std::string>> details = {};
};

/// A value of T, or why there is none. Never empty. Move-only where T is.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)                                                    // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, std::make_unique<Error>(std::move(error))) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// Only when ok().
  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Only when not ok().
  const Error& error() const& {
    assert(!ok());
    return **std::get_if<1>(&state_);
  }
  Error&& error() && {
    assert(!ok());
    return std::move(**std::get_if<1>(&state_));
  }

 private:
  std::variant<T, std::unique_ptr<Error>> state_;
};

/// Success without a value.
struct Nothing {};
using Status = Result<Nothing>;
inline Status Ok() { return Nothing{}; }

inline Error MakeError(Code code, std::string message) { return Error{code, std::move(message), {}}; }

}  // namespace waypost::model

#define WP_CONCAT_INNER(a, b) a##b
#define WP_CONCAT(a, b) WP_CONCAT_INNER(a, b)

/// `WP_TRY(name, expr)`: evaluates a Result expression; on failure returns its error from this function, else `name`
/// is its value. Not for coroutines.
#define WP_TRY(name, expr)                                  \
  auto WP_CONCAT(wp_try_, __LINE__) = (expr);               \
  if (!WP_CONCAT(wp_try_, __LINE__).ok()) {                 \
    return std::move(WP_CONCAT(wp_try_, __LINE__)).error(); \
  }                                                         \
  auto name = std::move(WP_CONCAT(wp_try_, __LINE__)).value()

/// The same for a Status, or where the value is not wanted.
#define WP_CHECK(expr)                                                    \
  do {                                                                    \
    auto wp_check_result = (expr);                                        \
    if (!wp_check_result.ok()) return std::move(wp_check_result).error(); \
  } while (false)
