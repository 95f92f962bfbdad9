#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace waypost::zone {

inline constexpr std::size_t kTokenOctetsMax = 4 * 65535 + 2;  // 64 KiB of RDATA, each octet as \DDD, in quotes
inline constexpr std::size_t kEntryOctetsMax = 2 * kTokenOctetsMax;
inline constexpr std::size_t kEntryTokensMax = 65536;

/// A word of a master file as it is written, escapes and all; of a quoted one what is between the quotes.
struct Token {
  std::string_view text = {};
  bool is_quoted = false;
};

/// One entry of a master file: a record or a directive, over several lines where there are parentheses.
struct Entry {
  std::uint32_t line = 0;
  bool begins_blank = false;  ///< no owner is written
  std::vector<Token> tokens = {};
  std::string problem = {};  ///< not empty: what is wrong with it; the tokens are not all there
  std::uint32_t problem_line = 0;
};

/// Cuts a master file into entries (RFC 1035 5.1). Borrows the text. O(octets).
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  /// False: there are no more.
  bool Next(Entry& entry);

 private:
  void ReadEntry(Entry& entry);
  void ReadQuoted(Entry& entry);
  void ReadWord(Entry& entry);
  void Keep(Entry& entry, Token token);
  void Complain(Entry& entry, std::string problem) const;
  void Reject(Entry& entry, std::string problem);
  void SkipLine();
  bool AtEnd() const { return at_ == text_.size(); }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::size_t octets_ = 0;  // of the current entry's tokens
};

}  // namespace waypost::zone
