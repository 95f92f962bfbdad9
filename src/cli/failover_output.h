#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/failover_report.h"

namespace waypost::cli {

/// A report with what a reader must know beside it.
struct FailoverResult {
  std::string service = {};   ///< as it was asked for
  std::string instance = {};  ///< its id
  std::string address = {};   ///< what it has in DNS, or its address
  std::string cause = {};     ///< of the fall, in the server's words; may be empty
  std::string ended = {};     ///< why the run ended early; empty: it did not
  unsigned rate = 0;          ///< questions a second on each door
  FailoverReport report = {};
  std::vector<FailoverCheck> checks = {};  ///< Judge's

  /// Everything that was looked for was reached, within its bound.
  bool passed() const;
};

/// A table for a person, with a newline at its end.
std::string FailoverText(const FailoverResult& result);

/// One JSON object and a newline.
std::string FailoverJson(const FailoverResult& result);

/// JUnit's XML: a test suite with one test case a check.
std::string FailoverJunit(const FailoverResult& result);

/// Text as it stands in an XML attribute: what XML 1.0 cannot hold becomes `?`.
std::string XmlEscape(std::string_view text);

}  // namespace waypost::cli
