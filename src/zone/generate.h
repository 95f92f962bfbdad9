#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waypost/model/result.h"

namespace waypost::zone {

inline constexpr std::uint32_t kGenerateStepsMax = 65536;  // of one $GENERATE

/// `start-stop` or `start-stop/step`, as $GENERATE has it.
struct GenerateRange {
  std::uint32_t start = 0;
  std::uint32_t stop = 0;
  std::uint32_t step = 1;

  /// Err: kInvalidInput; also when it has more than kGenerateStepsMax steps.
  static model::Result<GenerateRange> Parse(std::string_view text);
};

/// A word of the template with the number put in: `$`, `${offset}`, `${offset,width}`, `${offset,width,base}` (base: d,
/// o, x or X); `\$` is a `$` of its own. Err: kInvalidInput.
model::Result<std::string> Substitute(std::string_view word, std::uint32_t number);

}  // namespace waypost::zone
