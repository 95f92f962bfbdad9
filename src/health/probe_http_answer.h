#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "health/probe_answer.h"
#include "waypost/model/check.h"

namespace waypost::health {

/// Reads an HTTP/1 answer until it is clear whether it is a good one: with its header, unless something must occur in
/// the body. Does no I/O.
class HttpAnswer {
 public:
  /// Of all header fields together.
  static constexpr std::size_t kHeaderMax = 16 << 10;
  /// Of the body, without chunk framing; what comes behind is not looked at.
  static constexpr std::size_t kBodyMax = 64 << 10;
  /// Of everything, chunk framing included.
  static constexpr std::size_t kBytesMax = 2 * (kHeaderMax + kBodyMax);
  /// Interim answers (1xx) before the real one.
  static constexpr unsigned kInterimMax = 8;

  /// The plan must live as long.
  explicit HttpAnswer(const model::CheckPlan& plan);
  ~HttpAnswer();
  HttpAnswer(const HttpAnswer&) = delete;
  HttpAnswer& operator=(const HttpAnswer&) = delete;

  /// The next bytes. Not after anything but kMore.
  Reading Feed(std::string_view bytes);
  /// The peer sends no more. Never kMore.
  Reading End();
  /// Why it is bad: "status 500".
  const std::string& why() const { return why_; }

 private:
  class Parser;

  Reading Parse();
  Reading JudgeHeader();
  /// The body as far as it is there; `whole`: there will be no more of it.
  Reading JudgeBody();
  Reading NotInBody();
  Reading Bad(std::string why);
  bool LooksLikeHttp() const;

  const model::CheckPlan& plan_;
  std::unique_ptr<Parser> parser_;
  std::string held_;  // received, not parsed
  std::string why_;
  std::size_t fed_ = 0;
  std::size_t searched_ = 0;  // so much of the body cannot begin what is looked for
  unsigned interim_ = 0;
  bool header_judged_ = false;
};

}  // namespace waypost::health
