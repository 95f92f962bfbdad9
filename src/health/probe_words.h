#pragma once

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "waypost/model/check.h"

namespace waypost::health {

/// "connection refused", "this server has no file descriptor left", …: a failed system call in a person's words.
std::string WordsOf(int error_number);
/// The same for what Asio reports; other categories in their own words.
std::string WordsOf(const boost::system::error_code& error);

/// `10.0.0.7:8080`, `[2001:db8::1]:8080`, `db.example:8080`.
std::string DoorText(const model::CheckDoor& door);
/// The first `size_max` octets, with an ellipsis when there were more.
std::string Shortened(std::string_view text, std::size_t size_max);

/// What of a request's target goes into a cause, which itself is bounded (model::kMaxCause).
inline constexpr std::size_t kTargetShownMax = 120;

}  // namespace waypost::health
